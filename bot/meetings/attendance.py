"""Who came, in numbers: counted by the organiser and by the women's side, on the phone or by an SMS that is confirmed.

No names, no list (S72). Both counts are kept when they differ, and both sides read both.
"""

from __future__ import annotations

from dataclasses import asdict, astuple, dataclass
from typing import Literal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.meetings.notify import notify_staff
from bot.meetings.steps import Step, allowed_step, lock_meeting, member
from bot.meetings.terms import Change
from bot.storage.audit import AuditAction, note
from bot.storage.tables.meetings import Attendance, Meeting
from bot.storage.tables.people import Person
from bot.storage.unit_of_work import Actor, Outcome, Work

DRAFT = "?"  # behind the side: a count by SMS that nobody has confirmed
MAY = (Step.COUNT, Step.DELEGATE)  # the organiser, an advocate, or the woman to whom one could turn there
Side = Literal["leader", "advocate"]
SIDES: tuple[Side, ...] = ("leader", "advocate")
Counted = Literal["done", "differs", "nobody", "gone"]


@dataclass(frozen=True)
class Heads:
    """How many came; elders (over sixty) and disabled people are of all of them, and may be left unsaid."""

    women: int
    men: int
    girls: int
    boys: int
    elders: int = 0
    disabled: int = 0


def count(work: Work, actor: Actor, meeting_id: str, heads: Heads, change: Change | None = None) -> Outcome[Counted]:
    """A head count, by the organiser or by the women's side, in place of an earlier one of the same side; `change` is
    what is to be done where few women came (S73).

    Where it differs from the other side's, whoever counted there is told: both read both, and both are kept.
    Outcomes: done | differs | nobody (a meeting to which nobody came is cancelled) | gone.
    """
    meeting = lock_meeting(work, actor, meeting_id, *MAY)
    if meeting is None:
        return Outcome("gone")
    if not any(astuple(heads)):
        return Outcome("nobody")
    side = side_of(actor.role)
    write_down(work.db, meeting.id, side, heads, change)
    drafted = (Attendance.meeting == meeting.id) & (Attendance.counted_by == side + DRAFT)
    work.db.execute(delete(Attendance).where(drafted))
    note(work.db, work.vault, work.at, actor.id, AuditAction.PEOPLE_COUNTED, meeting.id)
    if not differ(work.db, meeting.id):
        return Outcome("done")
    other = meeting.advocate if side == "leader" else meeting.leader
    return Outcome("differs", {}, tuple(notify_staff(work.db, other, meeting, work.at)))


def side_of(role: str) -> Side:
    """Whose count it is: the women's side's, or the organiser's."""
    return "leader" if role == "leader" else "advocate"


def write_down(db: Session, meeting_id: str, counted_by: str, heads: Heads, change: Change | None = None) -> None:
    """A count, in place of an earlier one of the same side."""
    db.merge(Attendance(**asdict(heads), meeting=meeting_id, counted_by=counted_by, plan=change or ""))
    db.flush()


def heads_of(row: Attendance) -> Heads:
    """A count that was written down."""
    return Heads(row.women, row.men, row.girls, row.boys, row.elders, row.disabled)


def counts(db: Session, meeting_id: str) -> dict[Side, Heads]:
    """How many came, as each side counted them; a side that has not is left out."""
    found = select(Attendance).where(Attendance.meeting == meeting_id, Attendance.counted_by.in_(SIDES))
    rows = {row.counted_by: row for row in db.scalars(found)}
    return {side: heads_of(rows[side]) for side in sorted(SIDES) if side in rows}


def differ(db: Session, meeting_id: str) -> bool:
    """Whether the two sides counted other women, men, girls and boys."""
    return len({(h.women, h.men, h.girls, h.boys) for h in counts(db, meeting_id).values()}) > 1


def drafted_heads(db: Session, meeting_id: str, role: str) -> Heads | None:
    """The count that somebody of that role sent by SMS and has not confirmed; None when there is none."""
    sent = db.get(Attendance, (meeting_id, side_of(role) + DRAFT))
    return heads_of(sent) if sent else None


def draft_count(
    work: Work, person_id: str, number: int, heads: Heads | None
) -> Outcome[Literal["draft", "heads", "gone"]]:
    """A count by SMS, without a PIN, waits for `confirm_count`; `number` is the meeting's.

    Outcomes: draft | heads (None: they could not be read and are to be sent again) | gone.
    """
    person = work.db.get(Person, person_id)
    meeting = work.db.scalar(select(Meeting).where(Meeting.number == number))
    if person is None or meeting is None or allowed_step(member(person), meeting, work.country, work.at) not in MAY:
        return Outcome("gone")
    if heads is None:
        return Outcome("heads")
    write_down(work.db, meeting.id, side_of(person.role) + DRAFT, heads)
    return Outcome("draft")


def confirm_count(
    work: Work, actor: Actor, meeting_id: str, change: Change | None = None
) -> Outcome[Counted | Literal["none"]]:
    """What she sent by SMS counts from now on. Outcomes as of `count`; none when she sent nothing."""
    if lock_meeting(work, actor, meeting_id, *MAY) is None:
        return Outcome("gone")
    sent = drafted_heads(work.db, meeting_id, actor.role)
    return Outcome("none") if sent is None else count(work, actor, meeting_id, sent, change)

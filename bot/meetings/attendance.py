"""Head counts of meetings, by the organiser and by the women's side, entered on the phone or sent by SMS and confirmed.

No names and no list of people (S72). When the two counts differ, both are kept and both sides read both.
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

DRAFT = "?"  # appended to the side in `counted_by`: a count by SMS that is not confirmed
MAY = (Step.COUNT, Step.DELEGATE)  # the organiser, an advocate, or the woman to whom one could turn there
Side = Literal["leader", "advocate"]
SIDES: tuple[Side, ...] = ("leader", "advocate")
Counted = Literal["done", "differs", "nobody", "gone"]


@dataclass(frozen=True)
class Heads:
    """How many people came. Elders (over sixty) and disabled people are counted among the others, and may
    be left out.
    """

    women: int
    men: int
    girls: int
    boys: int
    elders: int = 0
    disabled: int = 0


def count(work: Work, actor: Actor, meeting_id: str, heads: Heads, change: Change | None = None) -> Outcome[Counted]:
    """Store a head count of the actor's side, in place of an earlier one of the same side; `change` is what is to be
    done when few women came (S73).

    Where it differs from the count of the other side, whoever counted there gets an SMS. Outcomes: done | differs |
    nobody (a meeting to which nobody came is cancelled) | gone (not a meeting that the actor counts).
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
    """The side for which a role counts: the women's side or the organiser's."""
    return "leader" if role == "leader" else "advocate"


def write_down(db: Session, meeting_id: str, counted_by: str, heads: Heads, change: Change | None = None) -> None:
    """Store a count, in place of an earlier one by the same `counted_by`."""
    db.merge(Attendance(**asdict(heads), meeting=meeting_id, counted_by=counted_by, plan=change or ""))
    db.flush()


def heads_of(row: Attendance) -> Heads:
    """The count in a row."""
    return Heads(row.women, row.men, row.girls, row.boys, row.elders, row.disabled)


def counts(db: Session, meeting_id: str) -> dict[Side, Heads]:
    """The count of each side that has counted."""
    of_sides = select(Attendance).where(Attendance.meeting == meeting_id, Attendance.counted_by.in_(SIDES))
    rows = {row.counted_by: row for row in db.scalars(of_sides)}
    return {side: heads_of(rows[side]) for side in sorted(SIDES) if side in rows}


def differ(db: Session, meeting_id: str) -> bool:
    """Whether the two sides counted different numbers of women, men, girls or boys."""
    return len({(h.women, h.men, h.girls, h.boys) for h in counts(db, meeting_id).values()}) > 1


def drafted_heads(db: Session, meeting_id: str, role: str) -> Heads | None:
    """The count that somebody of that role sent by SMS and that is not confirmed; None when there is none."""
    sent = db.get(Attendance, (meeting_id, side_of(role) + DRAFT))
    return heads_of(sent) if sent else None


def draft_count(
    work: Work, person_id: str, number: int, heads: Heads | None
) -> Outcome[Literal["draft", "heads", "gone"]]:
    """Store a count that came by SMS, without a PIN, until `confirm_count`; `number` is the meeting's.

    Outcomes: draft | heads (None: the numbers could not be read and must be sent again) | gone (not a meeting that she
    counts).
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
    """Make the count that the actor sent by SMS the count of her side. Outcomes as of `count`, and none when she sent
    nothing.
    """
    if lock_meeting(work, actor, meeting_id, *MAY) is None:
        return Outcome("gone")
    sent = drafted_heads(work.db, meeting_id, actor.role)
    return Outcome("none") if sent is None else count(work, actor, meeting_id, sent, change)

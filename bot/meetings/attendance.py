"""Who came, in numbers: counted by the organiser and by the women's side, on the phone or by an SMS that is confirmed.

No names, no list (S72). Both counts are kept when they differ, and both sides read both.
"""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.actions.meetings import ConfirmCount, CountPeople, DraftCount
from bot.meetings.lifecycle import allowed_step, lock_meeting, notify_staff
from bot.storage.audit import AuditAction, note
from bot.storage.tables.meetings import Attendance, Meeting
from bot.storage.tables.people import Person
from bot.storage.unit_of_work import Office, Outcome

COUNTED = ("women", "men", "girls", "boys", "elders", "disabled")
DRAFT = "?"  # behind the side: a count by SMS that nobody has confirmed
MAY = ("count", "delegate")  # the organiser, an advocate, or the woman to whom one could turn there
SIDES = ("leader", "advocate")


def count_people(db: Session, effect: CountPeople, office: Office, at: int) -> Outcome[str]:
    """A head count, by the organiser and by the women's side. Outcomes: done | differs | nobody | gone.

    Where it differs from the other side's, whoever counted there is told: both read both, and both are kept.
    """
    meeting = lock_meeting(db, effect, office, at, *MAY)
    person = db.get(Person, office.caller)
    if meeting is None or person is None:
        return Outcome("gone")
    if not any(int(number) for number in effect.heads.split()):
        return Outcome("nobody")
    side = side_of(person)
    write_down(db, meeting.id, side, effect.heads, effect.plan)
    db.execute(delete(Attendance).where(Attendance.meeting == meeting.id, Attendance.counted_by == side + DRAFT))
    note(db, office.vault, at, office.caller, AuditAction.PEOPLE_COUNTED, meeting.id)
    if not differ(db, meeting.id):
        return Outcome("done")
    other = meeting.advocate if side == "leader" else meeting.leader
    return Outcome("differs", {}, tuple(notify_staff(db, other, meeting, at)))


def side_of(person: Person) -> str:
    """Whose count it is: the women's side's, or the organiser's."""
    return "leader" if person.role == "leader" else "advocate"


def write_down(db: Session, meeting: str, counted_by: str, heads: str, plan: str = "") -> None:
    """A count, in place of an earlier one of the same side."""
    counted = dict(zip(COUNTED, [int(number) for number in heads.split()], strict=False))
    db.merge(Attendance(**dict.fromkeys(COUNTED, 0) | counted, meeting=meeting, counted_by=counted_by, plan=plan))
    db.flush()


def heads_of(count: Attendance) -> str:
    """A count as it is typed."""
    return " ".join(str(getattr(count, name)) for name in COUNTED)


def counts(db: Session, meeting: str) -> dict[str, str]:
    """Women, men, girls, boys as each side counted them."""
    found = select(Attendance).where(Attendance.meeting == meeting, Attendance.counted_by.in_(SIDES))
    sides = db.scalars(found.order_by(Attendance.counted_by))
    return {c.counted_by: f"{c.women} {c.men} {c.girls} {c.boys}" for c in sides}


def differ(db: Session, meeting: str) -> bool:
    """Whether the two sides counted otherwise."""
    return len({*counts(db, meeting).values()}) > 1


def draft_count(db: Session, effect: DraftCount, office: Office, at: int) -> Outcome[str]:
    """A count by SMS waits for her PIN. Outcomes: draft | heads (not four numbers) | gone."""
    person = db.get(Person, office.caller)
    meeting = db.scalar(select(Meeting).where(Meeting.number == int(effect.number)))
    if person is None or meeting is None or allowed_step(person, meeting, office.country, at) not in MAY:
        return Outcome("gone")
    if not effect.heads:
        return Outcome("heads")
    write_down(db, meeting.id, side_of(person) + DRAFT, effect.heads)
    return Outcome("draft")


def confirm_count(db: Session, effect: ConfirmCount, office: Office, at: int) -> Outcome[str]:
    """What she sent by SMS counts from now on. Outcomes as of `count_people`; `none` when she sent nothing."""
    meeting = lock_meeting(db, effect, office, at, *MAY)
    person = db.get(Person, office.caller)
    if meeting is None or person is None:
        return Outcome("gone")
    sent = db.get(Attendance, (meeting.id, side_of(person) + DRAFT))
    if sent is None:
        return Outcome("none")
    count = CountPeople(effect.pin_handle, effect.which, heads_of(sent), effect.plan_too)
    return count_people(db, count, office, at)

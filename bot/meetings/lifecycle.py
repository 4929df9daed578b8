"""Services for the life of a meeting: a leader calls it, a woman officer says yes, a women's advocate signs, a second
person releases it, leaders and advocates may stop it.

Nobody is told before all of them have acted from their own phones, and never while a red finding stands against it
(bot.meetings.planner). A change of place, hour or woman removes the signature.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Literal

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.country.pack import Country
from bot.meetings.notify import notify_changed, notify_each, notify_staff
from bot.meetings.planner import findings, may_go_out, series
from bot.meetings.plans import advocates_of, plan_of
from bot.meetings.steps import Step, lock_meeting, works_in
from bot.meetings.terms import Audience, MeetingKind, Offer, Reason
from bot.storage import outbox
from bot.storage.audit import AuditAction, note
from bot.storage.base import random_id
from bot.storage.tables.meetings import Meeting, MeetingStatus, WomanSays
from bot.storage.tables.people import Person
from bot.storage.two import are_two
from bot.storage.unit_of_work import Actor, Outcome, Work

HOLD = 10 * 60  # seconds between the release and the first SMS, in which a leader of the zone or the advocate stops it
CIRCLE = 15  # people in a small group of women whose leader does not say for how many
MOST_A_DAY = 2  # meetings that are announced to a zone in a day
SAME = (
    "zone", "venue", "kind", "women_only", "childcare", "way_home", "transport", "most", "languages", "contact",
    "reason", "organisation", "woman", "leader",
)  # fmt: skip
Refusal = Literal["unsigned", "author", "red", "late", "enough"]
REFUSALS: dict[Refusal, str] = {  # of a release, and how they stand in the record
    "unsigned": "nobody has signed", "author": "its author", "red": "cannot go out", "late": "out of hours",
    "enough": "enough for today",
}  # fmt: skip


class Verdict(StrEnum):
    """The decision of a women's advocate about a meeting."""

    YES = "yes"
    CHANGE = "change"  # something has to be changed first
    NO = "no"


@dataclass(frozen=True)
class NewMeeting:
    """A meeting as its leader wants it. Day and hour are of the country's own clock."""

    zone: str  # code of a place
    venue: str  # reference of a registered place of that zone
    kind: MeetingKind
    day: date
    hour: time
    length_hours: int
    audience: Audience
    woman: str  # id of the woman officer or facilitator who is asked to be there
    offers: frozenset[Offer] = frozenset()
    languages: tuple[str, ...] = ()  # spoken there, in the order in which they are read
    most: int = 0  # people; 0 is any number, or `CIRCLE` of a small group
    contact: str = ""  # id of whom a woman may turn to there
    reason: Reason | None = None  # why, where something speaks against it (S66)


def planned_meeting(new: NewMeeting, leader: str, country: Country) -> Meeting:
    """The row of a meeting that is not stored yet, so that the planner can judge it before it is called."""
    starts = datetime.combine(new.day, new.hour, country.timezone)
    women = next((unit.ref for unit in country.units.values() if unit.kind == "women"), "")
    return Meeting(
        id=random_id(), number=0, zone=new.zone, venue=new.venue, kind=new.kind,
        women_only=new.audience != Audience.EVERYBODY, starts=int(starts.timestamp()),
        ends=int((starts + timedelta(hours=new.length_hours)).timestamp()),
        **{offer.value: offer in new.offers for offer in Offer},
        most=new.most or CIRCLE * (new.audience == Audience.CIRCLE),
        languages=",".join(new.languages), contact=new.contact, reason=new.reason or "",
        organisation=women, woman=new.woman, woman_says=WomanSays.ASKED, leader=leader,
        advocate="", released_by="", public_at=0, revision=1, status=MeetingStatus.CALLED, against="",
    )  # fmt: skip


def call(work: Work, actor: Actor, meeting: NewMeeting) -> Outcome[Literal["done", "alone", "gone"]]:
    """Store a meeting: the woman officer is asked, the advocates of the zone have one to sign. An unfinished meeting of
    the leader is deleted.

    Outcomes: done | alone (no advocate serves there) | gone (not a leader of that zone, or no registered place of it).
    """
    forget_unfinished(work.db, actor.id)  # first: its number is small and is used again
    leader, venue = work.db.get(Person, actor.id), work.country.venues.get(meeting.venue)
    if leader is None or actor.role != "leader" or not works_in(actor, meeting.zone, work.country):
        return Outcome("gone")
    if venue is None or venue.zone != meeting.zone or (venue.demo and not leader.demo):
        return Outcome("gone")
    called = planned_meeting(meeting, actor.id, work.country)
    called.number = next_number(work.db)
    return submit(work, actor, called)


def submit(work: Work, actor: Actor, meeting: Meeting) -> Outcome[Literal["done", "alone"]]:
    """Store a meeting and tell the people who must act next. Outcomes: done | alone (no advocate serves there)."""
    advocates = advocates_of(work.db, work.country, meeting.zone)
    if not advocates:
        note(work.db, work.vault, work.at, actor.id, AuditAction.MEETING_REFUSED)
        return Outcome("alone")
    meeting.status = MeetingStatus.CALLED
    work.db.add(meeting)
    note(work.db, work.vault, work.at, actor.id, AuditAction.MEETING_CALLED, meeting.id)
    return Outcome("done", {}, notify_each(work.db, [meeting.woman, *advocates], meeting, work.at))


def repeat(work: Work, actor: Actor, meeting_id: str, day: date) -> Outcome[Literal["done", "alone", "gone"]]:
    """Call the same meeting again on another day, at the same hour; it is asked for, signed and released anew.

    Outcomes: done | alone (no advocate serves there) | gone (not hers, or no day of `planner.series`).
    """
    before = lock_meeting(work, actor, meeting_id, Step.OWN, Step.COUNT)
    if before is None or before.leader != actor.id:
        return Outcome("gone")
    first = work.country.clock(before.starts)
    if day not in series(first.date(), work.local.date()):
        return Outcome("gone")
    starts = int(first.replace(year=day.year, month=day.month, day=day.day).timestamp())  # by the clock, not by seconds
    same = {name: getattr(before, name) for name in SAME}
    meeting = Meeting(
        **same, id=random_id(), number=next_number(work.db), starts=starts, ends=starts + before.ends - before.starts,
        woman_says=WomanSays.ASKED, advocate="", released_by="", public_at=0, revision=1, against="",
    )  # fmt: skip
    return submit(work, actor, meeting)


def next_number(db: Session) -> int:
    """A free number for a new meeting: small, because people say it aloud and type it."""
    return (db.scalar(select(func.max(Meeting.number))) or 0) + 1


def forget_unfinished(db: Session, leader: str) -> None:
    """Delete the meetings that the leader had begun to call when her talk was cut off."""
    unfinished = (Meeting.leader == leader) & (Meeting.status == MeetingStatus.DRAFT) & (Meeting.woman == "")
    db.execute(delete(Meeting).where(unfinished))


def answer_invitation(work: Work, actor: Actor, meeting_id: str, comes: bool) -> Outcome[Literal["done", "gone"]]:
    """The woman officer says whether she comes. A no removes the signature; the leader is told.

    Outcomes: done | gone (she was not asked, or it has begun).
    """
    meeting = lock_meeting(work, actor, meeting_id, Step.COME)
    if meeting is None:
        return Outcome("gone")
    meeting.woman_says = WomanSays.YES if comes else WomanSays.NO
    keys = notify_staff(work.db, meeting.leader, meeting, work.at)
    if not comes:
        keys += reopen(work, meeting)
    note(work.db, work.vault, work.at, actor.id, AuditAction.INVITATION_ANSWERED, meeting.id, meeting.woman_says)
    return Outcome("done", {}, tuple(keys))


def reopen(work: Work, meeting: Meeting) -> tuple[str, ...]:
    """Set a meeting back to be signed again: reminders of the old revision are not sent. The keys of the tasks that
    tell the advocates.
    """
    withdraw_signature(meeting, MeetingStatus.CALLED)
    meeting.revision += 1
    return notify_each(work.db, advocates_of(work.db, work.country, meeting.zone), meeting, work.at)


def withdraw_signature(meeting: Meeting, status: MeetingStatus) -> None:
    """Remove signature and release, and set the status."""
    meeting.status, meeting.advocate, meeting.released_by, meeting.public_at = status, "", "", 0


def sign(
    work: Work, actor: Actor, meeting_id: str, verdict: Verdict
) -> Outcome[Literal["done", "author", "red", "gone"]]:
    """An advocate signs a meeting, refuses it or wants it changed: anything but a yes removes the signature of another,
    and the leader is told.

    Outcomes: done | author (she agrees from a phone of the one who called it) | red (it cannot go out as it is) | gone
    (not hers to sign now).
    """
    meeting = lock_meeting(work, actor, meeting_id, Step.SIGN, Step.SECOND)
    if meeting is None:
        return Outcome("gone")
    if verdict == Verdict.YES and not are_two(work.db, actor.id, meeting.leader):
        return Outcome("author")
    note(work.db, work.vault, work.at, actor.id, AuditAction.SIGNED, meeting.id, verdict)
    keys = notify_staff(work.db, meeting.leader, meeting, work.at)
    if verdict != Verdict.YES:
        withdraw_signature(meeting, MeetingStatus.REFUSED if verdict == Verdict.NO else MeetingStatus.CHANGE)
        return Outcome("done", {}, tuple(keys))
    plan = plan_of(work.db, work.country, meeting, work.at)
    if not may_go_out(plan):
        return Outcome("red")
    meeting.status, meeting.advocate = MeetingStatus.SIGNED, actor.id
    meeting.against = ",".join(finding.rule for finding in findings(plan))
    others = select(Person.id).where(Person.role == "coordinator", Person.active, Person.id != meeting.leader)
    return Outcome("done", {}, (*keys, *notify_each(work.db, work.db.scalars(others).all(), meeting, work.at)))


def release(work: Work, actor: Actor, meeting_id: str) -> Outcome[Literal["done", "gone"] | Refusal]:
    """A second person lets the notice go out after the hold. Whoever may not is told why, and the refusal is recorded
    in the audit log, because a try to release one's own meeting is worth knowing.

    Outcomes: done | unsigned | author (she called or signed it herself, or has a phone of who did) | red (it cannot go
    out as it is) | late (it would leave by night) | enough (the zone has had its meetings for today) | gone.
    """
    meeting = lock_meeting(work, actor, meeting_id, Step.RELEASE, Step.SECOND, Step.OWN, Step.LOOK, Step.SIGN)
    if meeting is None or meeting.status == MeetingStatus.RELEASED:
        return Outcome("gone")
    if refusal := why_not_released(work, actor, meeting):
        note(work.db, work.vault, work.at, actor.id, AuditAction.RELEASE_REFUSED, meeting.id, REFUSALS[refusal])
        return Outcome(refusal)
    meeting.status, meeting.released_by = MeetingStatus.RELEASED, actor.id
    meeting.public_at = work.at + HOLD
    note(work.db, work.vault, work.at, actor.id, AuditAction.MEETING_RELEASED, meeting.id)
    args = {"meeting": meeting.id, "revision": meeting.revision, "kind": "new"}
    key = f"announce:{meeting.id}:{meeting.revision}:new:{work.at}"
    outbox.post(work.db, outbox.task(key, outbox.TaskName.ANNOUNCE, args, meeting.public_at))
    return Outcome("done", {}, notify_each(work.db, [meeting.leader, meeting.advocate], meeting, work.at))


def why_not_released(work: Work, actor: Actor, meeting: Meeting) -> Refusal | None:
    """Why that person cannot release the meeting now; None when she can."""
    if meeting.status != MeetingStatus.SIGNED or not are_two(work.db, meeting.leader, meeting.advocate):
        return "unsigned"
    if not all(are_two(work.db, actor.id, author) for author in (meeting.leader, meeting.advocate)):
        return "author"
    if not may_go_out(plan_of(work.db, work.country, meeting, work.at)):
        return "red"
    if not by_day(work.at + HOLD, work.country):
        return "late"
    return "enough" if releases_today(work, meeting) >= MOST_A_DAY else None


def releases_today(work: Work, meeting: Meeting) -> int:
    """How many other meetings of the zone were released today; their number is limited because people who get too many
    SMS stop reading them.
    """
    midnight = work.local.replace(hour=0, minute=0, second=0)
    others = (Meeting.zone == meeting.zone) & (Meeting.id != meeting.id) & (Meeting.status == MeetingStatus.RELEASED)
    today = Meeting.public_at >= int(midnight.timestamp())
    return work.db.scalar(select(func.count()).select_from(Meeting).where(others, today)) or 0


def by_day(at: int, country: Country) -> bool:
    """Whether people may be written to at that second: from eight in the morning to eight in the evening."""
    return 8 <= datetime.fromtimestamp(at, country.timezone).hour < 20


def stop(work: Work, actor: Actor, meeting_id: str) -> Outcome[Literal["done", "gone"]]:
    """Somebody stops the release in the ten minutes of the hold: nobody was told, and it waits for another release.

    Outcomes: done | gone (the hold is over, or she does not lead there).
    """
    meeting = lock_meeting(work, actor, meeting_id, Step.STOP)
    if meeting is None:
        return Outcome("gone")
    meeting.status, meeting.released_by, meeting.public_at = MeetingStatus.SIGNED, "", 0
    note(work.db, work.vault, work.at, actor.id, AuditAction.RELEASE_STOPPED, meeting.id)
    return Outcome("done", {}, tuple(notify_staff(work.db, meeting.leader, meeting, work.at)))


def move(work: Work, actor: Actor, meeting_id: str, day: date, hour: time) -> Outcome[Literal["done", "gone"]]:
    """Move a meeting to another day and hour of the country's own clock: the woman officer is asked and it is signed
    anew.

    Outcomes: done | gone (not hers to move now).
    """
    meeting = lock_meeting(work, actor, meeting_id, Step.OWN)
    if meeting is None:
        return Outcome("gone")
    length = meeting.ends - meeting.starts
    meeting.starts = int(datetime.combine(day, hour, work.country.timezone).timestamp())
    meeting.ends, meeting.woman_says = meeting.starts + length, WomanSays.ASKED
    keys = (
        *reopen(work, meeting),
        *notify_staff(work.db, meeting.woman, meeting, work.at),
        *notify_changed(work.db, meeting, "changed", work.at),
    )
    note(work.db, work.vault, work.at, actor.id, AuditAction.MEETING_MOVED, meeting.id)
    return Outcome("done", {}, keys)


def ask_another(work: Work, actor: Actor, meeting_id: str, woman: str) -> Outcome[Literal["done", "gone"]]:
    """Ask another woman officer or facilitator, by id. Outcomes: done | gone (not hers to change now)."""
    meeting = lock_meeting(work, actor, meeting_id, Step.OWN)
    if meeting is None:
        return Outcome("gone")
    meeting.woman, meeting.woman_says = woman, WomanSays.ASKED
    keys = (*reopen(work, meeting), *notify_staff(work.db, meeting.woman, meeting, work.at))
    note(work.db, work.vault, work.at, actor.id, AuditAction.ANOTHER_ASKED, meeting.id)
    return Outcome("done", {}, keys)


def cancel(work: Work, actor: Actor, meeting_id: str) -> Outcome[Literal["done", "gone"]]:
    """Cancel a meeting: whoever was told of it hears so before any other notice leaves.

    Outcomes: done | gone (not hers to cancel now).
    """
    meeting = lock_meeting(work, actor, meeting_id, Step.OWN)
    if meeting is None:
        return Outcome("gone")
    meeting.status = MeetingStatus.CANCELLED
    meeting.revision += 1
    note(work.db, work.vault, work.at, actor.id, AuditAction.MEETING_CANCELLED, meeting.id)
    notices = notify_changed(work.db, meeting, "cancelled", work.at)
    return Outcome("done", {}, (*notify_staff(work.db, meeting.woman, meeting, work.at), *notices))

"""Meetings: a leader calls, a woman officer says yes, a women's advocate signs, another releases, anybody stops it.

Nobody is told before all of them have acted from their own phones, and never while something red speaks against it
(bot.meetings.planner). Whatever changes place, hour or woman takes the signature away.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.actions.meetings import (
    AnswerInvitation,
    AskAnother,
    CallMeeting,
    CancelMeeting,
    MoveMeeting,
    ReleaseMeeting,
    RepeatMeeting,
    SignMeeting,
    StopMeeting,
)
from bot.country.hours import is_away
from bot.country.pack import Country
from bot.meetings.planner import Plan, findings, may_go_out, series
from bot.meetings.subscribers import wished
from bot.storage import outbox
from bot.storage.audit import AuditAction, note
from bot.storage.base import random_id
from bot.storage.tables.delivery import DeliveryStatus, Message, MessageKind, Notice
from bot.storage.tables.meetings import Meeting, MeetingStatus, Opinion
from bot.storage.tables.people import Person
from bot.storage.unit_of_work import Office, Outcome

HOLD = 10 * 60  # seconds between the release and the first SMS, in which a leader of the zone or the advocate stops it
CIRCLE = 15  # people in a small group of women whose leader does not say for how many
STAYS = 14 * 86400  # seconds after its beginning for which people are counted
UPCOMING = (MeetingStatus.CALLED, MeetingStatus.CHANGE, MeetingStatus.SIGNED, MeetingStatus.RELEASED)
UNSIGNED = (MeetingStatus.CALLED, MeetingStatus.CHANGE)
MAY_HAVE_HEARD = (DeliveryStatus.SENDING, DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.UNKNOWN)
MOST_A_DAY = 2  # meetings that are announced to a zone in a day
SAME = (
    "zone", "venue", "kind", "women_only", "childcare", "way_home", "transport", "most", "languages", "contact",
    "reason", "organisation", "woman", "leader",
)  # fmt: skip
REFUSALS = {  # of a release, and how they stand in the record
    "unsigned": "nobody has signed", "author": "its author", "red": "cannot go out", "late": "out of hours",
    "enough": "enough for today",
}  # fmt: skip
CONVENORS = ("leader", "advocate", "coordinator")


def allowed_step(person: Person, meeting: Meeting, country: Country, at: int) -> str:
    """What that person may do with it now, or nothing:

    come | sign | second | release | stop | count | delegate | own | draft | unfinished |
    look. Of several advocates each may sign, and take the signature of another away until people are told.
    """
    status, before, mine = meeting.status, at < meeting.starts, person.id == meeting.leader
    if status in (MeetingStatus.DRAFT, MeetingStatus.REFUSED):
        hers = "own" if status == MeetingStatus.REFUSED else "unfinished" if unfinished(meeting) else "draft"
        return hers if mine and before else ""
    if person.id == meeting.woman:
        return "come" if status in UPCOMING and before else ""
    over = not before and status == MeetingStatus.RELEASED and at < meeting.starts + STAYS
    if person.id == meeting.contact and person.role == "partner":
        return "delegate" if over else ""
    if person.role not in CONVENORS or status not in UPCOMING or not works_in(person, meeting.zone, country):
        return ""
    leads = person.role in ("leader", "advocate")
    if not before:
        return "count" if over and leads else ""
    if status == MeetingStatus.RELEASED and at < meeting.public_at and leads:
        return "stop"
    if person.role == "advocate" and (status in UNSIGNED or person.id == meeting.advocate):
        return "sign" if status != MeetingStatus.RELEASED else "look"
    if status == MeetingStatus.SIGNED and not mine:
        return "second" if person.role == "advocate" else "release"
    return "own" if mine else "look"


def unfinished(meeting: Meeting) -> bool:
    """Whether its leader was cut off while she called it: nobody is asked to come yet."""
    return meeting.status == MeetingStatus.DRAFT and not meeting.woman


def works_in(person: Person, zone: str, country: Country) -> bool:
    """Whether the zone, or what it lies in, is one of theirs."""
    around = {place.code for place in country.way_up(zone)}
    return not around.isdisjoint(person.zones.split(","))


def agenda(db: Session, person: Person, country: Country, at: int) -> list[Meeting]:
    """The meetings with which that person has to do something, or may look at, the next one first."""
    shown = (*UPCOMING, MeetingStatus.DRAFT, MeetingStatus.REFUSED)
    near = select(Meeting).where(Meeting.starts > at - STAYS, Meeting.status.in_(shown)).order_by(Meeting.starts)
    return [meeting for meeting in db.scalars(near) if allowed_step(person, meeting, country, at)]


def plan_of(db: Session, country: Country, meeting: Meeting, at: int) -> Plan:
    """What the planner may know of a meeting."""
    zone = country.timezone
    starts, ends, now = (datetime.fromtimestamp(second, zone) for second in (meeting.starts, meeting.ends, at))
    sunrise, sunset = country.daylight(meeting.zone, starts.date())
    venue = country.venues[meeting.venue]
    there = select(Meeting.id).where(Meeting.venue == meeting.venue)
    safe = select(func.sum(Opinion.yes), func.sum(Opinion.no)).where(Opinion.question == "safe")
    yes, no = db.execute(safe.where(Opinion.meeting.in_(there))).one()
    return Plan(
        starts, ends, now, sunrise, sunset, venue.kind, meeting.women_only, woman_status(db, meeting, starts),
        bool(meeting.organisation and signers(db, country, meeting)), meeting.childcare, meeting.way_home,
        venue.step_free, country.busy_in(meeting.zone), ((yes or 0) + (no or 0), yes or 0),
        others_of(db, meeting, zone), bool(meeting.contact), wished(db, country, meeting),
    )  # fmt: skip


def woman_status(db: Session, meeting: Meeting, starts: datetime) -> str:
    """What the woman officer says: yes | asked | no. Who serves no more or is on leave that day does not come."""
    woman = db.get(Person, meeting.woman)
    return meeting.woman_says if woman and woman.active and not is_away(woman, starts) else "no"


def others_of(db: Session, meeting: Meeting, zone: Any) -> Sequence[tuple[datetime, datetime, bool]]:
    """The other meetings of the zone, and whether they are in the same place."""
    near = select(Meeting).where(Meeting.zone == meeting.zone, Meeting.status.in_(UPCOMING), Meeting.id != meeting.id)
    return [
        (datetime.fromtimestamp(m.starts, zone), datetime.fromtimestamp(m.ends, zone), m.venue == meeting.venue)
        for m in db.scalars(near)
    ]


def draft(effect: CallMeeting, leader: str, country: Country) -> Meeting:
    """A meeting as it is called, nowhere kept yet."""
    day, clock = datetime.fromisoformat(effect.day_handle), effect.hour.split(":")
    starts = day.replace(hour=int(clock[0]), minute=int(clock[1]), tzinfo=country.timezone)
    there = set(effect.there.split(","))
    women = next((unit.ref for unit in country.units.values() if unit.kind == "women"), "")
    return Meeting(
        id=random_id(), number=0, zone=effect.zone, venue=effect.venue, kind=effect.kind,
        women_only=effect.whom != "all", starts=int(starts.timestamp()),
        ends=int((starts + timedelta(hours=int(effect.length))).timestamp()),
        childcare="childcare" in there, way_home="way_home" in there, transport="transport" in there,
        most=int(effect.most or 0) or CIRCLE * (effect.whom == "women"),
        languages=effect.languages, contact=effect.contact, reason=effect.reason,
        organisation=women, woman=effect.woman, woman_says="asked", leader=leader,
        advocate="", released_by="", public_at=0, revision=1, status=MeetingStatus.CALLED, against="",
    )  # fmt: skip


def call_meeting(db: Session, effect: CallMeeting, office: Office, at: int) -> Outcome[str]:
    """A meeting is called: the woman officer is asked, the advocates of the zone have one to sign.

    Outcomes: done | alone (no advocate serves there) | gone (not a leader of that zone, or no registered place of it).
    """
    office.vault.private(office.caller, effect.pin_handle)
    leader, venue = db.get(Person, office.caller), office.country.venues.get(effect.venue)
    if leader is None or leader.role != "leader" or not works_in(leader, effect.zone, office.country):
        return Outcome("gone")
    if venue is None or venue.zone != effect.zone or (venue.demo and not leader.demo):
        return Outcome("gone")
    meeting = draft(effect, office.caller, office.country)
    meeting.number = (db.scalar(select(func.max(Meeting.number))) or 0) + 1
    return called(db, meeting, office, at)


def called(db: Session, meeting: Meeting, office: Office, at: int) -> Outcome[str]:
    """It is kept, and whoever has to do with it next is told. Outcomes: done | alone."""
    advocates = signers(db, office.country, meeting)
    if not advocates:
        note(db, office.vault, at, office.caller, AuditAction.MEETING_REFUSED)
        return Outcome("alone")
    meeting.status = MeetingStatus.CALLED
    db.add(meeting)
    note(db, office.vault, at, office.caller, AuditAction.MEETING_CALLED, meeting.id)
    people = [meeting.woman, *advocates]
    return Outcome("done", {}, tuple(key for person in people for key in notify_staff(db, person, meeting, at)))


def repeat_meeting(db: Session, effect: RepeatMeeting, office: Office, at: int) -> Outcome[str]:
    """The same again, on a day of its series: asked, signed and released anew. Outcomes: done | alone | gone."""
    before = lock_meeting(db, effect, office, at, "own", "count")
    if before is None or before.leader != office.caller:
        return Outcome("gone")
    first, day = office.country.clock(before.starts), date.fromisoformat(effect.again)
    if day not in series(first.date(), office.country.clock(at).date()):
        return Outcome("gone")
    starts = int(first.replace(year=day.year, month=day.month, day=day.day).timestamp())  # by the clock, not by seconds
    same = {name: getattr(before, name) for name in SAME}
    meeting = Meeting(
        **same, id=random_id(), number=(db.scalar(select(func.max(Meeting.number))) or 0) + 1, starts=starts,
        ends=starts + before.ends - before.starts, woman_says="asked", advocate="", released_by="", public_at=0,
        revision=1, against="",
    )  # fmt: skip
    return called(db, meeting, office, at)


def signers(db: Session, country: Country, meeting: Meeting) -> list[str]:
    """The women's advocates of the zone."""
    advocates = db.scalars(select(Person).where(Person.role == "advocate", Person.active).order_by(Person.ref))
    return [person.id for person in advocates if works_in(person, meeting.zone, country)]


def notify_staff(db: Session, person: str, meeting: Meeting, at: int) -> list[str]:
    """An SMS that there is a task; the dialled code shows which. The task that sends it."""
    message = Message(id=random_id(), kind=MessageKind.MEETING, person=person, number=meeting.number, created=at)
    db.add(message)
    send = outbox.task(f"deliver:{message.id}", outbox.TaskName.DELIVER, {"message": message.id}, at, outbox.REMINDER)
    return outbox.post(db, send)


def lock_meeting(db: Session, effect: Any, office: Office, at: int, *stages: str) -> Meeting | None:
    """The meeting of an effect, locked, if its caller may do that with it now."""
    office.vault.private(office.caller, effect.pin_handle)
    person = db.get(Person, office.caller)
    meeting = db.scalar(select(Meeting).where(Meeting.id == effect.which).with_for_update())
    if person is None or meeting is None or allowed_step(person, meeting, office.country, at) not in stages:
        return None
    return meeting


def answer_invitation(db: Session, effect: AnswerInvitation, office: Office, at: int) -> Outcome[str]:
    """The woman officer says whether she comes. A no takes the signature away; the leader hears of it."""
    meeting = lock_meeting(db, effect, office, at, "come")
    if meeting is None:
        return Outcome("gone")
    meeting.woman_says = effect.come
    keys = notify_staff(db, meeting.leader, meeting, at)
    if effect.come == "no":
        keys += reopen(db, meeting, office, at)
    note(db, office.vault, at, office.caller, AuditAction.INVITATION_ANSWERED, meeting.id, effect.come)
    return Outcome("done", {}, tuple(keys))


def reopen(db: Session, meeting: Meeting, office: Office, at: int) -> list[str]:
    """It has to be signed again: no reminder of the old revision leaves the house."""
    unsigned(meeting, MeetingStatus.CALLED)
    meeting.revision += 1
    return [key for person in signers(db, office.country, meeting) for key in notify_staff(db, person, meeting, at)]


def unsigned(meeting: Meeting, status: MeetingStatus) -> None:
    """Whatever was agreed to before, nobody agrees any more."""
    meeting.status, meeting.advocate, meeting.released_by, meeting.public_at = status, "", "", 0


def sign_meeting(db: Session, effect: SignMeeting, office: Office, at: int) -> Outcome[str]:
    """An advocate signs it off, or not: a no takes away what another has signed, and the leader reads it.

    Outcomes: done | red (it cannot go out as it is) | gone.
    """
    meeting, says = lock_meeting(db, effect, office, at, "sign", "second"), effect.sign or effect.second
    if meeting is None:
        return Outcome("gone")
    note(db, office.vault, at, office.caller, AuditAction.SIGNED, meeting.id, says)
    keys = notify_staff(db, meeting.leader, meeting, at)
    if says in ("no", "change"):
        unsigned(meeting, MeetingStatus.REFUSED if says == "no" else MeetingStatus.CHANGE)
        return Outcome("done", {}, tuple(keys))
    plan = plan_of(db, office.country, meeting, at)
    if not may_go_out(plan):
        return Outcome("red")
    meeting.status, meeting.advocate = MeetingStatus.SIGNED, office.caller
    meeting.against = ",".join(finding.rule for finding in findings(plan))
    others = select(Person.id).where(Person.role == "coordinator", Person.active, Person.id != meeting.leader)
    keys += [key for person in db.scalars(others).all() for key in notify_staff(db, person, meeting, at)]
    return Outcome("done", {}, tuple(keys))


def release_meeting(db: Session, effect: ReleaseMeeting, office: Office, at: int) -> Outcome[str]:
    """A second person lets it go out after the hold; whoever may not is told why not, and it is recorded (X10).

    Outcomes: done | unsigned | author | red | late (hour) | enough (for today) | gone.
    """
    meeting = lock_meeting(db, effect, office, at, "release", "second", "own", "look", "sign")
    if meeting is None or meeting.status == MeetingStatus.RELEASED:
        return Outcome("gone")
    if refusal := refused(db, meeting, office, at):
        note(db, office.vault, at, office.caller, AuditAction.RELEASE_REFUSED, meeting.id, REFUSALS[refusal])
        return Outcome(refusal)
    meeting.status, meeting.released_by = MeetingStatus.RELEASED, office.caller
    meeting.public_at = at + HOLD
    note(db, office.vault, at, office.caller, AuditAction.MEETING_RELEASED, meeting.id)
    args = {"meeting": meeting.id, "revision": meeting.revision, "kind": "new"}
    key = f"announce:{meeting.id}:{meeting.revision}:new:{at}"
    outbox.post(db, outbox.task(key, outbox.TaskName.ANNOUNCE, args, meeting.public_at))
    leaders = [meeting.leader, meeting.advocate]
    return Outcome("done", {}, tuple(key for who in leaders for key in notify_staff(db, who, meeting, at)))


def refused(db: Session, meeting: Meeting, office: Office, at: int) -> str:
    """Why a meeting cannot be let go now by whoever dials, or nothing."""
    if meeting.status != MeetingStatus.SIGNED:
        return "unsigned"
    if office.caller in (meeting.leader, meeting.advocate):
        return "author"
    if not may_go_out(plan_of(db, office.country, meeting, at)):
        return "red"
    if not by_day(at + HOLD, office.country):
        return "late"
    return "enough" if releases_today(db, meeting, office.country, at) >= MOST_A_DAY else ""


def releases_today(db: Session, meeting: Meeting, country: Country, at: int) -> int:
    """How many other meetings of the zone were released today: whoever gets too many SMS reads none."""
    midnight = country.clock(at).replace(hour=0, minute=0, second=0)
    others = (Meeting.zone == meeting.zone) & (Meeting.id != meeting.id) & (Meeting.status == MeetingStatus.RELEASED)
    today = Meeting.public_at >= int(midnight.timestamp())
    return db.scalar(select(func.count()).select_from(Meeting).where(others, today)) or 0


def by_day(at: int, country: Country) -> bool:
    """Whether people may be written to at that moment: from eight in the morning to eight in the evening."""
    return 8 <= datetime.fromtimestamp(at, country.timezone).hour < 20


def stop_meeting(db: Session, effect: StopMeeting, office: Office, at: int) -> Outcome[str]:
    """Somebody stops it in the ten minutes: nobody was told, and it waits for another release."""
    meeting = lock_meeting(db, effect, office, at, "stop")
    if meeting is None:
        return Outcome("gone")
    meeting.status, meeting.released_by, meeting.public_at = MeetingStatus.SIGNED, "", 0
    note(db, office.vault, at, office.caller, AuditAction.RELEASE_STOPPED, meeting.id)
    return Outcome("done", {}, tuple(notify_staff(db, meeting.leader, meeting, at)))


def move_meeting(db: Session, effect: MoveMeeting, office: Office, at: int) -> Outcome[str]:
    """Another day and hour: the woman officer is asked anew and it is signed anew."""
    meeting = lock_meeting(db, effect, office, at, "own")
    if meeting is None:
        return Outcome("gone")
    day, clock = datetime.fromisoformat(effect.new_day_handle), effect.new_hour.split(":")
    starts = day.replace(hour=int(clock[0]), minute=int(clock[1]), tzinfo=office.country.timezone)
    length = meeting.ends - meeting.starts
    meeting.starts, meeting.woman_says = int(starts.timestamp()), "asked"
    meeting.ends = meeting.starts + length
    keys = [
        *reopen(db, meeting, office, at),
        *notify_staff(db, meeting.woman, meeting, at),
        *notify_changed(db, meeting, "changed", at),
    ]
    note(db, office.vault, at, office.caller, AuditAction.MEETING_MOVED, meeting.id)
    return Outcome("done", {}, tuple(keys))


def ask_another(db: Session, effect: AskAnother, office: Office, at: int) -> Outcome[str]:
    """Another woman officer or facilitator is asked."""
    meeting = lock_meeting(db, effect, office, at, "own")
    if meeting is None:
        return Outcome("gone")
    meeting.woman, meeting.woman_says = effect.another, "asked"
    keys = [*reopen(db, meeting, office, at), *notify_staff(db, meeting.woman, meeting, at)]
    note(db, office.vault, at, office.caller, AuditAction.ANOTHER_ASKED, meeting.id)
    return Outcome("done", {}, tuple(keys))


def cancel_meeting(db: Session, effect: CancelMeeting, office: Office, at: int) -> Outcome[str]:
    """It does not take place: whoever was told hears so before anything else leaves."""
    meeting = lock_meeting(db, effect, office, at, "own")
    if meeting is None:
        return Outcome("gone")
    meeting.status = MeetingStatus.CANCELLED
    meeting.revision += 1
    note(db, office.vault, at, office.caller, AuditAction.MEETING_CANCELLED, meeting.id)
    keys = [*notify_staff(db, meeting.woman, meeting, at), *notify_changed(db, meeting, "cancelled", at)]
    return Outcome("done", {}, tuple(keys))


def notify_changed(db: Session, meeting: Meeting, kind: str, at: int) -> list[str]:
    """Whoever was told hears of a change at once, before it is signed anew."""
    heard = Notice.status.in_(MAY_HAVE_HEARD)
    if db.scalar(select(Notice.subscriber).where(Notice.meeting == meeting.id, heard).limit(1)) is None:
        return []
    args = {"meeting": meeting.id, "revision": meeting.revision, "kind": kind}
    key = f"announce:{meeting.id}:{meeting.revision}:{kind}"
    return outbox.post(db, outbox.task(key, outbox.TaskName.ANNOUNCE, args, at, outbox.ANSWER))

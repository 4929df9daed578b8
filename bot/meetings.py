"""Meetings: a leader calls, a woman officer says yes, a women's advocate signs, another releases, anybody stops it.

Nobody is told before all of them have acted from their own phones, and never while something red speaks against it
(bot.planner). Whatever changes place, hour or woman takes the signature away.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot import outbox
from bot.country import Country
from bot.effects import (
    AnswerInvitation,
    AskAnother,
    CallMeeting,
    CancelMeeting,
    ConfirmCount,
    CountPeople,
    DraftCount,
    MoveMeeting,
    ReleaseMeeting,
    RepeatMeeting,
    SignMeeting,
    StopMeeting,
)
from bot.models import Attendance, DeliveryStatus, Meeting, MeetingStatus, Message, Notice, Opinion, Person, random_id
from bot.office import Office, Performed
from bot.planner import Plan, findings, may_go_out
from bot.record import note
from bot.routing import is_away
from bot.subscribers import wished

HOLD = 10 * 60  # seconds between the release and the first SMS, in which a leader of the zone or the advocate stops it
STAYS = 14 * 86400  # seconds after its beginning for which people are counted
UPCOMING = (MeetingStatus.CALLED, MeetingStatus.SIGNED, MeetingStatus.RELEASED)
MAY_HAVE_HEARD = (DeliveryStatus.SENDING, DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.UNKNOWN)
MOST_A_DAY = 2  # meetings that are announced to a zone in a day
COUNTED = ("women", "men", "girls", "boys", "elders", "disabled")
DRAFT = "?"  # behind the side: a count by SMS that nobody has confirmed
SAME = (
    "zone", "venue", "kind", "women_only", "childcare", "way_home", "transport", "most", "languages", "contact",
    "reason", "organisation", "woman", "leader",
)  # fmt: skip
FEWEST_WOMEN = 30  # per cent of those who came: fewer ask for a plan (S73, a proposal)
CONVENORS = ("leader", "advocate", "coordinator")


def stage(person: Person, meeting: Meeting, country: Country, at: int) -> str:
    """What that person may do with it now: come | sign | release | stop | count | own | draft | look, or nothing."""
    if meeting.status == MeetingStatus.DRAFT:
        return "draft" if person.id == meeting.leader and person.role == "leader" and at < meeting.starts else ""
    if person.id == meeting.woman:
        return "come" if meeting.status in UPCOMING and at < meeting.starts else ""
    around = {place.code for place in country.way_up(meeting.zone)}
    if person.role not in CONVENORS or around.isdisjoint(person.zones.split(",")):
        return ""
    status, leads = meeting.status, person.role in ("leader", "advocate")
    if status in UPCOMING and at >= meeting.starts:
        return "count" if leads and status == MeetingStatus.RELEASED and at < meeting.starts + STAYS else ""
    if status == MeetingStatus.CALLED and person.role == "advocate":
        return "sign"
    if status == MeetingStatus.SIGNED and person.id != meeting.leader:
        return "release"
    if status == MeetingStatus.RELEASED and at < meeting.public_at and leads:
        return "stop"
    if person.id == meeting.leader and status in UPCOMING:
        return "own"
    return "look" if status in UPCOMING else ""


def agenda(db: Session, person: Person, country: Country, at: int) -> list[Meeting]:
    """The meetings with which that person has to do something, or may look at, the next one first."""
    near = select(Meeting).where(Meeting.starts > at - STAYS, Meeting.status.in_((*UPCOMING, MeetingStatus.DRAFT)))
    near = near.order_by(Meeting.starts)
    return [meeting for meeting in db.scalars(near) if stage(person, meeting, country, at)]


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
        starts, ends, now, sunrise, sunset, venue.kind, meeting.women_only, says(db, meeting, starts),
        bool(meeting.organisation), meeting.childcare, meeting.way_home, venue.step_free, country.busy_in(meeting.zone),
        ((yes or 0) + (no or 0), yes or 0), others_of(db, meeting, zone), bool(meeting.contact),
        wished(db, country, meeting),
    )  # fmt: skip


def says(db: Session, meeting: Meeting, starts: datetime) -> str:
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
        women_only=effect.whom == "women", starts=int(starts.timestamp()),
        ends=int((starts + timedelta(hours=int(effect.length))).timestamp()),
        childcare="childcare" in there, way_home="way_home" in there, transport="transport" in there,
        most=int(effect.most or 0), languages=effect.languages, contact=effect.contact, reason=effect.reason,
        organisation=women, woman=effect.woman, woman_says="asked", leader=leader,
        advocate="", released_by="", public_at=0, revision=1, status=MeetingStatus.CALLED, against="",
    )  # fmt: skip


def call_meeting(db: Session, effect: CallMeeting, office: Office, at: int) -> Performed:
    """A meeting is called: the woman officer is asked, the advocates of the zone have one to sign.

    Outcomes: done | gone (not a leader of that zone, or not a registered place of it).
    """
    office.vault.private(office.caller, effect.pin_handle)
    leader, venue = db.get(Person, office.caller), office.country.venues.get(effect.venue)
    around = {place.code for place in office.country.way_up(effect.zone)}
    if leader is None or leader.role != "leader" or around.isdisjoint(leader.zones.split(",")):
        return Performed("gone")
    if venue is None or venue.zone != effect.zone or (venue.demo and not leader.demo):
        return Performed("gone")
    meeting = draft(effect, office.caller, office.country)
    meeting.number = (db.scalar(select(func.max(Meeting.number))) or 0) + 1
    db.add(meeting)
    note(db, office.vault, at, office.caller, "meeting called", meeting.id)
    people = [meeting.woman, *signers(db, office.country, meeting)]
    return Performed("done", {}, tuple(key for person in people for key in tell(db, person, meeting, at)))


def repeat_meeting(db: Session, effect: RepeatMeeting, office: Office, at: int) -> Performed:
    """The same again, on the same weekday: asked, signed and released anew. Outcomes: done | gone."""
    before = chosen(db, effect, office, at, "own", "count")
    if before is None or before.leader != office.caller:
        return Performed("gone")
    later = office.country.clock(before.starts) + timedelta(weeks=int(effect.weeks))  # by the clock, not by seconds
    starts = int(later.timestamp())
    same = {name: getattr(before, name) for name in SAME}
    meeting = Meeting(
        **same, id=random_id(), number=(db.scalar(select(func.max(Meeting.number))) or 0) + 1, starts=starts,
        ends=starts + before.ends - before.starts, woman_says="asked", advocate="", released_by="", public_at=0,
        revision=1, status=MeetingStatus.CALLED, against="",
    )  # fmt: skip
    db.add(meeting)
    note(db, office.vault, at, office.caller, "meeting called", meeting.id)
    people = [meeting.woman, *signers(db, office.country, meeting)]
    return Performed("done", {}, tuple(key for person in people for key in tell(db, person, meeting, at)))


def signers(db: Session, country: Country, meeting: Meeting) -> list[str]:
    """The women's advocates of the zone."""
    around = {place.code for place in country.way_up(meeting.zone)}
    advocates = db.scalars(select(Person).where(Person.role == "advocate", Person.active).order_by(Person.ref))
    return [person.id for person in advocates if not around.isdisjoint(person.zones.split(","))]


def tell(db: Session, person: str, meeting: Meeting, at: int) -> list[str]:
    """An SMS that there is a task; the dialled code shows which. The task that sends it."""
    message = Message(id=random_id(), kind="meeting", person=person, number=meeting.number, created=at)
    db.add(message)
    send = outbox.task(f"deliver:{message.id}", "deliver", {"message": message.id}, at, outbox.REMINDER)
    return outbox.post(db, send)


def chosen(db: Session, effect: Any, office: Office, at: int, *stages: str) -> Meeting | None:
    """The meeting of an effect, locked, if its caller may do that with it now."""
    office.vault.private(office.caller, effect.pin_handle)
    person = db.get(Person, office.caller)
    meeting = db.scalar(select(Meeting).where(Meeting.id == effect.which).with_for_update())
    if person is None or meeting is None or stage(person, meeting, office.country, at) not in stages:
        return None
    return meeting


def answer_invitation(db: Session, effect: AnswerInvitation, office: Office, at: int) -> Performed:
    """The woman officer says whether she comes. A no takes the signature away; the leader hears of it."""
    meeting = chosen(db, effect, office, at, "come")
    if meeting is None:
        return Performed("gone")
    meeting.woman_says = effect.come
    keys = tell(db, meeting.leader, meeting, at)
    if effect.come == "no":
        keys += reopen(db, meeting, office, at)
    note(db, office.vault, at, office.caller, f"comes: {effect.come}", meeting.id)
    return Performed("done", {}, tuple(keys))


def reopen(db: Session, meeting: Meeting, office: Office, at: int) -> list[str]:
    """It has to be signed again: no reminder of the old revision leaves the house."""
    meeting.status, meeting.advocate, meeting.released_by, meeting.public_at = MeetingStatus.CALLED, "", "", 0
    meeting.revision += 1
    return [key for person in signers(db, office.country, meeting) for key in tell(db, person, meeting, at)]


def sign_meeting(db: Session, effect: SignMeeting, office: Office, at: int) -> Performed:
    """The advocate signs it off, or not. Outcomes: done | red (it cannot go out as it is) | gone."""
    meeting = chosen(db, effect, office, at, "sign")
    if meeting is None:
        return Performed("gone")
    note(db, office.vault, at, office.caller, f"signed: {effect.sign}", meeting.id)
    keys = tell(db, meeting.leader, meeting, at)
    if effect.sign == "no":
        meeting.status = MeetingStatus.REFUSED
        return Performed("done", {}, tuple(keys))
    if effect.sign == "change":
        return Performed("done", {}, tuple(keys))
    plan = plan_of(db, office.country, meeting, at)
    if not may_go_out(plan):
        return Performed("red")
    meeting.status, meeting.advocate = MeetingStatus.SIGNED, office.caller
    meeting.against = ",".join(finding.rule for finding in findings(plan))
    others = select(Person.id).where(Person.role == "coordinator", Person.active, Person.id != meeting.leader)
    keys += [key for person in db.scalars(others).all() for key in tell(db, person, meeting, at)]
    return Performed("done", {}, tuple(keys))


def release_meeting(db: Session, effect: ReleaseMeeting, office: Office, at: int) -> Performed:
    """A second person lets it go out after the hold. Outcomes: done | red | late (hour) | enough | gone."""
    meeting = chosen(db, effect, office, at, "release")
    if meeting is None:
        return Performed("gone")
    if not may_go_out(plan_of(db, office.country, meeting, at)):
        return Performed("red")
    if not by_day(at + HOLD, office.country):
        note(db, office.vault, at, office.caller, "release refused: out of hours", meeting.id)
        return Performed("late")
    if releases_today(db, meeting, office.country, at) >= MOST_A_DAY:
        note(db, office.vault, at, office.caller, "release refused: enough for today", meeting.id)
        return Performed("enough")
    meeting.status, meeting.released_by = MeetingStatus.RELEASED, office.caller
    meeting.public_at = at + HOLD
    note(db, office.vault, at, office.caller, "meeting released", meeting.id)
    args = {"meeting": meeting.id, "revision": meeting.revision, "kind": "new"}
    key = f"announce:{meeting.id}:{meeting.revision}:new:{at}"
    outbox.post(db, outbox.task(key, "announce", args, meeting.public_at))
    leaders = [meeting.leader, meeting.advocate]
    return Performed("done", {}, tuple(key for who in leaders for key in tell(db, who, meeting, at)))


def releases_today(db: Session, meeting: Meeting, country: Country, at: int) -> int:
    """How many other meetings of the zone were released today: whoever gets too many SMS reads none."""
    midnight = country.clock(at).replace(hour=0, minute=0, second=0)
    others = (Meeting.zone == meeting.zone) & (Meeting.id != meeting.id) & (Meeting.status == MeetingStatus.RELEASED)
    today = Meeting.public_at >= int(midnight.timestamp())
    return db.scalar(select(func.count()).select_from(Meeting).where(others, today)) or 0


def by_day(at: int, country: Country) -> bool:
    """Whether people may be written to at that moment: from eight in the morning to eight in the evening."""
    return 8 <= datetime.fromtimestamp(at, country.timezone).hour < 20


def stop_meeting(db: Session, effect: StopMeeting, office: Office, at: int) -> Performed:
    """Somebody stops it in the ten minutes: nobody was told, and it waits for another release."""
    meeting = chosen(db, effect, office, at, "stop")
    if meeting is None:
        return Performed("gone")
    meeting.status, meeting.released_by, meeting.public_at = MeetingStatus.SIGNED, "", 0
    note(db, office.vault, at, office.caller, "release stopped", meeting.id)
    return Performed("done", {}, tuple(tell(db, meeting.leader, meeting, at)))


def move_meeting(db: Session, effect: MoveMeeting, office: Office, at: int) -> Performed:
    """Another day and hour: the woman officer is asked anew and it is signed anew."""
    meeting = chosen(db, effect, office, at, "own")
    if meeting is None:
        return Performed("gone")
    day, clock = datetime.fromisoformat(effect.new_day_handle), effect.new_hour.split(":")
    starts = day.replace(hour=int(clock[0]), minute=int(clock[1]), tzinfo=office.country.timezone)
    length = meeting.ends - meeting.starts
    meeting.starts, meeting.woman_says = int(starts.timestamp()), "asked"
    meeting.ends = meeting.starts + length
    keys = [
        *reopen(db, meeting, office, at),
        *tell(db, meeting.woman, meeting, at),
        *spread(db, meeting, "changed", at),
    ]
    note(db, office.vault, at, office.caller, "meeting moved", meeting.id)
    return Performed("done", {}, tuple(keys))


def ask_another(db: Session, effect: AskAnother, office: Office, at: int) -> Performed:
    """Another woman officer or facilitator is asked."""
    meeting = chosen(db, effect, office, at, "own")
    if meeting is None:
        return Performed("gone")
    meeting.woman, meeting.woman_says = effect.another, "asked"
    keys = [*reopen(db, meeting, office, at), *tell(db, meeting.woman, meeting, at)]
    note(db, office.vault, at, office.caller, "another woman asked", meeting.id)
    return Performed("done", {}, tuple(keys))


def cancel_meeting(db: Session, effect: CancelMeeting, office: Office, at: int) -> Performed:
    """It does not take place: whoever was told hears so before anything else leaves."""
    meeting = chosen(db, effect, office, at, "own")
    if meeting is None:
        return Performed("gone")
    meeting.status = MeetingStatus.CANCELLED
    meeting.revision += 1
    note(db, office.vault, at, office.caller, "meeting cancelled", meeting.id)
    keys = [*tell(db, meeting.woman, meeting, at), *spread(db, meeting, "cancelled", at)]
    return Performed("done", {}, tuple(keys))


def spread(db: Session, meeting: Meeting, kind: str, at: int) -> list[str]:
    """Whoever was told hears of a change at once, before it is signed anew."""
    heard = Notice.status.in_(MAY_HAVE_HEARD)
    if db.scalar(select(Notice.subscriber).where(Notice.meeting == meeting.id, heard).limit(1)) is None:
        return []
    args = {"meeting": meeting.id, "revision": meeting.revision, "kind": kind}
    key = f"announce:{meeting.id}:{meeting.revision}:{kind}"
    return outbox.post(db, outbox.task(key, "announce", args, at, outbox.ANSWER))


def count_people(db: Session, effect: CountPeople, office: Office, at: int) -> Performed:
    """A head count, by the organiser and by the women's side. Outcomes: done | differs | few_women | nobody | gone."""
    meeting = chosen(db, effect, office, at, "count")
    person = db.get(Person, office.caller)
    if meeting is None or person is None:
        return Performed("gone")
    if not any(int(number) for number in effect.heads.split()):
        return Performed("nobody")
    side = side_of(person)
    write_down(db, meeting.id, side, effect.heads)
    db.execute(delete(Attendance).where(Attendance.meeting == meeting.id, Attendance.counted_by == side + DRAFT))
    note(db, office.vault, at, office.caller, "people counted", meeting.id)
    return Performed(judged(db, meeting.id, effect.heads))


def side_of(person: Person) -> str:
    """Whose count it is: the women's side's, or the organiser's."""
    return "advocate" if person.role == "advocate" else "leader"


def write_down(db: Session, meeting: str, counted_by: str, heads: str) -> None:
    """A count, in place of an earlier one of the same side."""
    counted = dict(zip(COUNTED, [int(number) for number in heads.split()], strict=False))
    db.merge(Attendance(**dict.fromkeys(COUNTED, 0) | counted, meeting=meeting, counted_by=counted_by))
    db.flush()


def judged(db: Session, meeting: str, heads: str) -> str:
    """What is said of a count: done | differs (from the other side's) | few_women (S73)."""
    women, men, girls, boys = (int(number) for number in heads.split()[:4])
    sides = Attendance.counted_by.in_(("leader", "advocate"))
    counts = db.scalars(select(Attendance).where(Attendance.meeting == meeting, sides)).all()
    if len({(c.women, c.men, c.girls, c.boys) for c in counts}) > 1:
        return "differs"
    return "few_women" if 100 * (women + girls) < FEWEST_WOMEN * (women + men + girls + boys) else "done"


def draft_count(db: Session, effect: DraftCount, office: Office, at: int) -> Performed:
    """A count by SMS waits for her PIN. Outcomes: draft | heads (not four numbers) | gone."""
    person = db.get(Person, office.caller)
    meeting = db.scalar(select(Meeting).where(Meeting.number == int(effect.number)))
    if person is None or meeting is None or stage(person, meeting, office.country, at) != "count":
        return Performed("gone")
    if not effect.heads:
        return Performed("heads")
    write_down(db, meeting.id, side_of(person) + DRAFT, effect.heads)
    return Performed("draft")


def confirm_count(db: Session, effect: ConfirmCount, office: Office, at: int) -> Performed:
    """What she sent by SMS counts from now on. Outcomes as of `count_people`; `none` when she sent nothing."""
    meeting = chosen(db, effect, office, at, "count")
    person = db.get(Person, office.caller)
    if meeting is None or person is None:
        return Performed("gone")
    sent = db.get(Attendance, (meeting.id, side_of(person) + DRAFT))
    if sent is None:
        return Performed("none")
    heads = " ".join(str(getattr(sent, name)) for name in COUNTED)
    return count_people(db, CountPeople(effect.pin_handle, effect.which, heads), office, at)

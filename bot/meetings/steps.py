"""What a person may do with a meeting now: it follows from her role, her zones and the status of the meeting."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from sqlalchemy import select

from bot.country.pack import Country
from bot.storage.tables.meetings import Meeting, MeetingStatus
from bot.storage.tables.people import Person
from bot.storage.unit_of_work import Actor, Work

STAYS = 14 * 86400  # seconds after its beginning for which people are counted
UPCOMING = (MeetingStatus.CALLED, MeetingStatus.CHANGE, MeetingStatus.SIGNED, MeetingStatus.RELEASED)
UNSIGNED = (MeetingStatus.CALLED, MeetingStatus.CHANGE)
CONVENORS = ("leader", "advocate", "coordinator")
LEADS = ("leader", "advocate")


class Step(StrEnum):
    """The next thing for a person to do; flows and pages branch on it."""

    COME = "come"  # say whether she will be there, as the woman officer or facilitator
    SIGN = "sign"  # sign it off, or want it changed, or refuse it
    SECOND = "second"  # release what another advocate signed, or take that signature away
    RELEASE = "release"
    STOP = "stop"  # within the hold after the release
    OWN = "own"  # move, cancel, repeat, ask another woman: it is her meeting
    COUNT = "count"  # say who came, write minutes and promises
    DELEGATE = "delegate"  # say who came: she was the one to turn to
    DRAFT = "draft"  # confirm what she drafted by SMS
    UNFINISHED = "unfinished"  # go on where her talk was cut off
    LOOK = "look"


class Serves(Protocol):
    """A member of staff, as far as meetings need to know her: an `Actor` or a `Member`."""

    @property
    def id(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def zones(self) -> frozenset[str]: ...


@dataclass(frozen=True)
class Member:
    """A member of staff who has not shown her PIN: enough for what an SMS notes and for what is offered."""

    id: str
    role: str
    zones: frozenset[str]  # codes of places: of a zone, or of what zones lie in


def member(person: Person) -> Member:
    """The `Member` of a row."""
    return Member(person.id, person.role, frozenset(person.zones.split(",")))


def works_in(who: Serves, zone: str, country: Country) -> bool:
    """Whether the zone, or a place that it lies in, is among the zones of a person."""
    return not who.zones.isdisjoint(place.code for place in country.way_up(zone))


def allowed_step(who: Serves, meeting: Meeting, country: Country, at: int) -> Step | None:
    """What a person may do with a meeting now; None when it does not concern her.

    Of several advocates each may sign, and remove the signature of another until people are told.
    """
    status, before = meeting.status, at < meeting.starts
    if status in (MeetingStatus.DRAFT, MeetingStatus.REFUSED):
        return _of_her_own(meeting) if who.id == meeting.leader and before else None
    if who.id == meeting.woman:
        return Step.COME if status in UPCOMING and before else None
    over = not before and status == MeetingStatus.RELEASED and at < meeting.starts + STAYS
    if who.id == meeting.contact and who.role == "partner":
        return Step.DELEGATE if over else None
    if who.role not in CONVENORS or status not in UPCOMING or not works_in(who, meeting.zone, country):
        return None
    if before:
        return _before_it_begins(who, meeting, at)
    return Step.COUNT if over and who.role in LEADS else None


def _of_her_own(meeting: Meeting) -> Step:
    """The step for a meeting that only its leader sees, or that was refused."""
    if meeting.status == MeetingStatus.REFUSED:
        return Step.OWN
    return Step.UNFINISHED if is_unfinished(meeting) else Step.DRAFT


def _before_it_begins(who: Serves, meeting: Meeting, at: int) -> Step:
    """The step of a convenor of the zone for an upcoming meeting."""
    status, mine = meeting.status, who.id == meeting.leader
    if status == MeetingStatus.RELEASED and at < meeting.public_at and who.role in LEADS:
        return Step.STOP
    if who.role == "advocate" and (status in UNSIGNED or who.id == meeting.advocate):
        return Step.SIGN if status != MeetingStatus.RELEASED else Step.LOOK
    if status == MeetingStatus.SIGNED and not mine:
        return Step.SECOND if who.role == "advocate" else Step.RELEASE
    return Step.OWN if mine else Step.LOOK


def is_unfinished(meeting: Meeting) -> bool:
    """Whether its leader was cut off while she called it: no woman is asked to come yet."""
    return meeting.status == MeetingStatus.DRAFT and not meeting.woman


def lock_meeting(work: Work, actor: Actor, meeting_id: str, *steps: Step) -> Meeting | None:
    """A meeting, locked until the transaction ends; None unless the actor's next step is one of `steps`."""
    meeting = work.db.scalar(select(Meeting).where(Meeting.id == meeting_id).with_for_update())
    if meeting is None or allowed_step(actor, meeting, work.country, work.at) not in steps:
        return None
    return meeting

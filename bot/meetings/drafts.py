"""A meeting drafted by one SMS, `meet V1 12/3 14:30 training`, and confirmed after the PIN (design 6).

An SMS can be forged, so a draft is seen by its leader alone and does nothing. What the SMS does not say is taken over
from her last meeting at that place: whom it is for, who is asked to come, what is there. The first one is called by
dialling.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.actions.meetings import CallMeeting, ConfirmMeeting, DraftMeeting
from bot.country.pack import Country
from bot.meetings.lifecycle import SAME, call_meeting, called, lock_meeting, unfinished
from bot.meetings.planner import exists, next_day
from bot.storage.audit import AuditAction, note
from bot.storage.base import random_id
from bot.storage.tables.meetings import Meeting, MeetingStatus
from bot.storage.tables.people import Person
from bot.storage.unit_of_work import Office, Outcome

KINDS = ("consultation", "training", "sensitisation", "school", "theatre", "defence", "committee", "walk")


def draft_meeting(db: Session, effect: DraftMeeting, office: Office, at: int) -> Outcome[str]:
    """A draft that only its leader sees; a new one takes the place of an old one. What is refused is recorded.

    Outcomes: draft | first (she has called none there yet) | place | date | past | hour | words (more than those of
    the lists) | nobody (not a leader: nothing tells her that there is such an SMS).
    """
    leader = db.get(Person, office.caller)
    if leader is None or leader.role != "leader":
        return Outcome("nobody")
    if wrong := _wrong(effect, office.country, at):
        note(db, office.vault, at, office.caller, AuditAction.DRAFT_REFUSED, detail=wrong)
        return Outcome(wrong)
    mine = (Meeting.leader == leader.id) & (Meeting.venue == effect.venue) & (Meeting.status != MeetingStatus.DRAFT)
    before = db.scalar(select(Meeting).where(mine).order_by(Meeting.starts.desc()).limit(1))
    if before is None:
        return Outcome("first")
    same = {name: getattr(before, name) for name in SAME} | ({"kind": effect.kind} if effect.kind in KINDS else {})
    first = int(_moment(effect, office.country, at).timestamp())
    db.execute(delete(Meeting).where(Meeting.leader == leader.id, Meeting.status == MeetingStatus.DRAFT))
    db.flush()
    db.add(Meeting(
        **same, id=random_id(), number=(db.scalar(select(func.max(Meeting.number))) or 0) + 1, starts=first,
        ends=first + before.ends - before.starts, status=MeetingStatus.DRAFT,
    ))  # fmt: skip
    return Outcome("draft")


def _wrong(effect: DraftMeeting, country: Country, at: int) -> str:
    """What is the first thing wrong with it, or nothing."""
    now = country.clock(at)
    if effect.venue not in country.venues:
        return "place"
    if next_day(*effect.date, now) is None:
        return "past" if exists(*effect.date) else "date"
    if not effect.hour:
        return "hour"
    if effect.more:
        return "words"
    return "" if _moment(effect, country, at) > now + timedelta(hours=1) else "past"


def _moment(effect: DraftMeeting, country: Country, at: int) -> datetime:
    """The coming day of that date at that hour, in the country's own time."""
    coming, clock = next_day(*effect.date, country.clock(at)), time.fromisoformat(effect.hour)
    assert coming is not None  # noqa: S101  (looked at before)
    return datetime.combine(coming, clock, country.timezone)


def confirm_meeting(db: Session, effect: ConfirmMeeting, office: Office, at: int) -> Outcome[str]:
    """The draft is called: the woman officer is asked, the advocates sign it. Outcomes: done | alone | gone."""
    meeting = lock_meeting(db, effect, office, at, "draft")
    if meeting is None:
        return Outcome("gone")
    return called(db, meeting, office, at)


def keep_unfinished(db: Session, answers: Mapping[str, str], leader: str, country: Country) -> None:
    """Place, kind, day and hour of a meeting that she is about to call: a talk that is cut off goes on behind her PIN.

    It takes the place of an earlier one; nobody else sees it.
    """
    _forget_unfinished(db, leader)
    kept = {name: answers[name] for name in ("zone", "venue", "kind")}
    starts = datetime.fromisoformat(f"{answers['day_handle']}T{answers['hour']}").replace(tzinfo=country.timezone)
    first = int(starts.timestamp())
    db.add(Meeting(
        **kept, id=random_id(), number=(db.scalar(select(func.max(Meeting.number))) or 0) + 1, starts=first, ends=first,
        women_only=False, childcare=False, way_home=False, organisation="", woman="", leader=leader,
        status=MeetingStatus.DRAFT,
    ))  # fmt: skip


def resumed(db: Session, effect: CallMeeting, leader: str, country: Country) -> CallMeeting:
    """The whole of it, with what was kept of the talk that was cut off."""
    kept = db.get(Meeting, effect.which) if effect.which and not effect.zone else None
    if kept is None or kept.leader != leader or not unfinished(kept):
        return effect
    starts = country.clock(kept.starts)
    return replace(
        effect, zone=kept.zone, venue=kept.venue, kind=kept.kind, day_handle=starts.date().isoformat(),
        hour=f"{starts:%H:%M}",
    )  # fmt: skip


def call(db: Session, effect: CallMeeting, office: Office, at: int) -> Outcome[str]:
    """A meeting is called, at once or after a talk that was cut off. Outcomes as of `call_meeting`."""
    whole = resumed(db, effect, office.caller, office.country)
    _forget_unfinished(db, office.caller)  # first: its number is small and is used again
    return call_meeting(db, whole, office, at)


def _forget_unfinished(db: Session, leader: str) -> None:
    hers = (Meeting.leader == leader) & (Meeting.status == MeetingStatus.DRAFT) & (Meeting.woman == "")
    db.execute(delete(Meeting).where(hers))

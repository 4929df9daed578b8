"""Drafts of meetings: one that came by SMS, like `meet V1 12/3 14:30 training`, and one whose call was cut off. Both
are confirmed after the PIN.

An SMS can be forged, so a draft is seen by its leader alone and has no effect. What the SMS does not say is copied from
her last meeting at that place: whom it is for, who is asked to come, what is offered. The first meeting at a place is
therefore called by dialling.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from sqlalchemy import delete, select

from bot.meetings.lifecycle import SAME, forget_unfinished, next_number, submit
from bot.meetings.planner import exists, next_day
from bot.meetings.steps import Step, is_unfinished, lock_meeting
from bot.meetings.terms import MeetingKind
from bot.storage.audit import AuditAction, note
from bot.storage.base import random_id
from bot.storage.tables.meetings import Meeting, MeetingStatus
from bot.storage.tables.people import Person
from bot.storage.unit_of_work import Actor, Outcome, Work

SOONEST = timedelta(hours=1)  # before a meeting that an SMS drafts
Wrong = Literal["place", "date", "past", "hour", "words"]


@dataclass(frozen=True)
class SmsDraft:
    """The parts of an SMS about a meeting, as far as they could be read; each may be missing or wrong, and there is no
    year.
    """

    venue: str
    day: int
    month: int
    hour: time | None
    kind: str  # of `MeetingKind`; anything else: as the last one
    has_more: bool  # other words than those of the lists


@dataclass(frozen=True)
class Begun:
    """Place, kind, day and hour of a meeting that its leader is about to call, by the country's own clock."""

    zone: str
    venue: str
    kind: MeetingKind
    day: date
    hour: time


def draft(
    work: Work, person_id: str, sms: SmsDraft
) -> Outcome[Literal["draft", "first", "place", "date", "past", "hour", "words", "nobody"]]:
    """Store a draft that only its leader sees, in place of an older one. What is refused is recorded.

    By SMS, without a PIN: it has no effect before `confirm`. Outcomes: draft | first (she has called no meeting there
    yet) | place | date | past | hour | words (more than those of the lists) | nobody (not a leader: she is not told
    that such an SMS exists).
    """
    leader = work.db.get(Person, person_id)
    if leader is None or leader.role != "leader":
        return Outcome("nobody")
    starts = _moment(work, sms)
    if not isinstance(starts, datetime):
        note(work.db, work.vault, work.at, person_id, AuditAction.DRAFT_REFUSED, detail=starts)
        return Outcome(starts)
    mine = (Meeting.leader == leader.id) & (Meeting.venue == sms.venue) & (Meeting.status != MeetingStatus.DRAFT)
    before = work.db.scalar(select(Meeting).where(mine).order_by(Meeting.starts.desc()).limit(1))
    if before is None:
        return Outcome("first")
    _keep_draft(work, before, sms.kind, int(starts.timestamp()))
    return Outcome("draft")


def _keep_draft(work: Work, before: Meeting, kind: str, first: int) -> None:
    """Store a copy of the meeting before, but at that second, in place of every other draft of its leader."""
    same = {name: getattr(before, name) for name in SAME}
    same |= {"kind": kind} if kind in {*MeetingKind} else {}
    work.db.execute(delete(Meeting).where(Meeting.leader == before.leader, Meeting.status == MeetingStatus.DRAFT))
    work.db.flush()
    work.db.add(Meeting(
        **same, id=random_id(), number=next_number(work.db), starts=first, ends=first + before.ends - before.starts,
        status=MeetingStatus.DRAFT,
    ))  # fmt: skip


def _moment(work: Work, sms: SmsDraft) -> datetime | Wrong:
    """The coming day of that date at that hour, in the country's own time; or the first thing that is wrong
    with them.
    """
    if sms.venue not in work.country.venues:
        return "place"
    coming = next_day(sms.day, sms.month, work.local)
    if coming is None:
        return "past" if exists(sms.day, sms.month) else "date"
    if sms.hour is None:
        return "hour"
    if sms.has_more:
        return "words"
    starts = datetime.combine(coming, sms.hour, work.country.timezone)
    return starts if starts > work.local + SOONEST else "past"


def confirm(work: Work, actor: Actor, meeting_id: str) -> Outcome[Literal["done", "alone", "gone"]]:
    """Call the drafted meeting: the woman officer is asked, the advocates sign it.

    Outcomes: done | alone (no advocate serves there) | gone (the actor has no such draft, or its hour is past).
    """
    meeting = lock_meeting(work, actor, meeting_id, Step.DRAFT)
    if meeting is None:
        return Outcome("gone")
    return submit(work, actor, meeting)


def keep_unfinished(work: Work, actor: Actor, begun: Begun) -> None:
    """Store what a leader has entered, in case the talk is cut off, in place of an earlier one. Only she sees it, after
    her PIN.
    """
    forget_unfinished(work.db, actor.id)
    first = int(datetime.combine(begun.day, begun.hour, work.country.timezone).timestamp())
    work.db.add(Meeting(
        zone=begun.zone, venue=begun.venue, kind=begun.kind, id=random_id(), number=next_number(work.db), starts=first,
        ends=first, women_only=False, childcare=False, way_home=False, organisation="", woman="", leader=actor.id,
        status=MeetingStatus.DRAFT,
    ))  # fmt: skip


def unfinished(work: Work, leader: str, meeting_id: str) -> Begun | None:
    """What was stored of that leader's talk; None when it is gone or is no unfinished meeting of hers."""
    meeting = work.db.get(Meeting, meeting_id)
    if meeting is None or meeting.leader != leader or not is_unfinished(meeting):
        return None
    starts = work.country.clock(meeting.starts)
    return Begun(meeting.zone, meeting.venue, MeetingKind(meeting.kind), starts.date(), starts.time())

"""What can be read of meetings, as plain values; phone and desk each put them into their own words.

Times are of the country's own clock. What is not announced to everybody takes the person who asks (`who`), and is None
for a meeting that does not concern her.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.delivery.prices import Quote
from bot.meetings import attendance, subscribers
from bot.meetings.attendance import Heads, Side
from bot.meetings.lifecycle import NewMeeting, planned_meeting
from bot.meetings.planner import Finding, findings, series
from bot.meetings.plans import plan_of
from bot.meetings.promises import PromiseView, promise_view
from bot.meetings.steps import STAYS, UPCOMING, Serves, Step, allowed_step
from bot.meetings.terms import Deed, MeetingKind, Offer, PartOfDay, Reason
from bot.storage.tables.meetings import Concern, Meeting, MeetingStatus, Promise, Subscriber, WomanSays
from bot.storage.unit_of_work import Work

NO_WOMAN = "no woman"  # the rule that nobody can keep before the woman who is asked has answered
Moment = Literal["before", "after", "both", "read", "gone"]


@dataclass(frozen=True)
class MeetingSummary:
    """One row of a list. `step` is what the reader may do with the meeting, None for somebody who only hears of it."""

    id: str
    number: int
    starts: datetime
    place: str  # its name
    status: MeetingStatus
    step: Step | None = None


@dataclass(frozen=True)
class Announcement:
    """A meeting as anybody may read it."""

    starts: datetime
    place: str | None  # its name; None where only those who come may read it
    women_only: bool
    woman_officer: bool  # has said that she comes
    offers: frozenset[Offer]
    somebody_to_tell: bool
    languages: tuple[str, ...]
    step_free: bool
    most: int  # people; 0 is any number
    late_promises: tuple[PromiseView, ...]  # of its zone


@dataclass(frozen=True)
class MeetingView:
    """A meeting as those read it who organise, sign, or attend it."""

    id: str
    number: int
    starts: datetime
    ends: datetime
    place: str
    status: MeetingStatus
    step: Step
    woman_says: WomanSays
    findings: tuple[Finding, ...]  # what speaks against it, what cannot go out first; empty once it has begun
    reason: Reason | None
    coming: int | None  # how many said that they come; None is fewer than `subscribers.FEW`
    counts: Mapping[Side, Heads]


@dataclass(frozen=True)
class AudienceQuote:
    """To how many people of each language a notice goes now, and what it costs at most, in millionths of the country's
    currency; `left` is what remains of the month's budget, None without one.
    """

    people: Mapping[str, int]
    segments: int
    millionths: int
    left: int | None


@dataclass(frozen=True)
class Minutes:
    """What was decided and promised at a meeting, and whether people's concerns have an answer."""

    decided: tuple[Deed, ...]
    promises: tuple[PromiseView, ...]
    answered: bool


@dataclass(frozen=True)
class Subscription:
    """What is stored of a number that wants to hear of meetings; no kinds means all, no hours any."""

    zone: str
    kinds: tuple[MeetingKind, ...]
    hours: PartOfDay | None


# -- what anybody may read --------------------------------------------------------------------------------------------
def announced(work: Work) -> list[MeetingSummary]:
    """The meetings that are announced to everybody, the next one first."""
    return [_summary(work, meeting) for meeting in subscribers.public(work.db, work.country, work.at)]


def announcement(work: Work, meeting_id: str, phone: str = "") -> Announcement | None:
    """An announced meeting, for somebody who dials from `phone`: the place of a women's circle is shown only to who has
    said that she comes. None when it is not announced (any more).
    """
    meeting = subscribers.public_one(work, meeting_id)
    if meeting is None:
        return None
    venue, today = work.country.venues[meeting.venue], work.local.date()
    hidden = meeting.women_only and not (phone and subscribers.said_yes(work.db, work.vault, meeting.id, phone))
    return Announcement(
        work.country.clock(meeting.starts), None if hidden else venue.name, meeting.women_only,
        meeting.woman_says == WomanSays.YES, frozenset(offer for offer in Offer if getattr(meeting, offer)),
        bool(meeting.contact), tuple(language for language in meeting.languages.split(",") if language),
        venue.step_free, meeting.most,
        tuple(one for one in open_promises(work, meeting.zone) if one.due < today),
    )  # fmt: skip


def moment(work: Work, meeting_id: str) -> Moment:
    """What can be done with an announced meeting now: before | after | both (minutes can be read) | read (it is too
    late to give an opinion) | gone.
    """
    meeting = subscribers.public_one(work, meeting_id)
    if meeting is None:
        return "gone"
    if work.at < meeting.starts:
        return "before"
    if work.at >= meeting.ends + subscribers.RSVP_LIFE_S:
        return "read"
    return "after" if meeting.decided is None else "both"


def minutes(work: Work, meeting_id: str) -> Minutes | None:
    """The minutes of an announced meeting; None when it is not announced (any more)."""
    meeting = subscribers.public_one(work, meeting_id)
    if meeting is None:
        return None
    promised = select(Promise).where(Promise.meeting == meeting.id).order_by(Promise.due, Promise.id)
    decided = tuple(Deed(what) for what in (meeting.decided or "").split(",") if what)
    views = tuple(promise_view(one, work.country, work.local.date()) for one in work.db.scalars(promised))
    return Minutes(decided, views, meeting.answered)


def open_promises(work: Work, zone: str = "") -> list[PromiseView]:
    """Promises that are not kept yet, in a zone or everywhere, the oldest first."""
    waiting = select(Promise).where(~Promise.kept).order_by(Promise.due, Promise.id)
    found = work.db.scalars(waiting.where(Promise.zone == zone) if zone else waiting)
    return [promise_view(promise, work.country, work.local.date()) for promise in found]


def subscription(work: Work, phone: str) -> Subscription | None:
    """What is stored of a number, for whoever dials from it; None when it is on no list."""
    row = subscribers.known(work.db, work.vault, phone)
    if row is None:
        return None
    kinds = tuple(MeetingKind(kind) for kind in row.kinds.split(",") if kind)
    return Subscription(row.zone, kinds, PartOfDay(row.hours) if row.hours else None)


# -- what is read by those who organise meetings -----------------------------------------------------------------------
def agenda(work: Work, who: Serves) -> list[MeetingSummary]:
    """The meetings with which a person has something to do, or that she may look at, the next one first."""
    shown = (*UPCOMING, MeetingStatus.DRAFT, MeetingStatus.REFUSED)
    near = select(Meeting).where(Meeting.starts > work.at - STAYS, Meeting.status.in_(shown)).order_by(Meeting.starts)
    found = ((meeting, allowed_step(who, meeting, work.country, work.at)) for meeting in work.db.scalars(near))
    return [_summary(work, meeting, step) for meeting, step in found if step]


def is_asked(work: Work, who: Serves) -> bool:
    """Whether an upcoming meeting waits for a person who calls none herself: as the woman officer, or as
    the contact.
    """
    asks_her = ((Meeting.woman == who.id) | (Meeting.contact == who.id)) & Meeting.status.in_(UPCOMING)
    return any(
        allowed_step(who, meeting, work.country, work.at)
        for meeting in work.db.scalars(select(Meeting).where(asks_her))
    )


def next_step(work: Work, who: Serves, meeting_id: str) -> Step | None:
    """What a person may do with a meeting now; None when it does not concern her."""
    found = _concerning(work, who, meeting_id)
    return found[1] if found else None


def view(work: Work, who: Serves, meeting_id: str) -> MeetingView | None:
    """A meeting for those whom it concerns: where, when, status, findings, how many said that they come; afterwards who
    came. None when it does not concern her.
    """
    found = _concerning(work, who, meeting_id)
    if found is None:
        return None
    meeting, step = found
    against = findings(plan_of(work.db, work.country, meeting, work.at)) if work.at < meeting.starts else ()
    return MeetingView(
        meeting.id, meeting.number, work.country.clock(meeting.starts), work.country.clock(meeting.ends),
        work.country.venues[meeting.venue].name, MeetingStatus(meeting.status), step, WomanSays(meeting.woman_says),
        against, Reason(meeting.reason) if meeting.reason else None, subscribers.coming(work.db, meeting.id),
        attendance.counts(work.db, meeting.id),
    )  # fmt: skip


def speaks_against(work: Work, new: NewMeeting) -> tuple[Finding, ...]:
    """The findings against a meeting that is about to be called, without the one that the woman who is asked has not
    answered.
    """
    plan = plan_of(work.db, work.country, planned_meeting(new, "", work.country), work.at)
    return tuple(finding for finding in findings(plan) if finding.rule != NO_WOMAN)


def days_to_repeat(work: Work, who: Serves, meeting_id: str) -> list[date]:
    """The days on which a meeting may be repeated."""
    found = _concerning(work, who, meeting_id)
    return series(work.country.clock(found[0].starts).date(), work.local.date()) if found else []


def audience_quote(
    work: Work, who: Serves, meeting_id: str, price: Callable[[Session, Meeting, Mapping[str, int]], Quote]
) -> AudienceQuote | None:
    """Who would be told of a meeting if it were released now; `price` gives what it costs to tell so many people of
    each language. None when the meeting does not concern her.
    """
    found = _concerning(work, who, meeting_id)
    if found is None:
        return None
    audience = subscribers.audience(work.country, found[0], work.at)
    each = select(Subscriber.language, func.count()).where(*audience).group_by(Subscriber.language)
    people = {language: count for language, count in work.db.execute(each)}
    quote = price(work.db, found[0], people)
    return AudienceQuote(people, quote.segments, quote.millionths, quote.left)


def has_concerns(work: Work, who: Serves, meeting_id: str) -> bool:
    """Whether somebody sent a concern about a meeting to that person."""
    hers = select(Concern.id).where(Concern.meeting == meeting_id, Concern.person == who.id)
    return work.db.scalar(hers.limit(1)) is not None


def _concerning(work: Work, who: Serves, meeting_id: str) -> tuple[Meeting, Step] | None:
    meeting = work.db.get(Meeting, meeting_id)
    step = allowed_step(who, meeting, work.country, work.at) if meeting else None
    return (meeting, step) if meeting and step else None


def _summary(work: Work, meeting: Meeting, step: Step | None = None) -> MeetingSummary:
    starts, place = work.country.clock(meeting.starts), work.country.venues[meeting.venue].name
    return MeetingSummary(meeting.id, meeting.number, starts, place, MeetingStatus(meeting.status), step)

"""Turns answers of the meeting screens into the plain values that services take.

Screens check what is typed, so a value is wrong only after a talk that none of our flows has led: then these functions
raise `ValueError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, time
from enum import StrEnum
from typing import Literal, TypedDict, TypeVar

from bot.actions.meetings import (
    CallMeeting,
    DraftCount,
    DraftMeeting,
    JoinNews,
    MakePromise,
    MoveMeeting,
    SayOpinion,
    WriteMinutes,
)
from bot.meetings import drafts, lifecycle
from bot.meetings.attendance import Heads
from bot.meetings.drafts import Begun, SmsDraft
from bot.meetings.lifecycle import NewMeeting
from bot.meetings.terms import Audience, Change, Deed, MeetingKind, Offer, PartOfDay, Promiser, Reason
from bot.storage.unit_of_work import Actor, Outcome, Work

E = TypeVar("E", bound=StrEnum)
ASKED = frozenset(field.name for field in fields(CallMeeting))


def several(of: type[E], answer: str) -> tuple[E, ...]:
    """The values chosen from a list, in the order of the screen; empty for none."""
    return tuple(of(one) for one in answer.split(",") if one)


def perhaps(of: type[E], answer: str) -> E | None:
    """The value chosen, or None where the question was not asked."""
    return of(answer) if answer else None


def day(answer: str) -> date:
    """The date of an answer like 2026-12-03."""
    return date.fromisoformat(answer)


def hour(answer: str) -> time:
    """The time of an answer like 14:30."""
    hours, minutes = answer.split(":")
    return time(int(hours), int(minutes))


def heads(answer: str) -> Heads:
    """The head count of an answer like `23 11 4 0`: women, men, girls, boys, and perhaps elders and disabled people.

    Raises ValueError for any other number of counts.
    """
    counts = [int(number) for number in answer.split()]
    if not 4 <= len(counts) <= 6:
        raise ValueError("four to six counts")
    return Heads(*counts)


def sms_heads(action: DraftCount) -> Heads | None:
    """The head count of an SMS; None when it could not be read."""
    return heads(action.heads) if action.heads else None


def change(answer: str) -> Change | None:
    """What is to change after a meeting to which few women came."""
    return perhaps(Change, answer)


def wishes(action: JoinNews) -> tuple[tuple[MeetingKind, ...], PartOfDay | None]:
    """The kinds of meeting of which she wants to hear (empty: all), and when she can come (None: at any hour)."""
    hours = PartOfDay(action.hours) if action.hours in {*PartOfDay} else None
    return several(MeetingKind, action.kinds), hours


class Opinion(TypedDict):
    """The three answers about a meeting, as the arguments of `subscribers.say_opinion`."""

    safe: bool
    spoke: bool
    again: bool


def opinion(action: SayOpinion) -> Opinion:
    """The answers of the three opinion screens."""
    return {"safe": action.safe == "yes", "spoke": action.spoke == "yes", "again": action.again == "yes"}


def new_time(action: MoveMeeting) -> tuple[date, time]:
    """The day and hour to which a meeting is moved."""
    return day(action.new_day_handle), hour(action.new_hour)


def minutes(action: WriteMinutes) -> tuple[tuple[Deed, ...], bool | None]:
    """What was decided, and whether concerns were answered (None: not asked)."""
    return several(Deed, action.decided), action.settled == "yes" if action.settled else None


def promise(action: MakePromise) -> tuple[Deed, Promiser, date]:
    """What is promised, who does it, and by which day."""
    return Deed(action.what), Promiser(action.who), day(action.due_handle)


def typed(counted: Heads | None) -> str:
    """A head count as it is typed on the screen, so that the screen can check it; empty for None."""
    return " ".join(str(getattr(counted, field.name)) for field in fields(Heads)) if counted else ""


def begun(answers: Mapping[str, str]) -> Begun:
    """Place, kind, day and hour of a meeting that somebody has begun to call."""
    kind = MeetingKind(answers["kind"])
    return Begun(answers["zone"], answers["venue"], kind, day(answers["day_handle"]), hour(answers["hour"]))


def asked_for(work: Work, leader: str, answers: Mapping[str, str]) -> NewMeeting | None:
    """The meeting that a leader has described on her screens so far, before she has called it; None when an unfinished
    one is gone.
    """
    return new_meeting(work, leader, CallMeeting(**{name: answers[name] for name in ASKED & answers.keys()}))


def new_meeting(work: Work, leader: str, action: CallMeeting) -> NewMeeting | None:
    """The whole meeting, with what was stored of a talk that was cut off; None when that is gone."""
    start = begun(vars(action)) if action.zone else drafts.unfinished(work, leader, action.which)
    if start is None:
        return None
    return NewMeeting(
        start.zone, start.venue, start.kind, start.day, start.hour, int(action.length), Audience(action.whom),
        action.woman, frozenset(several(Offer, action.there)),
        tuple(language for language in action.languages.split(",") if language), int(action.most or 0),
        action.contact, perhaps(Reason, action.reason),
    )  # fmt: skip


def call(work: Work, actor: Actor, action: CallMeeting) -> Outcome[Literal["done", "alone", "gone"]]:
    """Call the meeting. Outcomes as of `lifecycle.call`; gone also when an unfinished meeting is gone."""
    new = new_meeting(work, actor.id, action)
    return Outcome("gone") if new is None else lifecycle.call(work, actor, new)


def sms_draft(action: DraftMeeting) -> SmsDraft:
    """The parts of an SMS about a meeting."""
    of_month, month = action.date
    starts = hour(action.hour) if action.hour else None
    return SmsDraft(action.venue, of_month, month, starts, action.kind, action.more)

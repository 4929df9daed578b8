"""Answers of the meeting screens as the plain values that services take.

Screens check what is typed, so that nothing here is wrong but after a talk that none of our flows has led: then these
raise `ValueError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, time
from enum import StrEnum
from typing import Literal, TypeVar

from bot.actions.meetings import CallMeeting, DraftMeeting
from bot.meetings import drafts, lifecycle
from bot.meetings.attendance import Heads
from bot.meetings.drafts import Begun, SmsDraft
from bot.meetings.lifecycle import NewMeeting
from bot.meetings.terms import Audience, MeetingKind, Offer, PartOfDay, Reason
from bot.storage.unit_of_work import Actor, Outcome, Work

E = TypeVar("E", bound=StrEnum)
ASKED = frozenset(field.name for field in fields(CallMeeting))


def several(of: type[E], answer: str) -> tuple[E, ...]:
    """What was chosen of a list, in the order of the screen; empty for nothing."""
    return tuple(of(one) for one in answer.split(",") if one)


def perhaps(of: type[E], answer: str) -> E | None:
    """What was chosen, or None where that was not asked."""
    return of(answer) if answer else None


def said_yes(answer: str) -> bool | None:
    """Yes or no, or None where that was not asked."""
    return answer == "yes" if answer else None


def part_of_day(answer: str) -> PartOfDay | None:
    """When she can come; None is at any hour."""
    return PartOfDay(answer) if answer in {*PartOfDay} else None


def hour(answer: str) -> time:
    """14:30."""
    hours, minutes = answer.split(":")
    return time(int(hours), int(minutes))


def heads(answer: str) -> Heads:
    """`23 11 4 0`: women, men, girls, boys, and perhaps elders and disabled people."""
    return Heads(*(int(number) for number in answer.split()))


def typed(counted: Heads | None) -> str:
    """The same, as the check of the screen reads it; empty for none."""
    return " ".join(str(getattr(counted, field.name)) for field in fields(Heads)) if counted else ""


def begun(answers: Mapping[str, str]) -> Begun:
    """Place, kind, day and hour of a meeting that somebody has begun to call."""
    day, kind = date.fromisoformat(answers["day_handle"]), MeetingKind(answers["kind"])
    return Begun(answers["zone"], answers["venue"], kind, day, hour(answers["hour"]))


def asked_for(work: Work, leader: str, answers: Mapping[str, str]) -> NewMeeting | None:
    """The meeting that a leader has described on her screens so far, before she has called it."""
    return new_meeting(work, leader, CallMeeting(**{name: answers[name] for name in ASKED & answers.keys()}))


def new_meeting(work: Work, leader: str, action: CallMeeting) -> NewMeeting | None:
    """The whole of it, with what was kept of a talk that was cut off; None when that is gone."""
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
    """She calls it. Outcomes as of `lifecycle.call`; gone, too, when what she had begun is."""
    new = new_meeting(work, actor.id, action)
    return Outcome("gone") if new is None else lifecycle.call(work, actor, new)


def sms_draft(action: DraftMeeting) -> SmsDraft:
    """What an SMS says of a meeting."""
    day, month = action.date
    starts = hour(action.hour) if action.hour else None
    return SmsDraft(action.venue, day, month, starts, action.kind, action.more)

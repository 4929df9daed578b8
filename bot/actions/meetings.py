"""Actions of talks about meetings. Fields are named after the screens that fill them; `which` is a meeting's id."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class JoinNews:
    """Somebody subscribes to SMS about meetings of a zone, in the language of this talk: of the `kinds` named (empty:
    all), at the `hours` when she can come (any | morning | afternoon)."""

    zone: str
    number_handle: str
    language: str = ""
    kinds: str = ""
    hours: str = ""


@dataclass(frozen=True)
class LeaveNews:
    """Somebody ends her subscription; her number is erased."""

    number_handle: str


@dataclass(frozen=True)
class SayComing:
    """Somebody says whether she comes to a meeting: yes | no."""

    which: str
    coming: str
    number_handle: str


@dataclass(frozen=True)
class SayOpinion:
    """Somebody who was at a meeting answers three questions with yes | no: safe on the way, could speak, will come
    again."""

    which: str
    safe: str
    spoke: str
    again: str
    number_handle: str


@dataclass(frozen=True)
class SayConcern:
    """Somebody writes, before a meeting, what she worries about; only the women's organisation reads it."""

    which: str
    concern: str


@dataclass(frozen=True)
class CallMeeting:
    """A leader calls a meeting. `day_handle` is its date (ISO), `hour` HH:MM, `length` in hours; `there` lists
    childcare, way_home and transport; `woman` is the officer or facilitator who is asked to come, `contact` whoever a
    woman may turn to there; `most` people or any number; `reason` is why, where something speaks against it (S66).
    `which` stands for place, kind, day and hour where a talk that was cut off goes on."""

    pin_handle: str
    length: str
    whom: str
    woman: str
    there: str
    zone: str = ""
    venue: str = ""
    kind: str = ""
    day_handle: str = ""
    hour: str = ""
    languages: str = ""
    most: str = ""
    contact: str = ""
    reason: str = ""
    which: str = ""


@dataclass(frozen=True)
class RepeatMeeting:
    """The leader calls the same meeting again, on a day (ISO) of those that `bot.meetings.planner.series` gives."""

    pin_handle: str
    which: str
    again: str


@dataclass(frozen=True)
class DraftMeeting:
    """An SMS drafts a meeting: a registered place, day and month, hour HH:MM (empty when it cannot be read), kind or
    empty; `more` when it holds other words."""

    venue: str
    date: tuple[int, int]
    hour: str
    kind: str
    more: bool = False


@dataclass(frozen=True)
class ConfirmMeeting:
    """The leader who drafted a meeting by SMS calls it."""

    pin_handle: str
    which: str


@dataclass(frozen=True)
class AnswerInvitation:
    """The woman officer who was asked says whether she comes: yes | no."""

    pin_handle: str
    which: str
    come: str


@dataclass(frozen=True)
class SignMeeting:
    """A women's advocate answers a meeting with `sign`: yes | change | no; or with `second`, after another signed it,
    which withdraws that signature: change | no."""

    pin_handle: str
    which: str
    sign: str = ""
    second: str = ""


@dataclass(frozen=True)
class ReleaseMeeting:
    """Another person than the author releases the notice of a meeting."""

    pin_handle: str
    which: str


@dataclass(frozen=True)
class StopMeeting:
    """Somebody stops a released notice before it is sent."""

    pin_handle: str
    which: str


@dataclass(frozen=True)
class MoveMeeting:
    """The leader moves a meeting to another day and hour."""

    pin_handle: str
    which: str
    new_day_handle: str
    new_hour: str


@dataclass(frozen=True)
class AskAnother:
    """The leader asks another woman officer."""

    pin_handle: str
    which: str
    another: str


@dataclass(frozen=True)
class CancelMeeting:
    """The leader cancels a meeting."""

    pin_handle: str
    which: str


@dataclass(frozen=True)
class CountPeople:
    """A head count: `heads` is women, men, girls, boys as `23 11 4 0`, no names (S72). `plan` is what is to change
    where few women came (S73)."""

    pin_handle: str
    which: str
    heads: str
    plan: str = ""


@dataclass(frozen=True)
class DraftCount:
    """An SMS with the head count of the meeting `number`; it is valid once it is confirmed with the PIN."""

    number: str
    heads: str


@dataclass(frozen=True)
class ConfirmCount:
    """Confirms the head count that was sent by SMS; `plan_too` is what `plan` is in `CountPeople`."""

    pin_handle: str
    which: str
    plan_too: str = ""


@dataclass(frozen=True)
class WriteMinutes:
    """Minutes: what was `decided` at a meeting, joined by commas; `settled`: whether the worries that people wrote were
    answered, yes | no, empty where nobody wrote any."""

    pin_handle: str
    which: str
    decided: str
    settled: str = ""


@dataclass(frozen=True)
class MakePromise:
    """Somebody promised something at a meeting: what, who, and by which day (ISO)."""

    pin_handle: str
    which: str
    what: str
    who: str
    due_handle: str


@dataclass(frozen=True)
class KeepPromise:
    """The women's organisation says that a promise was kept."""

    pin_handle: str
    which: str
    promise: str

"""What somebody who works for meetings can bring about; fields are named after the screens that fill them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class JoinNews:
    """Somebody wants an SMS about the meetings of a zone, in the language she speaks now: of all kinds or those named,
    at any hour or when she can come (morning | afternoon)."""

    zone: str
    number_handle: str
    language: str = ""
    kinds: str = ""
    hours: str = ""


@dataclass(frozen=True)
class LeaveNews:
    """Somebody wants no more of them; her number is erased."""

    number_handle: str


@dataclass(frozen=True)
class SayComing:
    """Somebody says whether she comes to a meeting: yes | no."""

    which: str
    coming: str
    number_handle: str


@dataclass(frozen=True)
class SayOpinion:
    """Somebody who was there says how it was: three times yes | no."""

    which: str
    safe: str
    spoke: str
    again: str
    number_handle: str


@dataclass(frozen=True)
class SayConcern:
    """Somebody writes, before a meeting, what she worries about; only the women's side reads it."""

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
    """An SMS drafts a meeting: a registered place, day and month, hour HH:MM (empty: none that one can read), perhaps
    what for; `more` when it holds other words."""

    venue: str
    date: tuple[int, int]
    hour: str
    kind: str
    more: bool = False


@dataclass(frozen=True)
class ConfirmMeeting:
    """Whoever drafted a meeting by SMS calls it."""

    pin_handle: str
    which: str


@dataclass(frozen=True)
class AnswerInvitation:
    """The woman officer says whether she comes: yes | no."""

    pin_handle: str
    which: str
    come: str


@dataclass(frozen=True)
class SignMeeting:
    """A women's advocate signs a meeting off, or `second` takes the signature of another away: yes | change | no."""

    pin_handle: str
    which: str
    sign: str = ""
    second: str = ""


@dataclass(frozen=True)
class ReleaseMeeting:
    """A second person lets the notice go out."""

    pin_handle: str
    which: str


@dataclass(frozen=True)
class StopMeeting:
    """Somebody stops a released notice before it leaves."""

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
    """Who came: `heads` is women, men, girls, boys as `23 11 4 0`; no names. `plan` is what is to change where few
    women came (S73)."""

    pin_handle: str
    which: str
    heads: str
    plan: str = ""


@dataclass(frozen=True)
class DraftCount:
    """An SMS says who came to the meeting of that number; it counts once it is confirmed with the PIN."""

    number: str
    heads: str


@dataclass(frozen=True)
class ConfirmCount:
    """Whoever sent the count by SMS confirms it; `plan_too` as the plan of a typed one."""

    pin_handle: str
    which: str
    plan_too: str = ""


@dataclass(frozen=True)
class WriteMinutes:
    """What was decided at a meeting, comma-joined; `settled`: worries were read out and answered, yes | no."""

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
    """The women's side says that a promise was kept."""

    pin_handle: str
    which: str
    promise: str

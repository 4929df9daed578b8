"""What a talk can bring about. The fields of an effect are named after the screens that fill them.

`bot.perform` makes rows and tasks of an effect in one transaction and returns an outcome, for each of which the flow's
`End` has a text. A reporter's number is never a field here: filing does not know who dialled.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class FileReport:
    """A report to be sealed and routed (S29: the minimum; everything after `help` may be empty).

    `help` lists the services she consents to, comma-joined (S18); `power` is whether the person is police, soldier,
    official or powerful (yes | no | skip), asked only where she chose police (S44). `instead` and `instead_woman` are
    whom she agreed to when nobody she had chosen, or no woman officer, was there (S53). `pin_handle` is the receipt
    she asked for, and no part of what is sealed. `crisis` is `talk` when her words were of ending her life and she
    agreed to somebody to talk to, `skip` when she did not (S55). `ping` is when she wants a neutral SMS that there is
    an answer (no | morning | evening), `number_handle` her own number, sealed for that and for nothing
    else, and `language` the one in which that SMS comes. `word` is hers, for her receipt alone: it shows that it is us.
    """

    who: str
    what: str
    when: str
    help: str
    zone: str
    kind: str = ""
    kind_forced: str = ""
    kind_other: str = ""
    other_zone: str = ""
    power: str = ""
    instead: str = ""
    near: str = ""
    wishes: str = ""
    instead_woman: str = ""
    pin_handle: str = ""
    words: str = ""
    crisis: str = ""
    ping: str = ""
    number_handle: str = ""
    word: str = ""
    language: str = field(default="", compare=False)  # two reports are the same in any language


@dataclass(frozen=True)
class TakeReport:
    """A champion takes the report she has just read. `new` is its number among her tasks."""

    pin_handle: str
    new: str


@dataclass(frozen=True)
class SeenTask:
    """Somebody who answers says by SMS that her alert has come. It can be forged, so it stops no clock."""

    number: str


@dataclass(frozen=True)
class PassReport:
    """A champion cannot take the report she has just read: it goes on at once."""

    pin_handle: str
    new: str


@dataclass(frozen=True)
class FileMessage:
    """What she wrote by SMS: her words, who may read them, and where. What is not asked there stays unknown."""

    help: str
    zone: str
    words: str


@dataclass(frozen=True)
class SendReply:
    """A champion answers with one of the approved replies (S61)."""

    pin_handle: str
    mine: str
    reply: str


@dataclass(frozen=True)
class AskHer:
    """A champion asks one of the closed questions, none of which is for a name."""

    pin_handle: str
    mine: str
    ask: str


@dataclass(frozen=True)
class CloseReport:
    """A champion says that it is finished, and why."""

    pin_handle: str
    mine: str
    reason: str


@dataclass(frozen=True)
class AnswerQuestion:
    """She answers what she was asked, with her code and PIN."""

    code: str
    pin_handle: str
    question: str


@dataclass(frozen=True)
class EraseReport:
    """She takes back all that she told (S22)."""

    code: str
    pin_handle: str


@dataclass(frozen=True)
class HandOver:
    """A champion gives back a report that she has taken, for a reason that she need not give (S64)."""

    pin_handle: str
    mine: str


@dataclass(frozen=True)
class HandAll:
    """Whoever leaves gives all that she has taken to one colleague, named by id."""

    pin_handle: str
    heirs: str


@dataclass(frozen=True)
class ReferReport:
    """A champion gives a report on to a partner she agreed to; `service` is which (health, talk, legal, ...)."""

    pin_handle: str
    mine: str
    service: str


@dataclass(frozen=True)
class TellPolice:
    """Whoever has taken a child's case in India says that the police has been told of it (S39)."""

    pin_handle: str
    mine: str


@dataclass(frozen=True)
class ConfirmArrival:
    """A partner has met her: `shown` is the code that she showed."""

    pin_handle: str
    mine: str
    shown: str


@dataclass(frozen=True)
class Exclude:
    """She says who may not read it any more: men | police | station, of those who have it now (S45)."""

    code: str
    pin_handle: str
    readers: str


@dataclass(frozen=True)
class CallMeeting:
    """A leader calls a meeting. `day_handle` is its date (ISO), `hour` HH:MM, `length` in hours; `there` lists
    childcare, way_home and transport; `woman` is the officer or facilitator who is asked to come, `contact` whoever a
    woman may turn to there; `most` people or any number; `reason` is why, where something speaks against it (S66)."""

    pin_handle: str
    zone: str
    venue: str
    kind: str
    day_handle: str
    hour: str
    length: str
    whom: str
    woman: str
    there: str
    languages: str = ""
    most: str = ""
    contact: str = ""
    reason: str = ""


@dataclass(frozen=True)
class SwitchZone:
    """An advocate closes a zone, or opens it again (S91)."""

    pin_handle: str
    closing: str


@dataclass(frozen=True)
class AnswerInvitation:
    """The woman officer says whether she comes: yes | no."""

    pin_handle: str
    which: str
    come: str


@dataclass(frozen=True)
class SignMeeting:
    """A women's advocate signs a meeting off: yes | change | no."""

    pin_handle: str
    which: str
    sign: str


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
    """Who came: `heads` is women, men, girls, boys as `23 11 4 0`; no names."""

    pin_handle: str
    which: str
    heads: str


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


@dataclass(frozen=True)
class SayConcern:
    """Somebody writes, before a meeting, what she worries about; only the women's side reads it."""

    which: str
    concern: str


@dataclass(frozen=True)
class DraftCount:
    """An SMS says who came to the meeting of that number; it counts once it is confirmed with the PIN."""

    number: str
    heads: str


@dataclass(frozen=True)
class GoAway:
    """Whoever answers is not on duty from today until a day (ISO), both included."""

    pin_handle: str
    until_handle: str


@dataclass(frozen=True)
class ComeBack:
    """Whoever answers is on duty again."""

    pin_handle: str


@dataclass(frozen=True)
class DraftMeeting:
    """An SMS drafts a meeting: a registered place, day and month, hour and minute, perhaps what for."""

    venue: str
    date: tuple[int, int]
    hour: tuple[int, int]
    kind: str


@dataclass(frozen=True)
class ConfirmMeeting:
    """Whoever drafted a meeting by SMS calls it."""

    pin_handle: str
    which: str


@dataclass(frozen=True)
class ConfirmCount:
    """Whoever sent the count by SMS confirms it."""

    pin_handle: str
    which: str


@dataclass(frozen=True)
class RepeatMeeting:
    """The leader calls the same meeting again so many `weeks` later: 1 | 2 | 4."""

    pin_handle: str
    which: str
    weeks: str

"""What a talk can bring about. The fields of an effect are named after the screens that fill them.

`bot.phone.perform` makes rows and tasks of an effect in one transaction and returns an outcome, for each of which the
flow's `End` has a text. A reporter's number is never a field here: filing does not know who dialled.
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

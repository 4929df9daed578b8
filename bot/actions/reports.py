"""Actions of talks about reports. Fields are named after the screens that fill them.

`bot.phone.perform` performs an action in one transaction and returns an outcome, for each of which the flow's `End` has
a text. A reporter's number is never a field here, so that filing cannot know who dialled (S33).

`new` and `mine` are the number that a report has among the tasks of the person who acts.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class FileReport:
    """A report to be sealed and routed (S29: the minimum; everything after `zone` may be empty). More of it may follow.

    `help` lists the services she consents to, comma-joined (S18); `child_too` is yes where it is a child's
    report and she agreed to child protection beside them. `power` is whether the person is police, soldier, official or
    powerful (yes | no | skip), asked only where she chose police (S44). `instead` and `instead_woman` are
    whom she agreed to when nobody she had chosen, or no woman officer, was there (S53). `but` is who gets no copy: a
    service, police, or a station as `unit-POST-1` (S45). `pin_handle` is the receipt that she made before the sending,
    where nothing can follow it (S8).
    """

    who: str
    what: str
    help: str
    zone: str
    kind_other: str = ""
    power: str = ""
    instead: str = ""
    instead_woman: str = ""
    but: str = ""
    pin_handle: str = ""
    child_too: str = ""
    language: str = field(default="", compare=False)  # two reports are the same in any language


@dataclass(frozen=True)
class FileComplaint:
    """A complaint about the police (`about` is po) or about somebody who works here (st), for oversight alone (S46).

    The place is the last of those that she chose: `zone`, or, where that is elsewhere, province, commune, other zone.
    `leave_out` is yes where a telephone number in her words is to be left out. `pin_handle` is the receipt that she
    made before the sending, where nothing can follow it (S8).
    """

    about: str
    zone: str
    when: str
    words: str
    province: str = ""
    commune: str = ""
    other_zone: str = ""
    leave_out: str = ""
    pin_handle: str = ""
    language: str = field(default="", compare=False)


@dataclass(frozen=True)
class AddWhen:
    """When it happened, joined to the report that was sent in this talk."""

    report_handle: str
    when: str


@dataclass(frozen=True)
class AddKind:
    """What exactly it was, joined to the report that was sent in this talk: of forced sex, or of what was refused."""

    report_handle: str
    kind_forced: str = ""
    kind: str = ""


@dataclass(frozen=True)
class AddPlace:
    """In what kind of place it was, joined to the report that was sent in this talk."""

    report_handle: str
    near: str


@dataclass(frozen=True)
class AddWishes:
    """What she wishes, comma-joined, for the report that was sent in this talk."""

    report_handle: str
    wishes: str


@dataclass(frozen=True)
class AddWords:
    """Her words, joined to the report that was sent in this talk. `crisis` is `talk` when they were of ending her life
    and she agreed to somebody to talk to, `skip` when she did not (S55); `services` are those that read it already.
    `leave_out` is yes where a telephone number in them is to be left out.
    """

    report_handle: str
    words: str
    crisis: str = ""
    services: str = ""
    leave_out: str = ""


@dataclass(frozen=True)
class AnswerProposal:
    """Whether one more service, to which an answer points, may read the report that was sent in this talk: `too` is yes
    or no, `points` the service, `services` those that read it already."""

    report_handle: str
    points: str
    services: str
    too: str


@dataclass(frozen=True)
class AnswerAboutMen:
    """Whether the men of the police lose the report that was sent in this talk, as she wishes a woman: yes | no;
    `services` are those that read it."""

    report_handle: str
    men: str
    services: str = ""


@dataclass(frozen=True)
class GiveCode:
    """A code for the report that was sent in this talk, under a PIN that she chose.

    `ping` is when she wants a neutral SMS that there is an answer (no | morning | evening), `number_handle` her own
    number, sealed for that and for nothing else, and `language` the one in which that SMS comes. `word` is the code
    word that she chose; it stands above the answer so that she knows the service by it (S7).
    """

    report_handle: str
    pin_handle: str
    ping: str = ""
    number_handle: str = ""
    word: str = ""
    language: str = field(default="", compare=False)


@dataclass(frozen=True)
class EndTelling:
    """She has told what she wanted: whoever reads the report that was sent in this talk is rung now."""

    report_handle: str


@dataclass(frozen=True)
class TakeBack:
    """She takes back the report that was sent in this talk (S22)."""

    report_handle: str


@dataclass(frozen=True)
class TakeReport:
    """A champion takes the report she has just read."""

    pin_handle: str
    new: str


@dataclass(frozen=True)
class SeenTask:
    """A reader says by SMS that her alert has come. An SMS can be forged, so it does not stop the escalation."""

    number: str


@dataclass(frozen=True)
class PassReport:
    """A champion cannot take the report she has just read: the next readers are alerted at once."""

    pin_handle: str
    new: str


@dataclass(frozen=True)
class FileMessage:
    """A report by SMS: her words, who may read them, and the zone. What an SMS does not ask stays unknown."""

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
    """A champion asks the reporter one of the approved questions (S61), none of which is for a name."""

    pin_handle: str
    mine: str
    ask: str


@dataclass(frozen=True)
class CloseReport:
    """A champion closes a report, for one of the listed reasons."""

    pin_handle: str
    mine: str
    reason: str


@dataclass(frozen=True)
class AcceptClosing:
    """Oversight agrees that nobody could help, and the report is closed."""

    pin_handle: str
    new: str


@dataclass(frozen=True)
class GiveOn:
    """Oversight gives a report whose owner could not help to another reader."""

    pin_handle: str
    new: str


@dataclass(frozen=True)
class AnswerQuestion:
    """The reporter answers the question she was asked: yes | no, with her code and PIN."""

    code: str
    pin_handle: str
    question: str


@dataclass(frozen=True)
class RateAnswer:
    """The reporter says whether the answer helped: 1 (it did) | 2 (a little) | 3 (it did not). `rated` is the service
    that gave it, where there were several.
    """

    code: str
    pin_handle: str
    rating: str
    rated: str = ""


@dataclass(frozen=True)
class Reopen:
    """The reporter opens a closed request again; `closed_one` is the service, where several are closed."""

    code: str
    pin_handle: str
    closed_one: str = ""


@dataclass(frozen=True)
class WriteAgain:
    """The reporter writes to a report that is open: danger | worse | no_call | moved | over | words, which are hers.
    `leave_out` is yes where a telephone number in them is to be left out."""

    code: str
    pin_handle: str
    tell_more: str
    words: str = ""
    leave_out: str = ""


@dataclass(frozen=True)
class EraseReport:
    """The reporter erases all that she told (S22)."""

    code: str
    pin_handle: str


@dataclass(frozen=True)
class HandOver:
    """A champion gives back a report that she has taken, for a reason that she need not give (S64)."""

    pin_handle: str
    mine: str


@dataclass(frozen=True)
class ProposeZone:
    """A champion proposes that the people of another zone have a report that she has taken: the reporter is asked.
    `to_zone` is that zone."""

    pin_handle: str
    mine: str
    to_zone: str


@dataclass(frozen=True)
class AnswerZone:
    """The reporter says whether the people of another zone may have her report: yes | no."""

    code: str
    pin_handle: str
    other_zone: str


@dataclass(frozen=True)
class HandAll:
    """A reader who leaves hands all reports that she has taken to one colleague, by id (S52)."""

    pin_handle: str
    heirs: str


@dataclass(frozen=True)
class ReferReport:
    """A champion refers a report to a partner to whom the reporter agreed; `service` is health, talk, legal, ..."""

    pin_handle: str
    mine: str
    service: str


@dataclass(frozen=True)
class TellPolice:
    """The reader who took a child's case in India says that the police has been told of it (S39)."""

    pin_handle: str
    mine: str


@dataclass(frozen=True)
class ConfirmArrival:
    """A partner has met the reporter: `shown` is the code that she showed."""

    pin_handle: str
    mine: str
    shown: str


@dataclass(frozen=True)
class Exclude:
    """The reporter excludes some of those who can read it now: men | police | station (S45)."""

    code: str
    pin_handle: str
    readers: str

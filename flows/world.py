"""`World`: all that flows may ask, as a Protocol that `bot.phone.world` and the worlds of tests implement.

Most methods only read. One that returns a `SideEffectResult` tries a secret, opens a report or seals something: it is
called once, when the answer is given, and never in a replay. `staff.choose_pin`, `reports.open` and
`meetings.keep_unfinished` write to the database, each in a transaction of its own that is over when they return; the
vault counts tries of secrets. Everything else that a talk changes is an action (`bot.actions`) at its end.

A `handle` is given for a secret that was right: it opens one person's key during her talk. Methods that take one raise
`Unsealable` when it is not hers, or when she does not work here any more.

`Values` are values for the placeholders of a text; a docstring names them first, like `news`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.conversation import Answers, Row, SideEffectResult, Values
from flows.world_meetings import MeetingsWorld


class World(Protocol):
    """What one caller may learn during one request."""

    @property
    def given(self) -> Mapping[str, str]:
        """What every text may show: `code`, the dialled code; `service`, the service's name."""
        ...

    @property
    def languages(self) -> Sequence[str]:
        """The codes of the languages that are offered, the likeliest for her country first; never empty."""
        ...

    @property
    def organisation(self) -> str:
        """Who runs the service, by name."""
        ...

    @property
    def must_report_children(self) -> bool:
        """Whether the law has sexual violence against a child told to the police."""
        ...

    @property
    def places(self) -> PlacesWorld:
        """Places, numbers for danger, cards of rights."""
        ...

    @property
    def staff(self) -> StaffWorld:
        """Whether a member of staff dials, and her PIN."""
        ...

    @property
    def receipts(self) -> ReceiptsWorld:
        """Receipts: the code and PIN with which a reporter reads the answer."""
        ...

    @property
    def reports(self) -> ReportsWorld:
        """Reports, for their readers; and whether a report would find a reader."""
        ...

    @property
    def watch(self) -> WatchWorld:
        """What oversight watches."""
        ...

    @property
    def pairs(self) -> PairsWorld:
        """What waits for the word of a second person."""
        ...

    @property
    def meetings(self) -> MeetingsWorld:
        """Meetings, for everybody and for staff."""
        ...

    @property
    def tells_a_new_dial(self) -> bool:
        """Whether somebody else who dials with this session's id would begin anew. Where a session is the number and
        nothing marks a dial, nothing may stand in a talk that whoever has the phone must not see (S8).
        """
        ...

    def despairs(self, words: str) -> bool:
        """Whether a free text, as she wrote it, speaks of ending one's own life, in any language (S55)."""
        ...

    def sealed_number(self) -> SideEffectResult:
        """The number that dials, sealed to the process that sends: kept, with the sealed number (hex) as handle."""
        ...

    def day(self, text: str) -> SideEffectResult:
        """The next day with a typed date such as 12/3: day, with the ISO date as handle | wrong | past."""
        ...

    def spoken(self, day: str, hour: str) -> Values:
        """`spoken_time`: an ISO day and an hour HH:MM, in words and digits of the reader's language."""
        ...


class PlacesWorld(Protocol):
    """Places, numbers and cards. Nothing here depends on who asks."""

    def served(self) -> Sequence[Row]:
        """The zones where reports are answered now."""
        ...

    def is_served(self, zone: str) -> bool:
        """Whether a zone, by its code, is one of them."""
        ...

    def within(self, parent: str) -> Sequence[Row]:
        """The places that lie directly in another one; for an empty code those of the country."""
        ...

    def health_centre(self) -> str:
        """The name of the health centre that is shown to everybody; empty when none is confirmed."""
        ...

    def emergency(self) -> Sequence[str]:
        """The numbers for danger that somebody has test-called (S76)."""
        ...

    def rights(self, topic: str, language: str) -> Sequence[str]:
        """What the signed cards of a topic say; a card that has no words in the language is left out (S85)."""
        ...


class StaffWorld(Protocol):
    """The member of staff who dials, known by her number and her PIN."""

    def works_here(self) -> bool:
        """Whether the number that dials belongs to somebody who works here. Touches no database."""

    def on_this_phone(self) -> Sequence[Row]:
        """Who may be dialling from a phone of several people, by id; empty when the number is one person's."""

    def tasks_in(self, who: str = "") -> str:
        """Where her tasks are: reports | meetings | agree (something waits for her word) | several. `who` is the one of
        `on_this_phone` who says that she dials: from now on this talk is hers, and asks for her PIN.
        """
        ...

    def rooms(self) -> Sequence[Row]:
        """The talks in which she has something to do: agree, reports, meetings, watch."""
        ...

    def has_key(self) -> bool:
        """Whether she has chosen her PIN; True for a number of nobody who works here."""
        ...

    def unlock(self, pin: str) -> SideEffectResult:
        """Try a PIN: open, with a handle | wrong | wrong_4 (so many tries are left) | locked.

        An empty PIN, and any PIN from a number of nobody who works here, is wrong and not counted.
        """
        ...

    def first_code(self, code: str) -> SideEffectResult:
        """Try the code that she was given on paper; the outcomes are those of a PIN."""
        ...

    def choose_pin(self, handle: str, pin: str) -> SideEffectResult:
        """Set her PIN and use up the first code for which `handle` was given: made | wrong | easy. Writes."""
        ...


class ReceiptsWorld(Protocol):
    """The reporter's receipt: her code and her PIN."""

    def make(self, pin: str) -> SideEffectResult:
        """A new code under four digits of hers: made, with a handle | wrong | easy. It is stored when she sends her
        report.
        """

    def code(self, handle: str) -> str:
        """The code that `make` gave, as two times four digits."""

    def open(self, code: str, pin: str) -> SideEffectResult:
        """Try her digits: open, with a handle | erased | broken | wrong | locked; the same work and words for a code
        that nobody has (S8).
        """

    def news(self, code: str, handle: str) -> Values:
        """`news`: the state of her report, who has opened it by role and day (S23), what was answered."""

    def asked(self, code: str, handle: str) -> str:
        """question | answered (she may say whether it helped) | closed | mixed (a part of it is) | none."""

    def other_zone(self, code: str, handle: str) -> Values:
        """`helper`, `place`: of the service whose request may go to that zone if she says yes; empty when she is not
        asked.
        """

    def answered(self, code: str, handle: str) -> Sequence[Row]:
        """The services of whose answer she may say whether it helped."""

    def closed(self, code: str, handle: str) -> Sequence[Row]:
        """The services whose requests are closed, so that she may open them again."""


class ReportsWorld(Protocol):
    """Reports, by the number that each has among a reader's tasks."""

    def reached(self, answers: Answers) -> str:
        """Whether a report with these answers would find a reader now: sent | no_woman | nobody."""

    def not_on_duty(self, answers: Answers) -> Values:
        """`absent`: for each service that she chose and of which nobody is on duty, its name and from when somebody
        is, on the country's own clock; empty when somebody of each is on duty. They are asked all the same.
        """

    def lacks_child_protection(self, answers: Answers) -> bool:
        """Whether it is a report of a child that child protection could read, and nobody has asked it to: she did not
        choose it, and no law gives it."""

    def could_read(self, answers: Answers, service: str) -> bool:
        """Whether somebody of that service is there to read a report with these answers, were it asked."""

    def read_by(self, answers: Answers) -> Sequence[str]:
        """The services that would read a report with these answers: not police where the person is powerful."""

    def by_law(self, answers: Answers) -> Sequence[str]:
        """The services that would read it because the law wants it, without being chosen."""

    def woman_on_duty(self, answers: Answers) -> bool:
        """Whether a woman officer is on duty who could read a report with these answers (S53)."""

    def stations(self, answers: Answers) -> Sequence[Row]:
        """The stations whose officers would read a report with these answers, each as `unit-POST-1` (S45)."""

    def is_no_fir(self, answers: Answers) -> bool:
        """Whether it would go to the police of India, where it is no case before she signs one (S27)."""

    def new(self, handle: str) -> Sequence[Row]:
        """The reports that wait for her to take them, urgent ones first: number and class."""

    def mine(self, handle: str) -> Sequence[Row]:
        """The open reports that she took or was handed; first, with a mark, those she was reminded of."""

    def wants_reply(self, handle: str, number: str) -> bool:
        """Whether the reporter has a receipt; True for what she cannot read any more, so that its end says so."""

    def heirs(self, handle: str) -> Sequence[Row]:
        """Colleagues to whom she may hand all reports that she has taken."""

    def oversees(self, handle: str) -> bool:
        """Whether she reads for oversight, not as a helper whom the reporter chose."""

    def open(self, handle: str, number: str, why: str = "") -> SideEffectResult:
        """Open one that is new or her own: open, with its number as handle | gone | erased | broken | untrained (it is
        new, and her training is over). Records who and why."""

    def text(self, handle: str, number: str) -> Values:
        """`report`: what was told and the messages since, in the words of the screens on which they were chosen."""

    def rules(self, handle: str, number: str) -> Values:
        """`rules`: the rules for whoever takes it (S63)."""

    def whose(self, handle: str, number: str) -> str:
        """own: she took it | bound: she took it, and the law wants the police to be told | referred: she was given it
        for one service | gone: she cannot read it any more.
        """

    def is_unhelped(self, handle: str, number: str) -> bool:
        """Whether its owner could not help, so that oversight has the last word."""

    def is_grave(self, handle: str, number: str) -> bool:
        """Whether its class, as it is now, is danger or medicine."""

    def questions(self, handle: str, number: str) -> Sequence[Row]:
        """What she may ask the reporter; those that are answered come last."""

    def other_zones(self, handle: str, number: str) -> Sequence[Row]:
        """The other zones where reports are answered now, to which she may propose to hand it over."""

    def services(self, handle: str, number: str) -> Sequence[Row]:
        """The services to which she may refer it: the reporter agreed, and somebody is there."""


class WatchWorld(Protocol):
    """What oversight watches, in lines without a name and without what was told. All raise for anybody else."""

    def waiting(self, handle: str) -> tuple[str, ...]:
        """The open requests, those of danger first."""

    def unhelped(self, handle: str) -> tuple[str, ...]:
        """What was closed without help."""

    def openings(self, handle: str) -> tuple[str, ...]:
        """Who opened what, by role and task number."""

    def figures(self, handle: str) -> tuple[str, ...]:
        """The last months of the service, in tenths."""


class PairsWorld(Protocol):
    """What others have proposed and she may confirm, by number."""

    def waiting(self, handle: str) -> Sequence[Row]:
        """What waits for her word, the oldest first."""
        ...

    def see(self, handle: str, number: str) -> SideEffectResult:
        """seen, with a digest of what she sees as handle | gone."""
        ...

    def text(self, handle: str, number: str) -> Values:
        """`proposal`: its number, who proposes what, and with whom."""
        ...

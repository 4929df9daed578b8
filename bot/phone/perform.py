"""Turns each action that a talk ends with into one call of a service: one typed entry for each action.

`on(action, do)` binds the two: mypy refuses a handler of another action, and services are called with plain arguments,
so that the desk can call the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from bot.actions.meetings import (
    AnswerInvitation,
    AskAnother,
    CallMeeting,
    CancelMeeting,
    ConfirmCount,
    ConfirmMeeting,
    CountPeople,
    DraftCount,
    DraftMeeting,
    JoinNews,
    KeepPromise,
    LeaveNews,
    MakePromise,
    MoveMeeting,
    ReleaseMeeting,
    RepeatMeeting,
    SayComing,
    SayConcern,
    SayOpinion,
    SignMeeting,
    StopMeeting,
    WriteMinutes,
)
from bot.actions.people import AgreeProposal, ComeBack, GoAway, RefuseProposal, SwitchZone
from bot.actions.reports import (
    AcceptClosing,
    AddKind,
    AddPlace,
    AddWhen,
    AddWishes,
    AddWords,
    AnswerAboutMen,
    AnswerProposal,
    AnswerQuestion,
    AnswerZone,
    AskHer,
    CloseReport,
    ConfirmArrival,
    EndTelling,
    EraseReport,
    Exclude,
    FileComplaint,
    FileMessage,
    FileReport,
    GiveCode,
    GiveOn,
    HandAll,
    HandOver,
    PassReport,
    ProposeZone,
    RateAnswer,
    ReferReport,
    Reopen,
    SeenTask,
    SendReply,
    TakeBack,
    TakeReport,
    TellPolice,
    WriteAgain,
)
from bot.meetings import attendance, drafts, lifecycle, minutes, promises, subscribers
from bot.meetings.lifecycle import Verdict
from bot.people import duty, pairs, sign_in, zones
from bot.phone import meeting_forms as forms
from bot.phone.filing import (
    added_kind,
    added_words,
    her_words,
    new_complaint,
    new_message,
    new_report,
    receipt_before,
    wanted_receipt,
)
from bot.reports import (
    adding,
    afterwards,
    care,
    closing,
    erasure,
    filing,
    other_zone,
    police_duty,
    referral,
    succession,
    writing_again,
)
from bot.reports.held import HeldReport, held_report
from bot.reports.new_report import listed
from bot.reports.receipts import ReceiptHolder, holder_of
from bot.reports.writing_again import Again
from bot.storage.tables.reports import Closing, Rating
from bot.storage.unit_of_work import Actor, FilingWork, Outcome, Work

A = TypeVar("A")
W = TypeVar("W", Work, FilingWork)


@dataclass(frozen=True)
class Caller:
    """Who dials: the id of a member of staff, or empty; and whether the number files more reports in a day than one
    person usually has.
    """

    person: str = ""
    often: bool = False


class Performers(Generic[W]):
    """The handlers of actions, for one kind of transaction."""

    def __init__(self) -> None:
        self._of: dict[type, Callable[[W, Caller, Any], Outcome[str]]] = {}

    def on(self, action: type[A], do: Callable[[W, Caller, A], Outcome[Any]]) -> None:
        """Register the handler of an action. Raises `TypeError` for an action that has one already."""
        if action in self._of:
            raise TypeError(f"{action.__name__} is performed twice")
        self._of[action] = do

    def __call__(self, work: W, caller: Caller, action: object) -> Outcome[str]:
        """Perform an action. Raises `TypeError` for an action without a handler."""
        do = self._of.get(type(action))
        if do is None:
            raise TypeError(f"no line of bot/phone/perform.py performs {type(action).__name__}")
        return do(work, caller, action)

    def __contains__(self, action: type) -> bool:
        return action in self._of

    def __iter__(self) -> Iterator[type]:
        return iter(self._of)


class HasHandle(Protocol):
    """An action of somebody who has given her PIN in this talk."""

    @property
    def pin_handle(self) -> str: ...


class HasReceipt(HasHandle, Protocol):
    """An action of a reporter who has given code and PIN of her receipt in this talk."""

    @property
    def code(self) -> str: ...


class HasReport(Protocol):
    """An action of whoever has filed a report in this talk."""

    @property
    def report_handle(self) -> str: ...


class HasNumber(Protocol):
    """An action of anybody, with the sealed number that dials, as hex."""

    @property
    def number_handle(self) -> str: ...


def number(action: HasNumber) -> bytes:
    """The number that dials, sealed for this talk."""
    return bytes.fromhex(action.number_handle)


def actor(work: Work, caller: Caller, action: HasHandle) -> Actor:
    """The caller, signed in. Raises `Unsealable`."""
    return sign_in.resume(work, caller.person, action.pin_handle)


def holder(work: Work, action: HasReceipt) -> ReceiptHolder:
    """The holder of the receipt. Raises `Unsealable`."""
    return holder_of(work, action.code, action.pin_handle)


def held(action: HasReport) -> HeldReport:
    """The report that was filed in this talk. Raises `Unsealable`."""
    return held_report(action.report_handle)


def file_report(work: FilingWork, caller: Caller, action: FileReport) -> Outcome[filing.Filed]:
    """File a report; she may add to it, but where she made her receipt before."""
    wanted = receipt_before(action)
    return filing.file_report(work, new_report(action), wanted, often=caller.often, talks_on=wanted is None)


def file_complaint(work: FilingWork, caller: Caller, action: FileComplaint) -> Outcome[filing.Filed]:
    """File a complaint; as of a report."""
    wanted = receipt_before(action)
    return filing.file_report(work, new_complaint(action), wanted, often=caller.often, talks_on=wanted is None)


PERFORMERS, FILINGS = Performers[Work](), Performers[FilingWork]()
on, files = PERFORMERS.on, FILINGS.on

files(FileReport, file_report)
files(FileComplaint, file_complaint)
files(FileMessage, lambda w, c, a: filing.file_report(w, new_message(a), often=c.often))

on(AddWhen, lambda w, c, a: adding.add(w, held(a), when=a.when))
on(AddKind, lambda w, c, a: adding.add(w, held(a), **added_kind(a)))
on(AddPlace, lambda w, c, a: adding.add(w, held(a), setting=a.near))
on(AddWishes, lambda w, c, a: adding.add(w, held(a), wishes=listed(a.wishes)))
on(AddWords, lambda w, c, a: adding.add(w, held(a), a.services, **added_words(a)))
on(AnswerAboutMen, lambda w, c, a: adding.answer_about_men(w, held(a), a.services, take=a.men == "yes"))
on(AnswerProposal, lambda w, c, a: adding.answer_proposal(w, held(a), a.points, a.services, yes=a.too == "yes"))
on(GiveCode, lambda w, c, a: adding.give_code(w, held(a), wanted_receipt(a), a.language))
on(EndTelling, lambda w, c, a: adding.finish(w, held(a)))
on(TakeBack, lambda w, c, a: adding.take_back(w, held(a)))

on(TakeReport, lambda w, c, a: care.take(w, actor(w, c, a), int(a.new)))
on(PassReport, lambda w, c, a: care.pass_on(w, actor(w, c, a), int(a.new)))
on(SeenTask, lambda w, c, a: care.note_seen(w, c.person, int(a.number)))
on(SendReply, lambda w, c, a: care.reply(w, actor(w, c, a), int(a.mine), a.reply))
on(AskHer, lambda w, c, a: care.ask(w, actor(w, c, a), int(a.mine), a.ask))
on(CloseReport, lambda w, c, a: closing.close(w, actor(w, c, a), int(a.mine), Closing(a.reason)))
on(AcceptClosing, lambda w, c, a: closing.accept(w, actor(w, c, a), int(a.new)))
on(GiveOn, lambda w, c, a: closing.give_on(w, actor(w, c, a), int(a.new)))
on(HandOver, lambda w, c, a: care.hand_over(w, actor(w, c, a), int(a.mine)))
on(ProposeZone, lambda w, c, a: other_zone.propose(w, actor(w, c, a), int(a.mine), a.to_zone))
on(HandAll, lambda w, c, a: succession.hand_all(w, actor(w, c, a), a.heirs))
on(ReferReport, lambda w, c, a: referral.refer(w, actor(w, c, a), int(a.mine), a.service))
on(ConfirmArrival, lambda w, c, a: referral.confirm_arrival(w, actor(w, c, a), int(a.mine), a.shown))
on(TellPolice, lambda w, c, a: police_duty.say_told(w, actor(w, c, a), int(a.mine)))
on(AnswerQuestion, lambda w, c, a: care.answer_question(w, holder(w, a), a.question))
on(AnswerZone, lambda w, c, a: other_zone.answer(w, holder(w, a), yes=a.other_zone == "yes"))
on(RateAnswer, lambda w, c, a: afterwards.rate(w, holder(w, a), Rating(int(a.rating)), a.rated))
on(Reopen, lambda w, c, a: afterwards.reopen(w, holder(w, a), a.closed_one))
on(WriteAgain, lambda w, c, a: writing_again.write_again(w, holder(w, a), Again(a.tell_more), her_words(a)))
on(Exclude, lambda w, c, a: care.exclude(w, holder(w, a), a.readers))
on(EraseReport, lambda w, c, a: erasure.take_back(w, holder(w, a)))

# subscribers of meetings
on(JoinNews, lambda w, c, a: subscribers.join(w, number(a), a.zone, a.language, *forms.wishes(a)))
on(LeaveNews, lambda w, c, a: subscribers.leave(w, number(a)))
on(SayComing, lambda w, c, a: subscribers.say_coming(w, number(a), a.which, a.coming == "yes"))
on(SayOpinion, lambda w, c, a: subscribers.say_opinion(w, number(a), a.which, **forms.opinion(a)))
on(SayConcern, lambda w, c, a: subscribers.say_concern(w, a.which, a.concern))

# organisers and advocates of meetings
on(CallMeeting, lambda w, c, a: forms.call(w, actor(w, c, a), a))
on(RepeatMeeting, lambda w, c, a: lifecycle.repeat(w, actor(w, c, a), a.which, forms.day(a.again)))
on(DraftMeeting, lambda w, c, a: drafts.draft(w, c.person, forms.sms_draft(a)))
on(ConfirmMeeting, lambda w, c, a: drafts.confirm(w, actor(w, c, a), a.which))
on(AnswerInvitation, lambda w, c, a: lifecycle.answer_invitation(w, actor(w, c, a), a.which, a.come == "yes"))
on(SignMeeting, lambda w, c, a: lifecycle.sign(w, actor(w, c, a), a.which, Verdict(a.sign or a.second)))
on(ReleaseMeeting, lambda w, c, a: lifecycle.release(w, actor(w, c, a), a.which))
on(StopMeeting, lambda w, c, a: lifecycle.stop(w, actor(w, c, a), a.which))
on(MoveMeeting, lambda w, c, a: lifecycle.move(w, actor(w, c, a), a.which, *forms.new_time(a)))
on(AskAnother, lambda w, c, a: lifecycle.ask_another(w, actor(w, c, a), a.which, a.another))
on(CancelMeeting, lambda w, c, a: lifecycle.cancel(w, actor(w, c, a), a.which))
on(
    CountPeople,
    lambda w, c, a: attendance.count(w, actor(w, c, a), a.which, forms.heads(a.heads), forms.change(a.plan)),
)
on(DraftCount, lambda w, c, a: attendance.draft_count(w, c.person, int(a.number), forms.sms_heads(a)))
on(ConfirmCount, lambda w, c, a: attendance.confirm_count(w, actor(w, c, a), a.which, forms.change(a.plan_too)))
on(WriteMinutes, lambda w, c, a: minutes.write(w, actor(w, c, a), a.which, *forms.minutes(a)))
on(MakePromise, lambda w, c, a: promises.make(w, actor(w, c, a), a.which, *forms.promise(a)))
on(KeepPromise, lambda w, c, a: promises.keep(w, actor(w, c, a), a.promise))

# staff, about their own duty and zone
on(SwitchZone, lambda w, c, a: zones.switch(w, actor(w, c, a), a.closing))
on(GoAway, lambda w, c, a: duty.go_away(w, actor(w, c, a), forms.day(a.until_handle)))
on(ComeBack, lambda w, c, a: duty.come_back(w, actor(w, c, a)))

on(AgreeProposal, lambda w, c, a: pairs.agree(w, actor(w, c, a), int(a.which), a.seen_handle))
on(RefuseProposal, lambda w, c, a: pairs.refuse(w, actor(w, c, a), int(a.which), a.seen_handle))


def perform(work: Work | FilingWork, caller: Caller, action: object) -> Outcome[str]:
    """Perform an action of a talk. Raises `TypeError` for an action without a handler."""
    if type(action) in FILINGS:
        return FILINGS(work.filing if isinstance(work, Work) else work, caller, action)
    if isinstance(work, FilingWork):
        raise TypeError(f"{type(action).__name__} files nothing")
    return PERFORMERS(work, caller, action)

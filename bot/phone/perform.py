"""What a talk brought about becomes one call of a service: one typed line an action.

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
from bot.actions.people import ComeBack, GoAway, SwitchZone
from bot.actions.reports import (
    AnswerQuestion,
    AskHer,
    CloseReport,
    ConfirmArrival,
    EraseReport,
    Exclude,
    FileMessage,
    FileReport,
    HandAll,
    HandOver,
    PassReport,
    ReferReport,
    SeenTask,
    SendReply,
    TakeReport,
    TellPolice,
)
from bot.meetings.attendance import confirm_count, count_people, draft_count
from bot.meetings.drafts import call, confirm_meeting, draft_meeting
from bot.meetings.lifecycle import (
    answer_invitation,
    ask_another,
    cancel_meeting,
    move_meeting,
    release_meeting,
    repeat_meeting,
    sign_meeting,
    stop_meeting,
)
from bot.meetings.minutes import write_minutes
from bot.meetings.promises import keep_promise, make_promise
from bot.meetings.subscribers import join_news, leave_news, say_coming, say_concern, say_opinion
from bot.people import sign_in
from bot.people.duty import come_back, go_away
from bot.people.zones import switch_zone
from bot.phone.filing import new_message, new_report, wanted_receipt
from bot.reports import care, erasure, filing, police_duty, referral, succession
from bot.reports.receipts import ReceiptHolder, holder_of
from bot.storage.unit_of_work import Actor, FilingWork, Handler, Office, Outcome, Work

EFFECTS: dict[type, Handler] = {
    CallMeeting: call,
    AnswerInvitation: answer_invitation,
    SignMeeting: sign_meeting,
    ReleaseMeeting: release_meeting,
    RepeatMeeting: repeat_meeting,
    StopMeeting: stop_meeting,
    SwitchZone: switch_zone,
    MoveMeeting: move_meeting,
    AskAnother: ask_another,
    CancelMeeting: cancel_meeting,
    CountPeople: count_people,
    DraftCount: draft_count,
    DraftMeeting: draft_meeting,
    ConfirmMeeting: confirm_meeting,
    GoAway: go_away,
    ComeBack: come_back,
    ConfirmCount: confirm_count,
    WriteMinutes: write_minutes,
    MakePromise: make_promise,
    KeepPromise: keep_promise,
    JoinNews: join_news,
    LeaveNews: leave_news,
    SayComing: say_coming,
    SayConcern: say_concern,
    SayOpinion: say_opinion,
}


A = TypeVar("A")
W = TypeVar("W", Work, FilingWork)


@dataclass(frozen=True)
class Caller:
    """Who dials: the id of somebody who works here, or nothing; and whether the number files more reports in a day than
    one person has to tell."""

    person: str = ""
    often: bool = False


class Performers(Generic[W]):
    """What is done for each action of a talk, in one kind of transaction."""

    def __init__(self) -> None:
        self._of: dict[type, Callable[[W, Caller, Any], Outcome[str]]] = {}

    def on(self, action: type[A], do: Callable[[W, Caller, A], Outcome[Any]]) -> None:
        """Say what is done for an action. Raises `TypeError` for one that has its line already."""
        if action in self._of:
            raise TypeError(f"{action.__name__} is performed twice")
        self._of[action] = do

    def __call__(self, work: W, caller: Caller, action: object) -> Outcome[str]:
        """Do it. Raises `TypeError` for an action that has no line."""
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
    """An action of her who has given code and PIN of her receipt in this talk."""

    @property
    def code(self) -> str: ...


def actor(work: Work, caller: Caller, action: HasHandle) -> Actor:
    """Whoever dials, signed in. Raises `Unsealable`."""
    return sign_in.resume(work, caller.person, action.pin_handle)


def holder(work: Work, action: HasReceipt) -> ReceiptHolder:
    """She whose receipt it is. Raises `Unsealable`."""
    return holder_of(work, action.code, action.pin_handle)


PERFORMERS, FILINGS = Performers[Work](), Performers[FilingWork]()
on, files = PERFORMERS.on, FILINGS.on

files(FileReport, lambda w, c, a: filing.file_report(w, new_report(a), wanted_receipt(a), often=c.often))
files(FileMessage, lambda w, c, a: filing.file_report(w, new_message(a), often=c.often))

on(TakeReport, lambda w, c, a: care.take(w, actor(w, c, a), int(a.new)))
on(PassReport, lambda w, c, a: care.pass_on(w, actor(w, c, a), int(a.new)))
on(SeenTask, lambda w, c, a: care.note_seen(w, c.person, int(a.number)))
on(SendReply, lambda w, c, a: care.reply(w, actor(w, c, a), int(a.mine), a.reply))
on(AskHer, lambda w, c, a: care.ask(w, actor(w, c, a), int(a.mine), a.ask))
on(CloseReport, lambda w, c, a: care.close(w, actor(w, c, a), int(a.mine), a.reason))
on(HandOver, lambda w, c, a: care.hand_over(w, actor(w, c, a), int(a.mine)))
on(HandAll, lambda w, c, a: succession.hand_all(w, actor(w, c, a), a.heirs))
on(ReferReport, lambda w, c, a: referral.refer(w, actor(w, c, a), int(a.mine), a.service))
on(ConfirmArrival, lambda w, c, a: referral.confirm_arrival(w, actor(w, c, a), int(a.mine), a.shown))
on(TellPolice, lambda w, c, a: police_duty.say_told(w, actor(w, c, a), int(a.mine)))
on(AnswerQuestion, lambda w, c, a: care.answer_question(w, holder(w, a), a.question))
on(Exclude, lambda w, c, a: care.exclude(w, holder(w, a), a.readers))
on(EraseReport, lambda w, c, a: erasure.take_back(w, holder(w, a)))


def perform(work: Work | FilingWork, caller: Caller, action: object) -> Outcome[str]:
    """Do what a talk brought about. Raises `TypeError` for an action that has no line."""
    if type(action) in FILINGS:
        return FILINGS(work.filing if isinstance(work, Work) else work, caller, action)
    if isinstance(work, FilingWork):
        raise TypeError(f"{type(action).__name__} files nothing")
    if old := EFFECTS.get(type(action)):
        return old(work.db, action, Office(work.vault, work.country, caller.person, caller.often), work.at)
    return PERFORMERS(work, caller, action)

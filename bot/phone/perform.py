"""What a talk brought about becomes one call of a service: one typed line an action.

`on(action, do)` binds the two: mypy refuses a handler of another action, and services are called with plain arguments,
so that the desk can call the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

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
from bot.meetings import attendance, drafts, lifecycle, minutes, promises, subscribers
from bot.meetings.lifecycle import Verdict
from bot.people import duty, sign_in, zones
from bot.phone import meeting_forms as forms
from bot.reports.care import (
    answer_question,
    ask_her,
    close_report,
    exclude,
    hand_over,
    pass_report,
    seen_task,
    send_reply,
    take_report,
)
from bot.reports.erasure import erase_report
from bot.reports.filing import file_message, file_report
from bot.reports.police_duty import tell_police
from bot.reports.referral import confirm_arrival, refer_report
from bot.reports.succession import hand_all
from bot.storage.unit_of_work import Actor, FilingWork, Handler, Office, Outcome, Work

FILINGS: dict[type, Handler] = {FileReport: file_report, FileMessage: file_message}  # with kept statements alone
EFFECTS: dict[type, Handler] = {
    **FILINGS,
    TakeReport: take_report,
    SeenTask: seen_task,
    PassReport: pass_report,
    SendReply: send_reply,
    AskHer: ask_her,
    CloseReport: close_report,
    AnswerQuestion: answer_question,
    EraseReport: erase_report,
    HandOver: hand_over,
    HandAll: hand_all,
    Exclude: exclude,
    ReferReport: refer_report,
    ConfirmArrival: confirm_arrival,
    TellPolice: tell_police,
}


A = TypeVar("A")


@dataclass(frozen=True)
class Caller:
    """Who dials: the id of somebody who works here, or nothing; and whether the number files more reports in a day than
    one person has to tell."""

    person: str = ""
    often: bool = False


class Performers:
    """What is done for each action of a talk."""

    def __init__(self) -> None:
        self._of: dict[type, Callable[[Work, Caller, Any], Outcome[str]]] = {}

    def on(self, action: type[A], do: Callable[[Work, Caller, A], Outcome[Any]]) -> None:
        """Say what is done for an action. Raises `TypeError` for one that has its line already."""
        if action in self._of:
            raise TypeError(f"{action.__name__} is performed twice")
        self._of[action] = do

    def __call__(self, work: Work, caller: Caller, action: object) -> Outcome[str]:
        """Do it. Raises `TypeError` for an action that has no line."""
        if type(action) not in self._of:
            raise TypeError(f"no line of bot/phone/perform.py performs {type(action).__name__}")
        return self._of[type(action)](work, caller, action)

    def __contains__(self, action: type) -> bool:
        return action in self._of

    def __iter__(self) -> Iterator[type]:
        return iter(self._of)


class HasHandle(Protocol):
    """An action of somebody who has given her PIN in this talk."""

    @property
    def pin_handle(self) -> str: ...


class HasNumber(Protocol):
    """An action of anybody, with the number that dials as hex."""

    @property
    def number_handle(self) -> str: ...


def actor(work: Work, caller: Caller, action: HasHandle) -> Actor:
    """Whoever dials, signed in. Raises `Unsealable`."""
    return sign_in.resume(work, caller.person, action.pin_handle)


PERFORMERS = Performers()
on = PERFORMERS.on


def number(action: HasNumber) -> bytes:
    """The number that dials, sealed to the sender process."""
    return bytes.fromhex(action.number_handle)


# somebody who wants to hear of meetings, and comes
on(JoinNews, lambda w, c, a: subscribers.join(w, number(a), a.zone, a.language, *forms.wishes(a)))
on(LeaveNews, lambda w, c, a: subscribers.leave(w, number(a)))
on(SayComing, lambda w, c, a: subscribers.say_coming(w, number(a), a.which, a.coming == "yes"))
on(SayOpinion, lambda w, c, a: subscribers.say_opinion(w, number(a), a.which, **forms.opinion(a)))
on(SayConcern, lambda w, c, a: subscribers.say_concern(w, a.which, a.concern))

# whoever calls, signs, releases and counts them
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

# whoever answers, about herself and her zone
on(SwitchZone, lambda w, c, a: zones.switch(w, actor(w, c, a), a.closing))
on(GoAway, lambda w, c, a: duty.go_away(w, actor(w, c, a), forms.day(a.until_handle)))
on(ComeBack, lambda w, c, a: duty.come_back(w, actor(w, c, a)))


def perform(work: Work | FilingWork, caller: Caller, action: object) -> Outcome[str]:
    """Do what a talk brought about. Raises `TypeError` for an action that nobody wrote a line for."""
    if isinstance(work, Work) and type(action) in PERFORMERS:
        return PERFORMERS(work, caller, action)
    old = EFFECTS.get(type(action))
    if old is None:
        raise TypeError(f"no function performs {type(action).__name__}")
    return old(work.db, action, Office(work.vault, work.country, caller.person, caller.often), work.at)

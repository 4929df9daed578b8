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


def actor(work: Work, caller: Caller, action: HasHandle) -> Actor:
    """Whoever dials, signed in. Raises `Unsealable`."""
    return sign_in.resume(work, caller.person, action.pin_handle)


PERFORMERS = Performers()
on = PERFORMERS.on


def perform(work: Work | FilingWork, caller: Caller, action: object) -> Outcome[str]:
    """Do what a talk brought about. Raises `TypeError` for an action that nobody wrote a line for."""
    if isinstance(work, Work) and type(action) in PERFORMERS:
        return PERFORMERS(work, caller, action)
    old = EFFECTS.get(type(action))
    if old is None:
        raise TypeError(f"no function performs {type(action).__name__}")
    return old(work.db, action, Office(work.vault, work.country, caller.person, caller.often), work.at)

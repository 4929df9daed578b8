"""Effects become rows and tasks, one function an effect, inside the caller's transaction."""

from __future__ import annotations

from sqlalchemy.orm import Session

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
from bot.storage.prepared import DriverConnection
from bot.storage.unit_of_work import Handler, Office, Outcome

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


def perform(db: Session | DriverConnection, effect: object, office: Office, at: int) -> Outcome:
    """Do what a talk brought about. Raises TypeError for an effect that nobody wrote a function for."""
    work = EFFECTS.get(type(effect))
    if work is None:
        raise TypeError(f"no function performs {type(effect).__name__}")
    return work(db, effect, office, at)

"""Effects become rows and tasks, one function an effect, inside the caller's transaction."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.effects import (
    AnswerQuestion,
    AskHer,
    CloseReport,
    ConfirmArrival,
    EraseReport,
    Exclude,
    FileMessage,
    FileReport,
    HandOver,
    PassReport,
    ReferReport,
    SeenTask,
    SendReply,
    TakeReport,
)
from bot.filing import file_message, file_report
from bot.office import Office, Performed, Work
from bot.referral import confirm_arrival, refer_report
from bot.thread import (
    answer_question,
    ask_her,
    close_report,
    erase_report,
    exclude,
    hand_over,
    pass_report,
    seen_task,
    send_reply,
    take_report,
)

EFFECTS: dict[type, Work] = {
    FileReport: file_report,
    FileMessage: file_message,
    TakeReport: take_report,
    SeenTask: seen_task,
    PassReport: pass_report,
    SendReply: send_reply,
    AskHer: ask_her,
    CloseReport: close_report,
    AnswerQuestion: answer_question,
    EraseReport: erase_report,
    HandOver: hand_over,
    Exclude: exclude,
    ReferReport: refer_report,
    ConfirmArrival: confirm_arrival,
}


def perform(db: Session, effect: object, office: Office, at: int) -> Performed:
    """Do what a talk brought about. Raises TypeError for an effect that nobody wrote a function for."""
    work = EFFECTS.get(type(effect))
    if work is None:
        raise TypeError(f"no function performs {type(effect).__name__}")
    return work(db, effect, office, at)

"""What a provider says has become of a message: on its attempt, and on the message or the notice; never backwards.

A receipt may come before the send call has returned: it is kept for the attempt (`attempts.note_attempts`). One that
nobody ever asks for is counted when it is thrown away (`workers.clock`).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.channels.messages import DeliveryReport, MessageStatus, Reason
from bot.delivery.attempts import OPEN, count
from bot.storage.outbox import TaskName
from bot.storage.tables.delivery import Attempt, DeliveryStatus, EarlyDeliveryReport, Message, Notice
from bot.storage.tables.meetings import Subscriber
from bot.storage.tables.runtime import Task

LONGEST_ID = 255  # characters that a column holds; no provider's id is half as long
FINAL = (
    DeliveryStatus.DELIVERED, DeliveryStatus.FAILED, DeliveryStatus.UNKNOWN, DeliveryStatus.SUPPRESSED,
    DeliveryStatus.EXPIRED,
)  # fmt: skip
STATES = {
    MessageStatus.SENT: DeliveryStatus.SENT,
    MessageStatus.DELIVERED: DeliveryStatus.DELIVERED,
    MessageStatus.FAILED: DeliveryStatus.FAILED,
}


def note(db: Session, told: DeliveryReport, at: int) -> None:
    """Write a receipt where it belongs. A word that we do not know is counted and changes nothing."""
    if told.status is None:
        count(db, "receipt with an unknown word", at)
    if told.status not in STATES or not (0 < len(told.id) <= LONGEST_ID and "\0" not in told.id):
        return
    state, reason = STATES[told.status], str(told.reason or "")
    attempt = db.execute(
        select(Attempt.id, Attempt.message, Attempt.task).where(Attempt.provider_id == told.id)
    ).first()
    message = db.scalar(select(Message.id).where(Message.provider_id == told.id))
    if message is not None:
        fresh = (Message.id == message) & Message.status.not_in(FINAL)
        db.execute(update(Message).where(fresh).values(status=state, reason=reason))
    if attempt is not None:
        _attempt(db, attempt, state, reason, told.code)
    if attempt is None and message is None:
        early = db.get(EarlyDeliveryReport, told.id)
        if early is None or early.status not in FINAL:
            db.merge(EarlyDeliveryReport(provider_id=told.id, status=state, reason=reason, code=told.code[:40], at=at))


def _attempt(db: Session, attempt: Any, state: DeliveryStatus, reason: str, code: str) -> None:
    """On the attempt, and on the notice that it was for."""
    fresh = (Attempt.id == attempt.id) & Attempt.state.in_(OPEN)
    changed = update(Attempt).where(fresh).values(state=state, reason=reason, code=code[:40]).returning(Attempt.id)
    task = db.get(Task, attempt.task)
    if db.execute(changed).first() is None or task is None or task.name != TaskName.NOTIFY:
        return
    args = task.args
    mine = (Notice.meeting == args["meeting"]) & (Notice.revision == args["revision"]) & (Notice.kind == args["kind"])
    told = mine & (Notice.subscriber == attempt.message) & (Notice.status == DeliveryStatus.SENT)
    db.execute(update(Notice).where(told).values(status=state))
    person = update(Subscriber).where(Subscriber.id == attempt.message)
    if state == DeliveryStatus.DELIVERED:
        db.execute(person.where(Subscriber.refused > 0).values(refused=0))
    elif reason == Reason.BAD_NUMBER:
        db.execute(person.values(refused=Subscriber.refused + 1))

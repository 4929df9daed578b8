"""Delivery reports of providers, written to the attempt and to the message or notice; a final state never changes.

A report may come before the send call has returned: it is stored until the attempt is written
(`attempts.note_attempts`). One that fits no attempt is counted when it is deleted (`workers.clock`).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.channels.messages import DeliveryReport, MessageStatus, Reason
from bot.delivery.attempts import OPEN, count, kept_id
from bot.storage.base import hour_of
from bot.storage.outbox import TaskName
from bot.storage.tables.delivery import Attempt, DeliveryStatus, EarlyDeliveryReport, Message, Notice
from bot.storage.tables.meetings import Subscriber
from bot.storage.tables.runtime import Task
from bot.vault.vault import Vault

LONGEST_ID = 255  # characters of the column; no provider's id is half as long
FINAL = (
    DeliveryStatus.DELIVERED, DeliveryStatus.FAILED, DeliveryStatus.UNKNOWN, DeliveryStatus.SUPPRESSED,
    DeliveryStatus.EXPIRED,
)  # fmt: skip
STATES = {
    MessageStatus.SENT: DeliveryStatus.SENT,
    MessageStatus.DELIVERED: DeliveryStatus.DELIVERED,
    MessageStatus.FAILED: DeliveryStatus.FAILED,
}


def note(db: Session, vault: Vault, report: DeliveryReport, at: int) -> str:
    """Write a delivery report that came at `at`; the id of the message that has failed for good by it, else empty. A
    status that is unknown here is counted and changes nothing.
    """
    if report.status is None:
        count(db, "receipt with an unknown word", at)
    if report.status not in STATES or not (0 < len(report.id) <= LONGEST_ID and "\0" not in report.id):
        return ""
    state, reason, its = STATES[report.status], str(report.reason or ""), kept_id(vault, report.id)
    attempt = db.execute(select(Attempt.id, Attempt.message, Attempt.task).where(Attempt.provider_id == its)).first()
    message = db.scalar(select(Message.id).where(Message.provider_id == its))
    changed = None
    if message is not None:
        open_row = (Message.id == message) & Message.status.not_in(FINAL)
        written = update(Message).where(open_row).values(status=state, reason=reason)
        changed = db.scalar(written.returning(Message.id))
    if attempt is not None:
        _update_attempt(db, attempt, state, reason, report.code)
    if attempt is None and message is None:
        early = db.get(EarlyDeliveryReport, its)
        if early is None or early.status not in FINAL:
            seen = {"status": state, "reason": reason, "code": report.code[:40], "at": hour_of(at)}
            db.merge(EarlyDeliveryReport(provider_id=its, **seen))
    return changed if changed and state == DeliveryStatus.FAILED else ""


def _update_attempt(db: Session, attempt: Any, state: DeliveryStatus, reason: str, code: str) -> None:
    """Write a state to an attempt that is still open, to the notice that it was for, and count refused numbers."""
    open_row = (Attempt.id == attempt.id) & Attempt.state.in_(OPEN)
    changed = update(Attempt).where(open_row).values(state=state, reason=reason, code=code[:40]).returning(Attempt.id)
    task = db.get(Task, attempt.task)
    if db.execute(changed).first() is None or task is None or task.name != TaskName.NOTIFY:
        return
    args = task.args
    mine = (Notice.meeting == args["meeting"]) & (Notice.revision == args["revision"]) & (Notice.kind == args["kind"])
    sent = mine & (Notice.subscriber == attempt.message) & (Notice.status == DeliveryStatus.SENT)
    db.execute(update(Notice).where(sent).values(status=state))
    person = update(Subscriber).where(Subscriber.id == attempt.message)
    if state == DeliveryStatus.DELIVERED:
        db.execute(person.where(Subscriber.refused > 0).values(refused=0))
    elif reason == Reason.BAD_NUMBER:
        db.execute(person.values(refused=Subscriber.refused + 1))

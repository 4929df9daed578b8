"""An SMS to somebody who answers: that there is a task, and nothing else."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.storage import outbox
from bot.storage.base import random_id
from bot.storage.outbox import TaskName
from bot.storage.tables.delivery import Message, MessageKind


def post_alert(db: Session, kind: MessageKind, person: str, number: int, at: int, priority: int) -> list[str]:
    """Post one, in the caller's transaction, with a number to be read in it; the key of the task that sends it."""
    message = Message(id=random_id(), kind=kind, person=person, number=number, created=at)
    db.add(message)
    send = outbox.task(f"deliver:{message.id}", TaskName.DELIVER, {"message": message.id}, at, priority)
    return outbox.post(db, send)

"""SMS to staff that there is a task, with its number and nothing else (S50)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.storage import outbox
from bot.storage.base import random_id
from bot.storage.outbox import TaskName
from bot.storage.tables.delivery import Message, MessageKind


def post_alert(db: Session, kind: MessageKind, person: str, number: int, at: int, priority: int) -> list[str]:
    """Write an alert to the person with that id, and post the task that sends it, in the caller's transaction; its
    keys.

    `number` is shown in the text: that of a task of hers, or how many wait.
    """
    message = Message(id=random_id(), kind=kind, person=person, number=number, created=at)
    db.add(message)
    send = outbox.task(f"deliver:{message.id}", TaskName.DELIVER, {"message": message.id}, at, priority)
    return outbox.post(db, send)

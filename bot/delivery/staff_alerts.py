"""SMS to staff that there is a task, with its number and nothing else (S50)."""

from __future__ import annotations

import secrets

from sqlalchemy.orm import Session

from bot.storage import demo_clock, outbox
from bot.storage.base import hour_of, random_id
from bot.storage.outbox import TaskName
from bot.storage.tables.delivery import Message, MessageKind

JITTER = 300  # seconds within which an alert leaves that is not of danger


def post_alert(db: Session, kind: MessageKind, person: str, number: int, at: int, priority: int) -> list[str]:
    """Write an alert to the person with that id, and post the task that sends it, in the caller's transaction; its
    keys.

    `number` is shown in the text: that of a task of hers, or how many wait. Danger leaves at once, a new task at a
    random second of the next five minutes: who has the provider's list of messages must not read in it when she called.
    """
    message = Message(id=random_id(), kind=kind, person=person, number=number, created=hour_of(at))
    db.add(message)
    due = at + (waits() if kind == MessageKind.NEW else 0)
    send = outbox.task(f"deliver:{message.id}", TaskName.DELIVER, {"message": message.id}, due, priority)
    return outbox.post(db, send)


def waits() -> int:
    """For how many seconds an alert waits that is not of danger: random, up to `JITTER`; none in a demonstration, whose
    people are invented and whose visitor looks at the phone that should ring.
    """
    return 0 if demo_clock.is_followed() else secrets.randbelow(JITTER + 1)

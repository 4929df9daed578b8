"""SMS to staff that there is a task, with its number and nothing else (S50)."""

from __future__ import annotations

import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.storage import demo_clock, outbox
from bot.storage.base import hour_of, random_id
from bot.storage.counters import add
from bot.storage.outbox import TaskName
from bot.storage.tables.delivery import AlertHour, Message, MessageKind

MOST_AN_HOUR = 5  # alerts of one person; after them she is told once how many tasks wait
JITTER = 300  # seconds within which an alert leaves that is not of danger


def post_alert(db: Session, kind: MessageKind, person: str, number: int, at: int, priority: int) -> list[str]:
    """Write an alert to the person with that id, and post the task that sends it, in the caller's transaction; its
    keys.

    `number` is shown in the text: that of a task of hers, or how many wait. Danger leaves at once, a new task at a
    random second of the next five minutes: who has the provider's list of messages must not read in it when she called.
    """
    message = Message(id=random_id(), kind=kind, person=person, number=number, created=hour_of(at))
    db.add(message)
    due = at + (waits() if kind in (MessageKind.NEW, MessageKind.WAITING) else 0)
    send = outbox.task(f"deliver:{message.id}", TaskName.DELIVER, {"message": message.id}, due, priority)
    return outbox.post(db, send)


def post_or_count(db: Session, kind: MessageKind, person: str, number: int, at: int, priority: int) -> list[str]:
    """Post an alert about a task; after `MOST_AN_HOUR` in an hour one SMS that says how many tasks wait, and then none,
    but for danger always. The keys of the tasks that send it.

    Of two alerts at the same time each has its own count: the second waits for the first.
    """
    hour = {"person": person, "hour": at // 3600}
    add(db, AlertHour, hour, times=1, held=0)
    if kind == MessageKind.URGENT or not has_too_many(db, person, at):
        return post_alert(db, kind, person, number, at, priority)
    add(db, AlertHour, hour, times=0, held=1)
    first = db.scalar(select(AlertHour.held).filter_by(**hour)) == 1
    return post_alert(db, MessageKind.WAITING, person, 0, at, priority) if first else []


def has_too_many(db: Session, person: str, at: int) -> bool:
    """Whether there were more alerts for a person in this hour than `MOST_AN_HOUR`."""
    times = db.scalar(select(AlertHour.times).filter_by(person=person, hour=at // 3600))
    return (times or 0) > MOST_AN_HOUR


def waits() -> int:
    """For how many seconds an alert waits that is not of danger: random, up to `JITTER`; none in a demonstration, whose
    people are invented and whose visitor looks at the phone that should ring.
    """
    return 0 if demo_clock.is_followed() else secrets.randbelow(JITTER + 1)

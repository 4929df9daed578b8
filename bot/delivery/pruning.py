"""Deletes messages that are final, with their attempts and tasks, and counts the attempts by day.

A message that has arrived, or never will, is of no use to anybody but to whoever steals the tables: the second in which
an alert was written is the second in which a woman called, and the id that a provider gave to an answer leads, in the
provider's own list, to her number. What is kept is a count of each day (`AttemptCount`), for operators.

Attempts to tell people of meetings are none of this: they name rows of the list of subscribers, not of reports.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from bot.delivery.delivery_reports import FINAL
from bot.storage.counters import add
from bot.storage.outbox import TaskName
from bot.storage.tables.delivery import Attempt, AttemptCount, DeliveryStatus, Message
from bot.storage.tables.runtime import Task

NO_REPORT = 86400  # seconds after which nobody waits for the delivery report of a message that was sent
DAY, HOUR = 86400, 3600  # seconds
MOST = 500  # messages at once: others may write in between
ANSWER = "answer:"  # begins the key of a task by which an SMS that is repeated is known: it stays for some days
OF_ONE_REPORT = (TaskName.ROUTE, TaskName.DELIVER, TaskName.OVERDUE, TaskName.REMIND, TaskName.REDACT)


def prune(db: Session, at: int) -> int:
    """Delete what is final, at most `MOST` messages of it; how many messages there were."""
    old = (Message.status == DeliveryStatus.SENT) & (Message.created <= at - NO_REPORT)
    final = select(Message.id).where(Message.status.in_(FINAL) | old).limit(MOST)
    gone = list(db.scalars(final.with_for_update()))
    if gone:
        _count(db, gone)
        db.execute(delete(Attempt).where(Attempt.message.in_(gone)))
        db.execute(delete(Message).where(Message.id.in_(gone)))
    _forget_tasks(db)
    return len(gone)


def _count(db: Session, messages: Iterable[str]) -> None:
    """Add the attempts to send these messages to the counts of their days."""
    rows = db.execute(
        select(Attempt.provider, Attempt.began, Attempt.state, Attempt.provider_id).where(Attempt.message.in_(messages))
    )
    counted = Counter((provider, began - began % DAY, state, its != "") for provider, began, state, its in rows)
    for (provider, day, state, taken), times in sorted(counted.items()):
        add(db, AttemptCount, {"provider": provider, "day": day, "state": state, "taken": taken}, times=times)


def _forget_tasks(db: Session) -> None:
    """Delete done tasks about one report or one message, and keep of other done tasks the hour only."""
    done: ColumnElement[bool] = Task.done_at.is_not(None)
    about_one = Task.name.in_(OF_ONE_REPORT) & ~Task.key.startswith(ANSWER)
    db.execute(delete(Task).where(done, about_one))
    exact = done & ((Task.done_at % HOUR != 0) | (Task.due_at % HOUR != 0) | (Task.claimed_until != 0))
    to_the_hour = {
        "due_at": Task.due_at - Task.due_at % HOUR,
        "done_at": Task.done_at - Task.done_at % HOUR,
        "enqueued_at": 0,
        "claimed_until": 0,
    }
    db.execute(update(Task).where(exact).values(**to_the_hour).execution_options(synchronize_session=False))

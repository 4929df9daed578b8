"""Transactional outbox. Redis only signals that work is due; losing it loses nothing.

`post` writes a task in the caller's own transaction; `signal_workers` signals it after the commit and may fail; the
clock finds due tasks that were not signalled. `claim` takes a lease with a fencing token, `done` commits together with
the work. A task that is only database work is done exactly once; a message to a provider cannot be, and its status
decides whether it may be sent again (workers.deliver).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Table, case, select, update
from sqlalchemy.orm import Session, sessionmaker

from bot.storage import demo_clock
from bot.storage.prepared import DriverConnection, PreparedInsert, driver_connection
from bot.storage.tables.runtime import Task

LEASE = 30  # seconds a worker may hold a task; longer than any provider call with its time-outs (18)
SIGNAL_AGAIN_S = 15  # seconds after which a task that was signalled and not claimed is signalled again
FIRST_RETRY, LONGEST_RETRY = 5, 900  # seconds of back-off
ALERT, ANSWER, REMINDER, NOTICE = 1, 2, 3, 4  # priorities: an alert never waits behind a broadcast

INSERT_TASK = PreparedInsert(cast(Table, Task.__table__))
SessionFactory = sessionmaker[Session]
Signal = Callable[[Sequence[str]], None]
chance = random.Random()  # noqa: S311  (jitter, no secret; the simulation of tests sets its own)


class TaskName(StrEnum):
    """The kinds of tasks. Rows that wait in existing installations hold these names: a value is never changed."""

    ROUTE = "route"
    ANSWERED = "answered"
    DELIVER = "deliver"
    DAILY = "daily"
    REMIND = "remind"
    OVERDUE = "overdue"
    REDACT = "redact"
    ANNOUNCE = "announce"
    NOTIFY = "notify"
    PING = "ping"


@dataclass(frozen=True)
class Claim:
    """A task that this worker holds. Only the `token` of its claim can finish it; `tries` counts claims, this one
    too."""

    key: str
    name: str
    args: dict[str, Any]
    token: int
    tries: int


def now() -> int:
    """Whole seconds since 1970: what time it is for everything that is promised, due, kept or shown. In a demonstration
    the clock may have been moved on."""
    return int(time.time()) + demo_clock.ahead()


def task(key: str, name: TaskName, args: dict[str, Any], due_at: int, priority: int = NOTICE) -> dict[str, Any]:
    """The row of a task, for `post`. `key` is never used for another task; `due_at` is in seconds since 1970."""
    return {"key": key, "name": name.value, "args": args, "due_at": due_at, "priority": priority}


def post(db: Session | Connection | DriverConnection, *tasks: Mapping[str, Any]) -> list[str]:
    """Write tasks in the caller's transaction; their keys. Raises IntegrityError for a key that was posted before."""
    INSERT_TASK.run_all(driver_connection(db), tasks)
    return [task["key"] for task in tasks]


def claim(sessions: SessionFactory, key: str, at: int) -> Claim | None:
    """Take the lease of a due task for `LEASE` seconds; None when it is done, not due yet or held by another worker."""
    free = (Task.key == key) & Task.done_at.is_(None) & (Task.due_at <= at) & _nobody_holds(at)
    with sessions.begin() as db:
        row = db.execute(
            update(Task)
            .where(free)
            .values(claimed_until=at + LEASE, token=Task.token + 1, tries=Task.tries + 1)
            .returning(Task.key, Task.name, Task.args, Task.token, Task.tries)
        ).first()
        return Claim(*row) if row else None


def done(db: Session, claim: Claim, at: int) -> bool:
    """Mark a claimed task as done, in the work's own transaction. False when the lease has passed to another."""
    mine = (Task.key == claim.key) & (Task.token == claim.token) & Task.done_at.is_(None)
    found = db.execute(update(Task).where(mine).values(done_at=at).returning(Task.key)).first()
    return found is not None


def retry_later(sessions: SessionFactory, claim: Claim, at: int, error: str, least: int = 0) -> None:
    """Give a claimed task back after a failure, due again after a back-off with jitter of at least `least` seconds.

    `error` is the name of what went wrong, without values. Does nothing when another worker has the lease by now."""
    wait = max(least, min(LONGEST_RETRY, FIRST_RETRY * 2 ** min(claim.tries - 1, 8)))
    later = at + wait + chance.randrange(1 + wait // 4)
    mine = (Task.key == claim.key) & (Task.token == claim.token) & Task.done_at.is_(None)
    with sessions.begin() as db:
        db.execute(update(Task).where(mine).values(claimed_until=0, enqueued_at=0, due_at=later, error=error[:255]))


def put_back(db: Session, claim: Claim, due_at: int) -> None:
    """Give a claimed task back in the work's own transaction, due at `due_at`: nothing failed, it is too early for
    it."""
    mine = (Task.key == claim.key) & (Task.token == claim.token) & Task.done_at.is_(None)
    db.execute(update(Task).where(mine).values(claimed_until=0, enqueued_at=0, due_at=due_at, tries=Task.tries - 1))


def due(sessions: SessionFactory, at: int, most: int = 500) -> list[str]:
    """The keys of at most `most` due tasks that nobody holds and that were not signalled in the last `SIGNAL_AGAIN_S`
    seconds, alerts first; marks them as signalled."""
    open_now = Task.done_at.is_(None) & (Task.due_at <= at) & _nobody_holds(at)
    waiting = open_now & ((Task.enqueued_at <= at - SIGNAL_AGAIN_S) | (Task.enqueued_at > at))
    with sessions.begin() as db:
        order = (Task.priority, Task.due_at)
        keys = list(db.scalars(select(Task.key).where(waiting).order_by(*order).limit(most)))
        if keys:
            db.execute(
                update(Task).where(Task.key.in_(keys)).values(enqueued_at=case((open_now, at), else_=Task.enqueued_at))
            )
    return keys


def _nobody_holds(at: int) -> ColumnElement[bool]:
    """Whether no worker holds a task. A lease that ends later than `LEASE` seconds from now was written before the
    machine's clock was set back and does not count (nor does a signal from the future, in `due`)."""
    return (Task.claimed_until <= at) | (Task.claimed_until > at + LEASE)


def signal_workers(signal: Signal, keys: Iterable[str]) -> None:
    """Signal fresh tasks by their keys, if there are any. A signal may be lost: the clock signals them again."""
    if keys := list(keys):
        signal(keys)

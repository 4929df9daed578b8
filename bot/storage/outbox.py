"""Transactional outbox. Redis only signals that work is due; losing it loses nothing.

`post` writes a task in the caller's own transaction; `signal_workers` tells them after the commit and may fail; the
clock finds what nobody was told of. `claim` takes a lease with a fencing token, `done` commits together with the work.
A task that is only database work happens exactly once; what leaves the house is bounded by its status
(workers.deliver).
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

from bot.storage.prepared import DriverConnection, PreparedInsert, driver_connection
from bot.storage.tables.runtime import Task

LEASE = 30  # seconds a worker may hold a task; longer than any provider call with its time-outs (18)
RING_AGAIN = 15  # seconds after which an unanswered ring is rung again
FIRST_RETRY, LONGEST_RETRY = 5, 900  # seconds of back-off
ALERT, ANSWER, REMINDER, NOTICE = 1, 2, 3, 4  # priorities: an alert never waits behind a broadcast

POSTED = PreparedInsert(cast(Table, Task.__table__))  # a plain table: nobody reads it back
SessionFactory = sessionmaker[Session]
Signal = Callable[[Sequence[str]], None]
chance = random.Random()  # noqa: S311  (spread, not secrecy; the simulator gives its own)


class TaskName(StrEnum):
    """What is to be done. Rows that wait in an installation hold these names: a value is never changed."""

    ROUTE = "route"
    DELIVER = "deliver"
    DAILY = "daily"
    REMIND = "remind"
    OVERDUE = "overdue"
    REDACT = "redact"
    ANNOUNCE = "announce"
    NOTIFY = "notify"


@dataclass(frozen=True)
class Claim:
    """A task in hand: finish it with this token or not at all."""

    key: str
    name: str
    args: dict[str, Any]
    token: int
    tries: int


def now() -> int:
    """Whole seconds since 1970."""
    return int(time.time())


def task(key: str, name: TaskName, args: dict[str, Any], due_at: int, priority: int = NOTICE) -> dict[str, Any]:
    """A task to be posted; `key` is unique for ever."""
    return {"key": key, "name": name.value, "args": args, "due_at": due_at, "priority": priority}


def post(db: Session | Connection | DriverConnection, *tasks: Mapping[str, Any]) -> list[str]:
    """Write tasks in the caller's transaction and give their keys; posting a key twice is refused by the database."""
    POSTED.run_all(driver_connection(db), tasks)
    return [task["key"] for task in tasks]


def claim(sessions: SessionFactory, key: str, at: int) -> Claim | None:
    """Take the lease of a due task, or None when it is done, not due, or in other hands."""
    free = (Task.key == key) & Task.done_at.is_(None) & (Task.due_at <= at) & _nobody_holds(at)
    with sessions.begin() as db:
        taken = db.execute(
            update(Task)
            .where(free)
            .values(claimed_until=at + LEASE, token=Task.token + 1, tries=Task.tries + 1)
            .returning(Task.key, Task.name, Task.args, Task.token, Task.tries)
        ).first()
        return Claim(*taken) if taken else None


def done(db: Session, claim: Claim, at: int) -> bool:
    """Mark a claimed task as done, in the work's own transaction. False when the lease has passed to another."""
    mine = (Task.key == claim.key) & (Task.token == claim.token) & Task.done_at.is_(None)
    found = db.execute(update(Task).where(mine).values(done_at=at).returning(Task.key)).first()
    return found is not None


def retry_later(sessions: SessionFactory, claim: Claim, at: int, error: str, least: int = 0) -> None:
    """Give a claimed task back, due after a back-off with jitter, of `least` seconds. `error` is a name."""
    wait = max(least, min(LONGEST_RETRY, FIRST_RETRY * 2 ** min(claim.tries - 1, 8)))
    later = at + wait + chance.randrange(1 + wait // 4)
    mine = (Task.key == claim.key) & (Task.token == claim.token) & Task.done_at.is_(None)
    with sessions.begin() as db:
        db.execute(update(Task).where(mine).values(claimed_until=0, enqueued_at=0, due_at=later, error=error[:255]))


def put_back(db: Session, claim: Claim, due_at: int) -> None:
    """Give a claimed task back, in the work's own transaction: nothing failed, its turn has not come yet."""
    mine = (Task.key == claim.key) & (Task.token == claim.token) & Task.done_at.is_(None)
    db.execute(update(Task).where(mine).values(claimed_until=0, enqueued_at=0, due_at=due_at, tries=Task.tries - 1))


def due(sessions: SessionFactory, at: int, most: int = 500) -> list[str]:
    """The keys of due tasks that nobody holds and nobody rang lately, alerts first; marks them as rung."""
    open_now = Task.done_at.is_(None) & (Task.due_at <= at) & _nobody_holds(at)
    waiting = open_now & ((Task.enqueued_at <= at - RING_AGAIN) | (Task.enqueued_at > at))
    with sessions.begin() as db:
        order = (Task.priority, Task.due_at)
        keys = list(db.scalars(select(Task.key).where(waiting).order_by(*order).limit(most)))
        if keys:
            db.execute(
                update(Task).where(Task.key.in_(keys)).values(enqueued_at=case((open_now, at), else_=Task.enqueued_at))
            )
    return keys


def _nobody_holds(at: int) -> ColumnElement[bool]:
    """No lease is longer than `LEASE`: one that is was written before the clock was set back (so is a later ring)."""
    return (Task.claimed_until <= at) | (Task.claimed_until > at + LEASE)


def signal_workers(signal: Signal, keys: Iterable[str]) -> None:
    """Ring for fresh tasks. A bell that is broken is no loss: the clock rings again."""
    if keys := list(keys):
        signal(keys)

"""The clock process: at each full second, when tasks become due, and at once when a web process signals it, it puts the
keys of due tasks into RQ's queue; every five minutes it posts the daily tasks and deletes expired rows.

One clock works, elected by a lease in the database; other clocks wait until its lease runs out.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import secrets
import time
from collections.abc import Sequence
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from bot.services import Services
from bot.storage import outbox
from bot.storage.database import UNAVAILABLE
from bot.storage.outbox import SessionFactory
from bot.storage.redis import WAKE_CLOCK
from bot.storage.tables.runtime import Lease
from bot.upkeep.retention import (
    delete_expired_rows,
    destroy_week_keys,
    expire_terms,
    finish_erasures,
    publish_counts,
    tell_of_refusals,
    witness_audit_head,
)
from workers.daily import announce
from workers.ping import announce as announce_ping

log = logging.getLogger("ijwi")
LEASE_LIFE = 10  # seconds without renewal after which another clock takes over
TIDY_EVERY = 300  # seconds
WITNESS_EVERY = 30  # seconds: a row that was committed is seen by the vault within a minute
RQ_JOB_OPTIONS: dict[str, Any] = {"result_ttl": 0, "failure_ttl": 7 * 86400, "timeout": 60}  # seconds
GATHER_S = 0.05  # seconds to wait after a signal, so that tasks posted shortly after go with it
MOST_AT_ONE_LOOK = 500  # tasks put into the queue at one look
TASKS_A_JOB = 10  # routing tasks in one job of RQ
PAUSE_S = 0.5  # seconds between two looks of a clock that waits for another's lease
STORE_LATE_S = 0.11  # seconds by which Redis ends a wait too late: it looks ten times a second


def run(services: Services) -> None:
    """Run for ever. While the database or Redis is away it logs the error and tries again."""
    me, signal = f"{os.getpid()}-{secrets.token_hex(4)}", rq_enqueuer(services.redis)
    held, tidied, witnessed = 0, 0, 0
    while True:
        at, due_keys = outbox.now(), list[str]()
        try:
            if at == held or holds(services.sessions, "clock", me, at):
                held = at
                outbox.signal_workers(signal, due_keys := outbox.due(services.sessions, at, MOST_AT_ONE_LOOK))
                if not 0 <= at - witnessed < WITNESS_EVERY:  # or the clock was set back
                    witness_audit_head(services)
                    witnessed = at
                if not 0 <= at - tidied < TIDY_EVERY:
                    outbox.signal_workers(signal, announce(services, at))
                    outbox.signal_workers(signal, announce_ping(services, at))
                    outbox.signal_workers(signal, expire_terms(services, at))
                    delete_expired_rows(services.sessions, at)
                    tell_of_refusals(services)
                    publish_counts(services, at)
                    destroy_week_keys(services, at)
                    finish_erasures(services, at)
                    tidied = at
        except UNAVAILABLE as error:
            log.warning("clock: %s", type(error).__name__)
        if at == held and len(due_keys) == MOST_AT_ONE_LOOK:
            continue  # there may be more: do not wait for the next look
        if at == held:
            pause(services.redis)
        else:
            time.sleep(PAUSE_S)


def pause(redis: Redis) -> None:
    """Wait for a signal of a web process, or until the next full second, at which tasks become due.

    The last tenth of a second is slept here, because Redis would end the wait up to a tenth too late; a signal that
    comes meanwhile is seen at the full second.
    """
    until = math.floor(time.time()) + 1
    try:
        if (most := until - time.time() - STORE_LATE_S) > 0 and redis.blpop([WAKE_CLOCK], timeout=most):
            time.sleep(GATHER_S)
            redis.delete(WAKE_CLOCK)
            return
    except RedisError:
        pass  # a signal that is lost waits for the full second too
    time.sleep(max(0.0, until - time.time()))


def rq_enqueuer(redis: Redis) -> outbox.Signal:
    """The function that puts task keys into RQ's queue. When it fails nothing is lost: the keys are found due again."""
    queue = Queue("ijwi", connection=redis, serializer=JSONSerializer)

    def enqueue(keys: Sequence[str]) -> None:
        """Put the jobs in reversed order: each urgent one goes before those put there a moment ago."""
        jobs = [
            Queue.prepare_data("workers.run_tasks", few, at_front=_urgent(few[0]), description="task", **RQ_JOB_OPTIONS)
            for few in reversed(together(keys))
        ]
        with contextlib.suppress(RedisError):
            queue.enqueue_many(jobs)

    return enqueue


def together(keys: Sequence[str]) -> list[tuple[str, ...]]:
    """The task keys of each job. Tasks that route reports share a job, at most `TASKS_A_JOB`, because each takes
    milliseconds, as much as RQ itself. A task that may wait for a provider has a job of its own.
    """
    jobs: list[tuple[str, ...]] = []
    for key in keys:
        quick = key.startswith("route:")
        if quick and jobs and jobs[-1][0].startswith("route:") and len(jobs[-1]) < TASKS_A_JOB:
            jobs[-1] = (*jobs[-1], key)
        else:
            jobs.append((key,))
    return jobs


def _urgent(key: str) -> bool:
    """Whether a job overtakes those in the queue: all but first notices, which may be hundreds and have waited for
    hours already. A reminder must leave within an hour, and a change must overtake what it changes.
    """
    return not (key.startswith("notify:") and ":new:" in key)


def holds(sessions: SessionFactory, name: str, me: str, at: int) -> bool:
    """Whether this process has the role now: it renews its lease, or takes one that has run out."""
    free = (Lease.name == name) & ((Lease.holder == me) | (Lease.until <= at))
    taken = update(Lease).where(free).values(holder=me, until=at + LEASE_LIFE).returning(Lease.name)
    with sessions.begin() as db:
        if db.execute(taken).first():
            return True
        if db.scalar(select(Lease.name).where(Lease.name == name)):
            return False
    try:
        with sessions.begin() as db:
            db.add(Lease(name=name, holder=me, until=at + LEASE_LIFE))
        return True
    except IntegrityError:
        return False

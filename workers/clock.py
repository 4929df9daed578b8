"""Ring what is due: twice a second, and at once when a web process nudges. One clock rings, elected by a lease in the
database; the others wait.
"""

from __future__ import annotations

import contextlib
import logging
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
from bot.upkeep.retention import delete_expired_rows, destroy_week_keys, expire_terms, witness_audit_head
from workers.daily import announce

log = logging.getLogger("ijwi")
LEASE_LIFE = 10  # seconds: how long a dead clock is waited for
TIDY_EVERY = 300  # seconds
RQ_JOB_OPTIONS: dict[str, Any] = {"result_ttl": 0, "failure_ttl": 7 * 86400, "timeout": 60}  # seconds
GATHER_S = 0.05  # seconds after a nudge in which others may come: a crowd is rung for at once
MOST_AT_ONE_LOOK = 500  # tasks rung at one look
TASKS_A_JOB = 10  # of them in one job of RQ
PAUSE_S = 0.5  # seconds between two looks at the outbox


def run(services: Services) -> None:
    """For ever; a database or a Redis that is away is waited for."""
    me, held, tidied, signal = f"{os.getpid()}-{secrets.token_hex(4)}", 0, 0, rq_enqueuer(services.redis)
    while True:
        at, rung = outbox.now(), list[str]()
        try:
            if at == held or holds(services.sessions, "clock", me, at):
                held = at
                outbox.signal_workers(signal, rung := outbox.due(services.sessions, at, MOST_AT_ONE_LOOK))
                if at - tidied >= TIDY_EVERY:
                    outbox.signal_workers(signal, announce(services, at))
                    outbox.signal_workers(signal, expire_terms(services, at))
                    delete_expired_rows(services.sessions, at)
                    witness_audit_head(services)
                    destroy_week_keys(services, at)
                    tidied = at
        except UNAVAILABLE as error:
            log.warning("clock: %s", type(error).__name__)
        if at == held and len(rung) == MOST_AT_ONE_LOOK:
            continue  # a crowd is due: nobody waits for the next look
        if at == held:
            pause(services.redis)
        else:
            time.sleep(PAUSE_S)


def pause(redis: Redis) -> None:
    """Until a nudge or the next look."""
    try:
        if redis.blpop([WAKE_CLOCK], timeout=PAUSE_S):
            time.sleep(GATHER_S)
            redis.delete(WAKE_CLOCK)
    except RedisError:
        time.sleep(PAUSE_S)


def rq_enqueuer(redis: Redis) -> outbox.Signal:
    """Rings RQ with task keys. Nothing is lost when it fails: what nobody rang is due again."""
    queue = Queue("ijwi", connection=redis, serializer=JSONSerializer)

    def ring(keys: Sequence[str]) -> None:
        """The first key first: whatever overtakes is put before what was put there a moment ago."""
        jobs = [
            Queue.prepare_data("workers.run_tasks", few, at_front=_urgent(few[0]), description="task", **RQ_JOB_OPTIONS)
            for few in reversed(together(keys))
        ]
        with contextlib.suppress(RedisError):
            queue.enqueue_many(jobs)

    return ring


def together(keys: Sequence[str]) -> list[tuple[str, ...]]:
    """The keys of each job. Reports that find their readers go together, at most `TOGETHER`: each takes milliseconds,
    as much as RQ itself. What may wait for a provider has a job of its own."""
    jobs: list[tuple[str, ...]] = []
    for key in keys:
        quick = key.startswith("route:")
        if quick and jobs and jobs[-1][0].startswith("route:") and len(jobs[-1]) < TASKS_A_JOB:
            jobs[-1] = (*jobs[-1], key)
        else:
            jobs.append((key,))
    return jobs


def _urgent(key: str) -> bool:
    """Whether a job overtakes what is in the queue: all but first notices, which may be hundreds, and wait for a day
    already. A reminder has an hour, and a change overtakes what it changes."""
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

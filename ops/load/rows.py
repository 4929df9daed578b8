"""Measures what a step, a filing, a claim and a look of the clock cost as tables grow: `python -m ops.load.rows
[--postgres]`.

Each is timed in rounds at 1,000, 100,000 and 1,000,000 rows of tasks, messages, attempts and events; beside its median
is the ratio to the smallest table in the same run. Then 100,000 tasks wait for a later hour, and at last are due at
once: printed are how long a look takes, how long until all of them are in the queue, and how fast batches are claimed.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert, text, update

from bot.people.enrolment import enrol
from bot.phone.perform import Caller, perform
from bot.phone.sessions import TalkSessions
from bot.services import Services, build_services
from bot.settings import Settings
from bot.storage import migrate, outbox
from bot.storage.base import random_id
from bot.storage.outbox import TaskName, now, post
from bot.storage.session_store import MemoryStore
from bot.storage.tables.delivery import Attempt, DeliveryStatus, Message
from bot.storage.tables.runtime import Event, Task
from bot.storage.unit_of_work import Work
from flows import FLOWS
from ops.load.filing import TOLD
from ops.load.running import postgres

ROWS = (1_000, 100_000, 1_000_000)
ROUNDS = 60
AT_ONCE = 20_000  # rows of an insert
CROWD = 100_000  # reminders
BATCHES = 1_000  # tasks of the reminders of 100,000 people
LATER = 10**6  # seconds


def house(folder: Path, url: str) -> Services:
    """The services of a new data folder with the demo people of Burundi."""
    settings = {"secret_key": "s" * 32, "at_username": "sandbox", "at_api_key": "key", "at_callback_secret": "c" * 32}
    services = build_services(
        Settings.model_validate({**settings, "data_dir": folder, "database_url": url}), FLOWS, lambda keys: None
    )
    migrate.upgrade(services.engine)
    with services.sessions.begin() as db:
        enrol(db, services.country, services.vault)
    return services


def fill(engine: Engine, first: int, last: int) -> None:
    """Insert rows `first` to `last` of each table that grows: all of the past, but for a tenth of the tasks, which
    wait.
    """
    at = now()
    for start in range(first, last, AT_ONCE):
        numbers = range(start, min(last, start + AT_ONCE))
        with engine.begin() as db:
            for table, row in ((Task, task_row), (Message, message_row), (Attempt, attempt_row), (Event, event_row)):
                db.execute(insert(table), [row(number, at) for number in numbers])
    with engine.begin() as db:
        db.execute(text("ANALYZE"))


def task_row(number: int, at: int) -> dict[str, Any]:
    waits = number % 10 == 0
    return outbox.task(f"row:{number}", TaskName.ROUTE, {"report": "x", "rung": 0}, at + LATER if waits else at - 9) | {
        "done_at": None if waits else at, "enqueued_at": 0, "claimed_until": 0, "token": 1, "tries": 1, "error": "",
    }  # fmt: skip


def message_row(number: int, at: int) -> dict[str, Any]:
    return {"id": f"m{number}", "kind": "new", "person": "x", "number": number, "status": DeliveryStatus.SENT,
            "reason": "", "provider": "africastalking", "provider_id": f"p{number}", "tries": 1, "created": at,
            "recipient": None, "body": None}  # fmt: skip


def attempt_row(number: int, at: int) -> dict[str, Any]:
    return {"message": f"m{number}", "task": f"row:{number}", "provider": "africastalking", "provider_id": f"p{number}",
            "began": at - LATER, "ended": at, "state": DeliveryStatus.SENT, "reason": "", "code": ""}  # fmt: skip


def event_row(number: int, at: int) -> dict[str, Any]:
    return {"at": at, "person": "x", "what": "opened", "report": f"r{number}", "chain": "0" * 32}


def works(services: Services) -> Mapping[str, Callable[[], object]]:
    """The functions that are timed, by name."""
    talk_sessions = TalkSessions(services, MemoryStore())
    calls, keys = iter(range(10**9)), fresh(services)

    def step() -> None:
        talk_sessions.ussd("africastalking", f"s{next(calls)}", "+25779123456", "3*3")

    def filing() -> None:
        with services.sessions.begin() as db:
            perform(Work(db, services.vault, services.country, now()), Caller(), TOLD)

    def claim() -> None:
        if claim_of_task := outbox.claim(services.sessions, next(keys), now()):
            with services.sessions.begin() as db:
                outbox.done(db, claim_of_task, now())

    return {"step": step, "filing": filing, "claim": claim, "tick": lambda: outbox.due(services.sessions, now())}


def fresh(services: Services) -> Iterator[str]:
    """Keys of tasks that are due."""
    while True:
        with services.sessions.begin() as db:
            keys = post(db, *(outbox.task(f"due:{random_id()}", TaskName.ROUTE, {}, now() - 1) for _ in range(ROUNDS)))
        yield from keys


def median(work: Callable[[], object]) -> float:
    """The median milliseconds of `ROUNDS` calls."""
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


def crowd(services: Services) -> None:
    """Print what 100,000 waiting tasks cost a look of the clock, and how long it takes until all are in the queue when
    they are due.
    """
    at = now()
    for start in range(0, CROWD, AT_ONCE):
        with services.sessions.begin() as db:
            post(
                db,
                *(outbox.task(f"crowd:{n}", TaskName.ANNOUNCE, {}, at + LATER) for n in range(start, start + AT_ONCE)),
            )
    print(f"a tick while {CROWD:,} wait     {median(lambda: outbox.due(services.sessions, now())):8.2f} ms")
    with services.sessions.begin() as db:
        db.execute(update(Task).where(Task.key.startswith("crowd:")).values(due_at=at))
    began, rung = time.perf_counter(), 0
    while keys := outbox.due(services.sessions, now()):
        rung += len(keys)
    print(f"{rung:,} due at once are rung for in {time.perf_counter() - began:6.2f} s")
    began = time.perf_counter()
    claimed = [outbox.claim(services.sessions, f"crowd:{number}", now()) for number in range(BATCHES)]
    took = time.perf_counter() - began
    print(f"{sum(map(bool, claimed)):,} batches (of 100 people each) are claimed in {took:6.2f} s by one worker")


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--postgres", action="store_true")
    asked.add_argument("--most", type=int, default=ROWS[-1], help="rows of the largest table")
    chosen = asked.parse_args()
    with ExitStack() as until_the_end:
        folder = Path(until_the_end.enter_context(tempfile.TemporaryDirectory()))
        url = until_the_end.enter_context(postgres()).url if chosen.postgres else f"sqlite:///{folder / 'ijwi.sqlite'}"
        services, before = house(folder, url), 0
        first: dict[str, float] = {}
        for rows in (rows for rows in ROWS if rows <= chosen.most):
            fill(services.engine, before, rows)
            took = {name: median(work) for name, work in works(services).items()}
            first = first or took
            columns = "  ".join(f"{name} {ms:7.2f} ms ({ms / first[name]:4.2f} ×)" for name, ms in took.items())
            print(f"{rows:>9,} rows  {columns}", flush=True)
            before = rows
        crowd(services)
        services.engine.dispose()


if __name__ == "__main__":
    main()

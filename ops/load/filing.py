"""Measures filing against what it cannot do without: sealing a report to its readers and one durable commit."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import sessionmaker

from bot.actions.reports import FileReport
from bot.country import pack
from bot.people.enrolment import enrol
from bot.people.roster import today
from bot.phone.filing import new_report
from bot.phone.perform import Caller, perform
from bot.reports.case import week_of
from bot.reports.filing import seal
from bot.reports.held import HeldReport
from bot.settings import PACKS
from bot.storage.base import Base, random_id
from bot.storage.database import database
from bot.storage.outbox import now
from bot.storage.prepared import writing
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Report, Request, Step
from bot.storage.tables.runtime import Task
from bot.storage.unit_of_work import FilingWork
from bot.vault.sealing import data_key
from bot.vault.vault import Vault

ROUNDS, REPORTS, RUNGS = 5, 60, 3
TOLD = FileReport("self", "hurt", "police", "BI-ZO-02-09-01", power="no")


def filing(url: str = "") -> float:
    """Print and give the ratio of the bare work's time to filing's, the median of interleaved rounds; an empty `url` is
    SQLite.
    """
    with tempfile.TemporaryDirectory() as made:
        engine = database(url or f"sqlite:///{made}/bench.sqlite")
        Base.metadata.create_all(engine)
        sessions, vault, country = sessionmaker(engine, expire_on_commit=False), Vault(Path(made) / "vault"), burundi()
        with sessions.begin() as db:
            enrol(db, country, vault)

        def whole() -> None:
            with writing(engine) as db:
                perform(FilingWork(db, vault, country, now()), Caller(), TOLD)

        whole()
        with sessions() as db:  # its own readers: sealing to fewer would be another work
            holders = select(Person.id, Person.public_key).join(Copy, Copy.person == Person.id)
            readers = {row.id: row.public_key for row in db.execute(holders)}
        ratio = statistics.median(timed(lambda: bare(engine, readers, vault)) / timed(whole) for _ in range(ROUNDS))
        engine.dispose()
    print(f"filing a report        {ratio:5.2f} of the speed of its sealing and one durable commit alone")
    return ratio


def burundi() -> pack.Country:
    """The country pack of Burundi, as of today."""
    return pack.load(PACKS / "bi", today())


def bare(engine: Engine, readers: dict[str, bytes], vault: Vault) -> None:
    """The least that filing must do: seal to its readers, and insert its rows in one durable commit."""
    week = week_of(datetime.now(UTC).date())
    held = HeldReport(id := random_id(), data_key())
    sealed, words, keys = seal(new_report(TOLD), held, readers, week, vault)
    tally, contact = vault.seal_boxes(id, week, [], [])
    report = {"id": id, "zone": "z", "wishes": "", "month": "", "filed": "", "status": "open", "week": week,
              "sealed": sealed, "words": words, "tally": tally, "contact": contact}  # fmt: skip
    request = {"id": id, "report": id, "service": "police", "class": "danger", "status": "new", "owner": "",
               "closing": "", "rating": 0, "reopened": 0, "zone": ""}  # fmt: skip
    copies = [{"report": id, "person": person, "sealed_key": key} for person, key in keys.items()]
    steps = [
        {"request": id, "report": id, "person": person, "rung": 0, "number": int(id, 16) % 2**31, "alerted": 0,
         "reminded": False} for person in keys
    ]  # fmt: skip
    tasks = [
        {"key": f"{id}:{rung}", "name": "route", "args": {}, "priority": 1, "due_at": 0, "enqueued_at": 0,
         "claimed_until": 0, "token": 0, "tries": 0, "error": ""} for rung in range(RUNGS)
    ]  # fmt: skip
    with engine.begin() as db:
        db.execute(insert(Report), report)
        db.execute(insert(Request), request)
        db.execute(insert(Copy), copies)
        db.execute(insert(Step), steps)
        db.execute(insert(Task), tasks)


def timed(work: Callable[[], None]) -> float:
    """The seconds that `REPORTS` calls take."""
    began = time.perf_counter()
    for _ in range(REPORTS):
        work()
    return time.perf_counter() - began

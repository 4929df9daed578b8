"""Kills processes again and again while women report: python -m ops.load.kill --reports 200 --kills 50 [--postgres]

A caller whose request fails sends it once more, as a gateway does, and at last dials again. A report of which she was
told that it arrived must be there afterwards once, readable, with her words unless she was told that these were not
kept, and its officer must have been alerted; twice only where nobody could know whether the first alert had been sent.
`--moody`: of a hundred messages the provider refuses three, takes three and hangs, takes three and answers half a line.
The stores are also emptied. With `--restarts 20` nothing is killed: web, workers and clock are replaced one after the
other, and no caller may see an error. Exit code 0 only if all that holds, and no caller ever saw an answer of 500 or
more.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import random
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.people.enrolment import DEMO_PIN
from bot.reports.reading import told_in
from bot.settings import memory_of, socket_of
from bot.simulator import MailRoom
from bot.storage.database import database
from bot.storage.session_store import shared_memory
from bot.storage.tables.delivery import Attempt, DeliveryStatus
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Report, Step
from bot.storage.tables.runtime import Task
from bot.vault.vault import Vault
from ops.load.running import Postgres, Running, postgres, running

PROCESSES = ("granian", "flask --app app work", "flask --app app clock", "valkey-server", "vault.server")
EMPTY, POSTGRES = "the stores are emptied", "postgres"
TALK = ("3", "3", "2", "1", "1", "1", "6", "1", "1", "2", "1", "1", "1", "5", "{word}", "3")  # English, with her words
REST_IS_LOST = ("was not kept", "ntivyashitse")  # it arrived, and her talk was forgotten before her words were kept
ARRIVED = ("arrived", "yashitse")  # in Kirundi where all of her talk was forgotten, her language too
BETWEEN_CALLS = 0.5  # seconds until she dials again
ESCALATION = ("route:%:1", "route:%:2")  # waits longer than any run
PATIENCE = {"PROVIDER_TIMEOUT": "3"}  # seconds: a provider that hangs is given up sooner
TRIES = 40  # of one request, half a second apart: longer than any restart
BETWEEN = 0.5  # seconds between two women while restarts go on: 30 requests a second
REPLACED = 120  # seconds in which all web processes are new ones: each waits a while for its successor
DRAIN = 60  # seconds in which every alert must have left


@dataclass
class Outcome:
    """The results of a run."""

    acknowledged: set[str] = field(default_factory=set)  # her words: all of it has arrived
    cut: int = 0  # told that it arrived, and not what she told after the sending: her talk was forgotten
    told: int = 0
    kills: int = 0
    lost: set[str] = field(default_factory=set)
    filed_twice: int = 0
    alerts_missing: int = 0
    rung_twice: int = 0
    doubtful: int = 0
    errors: int = 0  # answers of 500 and more
    unanswered: int = 0  # requests without any answer
    drained: float = 0.0

    @property
    def arrived(self) -> int:
        """How many women were told that it arrived."""
        return len(self.acknowledged) + self.cut

    @property
    def good(self) -> bool:
        """Whether nothing acknowledged was lost or doubled, and every alert was sent, once but for those in doubt."""
        whole = not (self.lost or self.filed_twice or self.alerts_missing or self.errors)
        return whole and self.rung_twice <= self.doubtful


def ask(url: str, form: Mapping[str, str], outcome: Outcome | None = None) -> str:
    """One request as the gateway sends it; empty when there was no answer that a gateway would show."""
    outcome = outcome or Outcome()
    try:
        with urlopen(url, urlencode(form).encode(), timeout=15) as reply:  # noqa: S310
            body: str = reply.read().decode()
    except HTTPError as error:
        outcome.errors += error.code >= 500
        return ""
    except (URLError, OSError, HTTPException):
        outcome.unanswered += 1
        return ""
    return body if body[:4] in ("CON ", "END ") else ""


def report(ijwi: Running, caller: int, outcome: Outcome) -> None:
    """One caller, who goes on until she is told that her report arrived."""
    word, url = f"mot{caller:05d}", f"{ijwi.url}/ussd/africastalking/{ijwi.secret()}"
    for dialled in range(TRIES):
        form = {
            "sessionId": f"ATUid_{caller}_{dialled}",
            "phoneNumber": f"+2577{caller:07d}",
            "serviceCode": "*384*55#",
        }
        keys: list[str] = []
        page = ask(url, form | {"text": ""}, outcome)
        for key in TALK:
            keys.append(key.format(word=word))
            page = again(url, form | {"text": "*".join(keys)}, outcome)
            if not page.startswith("CON "):
                break
        if whole(page) and len(keys) == len(TALK):
            outcome.acknowledged.add(word)
        elif arrived(page):
            outcome.cut += 1
        else:
            time.sleep(BETWEEN_CALLS)
            continue
        return


def arrived(page: str) -> bool:
    """Whether a page says that the report arrived, with what was told after the sending or without it."""
    return any(text in page for text in ARRIVED)


def whole(page: str) -> bool:
    """Whether a page says so, and not that something was not kept."""
    return arrived(page) and not any(text in page for text in REST_IS_LOST)


def again(url: str, form: Mapping[str, str], outcome: Outcome) -> str:
    """Send a request until it is answered; empty when it never was."""
    for _ in range(TRIES):
        if page := ask(url, form, outcome):
            return page
        time.sleep(0.5)
    return ""


def kill(ijwi: Running, server: Postgres | None, times: int, pause: float, outcome: Outcome) -> None:
    """kill -9 on each kind of process in turn; a PostgreSQL that was killed is started again."""
    victims = (*PROCESSES, EMPTY, *((POSTGRES,) if server else ()))
    while outcome.kills < times:
        victim = victims[outcome.kills % len(victims)]
        with contextlib.suppress(OSError, IndexError):  # it may be gone already, or not be back yet
            if victim == EMPTY:
                empty(ijwi.folder)
            else:
                pids = server.pids() if server and victim == POSTGRES else ijwi.pids(victim)
                os.kill(random.choice(pids), signal.SIGKILL)  # noqa: S311
            outcome.kills += 1
        if server and victim == POSTGRES:
            server.lift()
        time.sleep(pause)


def restart(ijwi: Running, times: int, pause: float, outcome: Outcome) -> None:
    """Replace web, worker and clock, one after the other, so many times, as for a new release."""
    while outcome.kills < times:
        old, web = ijwi.pids("granian"), ijwi.first("granian")
        os.kill(web, signal.SIGHUP)  # it starts new ones, one after the other
        for name in ("flask --app app work", "flask --app app clock"):
            time.sleep(pause)
            for pid in ijwi.pids(name):
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGTERM)  # supervisor starts it anew
        until = time.monotonic() + REPLACED
        while {*old} - {web} & {*ijwi.pids("granian")} and time.monotonic() < until:
            time.sleep(pause)
        outcome.kills += 1


def empty(folder: Path) -> None:
    """FLUSHALL in the store of jobs, and the same in the memory of talks."""
    with contextlib.suppress(RedisError), Redis(unix_socket_path=str(socket_of(folder, "store"))) as store:
        store.flushall()
    memory = shared_memory(memory_of(folder))
    with memory.begin(write=True) as write:
        write.drop(memory.open_db(), delete=False)


def drain(url: str) -> float:
    """Seconds until no task of this database is open; at most `DRAIN`."""
    began, engine = time.monotonic(), database(url)
    waits = select(func.count()).where(Task.done_at.is_(None), *(Task.key.not_like(late) for late in ESCALATION))
    while time.monotonic() - began < DRAIN:
        with contextlib.suppress(SQLAlchemyError), Session(engine) as db:
            if not db.scalar(waits):
                break
        time.sleep(0.5)
    engine.dispose()
    return time.monotonic() - began


def readable(db: Session, folder: Path) -> list[str]:
    """The words of every report, opened with the demo officers' own keys."""
    vault, words, keys = Vault(folder / "vault"), [], {}
    held = select(Copy, Report, Person).join(Report, Report.id == Copy.report)
    held = held.join(Step, (Step.report == Copy.report) & (Step.person == Copy.person))
    held = held.join(Person, Person.id == Copy.person).where(Step.rung == 0)
    for copy, report, person in db.execute(held):
        if person.id not in keys:
            keys[person.id] = vault.unlock(person.id, person.wrapped_key, DEMO_PIN).handle
        private = vault.private(person.id, keys[person.id])
        words.append(told_in(vault, report, copy, private).get("words", ""))
    return words


def rings(folder: Path) -> Counter[tuple[str, str]]:
    """How often each task number was sent to each officer's phone, by what the provider took."""
    with closing(sqlite3.connect(folder / "simulator.sqlite", timeout=20)) as room:
        return Counter(room.execute("SELECT phone, text FROM message").fetchall())


def judge(outcome: Outcome, db: Session, folder: Path) -> None:
    """Compare what callers were told with what is in the tables."""
    words, rung = readable(db, folder), rings(folder)
    outcome.lost = outcome.acknowledged - set(words)
    if len(words) < outcome.arrived:
        outcome.lost.add(f"{outcome.arrived - len(words)} without words")
    twice = sum(times - 1 for word, times in Counter(words).items() if word)
    outcome.filed_twice = max(twice, len(words) - outcome.arrived)
    outcome.alerts_missing = max(0, len(words) - len(rung))
    outcome.rung_twice = rung.total() - len(rung)
    outcome.doubtful = db.scalars(select(func.count()).where(Attempt.state == DeliveryStatus.UNKNOWN)).one()


def campaign(
    reports: int,
    kills: int,
    callers: int = 8,
    pause: float = 1.0,
    moody: bool = False,
    on_postgres: bool = False,
    restarts: int = 0,
) -> Outcome:
    """Reports from `callers` phones at once under `kills` kills, or so many restarts, `pause` seconds apart."""
    outcome = Outcome()
    with contextlib.ExitStack() as open_until_the_end:
        folder = Path(open_until_the_end.enter_context(tempfile.TemporaryDirectory()))
        server = open_until_the_end.enter_context(postgres()) if on_postgres else None
        url = server.url if server else f"sqlite:///{folder / 'ijwi.sqlite'}"
        ijwi = open_until_the_end.enter_context(running(folder, DATABASE_URL=url, **PATIENCE))
        if moody:
            MailRoom(folder / "simulator.sqlite").set_fault("africastalking", "moody")
        killer = threading.Thread(target=kill, args=(ijwi, server, kills, pause, outcome))
        if restarts:
            killer = threading.Thread(target=restart, args=(ijwi, restarts, pause, outcome))
        killer.start()
        with ThreadPoolExecutor(callers) as phones:
            for number in itertools.count():
                if number >= reports and not (restarts and killer.is_alive()):
                    break
                phones.submit(report, ijwi, number, outcome)
                time.sleep(BETWEEN if restarts else 0)
                outcome.told = number + 1
        killer.join()
        outcome.drained = drain(url)
        engine = database(url)
        with Session(engine) as db:
            judge(outcome, db, folder)
        engine.dispose()
    return outcome


def summary(seen: Outcome, what: str) -> None:
    """Print the results."""
    print(f"{seen.told} callers, {seen.kills} {what}, {seen.arrived} told that it arrived, {seen.cut} not the rest")
    print(f"lost {len(seen.lost)}, filed twice {seen.filed_twice}, alerts missing {seen.alerts_missing}")
    print(f"rung twice {seen.rung_twice}, where nobody could know {seen.doubtful}")
    print(f"answers of 500 and more {seen.errors}, requests without an answer {seen.unanswered}")
    print(f"drained {seen.drained:.1f} s after the last kill")


def main() -> int:
    """Run it and print what was seen."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--reports", type=int, default=200)
    asked.add_argument("--kills", type=int, default=50)
    asked.add_argument("--pause", type=float, default=1.0, help="seconds between two kills")
    asked.add_argument("--restarts", type=int, default=0, help="rolling restarts, and no kill")
    asked.add_argument("--moody", action="store_true", help="a provider that fails nine in a hundred")
    asked.add_argument("--postgres", action="store_true", help="on PostgreSQL, which is killed too")
    chosen = asked.parse_args()
    how = {"pause": chosen.pause, "moody": chosen.moody, "on_postgres": chosen.postgres, "restarts": chosen.restarts}
    seen = campaign(chosen.reports, chosen.kills, **how)
    summary(seen, "restarts" if chosen.restarts else "kills")
    if chosen.restarts and seen.unanswered:
        return 1
    return 0 if seen.good and seen.arrived == seen.told else 1


if __name__ == "__main__":
    sys.exit(main())

"""Kill what runs, again and again, while women report: python -m ops.load.kill --reports 200 --kills 50

A caller whose request fails sends it once more, as a gateway does, and at last dials again. What she was told has
arrived must be there afterwards, readable, and its champion must have been alerted. Exit code 0 only if so.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from ops.load.running import Running, running

VICTIMS = ("granian", "flask --app app work", "flask --app app clock", "valkey-server", "vault.server")
TALK = ("3", "3", "2", "1", "1", "1", "1", "6", "1", "2", "1", "5", "{word}", "1")  # English, a report with her words
ARRIVED = "arrived"
OPEN = "SELECT count(*) FROM task WHERE done_at IS NULL AND key NOT GLOB 'route:*:[12]'"  # escalations wait longer
TRIES = 40  # of one request, half a second apart: longer than any restart
DRAIN = 60  # seconds in which every alert must have left


@dataclass
class Outcome:
    """What a run came to."""

    acknowledged: set[str] = field(default_factory=set)
    kills: int = 0
    lost: set[str] = field(default_factory=set)
    filed_twice: int = 0
    alerts_missing: int = 0
    drained: float = 0.0

    @property
    def good(self) -> bool:
        """Nothing acknowledged was lost and every alert left."""
        return not self.lost and not self.alerts_missing


def ask(url: str, form: Mapping[str, str]) -> str:
    """One request as the gateway sends it; empty when there was no answer that a gateway would show."""
    try:
        with urlopen(url, urlencode(form).encode(), timeout=15) as reply:  # noqa: S310
            body: str = reply.read().decode()
    except (URLError, OSError, HTTPException):
        return ""
    return body if body[:4] in ("CON ", "END ") else ""


def report(ijwi: Running, caller: int, outcome: Outcome) -> None:
    """One woman, until she has been told that it arrived."""
    word, url = f"mot{caller:05d}", f"{ijwi.url}/ussd/africastalking/{ijwi.secret()}"
    for dialled in range(TRIES):
        form = {
            "sessionId": f"ATUid_{caller}_{dialled}",
            "phoneNumber": f"+2577{caller:07d}",
            "serviceCode": "*384*55#",
        }
        heard: list[str] = []
        said = ask(url, form | {"text": ""})
        for key in TALK:
            heard.append(key.format(word=word))
            said = again(url, form | {"text": "*".join(heard)})
            if not said.startswith("CON "):
                break
        if ARRIVED in said:
            outcome.acknowledged.add(word)
            return


def again(url: str, form: Mapping[str, str]) -> str:
    """The same request until it is answered."""
    for _ in range(TRIES):
        if said := ask(url, form):
            return said
        time.sleep(0.5)
    return ""


def kill(ijwi: Running, times: int, pause: float, outcome: Outcome, over: threading.Event) -> None:
    """kill -9, each kind of process in turn, any of its kind."""
    while outcome.kills < times and not over.is_set():
        pids = ijwi.pids(VICTIMS[outcome.kills % len(VICTIMS)])
        with contextlib.suppress(OSError, IndexError):  # it may be gone already, or not be back yet
            os.kill(random.choice(pids), signal.SIGKILL)  # noqa: S311
            outcome.kills += 1
        over.wait(pause)


def drain(ijwi: Running) -> float:
    """Seconds until no task is open; at most `DRAIN`."""
    began = time.monotonic()
    while time.monotonic() - began < DRAIN:
        with closing(sqlite3.connect(ijwi.folder / "ijwi.sqlite", timeout=20)) as db:
            if not db.execute(OPEN).fetchone()[0]:
                break
        time.sleep(0.5)
    return time.monotonic() - began


def readable(folder: Path) -> list[str]:
    """The words of every report, opened with the demo champions' own keys."""
    from sqlalchemy import select
    from sqlalchemy.orm import Session

    from bot.models import Copy, Person, Report
    from bot.people import DEMO_PIN
    from bot.sealing import open_report
    from bot.vault import Vault
    from bot.wiring import database

    vault, words, keys = Vault(folder / "vault"), [], {}
    with Session(database(f"sqlite:///{folder / 'ijwi.sqlite'}")) as db:
        held = select(Copy, Report, Person).join(Report, Report.id == Copy.report)
        held = held.join(Person, Person.id == Copy.person).where(Copy.rung == 0)
        for copy, report, person in db.execute(held):
            if person.id not in keys:
                keys[person.id] = vault.unlock(person.id, person.wrapped_key, DEMO_PIN).handle
            private = vault.private(person.id, keys[person.id])
            key = vault.unwrap(report.week, copy.sealed_key)
            told = json.loads(open_report(report.sealed, key, report.id, person.id, private))
            words.append(told.get("words", ""))
    return words


def alerted(folder: Path) -> int:
    """How many reports' champions' phones have rung: distinct task numbers at distinct numbers."""
    with closing(sqlite3.connect(folder / "simulator.sqlite", timeout=20)) as db:
        return int(db.execute("SELECT count(*) FROM (SELECT DISTINCT phone, text FROM message)").fetchone()[0])


def campaign(reports: int, kills: int, callers: int = 8, pause: float = 1.0) -> Outcome:
    """Reports from `callers` phones at once under `kills` kills, `pause` seconds apart."""
    outcome, over = Outcome(), threading.Event()
    with tempfile.TemporaryDirectory() as made, running(Path(made)) as ijwi:
        killer = threading.Thread(target=kill, args=(ijwi, kills, pause, outcome, over))
        killer.start()
        with ThreadPoolExecutor(callers) as phones:
            for number in range(reports):
                phones.submit(report, ijwi, number, outcome)
        killer.join(timeout=kills * pause * 2 + 60)
        over.set()
        outcome.drained = drain(ijwi)
        words = readable(Path(made))
        outcome.lost = outcome.acknowledged - set(words)
        outcome.filed_twice = len(words) - len(set(words))
        outcome.alerts_missing = max(0, len(words) - alerted(Path(made)))
    return outcome


def main() -> int:
    """Run it and print what was seen."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--reports", type=int, default=200)
    asked.add_argument("--kills", type=int, default=50)
    asked.add_argument("--pause", type=float, default=1.0, help="seconds between two kills")
    chosen = asked.parse_args()
    seen = campaign(chosen.reports, chosen.kills, pause=chosen.pause)
    print(f"{chosen.reports} callers, {seen.kills} kills, {len(seen.acknowledged)} told that it arrived")
    print(f"lost {len(seen.lost)}, filed twice {seen.filed_twice}, alerts missing {seen.alerts_missing}")
    print(f"drained {seen.drained:.1f} s after the last kill")
    return 0 if seen.good and len(seen.acknowledged) == chosen.reports else 1


if __name__ == "__main__":
    sys.exit(main())

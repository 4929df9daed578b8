"""Measures what it costs to read a report, take it, ask and answer, and what the vault's own process adds to each.

Argon2 is left out: it is paid once a call, when a PIN is tried, and is slow on purpose. The same story is played in
turn with the vault in this process and behind its socket; medians are compared.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from sqlalchemy import update

from bot.actions.reports import GiveCode
from bot.people.enrolment import DEMO_PIN
from bot.phone.perform import Caller, perform
from bot.phone.sessions import TalkSessions
from bot.services import Services
from bot.settings import ROOT
from bot.storage.base import random_id
from bot.storage.outbox import now
from bot.storage.session_store import MemoryStore
from bot.storage.tables.people import Person
from bot.storage.unit_of_work import Work
from bot.vault.client import RemoteVault
from bot.vault.vault import Vault
from ops.load.filing import TOLD
from ops.load.rows import house

ROUNDS = 40
HERS, PIN, OFFICER = "+25779123456", "5293", "+25778000001"
Times = dict[str, list[float]]


class Phone:
    """A phone that dials in English; the last request of each call is the one that is timed."""

    def __init__(self, services: Services, took: Times) -> None:
        self.talk_sessions, self.took = TalkSessions(services, MemoryStore()), took

    def call(self, name: str, expected: str, number: str, *keys: str) -> None:
        """Make one call; the milliseconds of its last request are stored under `name`. Raises AssertionError for
        another last page.
        """
        session = random_id()
        for count in range(len(keys) + 1):
            began = time.perf_counter()
            page = self.talk_sessions.ussd("africastalking", session, number, "*".join(keys[:count]))
        self.took[name].append((time.perf_counter() - began) * 1000)
        if expected not in page.text:
            raise AssertionError(f"{name}: {page.text}")


def story(services: Services, phone: Phone) -> None:
    """Play a report: it is filed, the officer reads, takes and asks, the reporter answers, the officer reads it,
    replies and closes.
    """
    handle = services.vault.issue(PIN).handle
    code = services.vault.issued(handle).code
    began = time.perf_counter()
    with services.sessions.begin() as db:
        done = perform(Work(db, services.vault, services.country, now()), Caller(), TOLD)
    phone.took["filing a report"].append((time.perf_counter() - began) * 1000)
    began = time.perf_counter()
    with services.sessions.begin() as db:
        coded = GiveCode(str(done.values["report_handle"]), handle)
        perform(Work(db, services.vault, services.country, now()), Caller(), coded)
    phone.took["giving her a code"].append((time.perf_counter() - began) * 1000)
    officer = (OFFICER, "99", "3", "4", DEMO_PIN)
    phone.call("reading it", "Hurt", *officer, "1")
    phone.call("taking it", "you have it", *officer, "1", "1", "1")
    phone.call("asking her", "Sent", *officer, "2", "1", "2", "1")
    phone.call("her answer", "Sent", HERS, "3", "4", code, PIN, "1")
    phone.call("reading the case", "still going on?", *officer, "2", "1")
    phone.call("answering her", "Sent", *officer, "2", "1", "1", "2")
    phone.call("closing it", "finished", *officer, "2", "1", "3", "1")


def answering(rounds: int = ROUNDS) -> float:
    """Print the medians; the most milliseconds that the vault's process adds to any step."""
    with ExitStack() as until_the_end:
        folder = Path(until_the_end.enter_context(tempfile.TemporaryDirectory()))
        near = house(folder, f"sqlite:///{folder / 'ijwi.sqlite'}")
        with near.sessions.begin() as db:  # every report is hers
            db.execute(update(Person).where(Person.role == "champion", Person.ref != "C1A").values(active=False))
        at = folder / "vault.sock"
        command = [sys.executable, "-m", "bot.vault.server", str(folder / "vault"), str(at)]
        server = until_the_end.enter_context(subprocess.Popen(command, cwd=ROOT))
        until_the_end.callback(server.terminate)
        while not at.exists():
            time.sleep(0.05)
        houses = {"near": replace(near, vault=Vault(folder / "vault")), "far": replace(near, vault=RemoteVault(at))}
        took: dict[str, Times] = {name: defaultdict(list) for name in houses}
        phones = {name: Phone(services, took[name]) for name, services in houses.items()}
        for _ in range(rounds + 1):  # the first warms up
            for name, services in houses.items():
                story(services, phones[name])
        near.engine.dispose()
    added = 0.0
    for step, times in took["far"].items():
        behind_socket = statistics.median(times[1:])
        extra = behind_socket - statistics.median(took["near"][step][1:])
        added = max(added, extra)
        print(f"{step:22} {behind_socket:5.2f} ms without Argon2, of which the vault's process {extra:5.2f}")
    return added


if __name__ == "__main__":
    answering()

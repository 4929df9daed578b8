"""A long run: women report all the time, and a process is killed every five minutes: `python -m ops.load.soak --minutes
60`.

Printed are, for each kind of process, the memory and the open files of the first quarter and of the last, and whether
the books of messages balance: each message is in a final state, and the provider has taken exactly those that were
sent, and of those in doubt at most one each. Exit code 0 only if memory grew by less than a tenth, files did not grow,
nothing was lost and the books balance.
"""

from __future__ import annotations

import argparse
import contextlib
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from bot.storage.database import database
from bot.storage.tables.delivery import Attempt, AttemptCount, DeliveryStatus
from bot.upkeep.alarms import tried
from ops.load.kill import PROCESSES, Outcome, drain, judge, kill, report
from ops.load.running import Running, running

KILL_EVERY = 300  # seconds
SAMPLE_EVERY = 20  # seconds
GROWTH = 1.10  # of the last quarter over the first: RSS less than this
FINAL = (DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.UNKNOWN, DeliveryStatus.FAILED)


@dataclass
class Sizes:
    """The sizes of each kind of process, sample after sample: of the largest process of the kind."""

    rss: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    files: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))


def sample(ijwi: Running, sizes: Sizes) -> None:
    """Measure every process once; one that ends meanwhile is left out."""
    for kind in PROCESSES:
        held = []
        for pid in ijwi.pids(kind):
            with contextlib.suppress(OSError, StopIteration, ValueError):
                lines = Path(f"/proc/{pid}/status").read_text().splitlines()
                rss = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
                held.append((rss, len(list(Path(f"/proc/{pid}/fd").iterdir()))))
        if held:
            sizes.rss[kind].append(max(rss for rss, _ in held))
            sizes.files[kind].append(max(files for _, files in held))


def quarters(samples: list[int]) -> tuple[int, int]:
    """The median of the first quarter and of the last."""
    part = max(1, len(samples) // 4)
    return int(statistics.median(samples[:part])), int(statistics.median(samples[-part:]))


def books(db: Session, folder: Path) -> tuple[Counter[str], int, int]:
    """Attempts by state; how many messages the provider took that we know of; and how many more it has. What is final
    is counted by day and else gone.
    """
    states: Counter[str] = Counter()
    for (_provider, state), number in tried(db, true(), true()).items():
        states[state] += number
    rows = db.scalar(select(func.count()).select_from(Attempt).where(Attempt.provider_id != "")) or 0
    known = rows + (db.scalar(select(func.sum(AttemptCount.times)).where(AttemptCount.taken)) or 0)
    with closing(sqlite3.connect(folder / "simulator.sqlite", timeout=20)) as room:
        (took,) = room.execute("SELECT COUNT(*) FROM message").fetchone()
    return states, known, took - known


def main() -> int:
    """Run it and print what was seen."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--minutes", type=float, default=60)
    asked.add_argument("--pause", type=float, default=1.0, help="seconds between two women")
    chosen = asked.parse_args()
    outcome, sizes = Outcome(), Sizes()
    with tempfile.TemporaryDirectory() as made, running(Path(made)) as ijwi:
        url, until = f"sqlite:///{Path(made) / 'ijwi.sqlite'}", time.monotonic() + chosen.minutes * 60
        kills = int(chosen.minutes * 60 // KILL_EVERY)
        killer = threading.Thread(target=kill, args=(ijwi, None, kills, KILL_EVERY, outcome), daemon=True)
        killer.start()
        with ThreadPoolExecutor(8) as phones:
            told, next_sample = 0, 0.0
            while time.monotonic() < until:
                phones.submit(report, ijwi, told, outcome)
                told += 1
                if time.monotonic() >= next_sample:
                    sample(ijwi, sizes)
                    next_sample = time.monotonic() + SAMPLE_EVERY
                time.sleep(chosen.pause)
        outcome.drained = drain(url)
        with Session(database(url)) as db:
            judge(outcome, db, Path(made))
            states, known, unknown = books(db, Path(made))
    return told_of(outcome, sizes, states, known, unknown, told)


def told_of(outcome: Outcome, sizes: Sizes, states: Counter[str], known: int, unknown: int, told: int) -> int:
    """Print the table and the verdict; the exit code."""
    fine = outcome.good and outcome.arrived == told
    for kind in PROCESSES:
        (first, last), (few, many) = quarters(sizes.rss[kind]), quarters(sizes.files[kind])
        flat = last < first * GROWTH and many <= few + 2
        fine = fine and flat
        print(f"{kind:26} {first / 1024:6.1f} → {last / 1024:6.1f} MB  {few:3} → {many:3} files{'' if flat else '  !'}")
    accepted = states[DeliveryStatus.SENT] + states[DeliveryStatus.DELIVERED]
    balanced = sum(states[state] for state in FINAL) == states.total() and accepted == known
    balanced = balanced and unknown <= outcome.doubtful
    print(f"{told} women, {outcome.kills} kills: lost {len(outcome.lost)}, twice {outcome.filed_twice}, "
          f"alerts missing {outcome.alerts_missing}, rung twice {outcome.rung_twice}")  # fmt: skip
    print(f"messages {dict(states)}; the provider took {known} that we know of, {unknown} in doubt of "
          f"{outcome.doubtful}: {'balanced' if balanced else 'NOT BALANCED'}")  # fmt: skip
    return 0 if fine and balanced else 1


if __name__ == "__main__":
    sys.exit(main())

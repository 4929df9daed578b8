"""Measures how late a reminder is handed to the provider: `python -m ops.load.remind --people 50000`.

Uses the real clock and two real workers on RQ, with a store of their own and a provider that takes 20 ms a call.
Reminders to fifty people each fall due while nothing else happens, then while so many people are told of another
meeting. `idle` is the first half with more of them; its baseline is a timer that only sleeps until the same seconds, in
the same minute.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles

from sqlalchemy import insert, select, update

from bot.services import Services
from bot.storage import outbox
from bot.storage.tables.meetings import Meeting, MeetingStatus, Subscriber
from bot.storage.tables.people import Person
from bot.storage.tables.runtime import Task
from ops.load.fan_out import Slow, furnished, row_of, store, wired
from workers import clock, run

REMINDERS, EVERY, TOLD = 8, 2, 50  # of each sort; seconds between two; people of each
IDLE, LATE_S = 100, 0.05  # reminders of `idle`, one a second; the limit of their p99


def house(folder: Path, store_url: str) -> Services:
    services = wired(folder, redis_url=store_url)
    services._channels = {name: Slow(folder / "told") for name in services.providers}
    return services


def ring(folder: Path, store_url: str) -> None:
    clock.run(house(folder, store_url))


def work(folder: Path, store_url: str) -> None:
    run.run(house(folder, store_url))


@contextmanager
def crew(folder: Path, store_url: str) -> Iterator[None]:
    """Run one clock and two workers."""
    processes = [multiprocessing.Process(target=what, args=(folder, store_url)) for what in (ring, work, work)]
    for one in processes:
        one.start()
    try:
        yield
    finally:
        for one in processes:
            one.kill()
            one.join()


def reminders(services: Services, first: int, at: int, most: int = REMINDERS, every: int = EVERY) -> dict[int, int]:
    """Post reminders of meetings of zones of their own, the first one due at `at`; the due second of each, by its
    number.
    """
    due = {number: at + n * every for n, number in enumerate(range(first, first + most))}
    with services.sessions.begin() as db:
        leader = db.scalars(select(Person.id).where(Person.ref == "L1")).one()
        for number, when in due.items():
            rows = [row_of(10**6 * number + n, services) | {"zone": f"R{number}"} for n in range(TOLD)]
            db.execute(insert(Subscriber), rows)
            meeting = Meeting(
                id=f"r{number}", number=number, zone=f"R{number}", venue="V1", kind="training", women_only=False,
                starts=when + 7200, ends=when + 9000, childcare=True, way_home=True, organisation="WOMEN-1", woman="",
                leader=leader, public_at=1, status=MeetingStatus.RELEASED,
            )  # fmt: skip
            db.add(meeting)
            db.flush()
            args = {"meeting": meeting.id, "revision": 1, "kind": "today"}
            key = f"announce:r{number}:1:today"
            outbox.post(db, outbox.task(key, outbox.TaskName.ANNOUNCE, args, when, outbox.REMINDER))
    return due


def late(told: Path, due: Mapping[int, int]) -> list[float]:
    """The seconds by which each of these reminders was late, counted for the last of its people."""
    times: dict[int, float] = {}
    for entry in told.read_text().splitlines():
        phone, at = entry.split()
        number = (int(phone.removeprefix("+257")) - 60_000_000) // 10**6
        times[number] = max(times.get(number, 0), float(at))
    return sorted(times[number] - when for number, when in due.items())


def bare(seconds: Iterable[int]) -> list[float]:
    """The seconds by which a timer is late that does nothing else, on this machine in these minutes."""
    found = []
    for second in seconds:
        time.sleep(max(0.0, second - time.time()))
        found.append(time.time() - second)
    return sorted(found)


def idle() -> None:
    """Print how late reminders are on a machine that does nothing else, and a bare timer beside them."""
    with tempfile.TemporaryDirectory() as made, store(Path(made)) as redis:
        folder, url = Path(made), f"unix://{redis.connection_pool.connection_kwargs['path']}"
        furnished(folder, 0)
        services = house(folder, url)
        start = outbox.now() + 8
        due = reminders(services, 2, start, IDLE, 1)
        with crew(folder, url):
            timer = bare(due.values())
            time.sleep(3)
        times = late(folder / "told", due)
    p99, alone = (quantiles(found, n=100)[98] for found in (times, timer))
    print(f"a reminder             p99 {p99 * 1000:.0f} ms after its second (limit {LATE_S * 1000:.0f}), a bare timer "
          f"{alone * 1000:.1f}; early {sum(one < 0 for one in times)} of {len(times)}; "
          f"load {os.getloadavg()[0]:.1f}")  # fmt: skip


def main() -> None:
    """Print how late the reminders were."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=50_000)
    people = parser.parse_args().people
    with tempfile.TemporaryDirectory() as made, store(Path(made)) as redis:
        folder, url = Path(made), f"unix://{redis.connection_pool.connection_kwargs['path']}"
        announce = furnished(folder, people)
        services = house(folder, url)
        with services.sessions.begin() as db:
            db.execute(update(Task).where(Task.key == announce).values(due_at=outbox.now() + 10**6))
        start = outbox.now() + 6
        alone = reminders(services, 2, start)
        beside = reminders(services, 2 + REMINDERS, start + REMINDERS * EVERY + 4)
        with crew(folder, url):
            time.sleep(max(0.0, start + REMINDERS * EVERY + 2 - time.time()))
            with services.sessions.begin() as db:
                db.execute(update(Task).where(Task.key == announce).values(due_at=outbox.now()))
            time.sleep(max(0.0, max(beside.values()) + 8 - time.time()))
        out = [float(line.split()[1]) for line in (folder / "told").read_text().splitlines()]
        print(f"{len(out)} were written to within {max(out) - start:.0f} s of the first reminder")
        for name, due in (("alone", alone), ("beside a broadcast", beside)):
            times = late(folder / "told", due)
            print(f"{name:18}  the earliest {times[0]:5.2f} s, the latest {times[-1]:5.2f} s after its time")


if __name__ == "__main__":
    main()

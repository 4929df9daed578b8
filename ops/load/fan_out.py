"""Measures how long it takes to hand the news of a meeting to a provider for a whole zone:
`python -m ops.load.fan_out --people 100000 --workers 2 [--postgres]`.

Uses the real tasks on an embedded database, a provider that takes 20 ms a call, and workers as processes; the baseline
in the same run is one RQ job a message on RQ's forking worker with the same provider. With `--limit 50` the provider
permits so many messages a second: printed is how much of that is used, and how many messages it would have refused.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import resource
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from redis import Redis
from rq import Queue, Worker
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

import workers
from bot.channels.messages import Balance, SendError, Sent
from bot.people.enrolment import enrol
from bot.services import Services, build_services
from bot.settings import ROOT, Settings
from bot.storage import migrate, outbox
from bot.storage.base import random_id
from bot.storage.tables.delivery import DeliveryStatus, Message, Notice
from bot.storage.tables.meetings import Meeting, MeetingStatus, Subscriber
from bot.storage.tables.people import Person
from bot.storage.tables.runtime import Task
from bot.words.languages import LANGUAGES
from flows import FLOWS
from ops.load.running import postgres
from ops.start import valkey

PEOPLE, WORKERS = 100_000, 2
WITHIN_S, CPU_US, MULTIPLE = 5, 50, 1000  # the limits for so many people, and the aim
CALL = 0.02  # seconds that the provider takes for a call
ZONE = "BI-ZO-02-09-01"
SINGLE = 60  # messages of the baseline
ALERTS = 20


class Slow:
    """A provider that takes its time, and writes the numbers that it was given to a file, one a line, with the second
    at which it was asked.
    """

    def __init__(self, ledger: Path) -> None:
        self.ledger = ledger

    def send(self, phone: str, text: str) -> Sent:
        self.send_many([phone], text)
        return Sent("id")

    def balance(self) -> Balance | None:
        return None

    def send_many(self, phones: Sequence[str], text: str, lasts: int = 0) -> Mapping[str, Sent | SendError]:
        at = time.time()
        time.sleep(CALL)
        with self.ledger.open("a") as file:
            file.write("".join(f"{phone} {at}\n" for phone in phones))
        return {phone: Sent(random_id()) for phone in phones}


def wired(folder: Path, **more: str) -> Services:
    """The services of one process, with the providers' own channels."""
    settings = {
        "secret_key": "s" * 32,
        "at_username": "sandbox",
        "at_api_key": "key",
        "at_callback_secret": "c" * 32,
    }
    return build_services(Settings.model_validate({**settings, "data_dir": folder, **more}), FLOWS, lambda keys: None)


def house(folder: Path, limit: float = 0, url: str = "") -> Services:
    """The same with a provider that only takes its time."""
    services = wired(folder, sms_rates=f"africastalking={limit:g}" if limit else "", database_url=url)
    services._channels = {name: Slow(folder / "told") for name in services.providers}
    return services


def released(db: Session, at: int) -> str:
    """The id of a released meeting in ten days."""
    leader = db.scalars(select(Person.id).where(Person.ref == "L1")).one()
    meeting = Meeting(
        number=1, zone=ZONE, venue="V1", kind="training", women_only=False, starts=at + 864000, ends=at + 867600,
        childcare=True, way_home=True, organisation="WOMEN-1", woman="", leader=leader, public_at=1,
        status=MeetingStatus.RELEASED, revision=1,
    )  # fmt: skip
    db.add(meeting)
    db.flush()
    return meeting.id


def furnished(folder: Path, people: int, **more: str) -> str:
    """The demo people of Burundi, so many subscribers in five versions, and a meeting to be announced; the key of its
    task.
    """
    services = wired(folder, **more)
    migrate.upgrade(services.engine)
    vault, at = services.vault, outbox.now()
    with services.sessions.begin() as db:
        enrol(db, services.country, vault)
        for start in range(0, people, 5000):
            rows = [row_of(number, services) for number in range(start, min(people, start + 5000))]
            db.execute(insert(Subscriber), rows)
        args = {"meeting": released(db, at), "revision": 1, "kind": "new"}
        (key,) = outbox.post(db, outbox.task("announce", outbox.TaskName.ANNOUNCE, args, at))
    services.engine.dispose()
    return key


def row_of(number: int, services: Services) -> dict[str, object]:
    phone = f"+257{60_000_000 + number}"
    return {
        "id": random_id(), "phone_digest": services.vault.mark("subscriber", phone), "zone": ZONE, "women_only": False,
        "phone_sealed": services.vault.seal_to_sender(phone), "language": LANGUAGES[number % len(LANGUAGES)],
    }  # fmt: skip


def work(folder: Path, used: multiprocessing.Queue[tuple[int, float]], limit: float, url: str) -> None:
    """One worker process of `fan_out`; puts its memory in MB and its seconds of a processor into `used`."""
    services = house(folder, limit, url)
    began = time.process_time()
    keep_on(services, patient=limit > 0)
    used.put((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, time.process_time() - began))


def keep_on(services: Services, *, patient: bool) -> None:
    """Run due tasks until none is due or, where turns are waited for (`patient`), until none is left."""
    workers.SERVICES[:] = [services]
    left = select(Task.key).where(Task.done_at.is_(None), Task.due_at < outbox.now() + 600).limit(1)
    while True:
        keys = outbox.due(services.sessions, outbox.now(), 2)
        for key in keys:
            workers.run_tasks(key)
        if not keys:
            with services.reads() as db:
                if not patient or db.scalar(left) is None:
                    break
            time.sleep(0.02)


def refused(times: list[float], limit: float) -> int:
    """How many of these messages a strict token bucket, which holds one second's messages, would have refused."""
    room, last, refusals = limit, times[0], 0
    for at in times:
        room, last = min(limit, room + (at - last) * limit), at
        refusals += room < 1
        room -= room >= 1
    return refusals


def alert(services: Services) -> None:
    """Post an SMS to the first officer, as urgent as an alert: one that tells of no task of hers would not be sent."""
    with services.sessions.begin() as db:
        officer = db.scalars(select(Person.id).where(Person.ref == "C1A")).one()
        message = Message(id=random_id(), kind="daily", person=officer, number=1, created=outbox.now())
        db.add(message)
        args = {"message": message.id}
        outbox.post(db, outbox.task(f"deliver:{message.id}", outbox.TaskName.DELIVER, args, outbox.now(), outbox.ALERT))


def worked(
    services: Services, folder: Path, count: int, limit: float, url: str
) -> tuple[tuple[int, ...], tuple[float, ...], list[float]]:
    """Let so many workers tell everybody while alerts come in between; MB and seconds of CPU of each worker, and
    when the alerts were posted.
    """
    used: multiprocessing.Queue[tuple[int, float]] = multiprocessing.Queue()
    crew = [multiprocessing.Process(target=work, args=(folder, used, limit, url)) for _ in range(count)]
    posted = []
    for one in crew:
        one.start()
    for _ in range(ALERTS):
        time.sleep(random.uniform(0.1, 0.5))  # noqa: S311  (spread)
        if any(one.is_alive() for one in crew):
            posted.append(time.time())
            alert(services)
    sizes, spent = zip(*(used.get() for _ in crew), strict=True)
    for one in crew:
        one.join()
    return sizes, spent, posted


def fan_out(folder: Path, people: int, count: int, limit: float = 0, url: str = "") -> float:
    """Tell all of them and print the results; messages a second. An empty `url` is SQLite."""
    key = furnished(folder, people, database_url=url)
    services = house(folder, url=url)
    workers.SERVICES[:] = [services]
    began = time.perf_counter()
    workers.run_tasks(key)
    filled = time.perf_counter() - began
    began = time.time()
    sizes, spent, posted = worked(services, folder, count, limit, url)
    deliveries = [line.split() for line in (folder / "told").read_text().splitlines()]
    took = max(float(at) for _phone, at in deliveries) - began
    times_told = Counter(phone for phone, _at in deliveries if phone.startswith("+2576"))
    alerts = sorted(float(at) for phone, at in deliveries if phone == "+25778000001")
    late = max((out - in_ for in_, out in zip(posted, alerts, strict=False)), default=0.0)
    with services.reads() as db:
        sent = db.scalar(select(func.count()).select_from(Notice).where(Notice.status == DeliveryStatus.SENT))
    print(f"the ledger of {people} people  {filled:6.2f} s in one transaction")
    print(
        f"handed over by {count} workers  {took:6.2f} s, {people / took:.0f} a second; {sent} noted as sent "
        f"(limit for {PEOPLE}: {WITHIN_S} s)"
    )
    print(f"CPU of the workers          {sum(spent) / people * 1e6:6.1f} µs a person (limit {CPU_US}); "
          f"load {os.getloadavg()[0]:.1f}")  # fmt: skip
    print(f"told twice {sum(n > 1 for n in times_told.values())}, not told {people - len(times_told)}; "
          f"{len(alerts)} of {len(posted)} alerts overtook, the slowest after {late:.2f} s")  # fmt: skip
    print(f"memory of a worker, most    {max(sizes)} MB")
    if limit:
        times = sorted(float(at) for _phone, at in deliveries)
        share = len(times) / (times[-1] - times[0] + 0.5) / limit  # the last half second's worth left together
        print(f"of {limit:g} a second            {share:.1%} used, {refused(times, limit)} would have been refused")
    services.engine.dispose()
    return people / took


@contextmanager
def store(folder: Path) -> Iterator[Redis]:
    """A Valkey of its own with the settings of the queue."""
    socket = folder / "store.sock"
    command = [valkey(), str(ROOT / "ops" / "valkey.conf"), "--dir", str(folder), "--unixsocket", str(socket)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        while not socket.exists():
            time.sleep(0.05)
        try:
            yield Redis.from_url(f"unix://{socket}")
        finally:
            server.terminate()


def baseline(folder: Path) -> float:
    """Messages a second with one RQ job for each on the forking worker."""
    with store(folder) as redis:
        queue = Queue("one", connection=redis)
        for _ in range(SINGLE):
            queue.enqueue(time.sleep, CALL)
        began = time.perf_counter()
        Worker([queue], connection=redis).work(burst=True, logging_level="ERROR")
        return SINGLE / (time.perf_counter() - began)


def told(people: int, count: int, limit: float = 0, on_postgres: bool = False) -> None:
    """Tell them, then the baseline; print both and the multiple."""
    with tempfile.TemporaryDirectory() as made, postgres() if on_postgres else nullcontext() as server:
        rate = fan_out(Path(made), people, count, limit, server.url if server else "")
    with tempfile.TemporaryDirectory() as made:
        single = baseline(Path(made))
    print(f"one RQ job a message        {single:6.1f} a second on the forking worker; here {rate / single:.0f} times "
          f"that (aim {MULTIPLE})")  # fmt: skip


def main() -> None:
    """Print times, and the multiple of the baseline."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--limit", type=float, default=0, help="messages a second that the provider permits")
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL, started and stopped here")
    asked = parser.parse_args()
    told(asked.people, asked.workers, asked.limit, asked.postgres)


if __name__ == "__main__":
    main()

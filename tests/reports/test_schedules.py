"""Schedules of requests and both clocks that nobody would think of: she says at once, later or never that it happens
now; readers open, take, pass, forget, hand over, could not help, are stopped and come back, their training ends, their
alerts never arrive; tasks run late, twice or in another order. The code is the real one, the clock is played.

What must hold: at every moment somebody's phone has rung or will ring for each new request; in the end no request is
forgotten (new: everybody who could take it was rung; taken: its owner has done something for her; could not be helped:
oversight was rung and has the last word), and what is done for one service changes nothing of another.
`python -m tests.reports.test_schedules 10000` plays as many as you like, from clean tables each, on all processors.
"""

from __future__ import annotations

import logging
import os
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

import workers
from bot.actions.reports import (
    AcceptClosing,
    AddWhen,
    CloseReport,
    EndTelling,
    FileReport,
    GiveOn,
    HandOver,
    PassReport,
    TakeReport,
)
from bot.people import sign_in
from bot.people.enrolment import DEMO_PIN
from bot.phone.perform import Caller, perform
from bot.reports import care, clocks, closing, filing, training
from bot.reports.not_reached import not_reached
from bot.reports.opening import open_report
from bot.reports.reading import Readings
from bot.storage import outbox
from bot.storage.audit import AuditAction, note
from bot.storage.tables.delivery import DeliveryStatus, Message
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Report, Request, RequestStatus, Step
from bot.storage.tables.runtime import Event, Task
from bot.storage.unit_of_work import Work
from tests.support.office import Office
from tests.support.planting import plant

SCHEDULES = 24
STEPS = 16
PART = 100  # schedules of one process, from one house to the next
LEAVE = ("C1A", "C1B", "P-HEALTH-1")  # who may be stopped and come back
CLOCKS = ("route", "answered", "remind")
BEGIN, DAYS = 1_795_000_000, 200_000  # the second at which each schedule begins; more than two days
REPORT = FileReport("self", "hurt", "health,police", "BI-ZO-02-09-01", power="no")
route = sys.modules["workers.route"]


@dataclass
class Played:
    """One schedule after the other, from seeds."""

    office: Office
    random: random.Random = field(default_factory=lambda: random.Random(0))
    at: int = BEGIN
    filed: dict[str, str] = field(default_factory=dict)  # reports, and the handle with which she may say more
    left: set[str] = field(default_factory=set)  # whose turn may have come while she was away
    handles: dict[str, str] = field(default_factory=dict)

    def begins(self, seed: int) -> None:
        """Clean tables: a schedule is the same whatever was played before it."""
        self.random, self.at, self.filed, self.left = random.Random(seed), BEGIN, {}, set()
        with self.office.services.sessions.begin() as db:
            for table in (Message, Task, Step, Copy, Request, Report):
                db.execute(delete(table))
            db.execute(delete(Event).where(Event.report != ""))
            db.execute(update(Person).values(tasks=0))

    def do(self, person: Person, action: object) -> None:
        with self.office.services.sessions.begin() as db:
            perform(self.work(db), Caller(person.id), action)

    def work(self, db: Session) -> Work:
        return Work(db, self.office.services.vault, self.office.services.country, self.at)

    def handle(self, person: Person) -> str:
        if person.id not in self.handles:
            opened = self.office.services.vault.unlock(person.id, person.wrapped_key, DEMO_PIN)
            self.handles[person.id] = opened.handle
        return self.handles[person.id]

    def files(self) -> None:
        """She asks for a doctor and for the police; she says more, hangs up at once, or stays for a while."""
        with self.office.services.sessions.begin() as db:
            done = perform(self.work(db), Caller(), REPORT)
            known = select(Request.report).where(Request.report.not_in(self.filed))
            self.filed[db.scalars(known.limit(1)).one()] = str(done.values["report_handle"])
        self.says_more()

    def says_more(self) -> None:
        """She who told last says when it happened, or that it is all; or nothing."""
        handle = [*self.filed.values()][-1]
        more = self.random.choice((AddWhen(handle, "now"), AddWhen(handle, "now"), EndTelling(handle), None))
        if more:
            with self.office.services.sessions.begin() as db:
                perform(self.work(db), Caller(), more)

    def acts(self) -> None:
        """Somebody whose phone has rung does something, or nothing."""
        rung = (
            select(Person, Step, Request).join(Step, Step.person == Person.id).join(Request, Request.id == Step.request)
        )
        rung = rung.where(Request.report.in_(self.filed), Step.alerted > 0, Person.active)
        with self.office.services.reads() as db:
            there = db.execute(rung.order_by(Person.ref, Step.number)).all()
        if there:
            person, step, request = self.random.choice(there)
            self.random.choice(self.ways(person, step, request))()

    def ways(self, person: Person, step: Step, request: Request) -> list[Callable[[], None]]:
        """What this person may do with this request now."""
        at, number = self.handle(person), str(step.number)
        if request.status == RequestStatus.NEW:
            return [
                lambda: self.do(person, TakeReport(at, number)),
                lambda: self.opens(person, step),
                lambda: self.opens(person, step),
                lambda: self.do(person, PassReport(at, number)),
            ]
        if request.status == RequestStatus.TAKEN and request.owner == person.id:
            return [
                lambda: self.replies(person, request),
                lambda: self.do(person, CloseReport(at, number, "helped")),
                lambda: self.do(person, CloseReport(at, number, "unhelped")),
                lambda: self.do(person, HandOver(at, number)),
                lambda: None,
            ]
        if request.status == RequestStatus.UNHELPED and person.role == "oversight":
            return [
                lambda: self.do(person, GiveOn(at, number)),
                lambda: self.do(person, AcceptClosing(at, number)),
                lambda: self.do(person, TakeReport(at, number)),
            ]
        return [lambda: None]

    def opens(self, person: Person, step: Step) -> None:
        services = self.office.services
        with services.sessions.begin() as db:
            work = self.work(db)
            actor = sign_in.resume(work, person.id, self.handle(person))
            open_report(work, actor, Readings(services.vault), step.number, "")

    def replies(self, person: Person, request: Request) -> None:
        """She has no receipt here, so that the reply is only noted."""
        with self.office.services.sessions.begin() as db:
            note(db, self.office.services.vault, self.at, person.id, AuditAction.REPLIED, request.id)

    def somebody_leaves_or_comes_back(self) -> None:
        with self.office.services.sessions.begin() as db:
            ref = self.random.choice(LEAVE)
            self.left.add(db.scalars(select(Person.id).where(Person.ref == ref)).one())
            db.execute(update(Person).where(Person.ref == ref).values(active=~Person.active))

    def an_alert_dies(self) -> None:
        """A provider says of one that it never arrives."""
        with self.office.services.sessions.begin() as db:
            new = select(Message.id).join(Step, (Step.person == Message.person) & (Step.number == Message.number))
            of_these = new.where(Step.report.in_(self.filed), Message.status == DeliveryStatus.PENDING)
            there = db.execute(
                of_these.add_columns(Message.person).order_by(Message.person, Message.number, Message.kind)
            ).all()
            if there:
                message, person = self.random.choice(there)
                db.execute(update(Message).where(Message.id == message).values(status=DeliveryStatus.FAILED))
                not_reached(db, self.office.services.vault, message, "bad_number", self.at)

    def a_training_ends(self) -> None:
        """Or somebody is trained again; what waits is seen to as the clock process does."""
        services = self.office.services
        today = services.country.clock(self.at).date()
        until = (today + timedelta(days=self.random.choice((-1, 400)))).isoformat()
        with services.sessions.begin() as db:
            ref = self.random.choice(LEAVE)
            self.left.add(db.scalars(select(Person.id).where(Person.ref == ref)).one())
            db.execute(update(Person).where(Person.ref == ref).values(trained_until=until))
            training.end(db, services.vault, today, self.at)

    def passes(self, seconds: int, *, all_of_it: bool = False) -> None:
        """Time passes; what is due is done, some of it late and in any order."""
        self.at += seconds
        for _ in range(3):
            if not (keys := self.waiting(self.at)):
                return
            if not all_of_it:
                self.random.shuffle(keys)
                keys = keys[: self.random.randrange(len(keys) + 1)] * self.random.choice((1, 1, 2))
            workers.run_tasks(*keys)

    def waiting(self, until: int) -> list[str]:
        """The tasks of the clocks that are to be done by then."""
        waits = Task.done_at.is_(None) & Task.name.in_(CLOCKS) & (Task.due_at <= until)
        with self.office.services.reads() as db:
            return list(db.scalars(select(Task.key).where(waits).order_by(Task.key)))

    def ends(self) -> None:
        """Everybody is there again, and days pass in which nobody does anything."""
        with self.office.services.sessions.begin() as db:
            db.execute(update(Person).where(Person.ref.in_(LEAVE)).values(active=True, trained_until="2099-12-31"))
        for _ in range(24):
            if self.waiting(self.at + 9 * DAYS):
                self.passes(DAYS, all_of_it=True)


@contextmanager
def played(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Played]:
    office = Office(folder)
    world = Played(office)
    workers.SERVICES[:] = [office.services]
    patch.setattr(outbox, "now", lambda: world.at)
    yield world
    workers.SERVICES.clear()
    office.services.engine.dispose()


def step(world: Played) -> None:
    chance = world.random.random()
    if chance < 0.1:
        world.files()
    elif chance < 0.13:
        world.says_more()
    elif chance < 0.6:
        world.acts()
    elif chance < 0.65:
        world.somebody_leaves_or_comes_back()
    elif chance < 0.7:
        world.an_alert_dies()
    elif chance < 0.73:
        world.a_training_ends()
    else:
        world.passes(world.random.choice((1, 61, 400, 1300, 4000, DAYS)))


def nobody_hears() -> Select[str]:
    """The services of new requests for which no phone of anybody who serves has rung, and none will."""
    rung = select(Step.person).join(Person, Person.id == Step.person)
    rung = rung.where(Step.request == Request.id, Step.alerted > 0, Person.active)
    waits = select(Task.key).where(Task.key.contains(Request.id), Task.name.in_(CLOCKS), Task.done_at.is_(None))
    return select(Request.service).where(Request.status == RequestStatus.NEW, ~rung.exists(), ~waits.exists())


NOBODY_HEARS = nobody_hears()


def unheard(world: Played) -> list[str]:
    """What nobody hears of, at this moment."""
    with world.office.services.reads() as db:
        return [f"{service}: nobody has been rung, and nobody will be" for service in db.scalars(NOBODY_HEARS)]


def faults(world: Played) -> list[str]:
    """What should never be, of the requests of this schedule."""
    found: list[str] = []
    with world.office.services.reads() as db:
        for request in db.scalars(select(Request).where(Request.report.in_(world.filed))):
            steps = db.scalars(select(Step).where(Step.request == request.id)).all()
            done = [
                (e.person, e.what)
                for e in db.scalars(select(Event).where(Event.report == request.id).order_by(Event.id))
            ]
            waits = db.scalar(select(Task.key).where(Task.key.contains(request.id), Task.done_at.is_(None)))
            found += [f"{request.service} {request.status}: {what}" for what in wrong(request, steps, done, world.left)]
            found += [f"undone: {str(waits).split(':')[0]}"] * (waits is not None and len(steps) > 1)
    return found


def wrong(request: Request, steps: Iterable[Step], done: list[tuple[str, str]], left: set[str]) -> Iterator[str]:
    passed = left | {who for who, what in done if what in ("passed", "closed:unhelped")}
    if request.status == RequestStatus.NEW:
        yield from ("never rang" for step in steps if not step.alerted and step.person not in passed)
    if request.status == RequestStatus.TAKEN:
        if (request.owner, "taken") not in done:
            yield "taken, and not by its owner"
        else:
            last = max(n for n, one in enumerate(done) if one == (request.owner, "taken"))
            if (request.owner, "replied") not in done[last:]:
                yield "taken and forgotten"
    if request.closing == "unhelped" and (
        request.status != RequestStatus.CLOSED or "closing accepted" not in {w for _, w in done}
    ):
        others = [step for step in steps if step.person != request.owner]
        if request.status == RequestStatus.CLOSED or not any(step.alerted for step in others):
            yield "buried"
    if request.status == RequestStatus.CLOSED and not any(what.startswith("closed:") for _, what in done):
        yield "closed by another service"


def first_fault(world: Played, seeds: Iterable[int]) -> tuple[int, list[str]]:
    """The first seed whose schedule has a fault, or (-1, []) when none has."""
    for seed in seeds:
        if found := faults_of(world, seed):
            return seed, found
    return -1, []


def faults_of(world: Played, seed: int) -> list[str]:
    """Play one schedule; what went wrong in it."""
    world.begins(seed)
    world.files()
    for _ in range(STEPS):
        step(world)
        if found := unheard(world):
            return found
    world.ends()
    return faults(world)


@pytest.mark.parametrize("part", range(2))
def test_whatever_readers_do_no_request_is_forgotten(
    part: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with played(tmp_path, monkeypatch) as world:
        assert first_fault(world, range(part * SCHEDULES // 2, (part + 1) * SCHEDULES // 2)) == (-1, [])


PLANTS = {
    "a request is forgotten": (
        clocks, "is_over", "tasks = hand_on(db, vault, request.id, at, but=person)", "tasks = ['nobody']"),
    "a clock that stops at taken": (
        care, "take", "clocks.start(work.db, work.country, request, actor.id, work.at)", "pass"),
    "one service swallows another": (
        care, "take", "clocks.stop(work.db, request.id)",
        ("[setattr(other, 'status', 'closed') for other in work.db.scalars("
        "select(Request).where(Request.report == request.report))]")),
    "one service swallows the clock of another": (
        clocks, "stop", "f\"answered:{request}:{person and person + ':'}\"", "'answered:'"),
    "only the first service is asked": (
        filing, "alerts", "for request in requests", "for request in [*requests][:1]"),
    "nobody is asked after whom it was handed to": (
        route, "route", "clocks.climb(db, services.country, request, rung, at)", "pass"),
    "I cannot buries it": (
        closing, "close", "request.status, request.closed = RequestStatus.UNHELPED, \"\"", "pass"),
    "whoever opens it holds it for ever": (
        clocks, "held_until", "default=0)", "default=0) and 2 * 10**9"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_fault_is_found_within_the_same_schedules(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch, *PLANTS[name])
    with played(tmp_path, monkeypatch) as world:
        seed, found = first_fault(world, range(5 * SCHEDULES))  # the rarest is seen in one of thirty
    assert seed >= 0, name
    assert found


def play(seeds: Sequence[int]) -> list[tuple[int, list[str]]]:
    """The seeds that fail, with what went wrong; played in a folder of their own."""
    logging.disable()
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None  # nothing that is played is meant to last
    with (
        TemporaryDirectory(dir=memory) as folder,
        pytest.MonkeyPatch.context() as patch,
        played(Path(folder), patch) as world,
    ):
        return [(seed, found) for seed in seeds if (found := faults_of(world, seed))]


def main(schedules: int, processes: int) -> None:
    """Play many; print each that fails, how far it is, and in the end how many failed and how long it took."""
    began, parts = time.monotonic(), [range(start, min(start + PART, schedules)) for start in range(0, schedules, PART)]
    failed, played_so_far = 0, 0
    with ProcessPoolExecutor(processes) as pool:
        for part, found in zip(parts, pool.map(play, parts), strict=True):
            failed, played_so_far = failed + len(found), played_so_far + len(part)
            for seed, what in found:
                sys.stdout.write(f"seed {seed}: {what}\n")
            took = time.monotonic() - began
            sys.stdout.write(f"{played_so_far} schedules in {took:.0f} s, {failed} with a violation\n")
            sys.stdout.flush()
    raise SystemExit(bool(failed))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else os.cpu_count() or 1)

"""Schedules that nobody would think of: workers die anywhere, bells are lost or rung twice, providers refuse, fall
silent, or take a message and say nothing. The code is the real one; the clock, the provider and the deaths are played.

What must hold: an alert leaves at least once; an answer to a caller never twice; anything twice only where the outcome
was unknown or the sender died in the act; what nobody has taken has rung everybody who may read it, and what somebody
has taken rings nobody else; in the end nothing is left undone. Twelve planted faults of design are found.
`python -m tests.delivery.test_delivery 10000` plays as many as you like.
"""

from __future__ import annotations

import logging
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import workers
from bot.actions.reports import EndTelling, FileReport, TakeReport
from bot.channels.messages import Balance, Reason, SendError, Sent
from bot.delivery import staff_alerts
from bot.people.enrolment import DEMO_PIN
from bot.phone.perform import Caller, perform
from bot.storage import outbox
from bot.storage.audit import AuditAction, note
from bot.storage.base import random_id
from bot.storage.tables.delivery import DeliveryStatus, Message
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Request, RequestStatus, Step
from bot.storage.tables.runtime import Task
from bot.storage.unit_of_work import Work
from tests.support.office import Office
from tests.support.planting import plant

SCHEDULES = 300
STEPS = 24
deliver, route = sys.modules["workers.deliver"], sys.modules["workers.route"]  # `workers` names their functions
REPORT = FileReport("self", "hurt", "police", "BI-ZO-02-09-01", power="no")


class Died(BaseException):
    """kill -9 in the middle of something: no handler of the worker's sees it."""


@dataclass
class Played:
    """A provider, a clock and deaths, from one seed."""

    random: random.Random
    at: int = 1_795_000_000
    healthy: bool = False
    taken: Counter[str] = field(default_factory=Counter)
    doubtful: Counter[str] = field(default_factory=Counter)
    ids: int = 0
    office: Office | None = None
    filed: list[str] = field(default_factory=list)
    taken_at: dict[str, int] = field(default_factory=dict)
    handles: dict[str, str] = field(default_factory=dict)

    def randrange(self, below: int) -> int:
        """The jitter of a back-off, from the same seed."""
        return self.random.randrange(below)

    def meanwhile(self) -> None:
        """While one worker waits for the provider, another hears the same bells."""
        if self.office is not None and not self.healthy and self.random.random() < 0.3:
            office, self.office = self.office, None
            self.at += self.random.randrange(18)  # no provider's time-outs last longer
            with office.services.reads() as db:
                keys = list(db.scalars(select(Task.key).where(Task.done_at.is_(None)).order_by(Task.due_at)))
            works(office, keys[:5])
            self.office = office

    def send(self, phone: str, text: str) -> Sent:
        """What a provider does to a message, and to whoever sends it."""
        key = f"{phone} {text}"
        self.meanwhile()
        how = (
            "takes"
            if self.healthy
            else self.random.choice(
                ["takes", "takes", "refuses", "is down", "dies before", "takes, dies", "is silent", "takes, is silent"]
            )
        )
        if how == "refuses":
            raise SendError(Reason.PASSING, "503")
        if how == "is down":
            raise SendError(Reason.THROTTLED, "429")
        if how == "dies before":
            self.doubtful[key] += 1
            raise Died
        if "silent" in how:
            self.doubtful[key] += 1
            self.taken[key] += how.startswith("takes")
            raise SendError(Reason.UNKNOWN, "", unknown_outcome=True)
        self.taken[key] += 1
        if how == "takes, dies":
            self.doubtful[key] += 1
            raise Died
        self.ids += 1
        return Sent(f"id{self.ids}")

    def balance(self) -> Balance | None:
        return None

    def send_many(self, phones: Sequence[str], text: str, lasts: int = 0) -> Mapping[str, Sent | SendError]:
        """No meeting is played here."""
        raise NotImplementedError


@contextmanager
def played(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[tuple[Office, Played]]:
    twilio = {"twilio_account_sid": "AC", "twilio_auth_token": "t" * 32, "twilio_sender": "+15005550006"}
    office = Office(folder, sms_providers="africastalking,twilio", **twilio)
    world = Played(random.Random(0))
    world.office = office
    office.services._channels = {name: world for name in office.services.providers}
    workers.SERVICES[:] = [office.services]
    patch.setattr(outbox, "now", lambda: world.at)
    patch.setattr(outbox, "chance", world)
    patch.setattr(staff_alerts, "MOST_AN_HOUR", 10**6)  # one SMS for each task: who has too many is test_five_an_hour's
    yield office, world
    workers.SERVICES.clear()
    office.services.engine.dispose()


def file_played_report(office: Office, world: Played) -> None:
    """A report is filed, and she ends; the bell may be lost."""
    with office.services.sessions.begin() as db:
        work = Work(db, office.services.vault, office.services.country, world.at)
        filed = perform(work, Caller(), REPORT)
        ended = perform(work, Caller(), EndTelling(str(filed.values["report_handle"])))
        world.filed.append(db.get_one(Request, ended.tasks[0].split(":")[1]).report)
    office.rung += (*filed.tasks, *ended.tasks)


def writes(office: Office, world: Played) -> None:
    """A caller's SMS gets an answer."""
    vault, id = office.services.vault, random_id()
    with office.services.sessions.begin() as db:
        db.add(Message(id=id, kind="answer", recipient=vault.seal_to_sender("+25779123456"),
                       body=vault.seal_to_sender(f"answer {id}"), created=world.at))  # fmt: skip
        office.rung += outbox.post(
            db, outbox.task(f"deliver:{id}", outbox.TaskName.DELIVER, {"message": id}, world.at, outbox.ANSWER)
        )


def takes(office: Office, world: Played) -> None:
    """Somebody whose phone has rung takes a report."""
    rung = (Message.person == Person.id) & (Message.number == Step.number)
    asked = select(Person, Step).join(Step, Step.person == Person.id).join(Request, Request.id == Step.request)
    asked = (
        asked.join(Message, rung)
        .where(Request.status == RequestStatus.NEW, Request.report.in_(world.filed))
        .order_by(Step.number, Person.ref)
    )
    with office.services.reads() as db:
        there = db.execute(asked).all()
    if not there:
        return
    person, copy = world.random.choice(there)
    vault = office.services.vault
    if person.id not in world.handles:
        world.handles[person.id] = vault.unlock(person.id, person.wrapped_key, DEMO_PIN).handle
    with office.services.sessions.begin() as db:
        work, taking = (
            Work(db, vault, office.services.country, world.at),
            TakeReport(world.handles[person.id], str(copy.number)),
        )
        office.rung += perform(work, Caller(person.id), taking).tasks
        note(db, vault, world.at, person.id, AuditAction.REPLIED, copy.request)  # and answers her
    world.taken_at[copy.report] = world.at


def works(office: Office, keys: Sequence[str]) -> None:
    """A worker hears some bells and may die at each."""
    for key in keys:
        try:
            workers.run_tasks(key)
        except Died:
            return


def step(office: Office, world: Played) -> None:
    """Something happens."""
    chance = world.random.random()
    if chance < 0.15:
        file_played_report(office, world)
    elif chance < 0.3:
        writes(office, world)
    elif chance < 0.55:
        rung, office.rung[:] = list(office.rung), []
        world.random.shuffle(rung)
        works(office, [*rung, *rung[: world.random.randrange(2)]])  # some are rung twice
    elif chance < 0.6:
        takes(office, world)
    elif chance < 0.68:
        office.rung.clear()  # the queue was flushed
    else:
        world.at += world.random.choice([1, 10, 40, 700])
        office.rung += outbox.due(office.services.sessions, world.at)


def drain(office: Office, world: Played) -> None:
    """Everything is well again: four days pass; whoever stands last is rung within three of the alert before."""
    world.healthy = True
    for _ in range(79):
        world.at += 4400
        works(office, outbox.due(office.services.sessions, world.at))
        office.rung.clear()


def faults(office: Office, world: Played) -> list[str]:
    """What should never be."""
    found = []
    with office.services.reads() as db:
        messages = list(db.scalars(select(Message)))
        found += [f"undone: {key.split(':')[0]}" for key in db.scalars(select(Task.key).where(Task.done_at.is_(None)))]
        found += [f"left: {m.kind} {m.status}" for m in messages if m.recipient or m.body]
        reports = {(m.person, m.number, m.kind) for m in messages if m.kind != "answer"}
        found += forgotten(db, world, messages)
    sent = {key: n for key, n in world.taken.items() if "answer" not in key}
    found += [f"{len(reports)} alerts, {len(sent)} of them left"] * (len(sent) < len(reports))
    for key, times in world.taken.items():
        if times > 1 and "answer" in key:
            found.append("an answer left twice")
        if times > 1 + world.doubtful[key]:
            found.append("twice without a doubt")
    stuck = (DeliveryStatus.PENDING, DeliveryStatus.SENDING)
    return [*found, *(f"stuck: {m.status}" for m in messages if m.status in stuck)]


def forgotten(db: Session, world: Played, messages: Sequence[Message]) -> list[str]:
    """Of the reports of this schedule: who should have heard of one that nobody took, or should not of one taken."""
    rung = {(m.person, m.number): m.created for m in messages if m.kind != "overdue"}
    copies = db.scalars(select(Step).where(Step.report.in_(world.filed))).all()
    asked = [(copy.rung, rung.get((copy.person, copy.number)), world.taken_at.get(copy.report)) for copy in copies]
    found = [f"never rang: {step}" for step, rang, taken in asked if rang is None and taken is None]
    return found + [f"rang when taken: {step}" for step, rang, taken in asked if rang and taken and rang > taken]


@pytest.fixture(autouse=True)
def to_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages have their second here, so that one that left after somebody took the report is seen."""
    monkeypatch.setattr(staff_alerts, "hour_of", int)


def first_fault(office: Office, world: Played, seeds: Iterable[int]) -> tuple[int, list[str]]:
    """The first seed whose schedule ends in a fault, or (-1, []) when none does."""
    for seed in seeds:
        world.random, world.healthy = random.Random(seed), False
        world.filed, world.taken_at = [], {}
        for _ in range(STEPS):
            step(office, world)
        drain(office, world)
        if found := faults(office, world):
            return seed, found
    return -1, []


@pytest.mark.parametrize("part", range(6))
def test_whatever_dies_every_alert_leaves_and_no_answer_twice(
    part: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with played(tmp_path, monkeypatch) as (office, world):
        assert first_fault(office, world, range(part * SCHEDULES // 6, (part + 1) * SCHEDULES // 6)) == (-1, [])
    assert world.taken
    assert world.doubtful


PLANTS = {
    "an answer that may have gone is sent again": (
        deliver, "_begin", "if in_doubt and not alert:", "if False:"),
    "silence about an answer is taken for a refusal": (
        deliver, "_failed", "error.unknown_outcome and not going.alert", "False"),
    "two workers hold one task": (outbox, "claim", " & _nobody_holds(at)", ""),
    "what failed is called done": (
        outbox, "retry_later", "values(claimed_until=0", "values(done_at=at, claimed_until=0"),
    "what was rung once is never rung again": (
        outbox, "due", "(Task.enqueued_at <= at - SIGNAL_AGAIN_S)", "(Task.enqueued_at == 0)"),
    "her number stays after her answer has left": (deliver, "_sent", " | ERASED", ""),
    "nobody writes down that a message is being sent": (
        deliver, "_begin", "message.status, message.tries = DeliveryStatus.SENDING, message.tries + 1", "pass"),
    "what is in doubt goes to the next provider too": (
        deliver, "_failed", "and not unknown and", "and"),
    "alerts are made before the task is claimed done": (
        route, "route", "if not outbox.done(db, claim, at):", "if False:"),
    "what was taken rings the next one all the same": (
        route, "route", "if request.status != RequestStatus.NEW:", "if False:"),
    "nobody is asked after the first": (
        route, "route", "if request.status != RequestStatus.NEW:", "if request.status != RequestStatus.NEW or rung:"),
    "the one who stands last is never reached": (
        route, "_to_ring", "Step.rung == rung)", "Step.rung == min(rung, 1))"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_fault_is_found_within_the_same_schedules(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch, *PLANTS[name])
    with played(tmp_path, monkeypatch) as (office, world):
        seed, found = first_fault(office, world, range(SCHEDULES))
    assert seed >= 0, name
    assert found


def main(schedules: int) -> None:
    """Play many, in a folder of their own; print the seed that fails."""
    logging.disable()
    with (
        TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as patch,
        played(Path(folder), patch) as (office, world),
    ):
        seed, found = first_fault(office, world, range(schedules))
    sys.stdout.write(f"{schedules} schedules, 0 faults\n" if seed < 0 else f"seed {seed}: {found}\n")
    raise SystemExit(seed >= 0)


if __name__ == "__main__":
    main(int(sys.argv[1]))

"""One person gets five alerts an hour, then one SMS that says how many tasks wait. None is lost, and danger
is told of always.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

import workers
from bot.delivery import staff_alerts
from bot.delivery.staff_alerts import MOST_AN_HOUR
from bot.reports import ladders
from bot.reports.filing import alert_at
from bot.reports.ladders import alert_rung
from bot.reports.queries import new_reports
from bot.storage import migrate, outbox
from bot.storage.base import random_id
from bot.storage.tables.delivery import AlertHour, Message, MessageKind
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Report, Request, Step
from bot.storage.tables.runtime import Task
from bot.upkeep.retention import delete_expired_rows
from tests.support.office import Office
from tests.support.planting import plant
from tests.support.provider import Provider

LADDER = ("C1A", "C1B", "O1")
HOUR = 3600
AT = 1_795_000_000 - 1_795_000_000 % HOUR + 60  # a minute after a full hour


@dataclass
class Busy:
    """Requests whose ladder begins with C1A, on a clock that stands still within an hour."""

    office: Office
    at: int = AT

    def asks(self, urgency: str = "person") -> str:
        """A request more is filed: its first rung is due now, the others in an hour and in two."""
        request = random_id()
        with self.office.services.sessions.begin() as db:
            people = {one.ref: one for one in db.scalars(select(Person).where(Person.ref.in_(LADDER)))}
            db.add(Report(id=request, zone="z", wishes="", month="", filed="", sealed=b""))
            db.flush()
            db.add(Request(id=request, report=request, service="police", urgency=urgency))
            db.add_all(Copy(report=request, person=people[ref].id, sealed_key=b"") for ref in LADDER)
            db.flush()
            for rung, ref in enumerate(LADDER):
                person = people[ref]
                person.tasks += 1
                db.add(Step(request=request, report=request, person=person.id, rung=rung, number=person.tasks))
                due = self.at if not rung else alert_at(self.at, 60 * rung)
                outbox.post(db, alert_rung(request, request, rung, due))
        self.works()
        return request

    def works(self) -> None:
        for _ in range(3):
            with self.office.services.reads() as db:
                due = Task.name == outbox.TaskName.ROUTE, Task.done_at.is_(None), Task.due_at <= self.at
                keys = db.scalars(select(Task.key).where(*due).order_by(Task.due_at, Task.key)).all()
            workers.run_tasks(*keys)

    def alerts(self, ref: str = "C1A") -> list[str]:
        with self.office.services.reads() as db:
            hers = select(Message.kind).join(Person, Person.id == Message.person).where(Person.ref == ref)
            return sorted(db.scalars(hers))

    def listed(self, ref: str = "C1A") -> int:
        with self.office.services.reads() as db:
            return len(new_reports(db, db.scalars(select(Person.id).where(Person.ref == ref)).one()))

    def rang(self, request: str) -> set[str]:
        with self.office.services.reads() as db:
            of = select(Person.ref).join(Step, Step.person == Person.id)
            return {*db.scalars(of.where(Step.request == request, Step.alerted > 0))}


@pytest.fixture
def busy(office: Office, monkeypatch: pytest.MonkeyPatch) -> Busy:
    busy = Busy(office)
    workers.SERVICES[:] = [office.services]
    monkeypatch.setattr(outbox, "now", lambda: busy.at)
    return busy


def test_after_five_alerts_one_sms_says_how_many_tasks_wait(busy: Busy, stand_in: Provider) -> None:
    for _ in range(MOST_AN_HOUR + 3):
        busy.asks()
    assert busy.alerts() == ["new"] * MOST_AN_HOUR + ["waiting"]
    busy.at += staff_alerts.JITTER
    with busy.office.services.reads() as db:
        workers.run_tasks(*db.scalars(select(Task.key).where(Task.name == outbox.TaskName.DELIVER).order_by(Task.key)))
    said = [asked.form["message"] for asked in stand_in.asked]
    assert len(said) == MOST_AN_HOUR + 1
    assert sum(f" {MOST_AN_HOUR + 3}. " in one for one in said) == 1, said


def test_none_of_them_is_lost_each_is_listed_and_its_clock_rings_the_next(busy: Busy) -> None:
    requests = [busy.asks() for _ in range(MOST_AN_HOUR + 3)]
    assert busy.listed() == len(requests)
    assert {frozenset(busy.rang(request)) for request in requests} == {frozenset({"C1A"})}
    busy.at += 2 * HOUR
    busy.works()
    assert all({"C1A", "C1B"} <= busy.rang(request) for request in requests)


def test_danger_beyond_five_is_told_of_as_danger_and_rings_the_next_at_once(busy: Busy) -> None:
    for _ in range(MOST_AN_HOUR):
        busy.asks()
    request = busy.asks("danger")
    assert busy.alerts().count("urgent") == 1
    assert busy.rang(request) == {"C1A", "C1B"}


def test_danger_within_the_first_five_waits_for_its_clock(busy: Busy) -> None:
    request = busy.asks("danger")
    assert busy.rang(request) == {"C1A"}


def test_in_the_next_hour_each_task_has_its_own_sms_again_and_the_count_is_forgotten(busy: Busy) -> None:
    for _ in range(MOST_AN_HOUR + 1):
        busy.asks()
    busy.at += HOUR
    busy.asks()
    assert busy.alerts().count("new") == MOST_AN_HOUR + 1
    delete_expired_rows(busy.office.services.sessions, busy.at)
    with busy.office.services.reads() as db:
        assert {*db.scalars(select(AlertHour.hour))} == {busy.at // HOUR}


def test_the_release_before_can_send_what_waits(busy: Busy) -> None:
    for _ in range(MOST_AN_HOUR + 1):
        busy.asks()
    engine = busy.office.services.engine
    migrate.downgrade(engine, "0026")
    with engine.begin() as db:
        assert {*db.scalars(text("SELECT kind FROM message"))} == {"new", "daily"}
    migrate.upgrade(engine)


ASKED = st.lists(st.sampled_from(("person", "danger")), min_size=1, max_size=9)


def wrong(busy: Busy, classes: list[str]) -> list[str]:
    """What must never be, after so many requests within an hour."""
    busy.at += HOUR - busy.at % HOUR + 60
    before, listed = busy.alerts(), busy.listed()
    requests = [busy.asks(urgency) for urgency in classes]
    more = [kind for kind in MessageKind for _ in range(busy.alerts().count(kind) - before.count(kind))]
    found = ["not listed"] * (busy.listed() - listed != len(classes))
    found += ["danger demoted"] * (more.count(MessageKind.URGENT) != classes.count("danger"))
    beyond = "person" in classes[MOST_AN_HOUR:]
    found += ["swallowed"] * (beyond and MessageKind.WAITING not in more)
    found += ["too many"] * (more.count(MessageKind.NEW) > MOST_AN_HOUR or more.count(MessageKind.WAITING) > 1)
    for place, (urgency, request) in enumerate(zip(classes, requests, strict=True)):
        helped = "C1B" in busy.rang(request)
        found += ["no other is rung"] * (urgency == "danger" and place >= MOST_AN_HOUR and not helped)
    return found


@pytest.fixture(scope="module")
def shared_office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))


@pytest.mark.shared_office
def test_whatever_comes_within_an_hour_nothing_is_swallowed(office: Office, busy: Busy) -> None:
    @settings(max_examples=8)
    @given(ASKED)
    def play(classes: list[str]) -> None:
        assert wrong(busy, classes) == []

    play()


PLANTS = {
    "the sixth alert is swallowed": ("post_or_count", "if first else []", "if False else []"),
    "the seventh is swallowed, because the sixth was danger": (
        "post_or_count", "add(db, AlertHour, hour, times=0, held=1)", "add(db, AlertHour, hour, times=0, held=2)"),
    "danger is demoted": ("post_or_count", "kind == MessageKind.URGENT or", ""),
    "danger beyond five rings nobody else": ("has_too_many", "> MOST_AN_HOUR", "> 10**6"),
}  # fmt: skip


@pytest.mark.shared_office
@pytest.mark.parametrize("name", PLANTS)
def test_an_alert_that_is_swallowed_is_found(
    name: str, office: Office, busy: Busy, monkeypatch: pytest.MonkeyPatch
) -> None:
    function, right, wrong_line = PLANTS[name]
    plant(monkeypatch, staff_alerts, function, right, wrong_line)
    for known in (ladders, sys.modules["workers.route"]):
        if hasattr(known, function):
            monkeypatch.setattr(known, function, getattr(staff_alerts, function))
    assert any(wrong(busy, classes) for classes in (["person"] * 7, ["danger"] * 7, ["danger"] * 6 + ["person"]))

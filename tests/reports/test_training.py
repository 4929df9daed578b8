"""Whoever has no valid training is not rung and takes nothing; what she had taken goes on, and nothing is left with
nobody.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from bot.country.routing_rules import PATIENCE, Urgency
from bot.reports import care, clocks, ladders, opening, training
from bot.reports.ladders import waiting_alerts
from bot.storage import demo_clock, outbox
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Request, RequestStatus, Step
from bot.storage.tables.runtime import Event, Task
from bot.upkeep.retention import expire_terms
from tests.support.keys import FIRST_NEW_TASK, MY_FIRST_TASK, PASS_NEW_TASK, REPLY_GO_TO_A_DOCTOR, TAKE_NEW_TASK
from tests.support.minutes import Minutes, owner, rung, staff, who
from tests.support.office import Office
from tests.support.planting import plant
from tests.support.reports import file_report, open_receipt
from tests.support.staff import first_are, person_row

OFFICER, DEPUTY = "C1A", "C1B"
SEEN, TO_OVERSIGHT = PATIENCE[Urgency.DANGER]


@pytest.fixture
def clock(office: Office, monkeypatch: pytest.MonkeyPatch) -> Minutes:
    clock = Minutes(office)
    monkeypatch.setattr(demo_clock, "ahead", lambda: clock.ahead)
    return clock


@pytest.fixture
def code(office: Office, clock: Minutes) -> str:
    """A report to the police of Buyenzi, of what happens now; C1A is rung, C1B is her deputy. Her code."""
    first_are(office, OFFICER)
    code = file_report(office)
    clock.works()
    return code


def today(office: Office) -> date:
    return office.services.country.clock(outbox.now()).date()


def is_over(office: Office, clock: Minutes, *refs: str) -> None:
    """The last day of these people's training was yesterday, and the clock process notices it."""
    until = (today(office) - timedelta(days=1)).isoformat()
    with office.services.sessions.begin() as db:
        db.execute(update(Person).where(Person.ref.in_(refs)).values(trained_until=until))
    expire_terms(office.services, outbox.now())
    clock.works()


def test_what_she_had_taken_goes_on_and_she_is_told(office: Office, clock: Minutes, code: str) -> None:
    staff(office, OFFICER, *TAKE_NEW_TASK)
    is_over(office, clock, OFFICER)
    assert owner(office) == ("new", "")
    assert (DEPUTY, "urgent") in rung(office)
    assert (OFFICER, "overdue") in rung(office)
    with office.services.reads() as db:
        assert "training over" in {*db.scalars(select(Event.what))}
    woman = open_receipt(office, code)
    assert "It goes to another person." in woman.sees + woman.says("9")


def test_she_takes_nothing_and_reads_why(office: Office, clock: Minutes, code: str) -> None:
    is_over(office, clock, OFFICER)
    assert staff(office, OFFICER, *TAKE_NEW_TASK).sees == "Your training is over. Ask your coordinator."
    assert owner(office) == ("new", "")


def test_she_takes_nothing_in_the_minutes_before_it_is_noticed(office: Office, clock: Minutes, code: str) -> None:
    with office.services.sessions.begin() as db:
        until = (today(office) - timedelta(days=1)).isoformat()
        db.execute(update(Person).where(Person.ref == OFFICER).values(trained_until=until))
    assert staff(office, OFFICER, *TAKE_NEW_TASK).sees == "Your training is over. Ask your coordinator."


def test_she_opens_no_report_that_waits_and_nothing_says_that_it_was_opened(
    office: Office, clock: Minutes, code: str
) -> None:
    is_over(office, clock, OFFICER)
    assert staff(office, OFFICER, FIRST_NEW_TASK).sees == "Your training is over. Ask your coordinator."
    with office.services.reads() as db:
        assert "opened" not in {*db.scalars(select(Event.what))}
    assert staff(office, DEPUTY, FIRST_NEW_TASK).sees.startswith("Danger now.")


def test_what_stays_hers_because_nobody_else_can_have_it_she_still_opens(
    office: Office, clock: Minutes, code: str
) -> None:
    staff(office, OFFICER, *TAKE_NEW_TASK)
    with office.services.sessions.begin() as db:
        until = (today(office) - timedelta(days=1)).isoformat()
        db.execute(update(Person).where(Person.ref == OFFICER).values(trained_until=until))
    assert staff(office, OFFICER, *MY_FIRST_TASK).sees.startswith("Danger now.")


def test_on_the_last_day_of_her_training_she_takes_it(office: Office, clock: Minutes, code: str) -> None:
    with office.services.sessions.begin() as db:
        db.execute(update(Person).where(Person.ref == OFFICER).values(trained_until=today(office).isoformat()))
    expire_terms(office.services, outbox.now())
    assert staff(office, OFFICER, *TAKE_NEW_TASK).sees.endswith("you have it. Thank you.")


def test_when_only_she_was_rung_the_next_is_rung_at_once(office: Office, clock: Minutes, code: str) -> None:
    assert who(office) == {OFFICER}
    is_over(office, clock, OFFICER)
    assert who(office) == {OFFICER, DEPUTY}


def test_she_is_not_rung_when_her_turn_comes(office: Office, clock: Minutes, code: str) -> None:
    is_over(office, clock, DEPUTY)
    assert who(office) == {OFFICER}
    clock.passes(2 * TO_OVERSIGHT)
    assert DEPUTY not in who(office)
    assert {"O1", "O2"} <= who(office)


def test_whoever_is_trained_again_is_rung_again(office: Office, clock: Minutes, code: str) -> None:
    is_over(office, clock, DEPUTY)
    with office.services.sessions.begin() as db:
        later = (today(office) + timedelta(days=300)).isoformat()
        db.execute(update(Person).where(Person.ref == DEPUTY).values(trained_until=later))
    staff(office, OFFICER, *PASS_NEW_TASK)
    clock.works()
    assert DEPUTY in who(office)


def test_opening_it_without_training_holds_nobody_back(office: Office, clock: Minutes, code: str) -> None:
    staff(office, OFFICER, FIRST_NEW_TASK)
    is_over(office, clock, OFFICER)
    assert DEPUTY in who(office)


def test_oversight_needs_no_training(office: Office, clock: Minutes, code: str) -> None:
    is_over(office, clock, OFFICER, DEPUTY, "O1", "O2")
    assert {"O1", "O2"} <= who(office)
    staff(office, "O1", FIRST_NEW_TASK, "1", "1", "1")
    assert owner(office) == ("taken", "O1")


def left_alone(office: Office) -> list[str]:
    """Open requests whose turn is nobody's: no alert waits, and nobody who may take it was rung."""
    found = []
    with office.services.reads() as db:
        for request in db.scalars(select(Request)):
            row = select(Person).join(Step, Step.person == Person.id).where(Step.request == request.id)
            there = [one for one in db.scalars(row.where(Step.alerted > 0)) if may(office, one)]
            waits = db.scalar(select(Task.key).where(waiting_alerts(request.id)).limit(1))
            if request.status == RequestStatus.NEW and not there and waits is None:
                found.append("new, and nobody's")
            if request.status == RequestStatus.TAKEN and not may(office, db.get_one(Person, request.owner)):
                found.append("kept without training")
    return found


def may(office: Office, person: Person) -> bool:
    needs = person.role in ("champion", "partner") and person.trained_until
    return person.active and (not needs or person.trained_until >= today(office).isoformat())


def plays(office: Office, clock: Minutes, steps: list[str]) -> list[str]:
    """These things happen one after the other; what is wrong after each of them."""
    wrong = []
    for step in steps:
        what, ref = step.split()
        before = rung(office)
        if what == "over":
            is_over(office, clock, ref)
        elif what == "takes":
            staff(office, ref, *TAKE_NEW_TASK)
        elif what == "passes":
            staff(office, ref, *PASS_NEW_TASK)
        elif what == "answers":
            staff(office, ref, *MY_FIRST_TASK, *REPLY_GO_TO_A_DOCTOR)
            clock.passes(2 * TO_OVERSIGHT)  # all alerts of the filing have come due, and rang nobody
        clock.passes(3)
        for one in (OFFICER, DEPUTY):
            if not may(office, person_row(office, one)) and rung(office).count((one, "urgent")) > before.count(
                (one, "urgent")
            ):
                wrong.append("rung without training")
        wrong += left_alone(office)
    clock.passes(2 * TO_OVERSIGHT)
    expired = [ref for ref in (OFFICER, DEPUTY) if not may(office, person_row(office, ref))]
    return wrong + left_alone(office) + ["never went on"] * (len(expired) == 2 and "O1" not in who(office))


STORIES = (
    [f"takes {OFFICER}", f"over {OFFICER}", f"over {DEPUTY}"],
    [f"passes {OFFICER}", f"over {DEPUTY}", f"over {OFFICER}"],
    [f"over {DEPUTY}", f"passes {OFFICER}", f"over {OFFICER}"],
    [f"over {OFFICER}", f"takes {DEPUTY}", f"over {DEPUTY}"],
    [f"takes {OFFICER}", f"answers {OFFICER}", f"over {OFFICER}"],
)


@pytest.mark.parametrize("steps", STORIES, ids="; ".join)
def test_whoever_loses_it_no_request_is_left_with_nobody(
    office: Office, clock: Minutes, code: str, steps: list[str]
) -> None:
    assert plays(office, clock, steps) == []


PLANTS = {
    "an expired trainee is rung": (
        ladders, "serves", "Person.training_over != Person.trained_until", "Person.id == Person.id", 2),
    "she keeps what she has taken": (training, "end", "elif request.owner in people:", "elif False:", 0),
    "a request is left with nobody": (training, "_let_go", "tasks = hand_on(db, vault, request.id, at, but=owner)",
        "tasks = ['nobody']", 4),
    "she takes one all the same": (training, "is_trained", "actor.role not in NEEDED or", "True or", 3),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTS)
def test_a_training_that_does_not_count_is_found(
    name: str, office: Office, clock: Minutes, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, function, right, wrong, story = PLANTS[name]
    plant(monkeypatch, module, function, right, wrong)
    for known in (care, clocks, opening, training, sys.modules["workers.route"]):
        if hasattr(known, function):
            monkeypatch.setattr(known, function, getattr(module, function))
    steps = [*STORIES[story], f"takes {OFFICER}"] if story == 3 else STORIES[story]
    assert plays(office, clock, steps)

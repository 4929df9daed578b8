"""Seen by, and answered by: a request that was taken and forgotten goes on, and no clock stops at *taken*."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import delete, select, text, update

from bot.country.routing_rules import ANSWERED, PATIENCE, Urgency
from bot.reports import clocks
from bot.storage import demo_clock, migrate, outbox
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Report, Request
from bot.storage.tables.runtime import Event, Task
from tests.support.keys import (
    ASK_IF_SAFE,
    CLOSE_AS_HELPED,
    DOCTOR_AND_POLICE,
    FIRST_NEW_TASK,
    MY_FIRST_TASK,
    PASS_NEW_TASK,
    REPLY_GO_TO_A_DOCTOR,
    TAKE_NEW_TASK,
)
from tests.support.minutes import Minutes, owner, rung, staff, who
from tests.support.office import Office, choose_line
from tests.support.reports import file_report, open_receipt
from tests.support.staff import first_are

OFFICER, DEPUTY = "C1A", "C1B"
SEEN, TO_OVERSIGHT = PATIENCE[Urgency.DANGER]
TIME = ANSWERED[Urgency.DANGER]


@pytest.fixture
def clock(office: Office, monkeypatch: pytest.MonkeyPatch) -> Minutes:
    clock = Minutes(office)
    monkeypatch.setattr(demo_clock, "ahead", lambda: clock.ahead)
    return clock


@pytest.fixture
def filed(office: Office, clock: Minutes) -> str:
    """A report to the police of Buyenzi, of what happens now; C1A is rung, C1B is her deputy."""
    first_are(office, OFFICER)
    code = file_report(office)
    clock.works()
    return code


def test_what_nobody_opens_rings_the_next_in_the_minutes_of_its_class(
    office: Office, clock: Minutes, filed: str
) -> None:
    clock.passes(SEEN - 1)
    assert who(office) == {OFFICER}
    clock.passes(2)
    assert who(office) == {OFFICER, DEPUTY}


def test_whoever_opens_it_has_her_time_and_the_next_is_rung_when_she_leaves_it(
    office: Office, clock: Minutes, filed: str
) -> None:
    staff(office, OFFICER, FIRST_NEW_TASK)  # her call is cut while she reads
    clock.passes(SEEN + 3)
    assert who(office) == {OFFICER}
    clock.passes(TIME - SEEN)
    assert who(office) == {OFFICER, DEPUTY}
    staff(office, OFFICER, FIRST_NEW_TASK)  # reading it again keeps nobody waiting any more
    clock.passes(2 * TO_OVERSIGHT + TIME)  # at a full hour
    assert {"O1", "O2"} <= who(office)


def test_whoever_opens_and_passes_it_keeps_nobody_waiting(office: Office, clock: Minutes, filed: str) -> None:
    staff(office, OFFICER, *PASS_NEW_TASK)
    clock.works()
    assert who(office) == {OFFICER, DEPUTY}


def test_an_opener_who_is_stopped_holds_nothing_back(office: Office, clock: Minutes, filed: str) -> None:
    staff(office, OFFICER, FIRST_NEW_TASK)
    with office.services.sessions.begin() as db:
        db.execute(update(Person).where(Person.ref == OFFICER).values(active=False))
    clock.passes(SEEN + 1)
    assert DEPUTY in who(office)


def test_what_was_taken_and_forgotten_goes_on_and_its_owner_is_told(office: Office, clock: Minutes, filed: str) -> None:
    staff(office, OFFICER, *TAKE_NEW_TASK)
    clock.passes(TIME - 1)
    assert rung(office) == [(OFFICER, "overdue"), (OFFICER, "urgent")]  # reminded before
    assert owner(office) == ("taken", OFFICER)
    clock.passes(2)
    assert owner(office) == ("new", "")
    assert rung(office) == [(OFFICER, "overdue"), (OFFICER, "overdue"), (OFFICER, "urgent"), (DEPUTY, "urgent")]
    with office.services.reads() as db:
        assert list(db.scalars(select(Event.what).where(clocks.not_answered(0)))) == ["not answered in time"]
    assert "It goes to another person." in open_receipt(office, filed).sees + open_receipt(office, filed).says("9")
    clock.passes(2 * TO_OVERSIGHT)  # and from the deputy to oversight
    assert {"O1", "O2"} <= who(office)
    assert staff(office, OFFICER, *TAKE_NEW_TASK).sees.endswith("you have it. Thank you.")  # she may take it still


def test_what_everybody_takes_and_forgets_is_never_without_somebody_whose_phone_rang(
    office: Office, clock: Minutes, filed: str
) -> None:
    for ref in (OFFICER, DEPUTY):
        staff(office, ref, *TAKE_NEW_TASK)
        clock.passes(TIME + 1)
    assert {"O1", "O2"} <= who(office)
    for ref in ("O1", "O2"):
        staff(office, ref, FIRST_NEW_TASK, "1", "1", "1")
        assert owner(office) == ("taken", ref)
        before = len(rung(office))
        clock.passes(TIME + 1)
        assert owner(office) == ("new", "")
        assert len(rung(office)) > before


@pytest.mark.parametrize("way", [REPLY_GO_TO_A_DOCTOR, ASK_IF_SAFE, CLOSE_AS_HELPED], ids=["reply", "ask", "close"])
def test_who_has_answered_asked_or_closed_keeps_it(
    office: Office, clock: Minutes, filed: str, way: tuple[str, ...]
) -> None:
    staff(office, OFFICER, *TAKE_NEW_TASK)
    staff(office, OFFICER, *MY_FIRST_TASK, *way)
    clock.passes(TIME + TO_OVERSIGHT)
    assert owner(office)[1] == OFFICER
    assert who(office) == {OFFICER}


def test_when_she_answers_a_question_it_is_the_turn_of_who_has_asked(
    office: Office, clock: Minutes, filed: str
) -> None:
    staff(office, OFFICER, *TAKE_NEW_TASK)
    staff(office, OFFICER, *MY_FIRST_TASK, *ASK_IF_SAFE)
    clock.passes(TIME + 1)
    assert owner(office) == ("taken", OFFICER)
    choose_line(open_receipt(office, filed), "No")
    clock.passes(TIME + 1)
    assert owner(office) == ("new", "")


def test_the_clock_of_one_service_does_not_move_another(office: Office, clock: Minutes) -> None:
    first_are(office, "P-HEALTH-1", OFFICER)
    file_report(office, helpers=DOCTOR_AND_POLICE)
    clock.works()
    staff(office, "P-HEALTH-1", *TAKE_NEW_TASK)
    staff(office, "P-HEALTH-1", *MY_FIRST_TASK, *REPLY_GO_TO_A_DOCTOR)
    staff(office, OFFICER, *TAKE_NEW_TASK)
    clock.passes(TIME + 1)
    with office.services.reads() as db:
        assert dict(db.execute(select(Request.service, Request.status)).all()) == {"health": "taken", "police": "new"}


def test_clocks_are_due_at_full_minutes(office: Office, clock: Minutes, filed: str) -> None:
    staff(office, OFFICER, *TAKE_NEW_TASK)
    with office.services.reads() as db:
        due = list(db.scalars(select(Task.due_at).where(Task.name == "answered")))
    assert due
    assert {at % 60 for at in due} == {0}


def test_what_was_taken_before_the_upgrade_has_its_clock_in_the_morning(
    office: Office, clock: Minutes, filed: str
) -> None:
    staff(office, OFFICER, *TAKE_NEW_TASK)
    with office.services.sessions.begin() as db:
        db.execute(delete(Task).where(Task.name == "answered"))  # the release before wrote none
        assert clocks.start_missing(db, office.services.country, outbox.now()) == 1
        assert clocks.start_missing(db, office.services.country, outbox.now()) == 0
    clock.passes(TIME + 2)
    assert owner(office) == ("new", "")


def test_going_back_leaves_no_task_that_the_last_release_does_not_know(
    office: Office, clock: Minutes, filed: str
) -> None:
    staff(office, OFFICER, *TAKE_NEW_TASK)
    engine = office.services.engine
    migrate.downgrade(engine, "0024")
    with engine.begin() as db:
        assert set(db.scalars(text("SELECT name FROM task"))) <= {"route", "deliver", "remind"}
    migrate.upgrade(engine)
    assert owner(office) == ("taken", OFFICER)


def test_erasing_stops_every_clock(office: Office, clock: Minutes, filed: str) -> None:
    staff(office, OFFICER, *TAKE_NEW_TASK)
    woman = open_receipt(office, filed)
    choose_line(woman, "Erase it all")
    assert woman.says("1") == "It is erased."
    before = rung(office)
    clock.passes(TIME + TO_OVERSIGHT)
    assert rung(office) == before


def test_what_stays_open_long_is_a_list_once_a_week(office: Office, clock: Minutes, filed: str) -> None:
    day = date.today()  # noqa: DTZ011  (rounded to weeks)
    with office.services.sessions.begin() as db:
        assert clocks.open_long(db, day) == []
        db.execute(update(Report).values(filed=(day - timedelta(days=15)).isoformat()))
        month = db.scalars(select(Report.month)).one()
        assert clocks.open_long(db, day) == [("police", month, 1)]

"""Who has most open requests is asked last: counted from what is open, in no more statements than before."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import event, func, select, text, update

from bot.country.routing_rules import COUNTED
from bot.reports.readers import SELECT_READERS_NEAR, ask_readers_near
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Request, RequestStatus, Step
from tests.support.country_tables import BUYENZI
from tests.support.keys import ASK_POLICE, DOCTOR, SEND_NOW
from tests.support.office import Office
from tests.support.reports import dial_to_helpers

AREA = frozenset({BUYENZI, "BI"})


def tell(office: Office, times: int, *chosen: str, first: int = 0) -> None:
    for number in range(first, first + times):
        dial_to_helpers(office, f"s{number}").says(*(chosen or (DOCTOR,)), SEND_NOW)


def led(office: Office) -> Counter[str]:
    """How many requests each was asked first for, by reference."""
    with office.services.reads() as db:
        asked = select(Person.ref, func.count()).join(Request, Request.leads == Person.id).group_by(Person.ref)
        return Counter({ref: number for ref, number in db.execute(asked)})


def known(office: Office) -> dict[str, tuple[int, int]]:
    """What routing is told of each: her open requests and the hour of her last alert, by reference."""
    with office.services.reads() as db:
        rows = {row.id: row for row in ask_readers_near(db.connection(), AREA)()}
        refs = {person.id: person.ref for person in db.scalars(select(Person)) if person.id in rows}
        return {refs[who]: (row.load, row.rung) for who, row in rows.items()}


def test_of_two_doctors_each_gets_three_of_six(office: Office) -> None:
    tell(office, 6)
    assert led(office) == {"P-HEALTH-1": 3, "P-HEALTH-2": 3}
    assert {ref: load for ref, (load, _rung) in known(office).items() if load} == {"P-HEALTH-1": 3, "P-HEALTH-2": 3}


def test_a_woman_officer_on_duty_is_asked_four_times_of_four(office: Office) -> None:
    tell(office, 4, *ASK_POLICE)
    assert led(office) == {"C1A": 4}


def test_what_is_closed_counts_no_more_and_what_she_took_counts_as_hers(office: Office) -> None:
    tell(office, 4)
    with office.services.sessions.begin() as db:
        doctor = db.scalars(select(Person.id).where(Person.ref == "P-HEALTH-2")).one()
        new = db.scalars(select(Request.id).where(Request.leads != doctor)).all()
        db.execute(update(Request).where(Request.id == new[0]).values(status=RequestStatus.CLOSED))
        db.execute(update(Request).where(Request.id == new[1]).values(status=RequestStatus.TAKEN, owner=doctor))
        db.execute(update(Step).where(Step.person == doctor, Step.rung == 0).values(alerted=7200))
    found = known(office)
    assert (found["P-HEALTH-1"], found["P-HEALTH-2"]) == ((0, 0), (3, 7200))
    assert found["O1"] == (0, 0)
    tell(office, 3, first=4)
    assert led(office)["P-HEALTH-1"] == 5


def test_however_many_wait_no_more_are_counted_than_matter(office: Office) -> None:
    tell(office, 1)
    with office.services.sessions.begin() as db:
        (one,) = db.scalars(select(Request))
        for number in range(COUNTED + 9):
            db.add(Request(report=one.report, service=f"{number}", urgency=one.urgency, leads=one.leads))
    assert max(load for load, _rung in known(office).values()) == COUNTED


def test_readers_are_asked_for_in_one_statement_that_reads_indexes_of_what_is_open(
    office: Office, request: pytest.FixtureRequest
) -> None:
    seen: list[str] = []
    event.listen(office.services.engine, "before_cursor_execute", lambda c, k, statement, *rest: seen.append(statement))
    with office.services.reads() as db:
        connection = db.connection()
        seen.clear()
        ask_readers_near(connection, AREA)()
        assert len([statement for statement in seen if "SELECT" in statement]) <= 1
        if connection.dialect.name != "sqlite":
            return
        sql = str(SELECT_READERS_NEAR.statement.compile(connection.engine))
        plan = connection.execute(text("EXPLAIN QUERY PLAN " + sql.replace("?", "''"))).all()
        read = " ".join(str(row[3]) for row in plan)
        for index in ("ix_request_new", "ix_request_taken", "ix_step_alerted"):
            assert f"USING COVERING INDEX {index}" in read

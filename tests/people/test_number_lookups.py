"""Whoever dials is not kept waiting because many people work here: each look-up by a digest takes its index."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event, insert, text
from sqlalchemy.orm import Session

from bot.people.numbers import with_number
from bot.storage.tables.delivery import OptOut
from bot.storage.tables.meetings import Subscriber
from bot.storage.tables.people import FurtherNumber, Person
from bot.storage.tables.runtime import Inbound
from tests.support.keys import STAFF_PIN, TO_TASKS
from tests.support.office import CALLER, Office
from tests.support.staff import phone_of

MANY = 5000
DIGESTS = ("phone_digest =", "inbound.key =")


def fill(db: Session) -> None:
    """Many people, numbers and subscribers; the database knows that they are many."""
    person = {"role": "champion", "sex": "f", "languages": "rn", "zones": "z", "phone_sealed": b"", "active": False}
    each = [f"x{number}" for number in range(MANY)]
    db.execute(insert(Person), [{**person, "id": one, "ref": one, "phone_digest": one} for one in each])
    db.execute(insert(FurtherNumber), [{"person": one, "phone_digest": f"further {one}"} for one in each])
    subscriber = {"phone_sealed": b"", "zone": "z", "language": "rn"}
    db.execute(insert(Subscriber), [{**subscriber, "id": one, "phone_digest": one} for one in each])
    db.execute(insert(OptOut), [{"phone_digest": one, "at": 0} for one in each])
    db.execute(insert(Inbound), [{"key": one, "at": 0} for one in each])
    db.execute(text("ANALYZE"))


@contextmanager
def asked(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """The look-ups by a digest that were made meanwhile, with their values."""
    found: list[tuple[str, Any]] = []

    def look(_line: object, _cursor: object, statement: str, values: Any, *_rest: object) -> None:
        if not statement.startswith("INSERT") and any(digest in statement for digest in DIGESTS):
            found.append((statement, values))

    event.listen(engine, "before_cursor_execute", look)
    yield found
    event.remove(engine, "before_cursor_execute", look)


def plan(engine: Engine, statement: str, values: Any) -> list[str]:
    """The steps in which the database would answer, one a line."""
    how = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
    with engine.connect() as line:
        return [str(row[-1]) for row in line.exec_driver_sql(f"{how} {statement}", values)]


def reads_a_whole_table(steps: list[str]) -> bool:
    """Whether a step looks at every row: `SCAN person`, `Seq Scan on person`; not of what a look-up has found."""
    tables = ("person", "further_number", "subscriber", "opt_out", "inbound")
    return any(
        step.strip(" ->").lower().startswith((f"scan {one}", f"seq scan on {one}")) for step in steps for one in tables
    )


def test_no_look_up_by_a_digest_on_the_path_of_a_talk_reads_a_whole_table(office: Office) -> None:
    """On SQLite and, with --postgres, there."""
    engine, phone = office.services.engine, phone_of(office, "C1A")
    with office.services.sessions.begin() as db:
        fill(db)
    office.services.roster.refresh()
    with asked(engine) as found:
        office.call("s1", phone).says(*TO_TASKS, STAFF_PIN)
        office.talk_sessions.sms("africastalking", "m1", phone, "seen 1")
        office.talk_sessions.sms("africastalking", "m2", CALLER, "STOP")
        office.call("s2").says("1", "1", "1")
        with office.services.reads() as db:
            assert with_number(db, "further x7", "C1A") == ["x7"]
            assert with_number(db, "", "C1A") == []
    for table in ("FROM person", "FROM further_number", "FROM subscriber", "FROM opt_out"):
        assert any(table in statement for statement, _values in found), table
    for statement, values in found:
        steps = plan(engine, statement, values)
        assert not reads_a_whole_table(steps), (statement, steps)


def test_the_look_up_that_read_everybody_is_found(office: Office) -> None:
    further = "SELECT person FROM further_number WHERE phone_digest = 'd'"
    before = f"SELECT ref FROM person WHERE (phone_digest = 'd' AND phone_digest != '') OR id IN ({further})"
    with office.services.sessions.begin() as db:
        fill(db)
    whole = plan(office.services.engine, "SELECT ref FROM person WHERE unit = 'd'", ())
    assert reads_a_whole_table(whole)
    if office.services.engine.dialect.name != "sqlite":  # which looks up either
        assert reads_a_whole_table(plan(office.services.engine, before, ()))

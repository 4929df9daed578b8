"""Kept statements do what SQLAlchemy's own execution does, fail as it fails, and name no value."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, column, insert, select, table
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError, SQLAlchemyError

from bot.storage.outbox import POSTED, TaskName, task
from bot.storage.prepared import FEW, DriverConnection, Prepared, writing
from bot.storage.tables.people import Person
from bot.storage.tables.runtime import Task
from tests.support.office import Office

SECRET = "bagiriye nabi"


def test_a_row_reads_the_same_whoever_executes(office: Office) -> None:
    columns = [Person.id, Person.zones, Person.public_key, Person.demo, Person.tasks, Person.confirmed_on]
    asked = select(*columns).where(Person.role == bindparam("role")).order_by(Person.id)
    with office.services.reads() as db:
        known = [tuple(row) for row in db.execute(asked, {"role": "champion"})]
        kept = [tuple(row) for row in Prepared(asked, ["role"]).rows(db.connection(), {"role": "champion"})]
    assert kept == known
    assert {type(value) for value in kept[0]} >= {str, bytes, bool, int}


def test_a_row_is_written_with_the_same_defaults(office: Office) -> None:
    given = task("kept", TaskName.ROUTE, {"report": "a"}, 7)
    with writing(office.services.engine) as line:
        POSTED.run_all(line, [given])
    with office.services.sessions.begin() as db:
        db.execute(insert(Task), {**given, "key": "theirs"})
    with office.services.reads() as db:
        ours, theirs = (db.get_one(Task, key) for key in ("kept", "theirs"))
        names = [field.key for field in Task.__mapper__.column_attrs if field.key != "key"]
        assert [getattr(ours, name) for name in names] == [getattr(theirs, name) for name in names]


def test_what_fails_half_way_leaves_nothing_and_the_next_one_is_served(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    def twice(line: DriverConnection) -> None:
        POSTED.run(line, task("once", TaskName.ROUTE, {"report": SECRET}, 7))
        POSTED.run(line, task("once", TaskName.ROUTE, {"report": SECRET}, 7))

    with pytest.raises(IntegrityError) as failed, writing(office.services.engine) as line:
        twice(line)
    assert SECRET not in str(failed.value) + caplog.text
    assert "once" not in caplog.text
    with writing(office.services.engine) as line:
        POSTED.run(line, task("once", TaskName.ROUTE, {"report": "a"}, 7))
    with office.services.reads() as db:
        assert db.get_one(Task, "once").args == {"report": "a"}


def test_a_statement_that_cannot_be_executed_is_an_error_that_is_known(office: Office) -> None:
    unknown = Prepared(select(column("word")).select_from(table("nobody_made_it")))
    with pytest.raises((OperationalError, ProgrammingError)), writing(office.services.engine) as line:
        unknown.rows(line, {})


def test_a_database_that_is_away_is_an_error_that_is_known(office: Office) -> None:
    office.loses_its_database()
    with pytest.raises(SQLAlchemyError), writing(office.services.engine):
        pass


@pytest.mark.parametrize("rows", [1, 3, FEW, FEW + 1, 200])
def test_many_rows_are_written_as_one_is(office: Office, rows: int) -> None:
    given = [task(f"{number:03}", TaskName.ROUTE, {"report": f"{number}"}, number) for number in range(rows)]
    with writing(office.services.engine) as line:
        POSTED.run_all(line, given)
        POSTED.run_all(line, [])
    with office.services.reads() as db:
        found = db.execute(select(Task.key, Task.args, Task.due_at, Task.tries).order_by(Task.key)).all()
    assert [tuple(row) for row in found] == [(one["key"], one["args"], one["due_at"], 0) for one in given]


def test_what_is_read_and_sealed_keeps_nobody_waiting_and_the_first_row_comes_before_all_others(office: Office) -> None:
    kept = Prepared(select(Task.key).order_by(Task.key))
    order: list[str] = []

    def first(line: DriverConnection) -> None:
        order.append("first")
        POSTED.run(line, task("first", TaskName.ROUTE, {"report": "a"}, 7))

    with writing(office.services.engine, first) as slow:
        assert kept.rows(slow, {}) == []
        with writing(office.services.engine) as fast:  # on SQLite it would wait for ever if the slow one wrote
            POSTED.run(fast, task("fast", TaskName.ROUTE, {"report": "a"}, 7))
        assert order == []
        POSTED.run(slow, task("slow", TaskName.ROUTE, {"report": "a"}, 7))
        POSTED.run(slow, task("slow too", TaskName.ROUTE, {"report": "a"}, 7))
        assert order == ["first"]
    with writing(office.services.engine, first) as idle:
        assert len(kept.rows(idle, {})) == 4
    assert order == ["first"]

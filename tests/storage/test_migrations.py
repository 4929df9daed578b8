"""A demonstration of last week goes on after an upgrade, and back; no step down or up loses a row of anybody's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Boolean, Column, Engine, Integer, LargeBinary, MetaData, Table, insert, select, text, update
from sqlalchemy.orm import Session

from bot.country import pack
from bot.people.enrolment import enrol
from bot.people.roster import today
from bot.settings import ROOT
from bot.storage import migrate
from bot.storage.base import Base
from bot.storage.database import database
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Report
from bot.vault.vault import Vault
from tests.support.office import Office

PERSON = """INSERT INTO person (id, ref, role, kind, sex, languages, zones, unit, duty, trained_until, demo, active,
phone_digest, phone_sealed, public_key, wrapped_key, tasks) VALUES ('p', 'C1A', 'champion', '', 'f', 'rn',
'BI-ZO-02-09-01', '', '', '', true, true, 'd', x'00', x'01', x'02', 3)"""
REPORT = """INSERT INTO report (id, urgent, destination, zone, wishes, month, filed, status, owner, sealed)
VALUES ('r', true, 'police', 'z', '', '2026-11', '2026-11-23', 'new', '', x'03')"""


def test_an_old_database_keeps_its_people_and_reports_and_can_go_back(tmp_path: Path) -> None:
    engine = database(f"sqlite:///{tmp_path / 'old.sqlite'}")
    command.upgrade(migrate.config(engine), "0001")
    with engine.begin() as old:
        for row in (PERSON, REPORT):
            old.execute(text(row))
    migrate.upgrade(engine)
    assert migrate.differences(engine) == []
    burundi, vault = pack.load(ROOT / "ops" / "country" / "bi", today()), Vault(tmp_path / "vault")
    with Session(engine) as db, db.begin():
        assert enrol(db, burundi, vault) == sum(person.demo for person in burundi.people) - 1
        kept = db.scalars(select(Person).where(Person.id == "p")).one()
        assert (kept.public_key, kept.wrapped_key, kept.tasks) == (b"\x01", b"\x02", 3)
        assert vault.vouched([(kept.id, kept.public_key, kept.vouch)]) == [True]
        assert db.scalars(select(Report.week)).one() == ""
    command.downgrade(migrate.config(engine), "0001")
    with engine.connect() as back:
        assert back.execute(text("SELECT tasks FROM person WHERE id = 'p'")).scalar_one() == 3
    engine.dispose()


Rows = Mapping[str, list[dict[str, Any]]]


def value(column: Column[Any], number: int) -> Any:
    """Something that the column takes, another one for each number."""
    if column.foreign_keys:
        return value(next(iter(column.foreign_keys)).column, number)
    if isinstance(column.type, Boolean):
        return bool(number % 2)
    if isinstance(column.type, LargeBinary):
        return bytes([number])
    if isinstance(column.type, Integer):
        return number * 3600  # whole hours, to which 0021 rounds times
    return {"n": number} if is_json(column) else f"{number}"


def is_json(column: Column[Any]) -> bool:
    return column.type.python_type is dict


def fill(engine: Engine) -> None:
    """Three rows in every table, whatever tables there are."""
    with engine.begin() as db:
        for table in Base.metadata.sorted_tables:
            for number in range(1, 4):
                db.execute(insert(table).values({column.name: value(column, number) for column in table.columns}))


def kept(engine: Engine) -> Rows:
    """All rows of all tables, as the database itself describes them."""
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as db:
        return {name: rows_of(db, table) for name, table in tables.tables.items() if name != "alembic_version"}


def rows_of(db: Any, table: Table) -> list[dict[str, Any]]:
    rows = [dict(row._mapping) for row in db.execute(select(table))]
    return sorted(rows, key=lambda row: [str(row[key.name]) for key in table.primary_key])


def lost(before: Rows, now: Rows) -> list[str]:
    """The tables in which what both know differs; a release knows a lease by its name alone (0005)."""
    found = []
    for name in before.keys() & now.keys() - {"lease"}:
        columns = {*before[name][0]} & {*(now[name][0] if now[name] else ())}
        shown = [[{column: row[column] for column in columns} for row in rows] for rows in (before[name], now[name])]
        if not columns or shown[0] != shown[1]:
            found.append(name)
    return found


def test_every_step_down_and_up_again_keeps_what_both_releases_know(office: Office) -> None:
    """On SQLite and, with --postgres, there: with people, reports, meetings, messages in every table."""
    engine = office.services.engine
    steps = [step.revision for step in ScriptDirectory.from_config(migrate.config(engine)).walk_revisions()]
    fill(engine)
    whole = kept(engine)
    assert all(len(rows) >= 3 for rows in whole.values())
    for older in steps[1:]:
        command.downgrade(migrate.config(engine), older)
        assert lost(whole, kept(engine)) == []
    oldest = kept(engine)
    assert len(oldest) < len(whole)
    for newer in reversed(steps[:-1]):
        command.upgrade(migrate.config(engine), newer)
        assert {*lost(oldest, kept(engine))} <= {"event"}  # a chained record begins with no row (0005)
    assert migrate.differences(engine) == []


def test_a_step_after_which_a_row_would_point_to_nothing_changes_nothing(tmp_path: Path) -> None:
    engine = database(f"sqlite:///{tmp_path / 'torn.sqlite'}")
    migrate.upgrade(engine)
    fill(engine)
    with engine.connect() as torn:
        torn.connection.execute("PRAGMA foreign_keys=OFF")
        torn.exec_driver_sql("DELETE FROM report WHERE id = '1'")
        torn.commit()
    whole = kept(engine)
    with pytest.raises(RuntimeError, match="nothing was changed"):
        command.downgrade(migrate.config(engine), "0001")
    assert kept(engine) == whole
    assert migrate.differences(engine) == []
    engine.dispose()


def test_going_back_with_one_phone_of_several_leaves_it_to_the_first_and_loses_nobody(office: Office) -> None:
    """On SQLite and, with --postgres, there."""
    engine = office.services.engine
    with engine.begin() as db:
        db.execute(text("UPDATE person SET phone_digest = 'one' WHERE ref IN ('C1A', 'C1B')"))
        db.execute(text("UPDATE person SET phone_digest = '' WHERE ref IN ('C2A', 'O2')"))
        people = db.execute(text("SELECT count(*) FROM person")).scalar_one()
    command.downgrade(migrate.config(engine), "0022")
    with engine.connect() as back:
        digests = {row.ref: row.phone_digest for row in back.execute(text("SELECT ref, phone_digest FROM person"))}
    assert (len(digests), len({*digests.values()}), digests["C1A"]) == (people, people, "one")
    migrate.upgrade(engine)
    assert migrate.differences(engine) == []


def test_going_back_a_phone_of_several_stays_with_who_serves_and_coming_again_who_left_has_no_number(
    office: Office,
) -> None:
    """On SQLite and, with --postgres, there."""
    engine = office.services.engine
    with engine.begin() as db:
        db.execute(text("UPDATE person SET phone_digest = 'one' WHERE ref IN ('C1A', 'C1B', 'C2A')"))
        db.execute(text("UPDATE person SET active = false WHERE ref = 'C1A'"))
        db.execute(update(Person).where(Person.ref == "O2").values(phone_digest="", phone_sealed=b""))
    command.downgrade(migrate.config(engine), "0022")
    with engine.connect() as back:
        digests = {row.ref: row.phone_digest for row in back.execute(text("SELECT ref, phone_digest FROM person"))}
    assert [ref for ref, digest in digests.items() if digest == "one"] == ["C1B"]
    assert digests["O2"].startswith("none:")
    migrate.upgrade(engine)
    with engine.connect() as again:
        kept = {row.ref: row.phone_digest for row in again.execute(text("SELECT ref, phone_digest FROM person"))}
    assert kept["O2"] == ""
    assert kept | {"O2": digests["O2"]} == digests

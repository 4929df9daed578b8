"""A demonstration of last week goes on after an upgrade, and back."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bot import country, migrate
from bot.config import ROOT
from bot.models import Person, Report
from bot.people import enrol
from bot.vault import Vault
from bot.wiring import database, today

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
    burundi, vault = country.load(ROOT / "ops" / "country" / "bi", today()), Vault(tmp_path / "vault")
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

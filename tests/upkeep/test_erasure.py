"""What a woman took back is opened by nobody: not from the tables, their journal or yesterday's backup, with every PIN
and the vault of today.
"""

from __future__ import annotations

import base64
import logging
import shutil
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.people.enrolment import DEMO_PIN
from bot.reports import erasure
from bot.reports.reading import read
from bot.services import Services
from bot.storage import outbox
from bot.storage.sqlite_journal import truncate
from bot.storage.tables.people import RECOVERY, Person
from bot.storage.tables.reports import Copy, Reply, Report, ReportStatus
from bot.upkeep import backup, backup_file, doctor
from bot.upkeep.health import measure
from bot.upkeep.retention import finish_erasures
from bot.vault.sealing import Shredded, Unsealable
from bot.vault.weeks import COPIED, WAITING
from tests.support.keys import (
    ASK_POLICE,
    DONE,
    MY_FIRST_TASK,
    REPLY_GO_TO_A_DOCTOR,
    SEND_AND_SAY_MORE,
    WISH_NOTHING,
)
from tests.support.office import Office
from tests.support.reports import (
    dial_as_champion,
    dial_to_helpers,
    erases,
    file_report,
    file_report_that_is_taken,
    open_receipt,
)


@pytest.fixture
def on_sqlite(office: Office) -> None:
    """On PostgreSQL bytes may stay in pg_wal, and nothing opens them."""
    if office.services.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL")


ON_SQLITE = pytest.mark.usefixtures("on_sqlite")


def answered(office: Office) -> tuple[str, str]:
    """A report that was taken and answered: her code, and its id."""
    code = file_report_that_is_taken(office)
    dial_as_champion(office, "c2").says(*MY_FIRST_TASK, *REPLY_GO_TO_A_DOCTOR)
    with office.services.reads() as db:
        return code, db.scalars(select(Report.id)).one()


def boxes_of(db: Session, report: str) -> list[bytes]:
    """All ciphertexts and wrapped keys of a report."""
    of_report = select(Report.sealed, Report.words).where(Report.id == report)
    keys = db.scalars(select(Copy.sealed_key).where(Copy.report == report))
    lines = db.scalars(select(Reply.sealed).where(Reply.report == report))
    return [*db.execute(of_report).one(), *keys, *lines]


def readable(services: Services, report: str) -> int:
    """By how many people a report is read who all give their PINs."""
    opened = 0
    with services.reads() as db:
        row = db.get_one(Report, report)
        holders = select(Copy, Person).join(Person, Person.id == Copy.person).where(Copy.report == report)
        for copy, person in db.execute(holders.where(Person.role != RECOVERY)):
            view = services.vault.of("thief")
            handle = view.unlock(person.id, person.wrapped_key, DEMO_PIN).handle
            try:
                opened += bool(read(db, services.vault, row, copy, view.private(person.id, handle)).told)
            except Unsealable:
                continue
    return opened


def put_back(sealed: bytes, identity: str, into: Services) -> None:
    """The rows of a backup in an empty database, without what the journal says of later."""
    opened = backup_file.read(sealed, identity)
    backup.restore(into, sealed, identity)
    with into.sessions.begin() as db:
        for one in opened.rows:
            if one.table == Report.__tablename__:
                db.execute(update(Report).where(Report.id == one.row["id"]).values(**bytes_in(one.row)))
            elif one.table == Copy.__tablename__:
                this = (Copy.report == one.row["report"]) & (Copy.person == one.row["person"])
                db.execute(update(Copy).where(this).values(**bytes_in(one.row)))
            elif one.table == Reply.__tablename__ and db.get(Reply, one.row["id"]) is None:
                db.add(Reply(**bytes_in(one.row)))


def bytes_in(row: Any) -> dict[str, Any]:
    return {name: base64.b64decode(value["bytes"]) if isinstance(value, dict) else value for name, value in row.items()}


def test_yesterdays_backup_with_every_pin_and_the_vault_of_today_opens_nothing_of_it(
    office: Office, key: tuple[str, str], elsewhere: Services
) -> None:
    code, report = answered(office)
    file_report(office, "another")
    with office.services.reads() as db:
        another = db.scalars(select(Report.id).where(Report.id != report)).one()
        before = boxes_of(db, report)
        week = db.get_one(Report, report).week
    sealed, many = backup.make(office.services, [key[0]]), readable(office.services, report)
    assert many >= 3
    assert erases(open_receipt(office, code)) == "It is erased."
    put_back(sealed, key[1], elsewhere)
    with elsewhere.reads() as db:
        assert db.get_one(Report, report).status == ReportStatus.OPEN
        assert boxes_of(db, report)[:2] == before[:2]
    assert readable(elsewhere, report) == 0
    assert readable(elsewhere, another) == many  # and all others as before
    for box in before:
        for words in (False, True):
            with pytest.raises(Shredded):
                office.services.vault.unwrap(week, report, [box], words)
            with pytest.raises(Unsealable):
                office.services.vault.unwrap(week, another, [box], words)


def test_a_restore_puts_nothing_of_it_back(office: Office, key: tuple[str, str], elsewhere: Services) -> None:
    code, report = answered(office)
    sealed = backup.make(office.services, [key[0]])
    erases(open_receipt(office, code))
    assert backup.restore(elsewhere, sealed, key[1]).replayed == 1
    with elsewhere.reads() as db:
        assert db.get_one(Report, report).status == ReportStatus.ERASED
        assert [box for box in boxes_of(db, report) if box] == []


def files_of(office: Office) -> dict[str, bytes]:
    """The database file, its journal and its index."""
    path = Path(make_url(office.settings.database_url).database or "")
    return {one.name: one.read_bytes() for one in sorted(path.parent.glob(path.name + "*"))}


def found_in(files: dict[str, bytes], boxes: Iterable[bytes]) -> list[tuple[str, int]]:
    """(file, length) of each box of which any 24 bytes stand there."""
    return [
        (name, len(box))
        for box in boxes
        for name, content in files.items()
        if any(box[at : at + 24] in content for at in range(0, len(box) - 23, 24))
    ]


@ON_SQLITE
def test_no_byte_of_it_is_left_in_the_database_its_journal_or_its_index(office: Office) -> None:
    caller = dial_to_helpers(office, "words")
    caller.says(*ASK_POLICE, *SEND_AND_SAY_MORE, *WISH_NOTHING, "yankubise umusi wose", DONE)
    with office.services.sessions.begin() as db:
        first = db.scalars(select(Report.id)).one()
        boxes = boxes_of(db, first)
    assert {name for name, _length in found_in(files_of(office), boxes)} >= {"ijwi.sqlite-wal"}  # they do stand there
    assert len({length for _name, length in found_in(files_of(office), boxes)}) >= 3
    for number in range(15):
        file_report(office, f"more-{number}")
    with office.services.sessions.begin() as db:
        erasure.erase(db, office.services.vault, db.get_one(Report, first), outbox.now())
    assert found_in(files_of(office), boxes) == []
    assert files_of(office)["ijwi.sqlite-wal"] == b""
    file_report(office, "later")
    assert found_in(files_of(office), boxes) == []


@ON_SQLITE
def test_what_she_takes_back_on_her_phone_is_in_no_file_when_she_is_told_so(office: Office) -> None:
    code, report = answered(office)
    with office.services.reads() as db:
        boxes = boxes_of(db, report)
    assert found_in(files_of(office), boxes)
    assert erases(open_receipt(office, code)) == "It is erased."
    assert found_in(files_of(office), boxes) == []


@ON_SQLITE
def test_who_reads_meanwhile_delays_nobody_and_the_clock_ends_it(office: Office) -> None:
    code, report = answered(office)
    with office.services.reads() as db:
        boxes = boxes_of(db, report)
        began = time.monotonic()
        assert erases(open_receipt(office, code)) == "It is erased."
        assert time.monotonic() - began < 10
        assert found_in(files_of(office), boxes)
        assert not truncate(office.services.engine)
    finish_erasures(office.services, outbox.now())
    assert found_in(files_of(office), boxes) == []


def test_a_database_that_is_away_is_no_fault_of_who_truncates_its_journal(office: Office) -> None:
    on_postgres = office.services.engine.dialect.name != "sqlite"
    office.loses_its_database()
    assert truncate(office.services.engine) == on_postgres


def test_when_the_commit_fails_she_is_asked_to_come_again_and_nobody_reads_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, report = answered(office)

    def fails(*_given: object) -> None:
        raise OperationalError("", None, Exception())

    with monkeypatch.context() as cut:
        cut.setattr(erasure, "note", fails)
        assert "erased" not in erases(open_receipt(office, code))
    with office.services.reads() as db:
        assert db.get_one(Report, report).status == ReportStatus.OPEN
    assert readable(office.services, report) == 0


def test_an_old_folder_of_the_vault_that_is_put_back_opens_nothing_after_five_minutes(
    office: Office, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    code, report = answered(office)
    vault, folder = office.services.vault, tmp_path / "vault" / "weeks"
    with office.services.reads() as db:
        box, week = boxes_of(db, report)[2], db.get_one(Report, report).week
    shutil.copytree(folder, tmp_path / "old")
    erases(open_receipt(office, code))
    finish_erasures(office.services, outbox.now())
    assert not caplog.records
    shutil.copytree(tmp_path / "old", folder, dirs_exist_ok=True)
    assert vault.unwrap(week, report, [box])
    with caplog.at_level(logging.ERROR):
        finish_erasures(office.services, outbox.now())
    assert "1 erased reports had keys again, now destroyed" in caplog.text
    with pytest.raises(Shredded):
        vault.unwrap(week, report, [box])


def said(office: Office, services: Services) -> list[tuple[str, str]]:
    measured = replace(measure(services), vault=True)
    return [(one.level, one.said) for one in doctor.mirror(services, measured)]


HOUR = 3600


@pytest.mark.parametrize(
    ("waits", "copied", "expected"),
    [
        (0, 60, ("ok", "the mirror has all that was erased")),
        (2 * HOUR, 3 * HOUR, ("warning", "erasures wait for the mirror for 2 hours")),
        (25 * HOUR, 26 * HOUR, ("fault", "erasures wait for the mirror for 25 hours")),
        (0, 2 * HOUR, ("warning", "the mirror is old")),
        (0, 25 * HOUR, ("fault", "the mirror is old")),
        (0, 0, ("warning", "nothing was ever copied to the mirror")),
    ],
)
@pytest.mark.office(vault_mirror="/mnt/mirror")
def test_the_doctor_says_how_long_erasures_wait_for_the_mirror(
    office: Office, waits: int, copied: int, expected: tuple[str, str]
) -> None:
    for name, ago in ((WAITING, waits), (COPIED, copied)):
        if ago:
            (office.settings.data_dir / "vault" / name).write_text(str(int(time.time()) - ago))
    assert said(office, office.services) == [expected]


def test_a_service_without_a_mirror_is_told_so_and_a_demonstration_needs_none(office: Office) -> None:
    assert said(office, office.services) == []
    office.settings.mode = "production"
    assert said(office, office.services) == [
        ("warning", "the vault has no mirror: if its disk dies, nobody opens any report")
    ]


@pytest.mark.office(vault_mirror="/mnt/mirror")
def test_the_log_raises_an_alarm_when_erasures_wait_for_a_day(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    at = outbox.now()
    (office.settings.data_dir / "vault" / WAITING).write_text(str(at - 26 * HOUR))
    finish_erasures(office.services, at - 3 * HOUR)
    assert not caplog.records
    finish_erasures(office.services, at)
    assert "erasures have waited for the mirror of the vault for 26 hours" in caplog.text

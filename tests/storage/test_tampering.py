"""What somebody does who can write in the database: it is found, named and never followed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.storage import audit
from bot.storage.audit import AuditAction, note
from bot.storage.tables.reports import Copy, Reply, Report, ReportReceipt, Step
from bot.upkeep import retention
from tests.support.keys import MY_FIRST_TASK, REPLY_GO_TO_A_DOCTOR, TAKE_NEW_TASK
from tests.support.office import Office
from tests.support.reports import dial_as_champion, file_report, open_receipt


def answered(office: Office, session: str) -> str:
    code = file_report(office, session)
    dial_as_champion(office, f"{session}1").says(*TAKE_NEW_TASK)
    dial_as_champion(office, f"{session}2").says(*MY_FIRST_TASK, *REPLY_GO_TO_A_DOCTOR)
    return code


def test_a_row_of_an_answer_that_is_hung_on_another_report_is_read_by_nobody(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    answered(office, "one")
    code = file_report(office, "two")
    with office.services.sessions.begin() as db:
        line = db.scalars(select(Reply).where(Reply.reader == "")).one()
        line.report = db.scalars(select(Report.id).where(Report.id != line.report)).one()
    assert open_receipt(office, code, session="z").sees == "We cannot do it."
    assert "ALARM: what was sealed to a receipt does not open" in caplog.text


def test_a_receipt_that_is_hung_on_another_report_opens_no_answer_of_it(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    answered(office, "one")
    code = file_report(office, "two")
    with office.services.sessions.begin() as db:
        replied = db.scalars(select(Reply.report).where(Reply.reader == "")).one()
        mine = db.scalars(select(ReportReceipt).where(ReportReceipt.report != replied)).one()
        hers = db.scalars(select(ReportReceipt).where(ReportReceipt.report == replied)).one()
        db.delete(hers)
        db.flush()
        mine.report = replied
    page = open_receipt(office, code, session="z").sees
    assert page == "We cannot do it."
    assert "Go to a doctor." not in page
    assert "ALARM: what was sealed to a receipt does not open" in caplog.text


def test_a_copy_that_is_moved_to_another_report_opens_neither(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    file_report(office, "one")
    file_report(office, "two")
    with office.services.sessions.begin() as db:
        firsts = [
            db.get_one(Copy, (step.report, step.person)) for step in db.scalars(select(Step).where(Step.rung == 0))
        ]
        assert len({copy.report for copy in firsts}) == 2
        one, other = firsts
        one.sealed_key, other.sealed_key = other.sealed_key, one.sealed_key
    assert dial_as_champion(office, "c").says("1") == "We cannot do it. Ask your coordinator."
    assert "does not open" in caplog.text


def test_a_database_that_is_put_back_with_its_journal_is_found_at_the_next_look(
    office: Office, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever puts an older file and its journal back undoes what was done since: erasures, exclusions, answers."""
    services = office.services
    if services.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL's files are its own")
    base = Path(str(services.engine.url.database))
    with services.sessions.begin() as db:
        note(db, services.vault, 1, "somebody", AuditAction.OPENED, "x")
    retention.witness_audit_head(services)
    kept, files = tmp_path / "kept", list(base.parent.glob(f"{base.name}*"))
    kept.mkdir()
    for file in files:
        shutil.copy(file, kept)
    with services.sessions.begin() as db:
        note(db, services.vault, 2, "", AuditAction.ERASED, "x")
    retention.witness_audit_head(services)
    assert "ALARM" not in caplog.text
    services.engine.dispose()
    for file in base.parent.glob(f"{base.name}*"):
        file.unlink()
    for file in files:
        shutil.copy(kept / file.name, file)
    retention.witness_audit_head(services)
    assert "ALARM: the end of the record of who did what is gone" in caplog.text
    with services.reads() as db:
        assert audit.check(db, services.vault).cut
    with services.sessions.begin() as db:  # and writing on from there does not make it whole
        note(db, services.vault, 3, "somebody", AuditAction.OPENED, "x")
    with services.reads() as db:
        assert not audit.witness(db, services.vault)

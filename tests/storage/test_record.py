"""Who did what stays written: a row that is changed, put in or taken out is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result
from nacl.public import PrivateKey
from sqlalchemy import Executable, delete, insert, select, update

from app import create_app
from bot.reports.copies import grant_copy
from bot.reports.ladders import join, ring
from bot.storage import audit, outbox
from bot.storage.audit import AuditAction, note
from bot.storage.tables.delivery import MessageKind
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Reply, ReportReceipt, Request, Step
from bot.storage.tables.runtime import Event
from bot.upkeep import retention
from bot.vault.client import RemoteVault, VaultRefused
from bot.vault.guard import Caller
from tests.support.keys import (
    ASK_IF_SAFE,
    FIRST_NEW_TASK,
    MY_FIRST_TASK,
    OPEN_TASKS,
    REPLY_GO_TO_A_DOCTOR,
    TAKE_NEW_TASK,
)
from tests.support.office import Office
from tests.support.reports import dial_as_champion, file_report, open_receipt
from tests.support.staff import dial_as_staff
from tests.support.vault_process import vault_process
from workers.daily import daily

pytestmark = pytest.mark.usefixtures("told_answered_and_erased")


def record(office: Office) -> Result:
    return create_app(office.settings, office.services).test_cli_runner().invoke(args=["record"])


def test_every_step_is_in_the_record_in_its_order(office: Office) -> None:
    with office.services.reads() as db:
        rows = list(db.execute(select(Event.what, Event.person).order_by(Event.id)))
    assert [what for what, _ in rows] == ["opened", "taken", "opened", "replied", "erased"]
    assert rows[-1].person == ""  # she has no name here
    assert record(office).output.startswith("5 rows hold together; head ")


def test_who_reads_a_record_of_years_finds_its_words_unchanged() -> None:
    assert [str(action) for action in AuditAction] == [
        "opened", "opened:", "seen", "taken", "passed", "asked again", "escalated", "not answered in time",
        "training over", "not reached", "replied", "referred", "arrived",
        "police told", "police not told within a day", "handed over", "handed to a successor",
        "other zone proposed: ", "other zone agreed", "other zone refused", "excluded ", "closed:",
        "closing accepted", "wrote again", "reopened", "given on", "erased", "expired", "recovered",
        "draft refused: ", "meeting refused: no advocate", "meeting called",
        "meeting moved", "meeting cancelled", "another woman asked", "comes: ", "signed: ", "release refused: ",
        "release stopped", "meeting released", "people counted", "minutes written", "promise", "promise kept",
        "confirmed by ", "changed by ", "moved by ", "disabled by ", "revoked by ", "unlock asked by ", "unlocked by ",
        "key made by ", "leave by ", "back by ", "proposed ", "agreed ", "not agreed ", "carried out ",
        "on: ", "off: ", "restored", "release ",
        "installation made for ", "words approved, first: ", "words approved: ",
    ]  # fmt: skip


@pytest.mark.parametrize("change", [
    update(Event).where(Event.id == 2).values(person="somebody"),
    update(Event).where(Event.id == 2).values(at=Event.at - 1),
    update(Event).where(Event.id == 2).values(what="passed"),
    update(Event).where(Event.id == 2).values(chain="0" * 32),
    delete(Event).where(Event.id == 2),
    delete(Event).where(Event.id == 1),
    insert(Event).values(at=1, person="x", what="opened", report="y", chain="0" * 32),
], ids=str)  # fmt: skip
def test_whoever_touches_a_row_is_found_out(office: Office, change: Executable) -> None:
    with office.services.sessions.begin() as db:
        db.execute(change)
    found = record(office)
    assert found.exit_code == 1
    assert "ALARM: row" in found.output


def test_the_end_cannot_be_cut_off_without_changing_what_oversight_wrote_down(office: Office) -> None:
    before = record(office).output
    with office.services.sessions.begin() as db:
        db.execute(delete(Event).where(Event.id == 5))
    assert record(office).output != before


def test_an_end_that_is_cut_off_is_missed_by_the_vault(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    retention.witness_audit_head(office.services)
    assert record(office).exit_code == 0
    with office.services.sessions.begin() as db:
        db.execute(delete(Event).where(Event.id > 3))
    found = record(office)
    assert found.exit_code == 1
    assert "3 rows hold together" in found.output
    assert "the end of the record is gone" in found.output
    retention.witness_audit_head(office.services)
    assert "the end of the record of who did what is gone" in caplog.text
    with office.services.sessions.begin() as db:  # and written anew it is not the one that was seen
        for what in (AuditAction.TAKEN, AuditAction.CLOSED):
            note(db, office.services.vault, 1, "somebody", what, "y")
    retention.witness_audit_head(office.services)
    assert record(office).exit_code == 1


def test_a_row_that_a_captured_web_cuts_out_and_chains_anew_is_found(office: Office, tmp_path: Path) -> None:
    at = tmp_path / "v.sock"
    with vault_process(tmp_path / "vault", at):
        web, clock = RemoteVault(at), RemoteVault(at, Caller.CLOCK)
        with office.services.reads() as db:
            assert audit.witness(db, clock)
        with office.services.sessions.begin() as db:
            db.execute(delete(Event).where(Event.id == 2))
            link, rows = "", list(db.scalars(select(Event).order_by(Event.id)))
            for row in rows:
                (link,) = web.chain(link, [audit.chain_input(row)])
                row.chain = link
        head = f"{rows[-1].id} {link}"
        for question in (["witness", head], ["replace_head", head], ["append_head", [[rows[-1].id, "x", link]]]):
            with pytest.raises(VaultRefused):
                web.ask(*question)
        assert not clock.append_head([(row.id + 1, audit.chain_input(row), row.chain) for row in rows[-1:]])
        with office.services.reads() as db:
            assert audit.check(db, clock).cut
            assert not audit.witness(db, clock)
    found = record(office)
    assert (found.exit_code, "4 rows hold together" in found.output) == (1, True)
    assert "the end of the record is gone" in found.output


def test_what_was_written_since_the_vault_looked_is_followed_row_by_row(office: Office) -> None:
    vault, sessions = office.services.vault, office.services.sessions
    with office.services.reads() as db:
        assert audit.witness(db, vault)
    before = vault.witness()
    with sessions.begin() as db:
        note(db, vault, 1, "somebody", AuditAction.OPENED, "y")
        note(db, vault, 2, "somebody", AuditAction.OPENED, "y")
    with sessions.begin() as db:
        db.execute(update(Event).where(Event.id == 6).values(person="somebody else"))
    with office.services.reads() as db:
        assert not audit.witness(db, vault)
    assert vault.witness() == before
    with sessions.begin() as db:
        db.execute(update(Event).where(Event.id == 6).values(person="somebody"))
    with office.services.reads() as db:
        assert audit.witness(db, vault)
    assert vault.witness().startswith("7 ")


def test_a_record_that_grows_is_none_of_the_vaults_business(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        retention.witness_audit_head(office.services)
        with office.services.sessions.begin() as db:
            note(db, office.services.vault, 1, "somebody", AuditAction.OPENED, "y")
    assert record(office).exit_code == 0
    assert "ALARM" not in caplog.text


@pytest.mark.parametrize("head", ["x", "1", "1 xyz", "1 " + "0" * 31, "-1 " + "0" * 32, "../1 " + "0" * 32])
def test_what_is_no_head_is_not_kept(office: Office, head: str) -> None:
    with pytest.raises(ValueError, match="a head is"):
        office.services.vault.replace_head(head)


def test_every_morning_the_whole_record_is_followed(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    with office.services.sessions.begin() as db:
        db.execute(update(Event).where(Event.id == 2).values(person="somebody"))
        outbox.post(db, outbox.task("daily:x", outbox.TaskName.DAILY, {}, 1))
    claim = outbox.claim(office.services.sessions, "daily:x", outbox.now())
    assert claim is not None
    daily(office.services, claim, outbox.now())
    assert "ALARM: row 2 of the record was changed" in caplog.text


@pytest.mark.parametrize("swap", ["person", "key"])
def test_a_copy_that_is_written_to_another_reader_is_refused_and_alarmed(
    office: Office, caplog: pytest.LogCaptureFixture, swap: str
) -> None:
    file_report(office, "second")
    with office.services.sessions.begin() as db:
        request = db.scalars(select(Request).where(Request.status == "new")).one()
        step = db.scalars(select(Step).where(Step.request == request.id, Step.rung == 0)).one()
        other = db.scalars(select(Copy).where(Copy.report == request.report, Copy.person != step.person)).first()
        assert other is not None
        if swap == "key":  # he writes the key of another reader's copy into hers
            db.get_one(Copy, (request.report, step.person)).sealed_key = other.sealed_key
        else:  # he gives her copy to somebody who has none
            stranger = db.scalars(select(Person).where(Person.ref == "C2A")).one()
            hers = db.get_one(Copy, (request.report, step.person))
            grant_copy(db, request.report, stranger.id, hers.sealed_key)
            step = join(db, request, stranger.id)
        reader = step.person
        ring(db, MessageKind.NEW, step, 3600)
        phone = office.services.vault.open_for_sender(db.get_one(Person, reader).phone_sealed)
    page = office.call("thief", phone).says(*OPEN_TASKS, FIRST_NEW_TASK)
    assert page == "We cannot do it. Ask your coordinator."
    assert f"ALARM: what was sealed to person {reader} does not open" in caplog.text
    with office.services.reads() as db:
        opened = select(Event.id).where(Event.report == request.id, Event.person == reader, Event.what == "opened")
        assert db.scalars(opened).all() == []


def test_an_answer_that_somebody_wrote_over_is_refused_and_alarmed(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    code = file_report(office, "second")
    dial_as_champion(office, "c5").says(*TAKE_NEW_TASK)
    dial_as_champion(office, "c6").says(*MY_FIRST_TASK, *REPLY_GO_TO_A_DOCTOR)
    with office.services.sessions.begin() as db:
        mine, hers = db.scalars(select(Reply).order_by(Reply.reader.desc())).all()
        hers.sealed = mine.sealed
    assert open_receipt(office, code, session="z").sees == "We cannot do it."
    assert "ALARM: what was sealed to a receipt does not open" in caplog.text


def test_no_reply_is_sealed_to_a_receipt_that_somebody_wrote_over(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    code = file_report(office, "second")
    dial_as_champion(office, "c5").says(*TAKE_NEW_TASK)
    with office.services.sessions.begin() as db:
        receipt = db.scalars(select(ReportReceipt)).one()
        receipt.public_key = bytes(PrivateKey.generate().public_key) + receipt.public_key[32:]
    before = "We cannot do it. Ask your coordinator."
    assert dial_as_champion(office, "c6").says(*MY_FIRST_TASK, *REPLY_GO_TO_A_DOCTOR) == before
    assert "ALARM: the key of a receipt was not made by the vault" in caplog.text
    assert open_receipt(office, code, session="z").sees.startswith("That is wrong.")
    with office.services.reads() as db:
        assert db.scalars(select(Reply)).all() == []


def test_what_she_answers_is_not_sealed_to_a_key_that_somebody_wrote_in(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    code = file_report(office, "second")
    dial_as_champion(office, "c5").says(*TAKE_NEW_TASK)
    dial_as_champion(office, "c6").says(*MY_FIRST_TASK, *ASK_IF_SAFE)
    with office.services.sessions.begin() as db:
        held = select(Person).join(Step, Step.person == Person.id).where(Step.rung > 0, Person.role == "oversight")
        swapped = db.scalars(held).first()
        assert swapped is not None
        swapped.public_key = bytes(PrivateKey.generate().public_key)
    assert open_receipt(office, code, session="z").says("1") == "Sent."
    assert f"ALARM: the key of person {swapped.id} was not made by the vault" in caplog.text
    with office.services.reads() as db:
        readers = set(db.scalars(select(Reply.reader)))
    assert len(readers) > 2
    assert swapped.id not in readers


def test_oversight_says_why_before_it_reads(office: Office) -> None:
    file_report(office, "second")
    with office.services.sessions.begin() as db:
        request = db.scalars(select(Request).where(Request.status == "new")).one()
        member = db.scalars(select(Person).where(Person.ref == "O1")).one()
        ring(db, MessageKind.NEW, db.get_one(Step, (request.id, member.id)), 3600)
    caller = dial_as_staff(office, office.services.vault.open_for_sender(member.phone_sealed), FIRST_NEW_TASK)
    assert caller.sees.startswith("Why?")
    assert "Buyenzi" in caller.says("2")
    with office.services.reads() as db:
        assert db.scalars(select(Event.what).order_by(Event.id.desc()).limit(1)).one() == "opened:police"

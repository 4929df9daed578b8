"""The machine burns, yesterday's backup is put on another: what was told is there, and what was taken back is not."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import create_app
from bot.meetings.subscribers import opt_out
from bot.people import enrolment
from bot.people.decided import Decided
from bot.reports.erasure import erase
from bot.services import Services
from bot.settings import ConfigError
from bot.storage import audit, migrate, outbox
from bot.storage.outbox import post, task
from bot.storage.tables.delivery import DeliveryStatus, Message, OptOut
from bot.storage.tables.meetings import Subscriber
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Report, ReportStatus
from bot.storage.tables.runtime import Event, Task
from bot.upkeep import backup, backup_file, installation, releases
from bot.vault.vault import Vault
from tests.support.backups import repacked, rows, run_by
from tests.support.keys import TO_ZONE
from tests.support.office import CALLER, Office
from tests.support.pairs import by_two, confirms, number_of, types
from tests.support.reports import file_report, file_report_that_is_taken, open_receipt
from tests.support.subscribers import add_subscribers

READER = "+25779000001"


def moves(office: Office, services: Services) -> None:
    """The service goes on with the restored database."""
    office.services.engine.dispose()
    office.services.engine, office.services.sessions, office.services.reads = (
        services.engine,
        services.sessions,
        services.reads,
    )
    office.services.roster.reads = services.reads
    office.services.roster.refresh()


def test_what_was_told_is_there_after_a_restore_and_opens_for_her_and_for_the_champion(
    office: Office, key: tuple[str, str], elsewhere: Services
) -> None:
    code = file_report_that_is_taken(office)
    sealed = backup.make(office.services, [key[0]])
    people_before = rows(office.services, Person)
    done = backup.restore(elsewhere, sealed, key[1])
    assert done.rows > people_before
    assert done.replayed == 0
    assert (rows(elsewhere, Person), rows(elsewhere, Report)) == (people_before, 1)
    assert migrate.differences(elsewhere.engine) == []
    moves(office, elsewhere)
    assert by_two(office, "reopen").exit_code == 0
    office.services.roster.refresh()
    assert "A person you can trust is following it." in open_receipt(office, code).sees
    assert file_report(office, "new")  # and it goes on: numbers and keys do not collide


def test_after_a_restore_the_record_is_shorter_until_two_people_have_said_that_it_may_be(
    office: Office, key: tuple[str, str], elsewhere: Services
) -> None:
    file_report_that_is_taken(office)
    sealed = backup.make(office.services, [key[0]])
    with office.services.sessions.begin() as db:
        audit.note(db, office.services.vault, 1, "somebody", audit.AuditAction.OPENED, "y")
        audit.witness(db, office.services.vault)
    backup.restore(elsewhere, sealed, key[1])
    with elsewhere.reads() as db:
        found = audit.check(db, elsewhere.vault)
        assert db.scalar(select(Event.what).order_by(Event.id.desc()).limit(1)) == "restored"
    assert (found.broken, found.cut) == (0, True)
    moves(office, elsewhere)
    assert by_two(office, "reopen").exit_code == 0
    with elsewhere.reads() as db:
        found = audit.check(db, elsewhere.vault)
    assert (found.broken, found.cut) == (0, False)


def test_after_a_restore_there_are_only_help_pages_until_two_people_have_reopened_it(
    office: Office, key: tuple[str, str], elsewhere: Services
) -> None:
    code = file_report_that_is_taken(office)
    backup.restore(elsewhere, backup.make(office.services, [key[0]]), key[1])
    moves(office, elsewhere)
    office.services.roster.refresh()
    woman = office.call("s8")
    woman.says(*TO_ZONE)
    for _ in range(9):
        if "Nobody answers there yet" not in woman.sees:
            woman.says("1")
    assert "Nobody answers there yet and nothing was sent." in woman.sees
    assert "We cannot do it." in open_receipt(office, code).sees
    assert "Health centre" in office.call("s9").says("3", "2", "1")
    number = number_of(types(office, "reopen"))
    assert types(office, "reopen", "--agreed", number).exit_code == 1
    assert confirms(office, "O1") == "It is written. Thank you."
    assert types(office, "reopen", "--agreed", number).output.startswith("Reports are taken again.")
    office.services.roster.refresh()
    assert "Buyenzi" in office.call("s10").says(*TO_ZONE)
    assert types(office, "reopen").exit_code == 1


def test_what_she_took_back_after_the_backup_stays_taken_back(
    office: Office, key: tuple[str, str], elsewhere: Services
) -> None:
    for session in ("s1", "s2"):
        file_report(office, session)
    sealed = backup.make(office.services, [key[0]])
    with office.services.sessions.begin() as db:
        first = db.scalars(select(Report).order_by(Report.id)).first()
        assert first
        erase(db, office.services.vault, first, outbox.now())
        gone = first.id
    assert backup.restore(elsewhere, sealed, key[1]).replayed == 1
    with elsewhere.reads() as db:
        report = db.get_one(Report, gone)
        assert (report.status, report.sealed) == (ReportStatus.ERASED, b"")
        assert db.scalar(select(func.count()).select_from(Copy).where(Copy.report == gone)) == 0
    assert rows(elsewhere, Report, Report.status != ReportStatus.ERASED) == 1


def test_who_said_stop_after_the_backup_is_not_written_to(
    office: Office, key: tuple[str, str], elsewhere: Services
) -> None:
    add_subscribers(office, [READER, "+25779000002"])
    opt_out(office.services.sessions, office.services.vault, CALLER, True)
    sealed = backup.make(office.services, [key[0]])
    opt_out(office.services.sessions, office.services.vault, READER, True)
    opt_out(office.services.sessions, office.services.vault, CALLER, False)
    backup.restore(elsewhere, sealed, key[1])
    with elsewhere.reads() as db:
        out = set(db.scalars(select(OptOut.phone_digest)))
    assert out == {office.services.vault.digest("opt-out", READER)}
    assert rows(elsewhere, Subscriber) == 1


def test_a_phone_that_was_lost_after_the_backup_opens_nothing(
    office: Office, key: tuple[str, str], elsewhere: Services
) -> None:
    file_report(office)
    sealed = backup.make(office.services, [key[0]])
    with office.services.sessions.begin() as db:
        enrolment.disable(db, "C1A", "C9", office.services.vault)
        enrolment.make_final(db, "C1A", Decided("K8", "O9"), office.services.vault)
    backup.restore(elsewhere, sealed, key[1])
    with elsewhere.reads() as db:
        lost = db.scalars(select(Person).where(Person.ref == "C1A")).one()
        assert (lost.active, lost.wrapped_key) == (False, b"")
        assert db.scalar(select(func.count()).select_from(Copy).where(Copy.person == lost.id)) == 0


def waits(db: Session, kind: str, vault: Vault) -> str:
    message = Message(kind=kind, created=0, recipient=vault.seal_to_sender(CALLER), body=vault.seal_to_sender("x"))
    db.add(message)
    db.flush()
    post(db, task(f"deliver:{message.id}", outbox.TaskName.DELIVER, {"message": message.id}, outbox.now()))
    return message.id


def test_what_may_have_left_since_is_not_sent_again_but_an_alert_is(
    office: Office, key: tuple[str, str], elsewhere: Services
) -> None:
    with office.services.sessions.begin() as db:
        answer, alert = (waits(db, kind, office.services.vault) for kind in ("answer", "urgent"))
    sealed = backup.make(office.services, [key[0]])
    backup.restore(elsewhere, sealed, key[1])
    with elsewhere.reads() as db:
        assert db.get_one(Message, answer).status == DeliveryStatus.UNKNOWN
        assert db.get_one(Message, answer).recipient is None
        assert db.get_one(Message, alert).status == DeliveryStatus.PENDING
        assert db.scalar(select(func.count()).select_from(Task).where(Task.done_at.is_(None))) == 2


def test_a_backup_holds_nothing_that_can_be_read_without_its_key(office: Office, key: tuple[str, str]) -> None:
    file_report(office)
    sealed = backup.make(office.services, [key[0]])
    assert sealed.startswith(b"age-encryption.org/v1")
    assert b"report" not in sealed
    other = "AGE-SECRET-KEY-1" + "Q" * 58
    for wrong in (other, "", "x", key[0]):
        with pytest.raises(backup_file.BackupError):
            backup_file.opened(sealed, wrong)
    for damaged in (sealed[:-1], sealed[: len(sealed) // 2], b"", sealed[:-20] + b"x" * 20):
        with pytest.raises(backup_file.BackupError, match="damaged"):
            backup_file.opened(damaged, key[1])


def test_a_database_that_is_not_empty_is_not_written_over(office: Office, key: tuple[str, str]) -> None:
    sealed = backup.make(office.services, [key[0]])
    with pytest.raises(backup_file.BackupError, match="not empty"):
        backup.restore(office.services, sealed, key[1])


def test_a_backup_that_the_vault_has_forgotten_is_refused(
    office: Office, key: tuple[str, str], elsewhere: Services
) -> None:
    sealed = backup.make(office.services, [key[0]])
    office.services.vault.shred("2099-W01")
    with pytest.raises(backup_file.BackupError, match="older than KEEP_WEEKS"):
        backup.restore(elsewhere, sealed, key[1])
    assert rows(office.services, Person) > 0


@pytest.mark.parametrize("to", [[], ["age1nobody"], ["ssh-ed25519 AAAA"]])
def test_a_backup_for_nobody_is_not_made(office: Office, to: list[str]) -> None:
    with pytest.raises(backup_file.BackupError):
        backup.make(office.services, to)


def test_the_commands_make_a_key_a_file_and_say_what_is_wrong(office: Office, tmp_path: Path) -> None:
    runner = create_app(office.settings, office.services).test_cli_runner()
    said = runner.invoke(args=["backup-key", str(tmp_path / "k")]).output
    public = said.strip().removeprefix("BACKUP_RECIPIENTS=")
    assert "is there already" in runner.invoke(args=["backup-key", str(tmp_path / "k")]).output
    assert "Nobody could open it" in runner.invoke(args=["backup", str(tmp_path / "b")]).output
    assert " bytes in " in runner.invoke(args=["backup", str(tmp_path / "b"), "--to", public]).output
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600
    again = runner.invoke(args=["restore", str(tmp_path / "b"), "--key", str(tmp_path / "k")])
    assert again.exit_code == 1
    assert "not empty" in again.output


def test_half_a_line_of_a_power_cut_is_no_line(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "v")
    vault.remember("2026-W48", "out abc")
    with (tmp_path / "v" / "since" / "2026-W48").open("a") as file:
        file.write("out de")
    assert vault.remembered() == ["out abc"]
    vault.remember("2026-W48", "in abc")
    assert vault.remembered() == ["out abc", "in abc"]
    for week, line in (("2026-W48", "out a\nb c"), ("../x", "out abc"), ("2026-W48", "+25779123456"), ("2026-W48", "")):
        with pytest.raises(ValueError, match="line"):
            vault.remember(week, line)


def test_a_restore_beside_a_service_that_runs_is_refused_because_its_record_would_look_cut(
    office: Office, key: tuple[str, str], elsewhere: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "night.age").write_bytes(backup.make(office.services, [key[0]]))
    monkeypatch.setattr("bot.commands.data.webs_of", lambda folder, everybody: [folder])
    code, said = run_by(elsewhere, office, "restore", str(tmp_path / "night.age"), "--key", str(tmp_path / "key"))
    assert (code, "Stop it first" in said) == (1, True)
    assert "no tables" in migrate.misfit(elsewhere.engine)


def test_an_operator_reads_how_much_was_kept_and_that_as_much_came_back(
    office: Office, key: tuple[str, str], elsewhere: Services, tmp_path: Path
) -> None:
    file_report_that_is_taken(office)
    file = str(tmp_path / "night.age")
    code, said = run_by(office.services, office, "backup", file, "--to", key[0])
    found = re.fullmatch(r"([\d,]+) rows of (\d+) tables, (\d+) bytes in .+night\.age\.\n", said)
    assert code == 0
    assert found
    assert int(found[1].replace(",", "")) > rows(office.services, Person)
    assert int(found[3]) == (tmp_path / "night.age").stat().st_size
    asked = ("restore", file, "--key", str(tmp_path / "key"))
    code, said = run_by(elsewhere, office, *asked, "--dry-run")
    assert (code, said) == (
        0, f"The file holds {found[1]} rows of {found[2]} tables, as it says itself. Nothing was changed.\n",
    )  # fmt: skip
    code, said = run_by(elsewhere, office, *asked)
    assert code == 0
    assert f"{found[1]} rows are back" in said
    assert rows(elsewhere, Person) == rows(office.services, Person)


def test_whoever_backs_up_an_empty_database_reads_so_and_yesterdays_file_stays(
    office: Office, key: tuple[str, str], elsewhere: Services, tmp_path: Path
) -> None:
    file = tmp_path / "night.age"
    file.write_bytes(b"of yesterday")
    asked = ("backup", str(file), "--to", key[0])
    code, said = run_by(elsewhere, office, *asked)
    assert (code, "has no tables of Ijwi yet" in said) == (1, True)
    migrate.upgrade(elsewhere.engine)
    releases.note(elsewhere)
    code, said = run_by(elsewhere, office, *asked)
    assert (code, "there is nobody and nothing in this database yet" in said) == (1, True)
    migrate.downgrade(office.services.engine, "0016")
    code, said = run_by(office.services, office, *asked)
    assert (code, "of an older release (0016" in said) == (1, True)
    assert file.read_bytes() == b"of yesterday"
    assert {path.name for path in tmp_path.glob("*.age*")} == {"night.age"}
    assert not (office.settings.data_dir / "last-backup").exists()
    with pytest.raises(backup_file.BackupError, match="No backup was made"):
        backup.make(office.services, [key[0]])


def test_a_backup_by_a_newer_release_of_the_tables_is_not_made(office: Office, key: tuple[str, str]) -> None:
    with office.services.engine.begin() as line:
        line.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(backup_file.BackupError, match="of a newer release"):
        backup.make(office.services, [key[0]])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk here")
def test_a_backup_that_does_not_fit_leaves_nothing_behind(
    office: Office, key: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "private", lambda path, flags: os.open("/dev/full", os.O_WRONLY))
    code, said = run_by(office.services, office, "backup", str(tmp_path / "night.age"), "--to", key[0])
    assert (code, "night.age cannot be written (No space left on device)" in said) == (1, True)
    assert not [*tmp_path.glob("night.age*")]
    assert not (office.settings.data_dir / "last-backup").exists()


def test_a_backup_never_takes_the_place_of_a_device_or_a_pipe(
    office: Office, key: tuple[str, str], tmp_path: Path
) -> None:
    target = tmp_path / "night.age"
    os.mkfifo(target)
    code, said = run_by(office.services, office, "backup", str(target), "--to", key[0])
    assert (code, "night.age is no file that could be replaced" in said) == (1, True)
    assert target.is_fifo()
    assert not (office.settings.data_dir / "last-backup").exists()


def test_a_backup_that_lost_a_row_is_refused_before_anything_is_written(
    office: Office, key: tuple[str, str], elsewhere: Services
) -> None:
    short = repacked(backup.make(office.services, [key[0]]), key, lambda lines: lines.remove(lines[-1]))
    with pytest.raises(backup_file.BackupError, match=r"it says [\d,]+ rows, and holds"):
        backup.restore(elsewhere, short, key[1])
    assert "no tables" in migrate.misfit(elsewhere.engine)


def test_a_backup_that_was_made_before_there_were_counts_is_restored_and_says_so(
    office: Office, key: tuple[str, str], elsewhere: Services, tmp_path: Path
) -> None:
    old = repacked(backup.make(office.services, [key[0]]), key, lambda lines: lines[0].pop("rows"))
    (tmp_path / "old.age").write_bytes(old)
    code, said = run_by(elsewhere, office, "restore", str(tmp_path / "old.age"), "--key", str(tmp_path / "key"))
    assert (code, "before backups said how many" in said) == (0, True)
    assert rows(elsewhere, Person) == rows(office.services, Person)


def test_after_a_restore_that_was_killed_nobody_works_with_half_of_it(
    office: Office, key: tuple[str, str], elsewhere: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Her number said stop after the backup; the rows were back and the stop was not when the power failed."""
    sealed = backup.make(office.services, [key[0]])

    def dies(*_given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as power:
        power.setattr(backup, "_replay", dies)
        with pytest.raises(KeyboardInterrupt):
            backup.restore(elsewhere, sealed, key[1])
    assert rows(elsewhere, Person) > 0
    with pytest.raises(backup_file.BackupError, match="was interrupted"):
        backup.restore(elsewhere, sealed, key[1])
    url = elsewhere.engine.url.render_as_string(hide_password=False)
    with pytest.raises(ConfigError, match="was interrupted"):
        installation.belongs(office.settings.model_copy(update={"database_url": url}))


def test_a_demonstrations_backup_is_not_restored_in_service(
    office: Office, key: tuple[str, str], elsewhere: Services
) -> None:
    sealed = backup.make(office.services, [key[0]])
    service = replace(elsewhere, settings=office.settings.model_copy(update={"mode": "production"}))
    with pytest.raises(backup_file.BackupError, match="MODE=demo, and MODE is production"):
        backup.restore(service, sealed, key[1])
    assert "no tables" in migrate.misfit(elsewhere.engine)


def test_a_table_that_is_not_ours_is_not_kept_and_spoils_no_backup(
    office: Office, key: tuple[str, str], elsewhere: Services
) -> None:
    with office.services.engine.begin() as line:
        line.exec_driver_sql("CREATE TABLE places_of_an_extension (id INTEGER)")
        line.exec_driver_sql("INSERT INTO places_of_an_extension VALUES (1)")
        line.exec_driver_sql("ALTER TABLE person ADD COLUMN a_note VARCHAR(9)")
    made = backup.counted(office.services, [key[0]])
    assert "places_of_an_extension" not in made.counts
    backup.restore(elsewhere, made.sealed, key[1])
    assert rows(elsewhere, Person) == rows(office.services, Person)

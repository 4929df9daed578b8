"""After its time nobody opens a report: not with every PIN, not from yesterday's backup."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.people.roster import today
from bot.storage.outbox import now
from bot.storage.tables.reports import Copy, Report, ReportReceipt, Tally
from bot.storage.tables.runtime import Event
from bot.vault.sealing import Unsealable
from bot.vault.vault import Vault
from tests.support.keys import (
    ASK_POLICE,
    DONE,
    MY_FIRST_TASK,
    REPLY_GO_TO_A_DOCTOR,
    SEND_AND_SAY_MORE,
    TAKE_NEW_TASK,
    WISH_NOTHING,
)
from tests.support.office import Office
from tests.support.pairs import by_two, types
from tests.support.reports import (
    dial_as_champion,
    dial_to_helpers,
    file_report,
    file_report_that_is_taken,
    open_receipt,
)
from workers.daily import expiring


def purge(office: Office, *args: str) -> str:
    return (by_two if args else types)(office, "purge", *args).output


def grow_old(office: Office) -> None:
    """Everything was filed in the first week of 2026, under that week's key."""
    weeks = office.settings.data_dir / "vault" / "weeks"
    for kept in (*weeks.glob("*.tree"), *(weeks.parent / "words").glob("*.tree")):
        kept.rename(kept.with_name("2026-W01.tree"))
    with office.services.sessions.begin() as db:
        db.execute(update(Report).values(week="2026-W01"))


def test_what_is_young_stays(office: Office) -> None:
    code = file_report_that_is_taken(office)
    assert purge(office) == "0 reports erased; weeks shredded: none.\n"
    assert open_receipt(office, code).sees.startswith("A person you can trust is following it.")


def test_what_is_old_is_erased_and_its_week_shredded(office: Office) -> None:
    code = file_report_that_is_taken(office)
    grow_old(office)
    assert purge(office, "--weeks", "4") == "1 reports erased; weeks shredded: 2026-W01.\n"
    assert "no new task" in dial_as_champion(office, "c9").sees
    with office.services.reads() as db:
        assert db.scalars(select(Report.sealed)).one() == b""
        assert "expired" in set(db.scalars(select(Event.what)))
    assert open_receipt(office, code).sees == "It is erased."


def test_for_a_year_more_her_code_says_that_it_is_erased_and_then_nobody_knows_it(office: Office) -> None:
    code = file_report_that_is_taken(office)
    grow_old(office)
    purge(office, "--weeks", "4")
    assert open_receipt(office, code, "0001").sees.startswith("That is wrong.")  # and to nobody else
    assert open_receipt(office, code).sees == "It is erased."
    office.settings.keep_receipt_weeks = 8
    purge(office, "--weeks", "4")
    assert open_receipt(office, code).sees.startswith("That is wrong.")
    with office.services.reads() as db:
        assert list(db.scalars(select(ReportReceipt.locator))) == []


def test_what_a_backup_puts_back_of_a_shredded_week_is_said_to_be_erased(office: Office) -> None:
    code = file_report_that_is_taken(office)
    grow_old(office)
    office.services.vault.shred("2026-W02")
    assert open_receipt(office, code).sees == "It is erased."
    assert dial_as_champion(office, "c2").says(*MY_FIRST_TASK) == "It is erased."


def test_yesterdays_backup_with_every_pin_opens_nothing(office: Office) -> None:
    file_report_that_is_taken(office)
    grow_old(office)
    with office.services.reads() as db:
        backup = [(db.get_one(Report, copy.report), copy.sealed_key) for copy in db.scalars(select(Copy))]
    assert office.services.vault.unwrap(backup[0][0].week, backup[0][0].id, [backup[0][1]])
    purge(office, "--weeks", "4")
    for report, sealed in backup:
        with pytest.raises(Unsealable, match="shredded"):
            office.services.vault.unwrap(report.week, report.id, [sealed])


def test_a_shredded_week_never_comes_back(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    old = vault.wrap("2026-W01", "r", [b"x"])
    vault.wrap("2026-W02", "r", [b"y"])
    assert vault.shred("2026-W02") == ["2026-W01"]
    with pytest.raises(Unsealable):
        vault.wrap("2026-W01", "r", [b"z"])
    with pytest.raises(Unsealable):
        vault.unwrap("2026-W01", "r", old)
    assert vault.unwrap("2026-W02", "r", vault.wrap("2026-W02", "r", [b"y"])) == [b"y"]


@pytest.mark.parametrize("week", ["../pepper", "2026-W1", "2026-W01/..", "", "W01"])
def test_a_week_is_a_week_and_no_path(tmp_path: Path, week: str) -> None:
    with pytest.raises(ValueError, match="a week is like"):
        Vault(tmp_path).wrap(week, "r", [b"x"])


def test_a_report_without_receipt_grows_old_too(office: Office) -> None:
    file_report(office)
    with office.services.sessions.begin() as db:
        db.execute(update(ReportReceipt).values(locator="another"))
    grow_old(office)
    assert purge(office, "--weeks", "1").startswith("1 reports erased")


def test_what_was_answered_goes_before_the_report(office: Office) -> None:
    code = file_report_that_is_taken(office)
    assert dial_as_champion(office, "c2").says(*MY_FIRST_TASK, *REPLY_GO_TO_A_DOCTOR) == "Sent."
    grow_old(office)
    office.settings.keep_weeks = 5200
    assert purge(office) == "0 reports erased; weeks shredded: none.\n"
    assert "No reply yet." in open_receipt(office, code).sees
    assert dial_as_champion(office, "c3").says(*MY_FIRST_TASK).startswith("Danger now. Told on")


def test_old_counts_are_forgotten_and_young_ones_stay(office: Office) -> None:
    with office.services.sessions.begin() as db:
        for month in ("2020-01", f"{today():%Y-%m}"):
            db.add(Tally(group="hurt", zone="Z", month=month, reporter="self", count=7))
    purge(office)
    with office.services.reads() as db:
        assert list(db.scalars(select(Tally.month))) == [f"{today():%Y-%m}"]


def test_oversight_is_warned_before_an_open_report_is_erased(office: Office) -> None:
    file_report(office)
    with office.services.reads() as db:
        assert expiring(db, office.services, now()) == 0
        assert expiring(db, office.services, now() + 48 * 7 * 86400) == 0
        assert expiring(db, office.services, now() + 50 * 7 * 86400) == 1


def file_report_with_words(office: Office, words: str) -> None:
    """A report to the police of Buyenzi, with words of her own or without."""
    assert "arrived" in dial_to_helpers(office, f"s{words}").says(
        *ASK_POLICE, *SEND_AND_SAY_MORE, *WISH_NOTHING, words or "1", DONE
    )


def case(office: Office, session: str) -> str:
    """What the champion reads who has taken it."""
    reading = dial_as_champion(office, session)
    page = reading.says("2", "1") if session != "c1" else reading.says("1")
    while "9 More" in reading.sees:
        page += reading.says("9")
    return page


def test_her_words_go_sooner_than_the_rest_and_no_backup_brings_them_back(office: Office) -> None:
    file_report_with_words(office, "yankubise umusi wose")
    assert "yankubise umusi wose" in case(office, "c1")
    dial_as_champion(office, "c2").says(*TAKE_NEW_TASK)
    with office.services.reads() as db:
        words = db.scalars(select(Report.words)).one()
    grow_old(office)
    office.settings.keep_words_weeks, office.settings.keep_weeks = 4, 5200
    purge(office)
    with office.services.reads() as db:
        assert db.scalars(select(Report.words)).one() == b""
    page = case(office, "c3")
    assert "Buyenzi" in page
    assert "yankubise" not in page
    with office.services.sessions.begin() as db:  # yesterday's backup is put back
        db.execute(update(Report).values(words=words))
    assert "yankubise" not in case(office, "c4")
    with pytest.raises(Unsealable, match="shredded"):
        office.services.vault.unwrap("2026-W01", db.scalars(select(Report.id)).one(), [words], True)


def test_nobody_sees_from_the_rows_who_wrote_words(office: Office) -> None:
    for words in ("", "x", "y" * 400):
        file_report_with_words(office, words)
    with office.services.reads() as db:
        lengths = {(len(report.words), len(report.sealed)) for report in db.scalars(select(Report))}
    assert len(lengths) == 1

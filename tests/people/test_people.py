"""Somebody who answers: enrolled by one, confirmed by another, with a PIN of her own; and gone when she is lost."""

from __future__ import annotations

import csv
import logging
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import Result
from nacl.public import PrivateKey
from sqlalchemy import func, select, update

import workers
from app import create_app
from bot.people import enrolment
from bot.settings import ROOT
from bot.storage import outbox
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Request, Step
from bot.storage.tables.runtime import Event
from bot.upkeep import retention
from tests.support.keys import (
    ASK_POLICE_AND_SEND,
    FIRST_NEW_TASK,
    OPEN_TASKS,
    STAFF_PIN,
    TAKE_NEW_TASK,
    TO_REPLIES,
    TO_TASKS,
)
from tests.support.office import Caller, Office
from tests.support.pairs import by_two, confirms, number_of, types
from tests.support.reports import dial_to_helpers

PHONE = "+25768555123"
ROW = {
    "ref": "N1", "role": "champion", "kind": "", "name": "Jeanne", "phone": PHONE, "sex": "f", "languages": "rn|fr",
    "zones": "BI-ZO-02-09-01", "unit": "", "duty": "mon-sun 00:00-24:00", "trained_until": "2040-12-31",
    "confirmed_on": "", "demo": "no",
}  # fmt: skip


def table(tmp_path: Path, *rows: dict[str, str]) -> str:
    path = tmp_path / "new.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ROW)
        writer.writeheader()
        writer.writerows(rows or [ROW])
    return str(path)


def flask(office: Office, *args: str) -> Result:
    return create_app(office.settings, office.services).test_cli_runner().invoke(args=["people", *args])


def enrolled(office: Office, tmp_path: Path) -> str:
    """Jeanne is enrolled by one and confirmed by another; her first code."""
    assert by_two(office, "people", "import", table(tmp_path)).exit_code == 0
    said = by_two(office, "people", "confirm", "N1")
    return said.output.strip().rpartition(" ")[2]


def dial_as_newcomer(office: Office, session: str) -> Caller:
    office.services.roster.refresh()  # fifteen seconds later
    caller = office.call(session, PHONE)
    caller.says(*TO_TASKS)
    return caller


def test_she_chooses_her_own_pin_with_the_code_from_the_paper_and_reads_her_first_report(
    office: Office, tmp_path: Path
) -> None:
    code = enrolled(office, tmp_path)
    new = dial_as_newcomer(office, "s1")
    assert new.sees.startswith("Write the first code.")
    assert new.says(code).startswith("Choose 6 secret digits.")
    assert new.says("123456").startswith("Too easy to guess.")
    assert new.says("529381") == "It is written. Thank you."
    assert "no new task" in dial_as_newcomer(office, "s2").says("529381")
    with office.services.sessions.begin() as db:  # everybody else of the station is on leave
        db.execute(update(Person).where(Person.role == "champion", Person.ref != "N1").values(active=False))
    dial_to_helpers(office, "w1").says(*ASK_POLICE_AND_SEND)
    while office.rung:
        workers.run_tasks(office.rung.pop(0))
    assert "Buyenzi" in dial_as_newcomer(office, "s3").says("529381", "1")


def test_the_code_from_the_paper_serves_once(office: Office, tmp_path: Path) -> None:
    code = enrolled(office, tmp_path)
    first, second = dial_as_newcomer(office, "s1"), dial_as_newcomer(office, "s2")
    second.says(code)
    assert first.says(code, "529381") == "It is written. Thank you."
    assert second.says("725190").startswith("That is wrong.")
    assert "no new task" in dial_as_newcomer(office, "s3").says("529381")


def test_who_guesses_the_code_from_the_paper_is_stopped_after_five(office: Office, tmp_path: Path) -> None:
    code = enrolled(office, tmp_path)
    guessing = dial_as_newcomer(office, "s1")
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for _ in range(4):
        assert guessing.says(wrong).startswith("That is wrong.")
    assert guessing.says(wrong).startswith("Too many errors.")
    assert dial_as_newcomer(office, "s2").says(code).startswith("Too many errors.")


def test_who_is_enrolled_does_not_serve_before_two_have_confirmed_her(office: Office, tmp_path: Path) -> None:
    by_two(office, "people", "import", table(tmp_path))
    types(office, "people", "confirm", "N1")
    page = dial_as_newcomer(office, "s1").sees
    assert page.startswith("Write your code.")  # *your replies*: for anybody, there are no tasks


def test_one_row_that_is_wrong_keeps_the_whole_table_out(office: Office, tmp_path: Path) -> None:
    other = ROW | {"ref": "N2", "phone": "+25768555124", "role": "queen"}
    refused = types(office, "people", "import", table(tmp_path, ROW, other))
    assert refused.exit_code == 1
    assert refused.output.startswith("new.csv:3: unknown role")
    assert PHONE not in refused.output
    assert "N1" not in flask(office, "list").output


def test_whoever_imports_a_table_without_a_row_is_told_so(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text(",".join(ROW) + "\n", encoding="utf-8")
    refused = types(office, "people", "import", str(path))
    assert (refused.exit_code, refused.output) == (1, "new.csv:1: there is no row of a person below the header\n")


@pytest.mark.parametrize(("changed", "said"), [
    ({"trained_until": "1930-12-31"}, "new.csv:2: trained_until is more than 20 years from today"),
    ({"trained_until": "31/12/2090"}, "new.csv:2: trained_until is more than 20 years from today"),
    ({"trained_until": "22 12 3456"}, "new.csv:2: trained_until is more than 20 years from today"),
    ({"confirmed_on": "2999-01-01"}, "new.csv:2: confirmed_on is more than 20 years from today"),
    ({"confirmed_on": "2028-01-01"}, "new.csv:2: confirmed_on lies in the future"),
    ({"ref": "Marie Secret", "demo": "yes", "phone": "+25778000777"},
     "new.csv:2: ref is not like C1-A: at most 20 letters of ASCII, digits and hyphens, and no phone number"),
    ({"ref": "Jeanne", "name": "N1"}, "new.csv:2: ref has no digit and name has one: they look swapped"),
])  # fmt: skip
def test_a_day_or_a_reference_that_cannot_be_meant_enrols_nobody(
    office: Office, tmp_path: Path, changed: dict[str, str], said: str
) -> None:
    refused = types(office, "people", "import", table(tmp_path, ROW | changed))
    assert (refused.exit_code, refused.output.strip()) == (1, said)


@pytest.mark.parametrize(("changed", "said"), [
    ({"ref": "C1A"}, "C1A is enrolled already"),
    ({"phone": "+25778000001", "demo": "yes"}, "N1 has the number of C1A: if they share a phone, say --shared"),
    ({"phone": "+25778000777", "demo": "yes"}, "N1 is a demo person"),
])  # fmt: skip
def test_who_is_there_already_is_named_by_reference_only(
    office: Office, tmp_path: Path, changed: dict[str, str], said: str
) -> None:
    refused = types(office, "people", "import", table(tmp_path, ROW | changed))
    assert (refused.exit_code, refused.output.splitlines()[2:]) == (1, [said])  # after her reference and her PIN


def test_the_list_says_where_everybody_is_and_no_number(office: Office, tmp_path: Path) -> None:
    code = enrolled(office, tmp_path)
    assert "has not chosen a PIN" in line_of(office)
    dial_as_newcomer(office, "s1").says(code, "529381")
    assert "serves" in line_of(office)
    types(office, "people", "disable", "N1")
    assert "stopped by one" in line_of(office)
    by_two(office, "people", "disable", "N1")
    assert "disabled" in line_of(office)
    assert not re.search(r"\+\d{6}|Jeanne", flask(office, "list").output)


def line_of(office: Office) -> str:
    return next(line for line in flask(office, "list").output.splitlines() if line.startswith("N1"))


def champion_of(office: Office) -> Person:
    """Whose phone rang first."""
    with office.services.reads() as db:
        return db.scalars(select(Person).join(Step, Step.person == Person.id).where(Step.rung == 0)).one()


def one_has_taken(office: Office) -> tuple[Person, str]:
    """Somebody who has taken the only report, and her number."""
    dial_to_helpers(office, "w1").says(*ASK_POLICE_AND_SEND)
    while office.rung:
        workers.run_tasks(office.rung.pop(0))
    owner = champion_of(office)
    phone = office.services.vault.open_for_sender(owner.phone_sealed)
    office.call("s1", phone).says(*OPEN_TASKS, *TAKE_NEW_TASK)
    return owner, phone


def test_a_lost_phone_opens_nothing_and_what_she_had_taken_goes_to_the_next_at_once(office: Office) -> None:
    lost, phone = one_has_taken(office)
    thief = office.call("s2", phone)
    thief.says(*OPEN_TASKS)
    assert "1 of her reports were handed on." in types(office, "people", "disable", lost.ref).output
    assert thief.says("2") == "Please dial again."
    assert office.call("s4", phone).says(*OPEN_TASKS).startswith("That is wrong.")
    with office.services.reads() as db:
        assert (db.scalars(select(Request.status)).one(), db.scalars(select(Request.owner)).one()) == ("new", "")
    while office.rung:
        workers.run_tasks(office.rung.pop(0))
    with office.services.reads() as db:
        rung = select(Person.id).join(Step, Step.person == Person.id).where(Step.rung == 1)
        deputy = db.get_one(Person, db.scalars(rung).one())
    number = office.services.vault.open_for_sender(deputy.phone_sealed)
    assert "New tasks" in office.call("s3", number).says(*OPEN_TASKS)


def keys_of(office: Office, ref: str) -> tuple[bytes, bytes, int]:
    """Both halves of somebody's key, and how many copies still open with it."""
    with office.services.reads() as db:
        row = db.scalars(select(Person).where(Person.ref == ref)).one()
        held = select(func.count()).select_from(Copy).where(Copy.person == row.id)
        return row.public_key, row.wrapped_key, db.scalar(held) or 0


def test_one_person_stops_a_lost_phone_and_only_a_second_one_destroys_its_key(office: Office) -> None:
    dial_to_helpers(office, "w1").says(*ASK_POLICE_AND_SEND)
    lost = champion_of(office).ref
    assert "Two people make it final" in types(office, "people", "disable", lost).output
    assert keys_of(office, lost)[2] == 1
    assert f"{lost} " in next(line for line in flask(office, "list").output.splitlines() if "stopped by one" in line)
    assert by_two(office, "people", "disable", lost).output.endswith("Her key is gone.\n")
    assert keys_of(office, lost) == (b"", b"", 0)


def test_a_phone_that_is_found_again_serves_as_before_when_a_second_person_says_so(office: Office) -> None:
    dial_to_helpers(office, "w1").says(*ASK_POLICE_AND_SEND)
    while office.rung:
        workers.run_tasks(office.rung.pop(0))
    found = champion_of(office)
    types(office, "people", "disable", found.ref)
    assert by_two(office, "people", "confirm", found.ref).output == f"{found.ref} is confirmed. She has her PIN.\n"
    office.services.roster.refresh()
    phone = office.services.vault.open_for_sender(found.phone_sealed)
    assert "Buyenzi" in office.call("s9", phone).says(*OPEN_TASKS, FIRST_NEW_TASK)


def test_who_locked_herself_out_is_let_in_by_two_people_and_keeps_her_pin(office: Office, tmp_path: Path) -> None:
    code = enrolled(office, tmp_path)
    dial_as_newcomer(office, "s1").says(code, "529381")
    locked = dial_as_newcomer(office, "s2")
    locked.says("111111", "111112", "111113", "111114", "111115")
    assert locked.sees.startswith("Too many errors.")
    number = number_of(types(office, "people", "unlock", "N1"))
    assert types(office, "people", "unlock", "N1", "--agreed", number).exit_code == 1
    assert dial_as_newcomer(office, "s3").says("529381").startswith("Too many errors.")
    assert confirms(office, "O1") == "It is written. Thank you."
    assert types(office, "people", "unlock", "N1", "--agreed", number).output == "N1 may try her PIN again.\n"
    assert "no new task" in dial_as_newcomer(office, "s4").says("529381")
    with office.services.reads() as db:
        assert db.scalars(select(Event.what).where(Event.what.startswith("unlock"))).all() == ["unlocked by K1 and O1"]


def test_whoever_guesses_at_one_champions_pin_locks_nobody_else_out(office: Office) -> None:
    first, other = (phone_of(office, ref) for ref in ("C1A", "C1B"))
    guessing = office.call("s1", first)
    guessing.says(*TO_TASKS, "111111", "111112", "111113", "111114")
    assert guessing.sees.startswith("That is wrong. Left: 1. Write again.")
    assert guessing.says("111115").startswith("Too many errors.")
    assert office.call("s2", first).says(*OPEN_TASKS).startswith("Too many errors.")
    assert "no new task" in office.call("s3", other).says(*OPEN_TASKS)


def test_who_mistypes_her_pin_reads_how_many_tries_are_left_and_then_begins_anew(office: Office) -> None:
    phone = phone_of(office, "C1A")
    caller = office.call("s1", phone)
    assert caller.says(*TO_TASKS, "111111").startswith("That is wrong. Left: 4. Write again.")
    assert "no new task" in caller.says(STAFF_PIN)
    assert office.call("s2", phone).says(*TO_TASKS, "111111").startswith("That is wrong. Left: 4.")
    stranger = office.call("s3").says(*TO_REPLIES, "79123451", "1111")
    assert stranger.startswith("That is wrong. Write again.")  # of a code nothing is said: it may be nobody's


def phone_of(office: Office, ref: str) -> str:
    with office.services.reads() as db:
        sealed = db.scalars(select(Person.phone_sealed).where(Person.ref == ref)).one()
    return office.services.vault.open_for_sender(sealed)


def test_new_hours_and_training_hold_at_once(office: Office) -> None:
    said = types(office, "people", "change", "C1A", "--duty", "sat 08:00-12:00", "--trained-until", "2031-01-31")
    assert said.output.endswith("C1A: duty, trained_until changed.\n")
    with office.services.reads() as db:
        row = db.scalars(select(Person).where(Person.ref == "C1A")).one()
        assert (row.duty, row.trained_until, row.active) == ("sat 08:00-12:00", "2031-01-31", True)
        assert db.scalars(select(Event.what)).all() == ["changed by K1: duty, trained_until"]


def test_who_serves_elsewhere_serves_there_once_two_have_decided_it(office: Office) -> None:
    dial_to_helpers(office, "w1").says(*ASK_POLICE_AND_SEND)
    there = ("--zones", "BI-ZO-02-09-02|BI-ZO-02-09-05", "--unit", "POST-2")
    said = by_two(office, "people", "change", "C1A", *there)
    assert said.output == "C1A: unit, zones changed.\n"
    with office.services.reads() as db:
        row = db.scalars(select(Person).where(Person.ref == "C1A")).one()
        assert (row.zones, row.unit, row.active) == ("BI-ZO-02-09-02,BI-ZO-02-09-05", "POST-2", True)


@pytest.mark.parametrize("day", ["2027-02-31", "2999-01-01", "1926-01-31", "20270131", "31/01/2027"])
def test_a_day_that_is_none_or_too_far_keeps_no_phone_from_being_answered(office: Office, day: str) -> None:
    refused = types(office, "people", "change", "C1A", "--trained-until", day)
    assert (refused.exit_code, "trained_until has" in refused.output) == (1, True)
    office.services.roster.refresh()
    assert dial_to_helpers(office, "w1").sees.startswith("Who may read it and help?")


def test_a_day_that_an_earlier_release_took_keeps_no_phone_from_being_answered(office: Office) -> None:
    with office.services.sessions.begin() as db:
        db.execute(update(Person).where(Person.ref == "C1A").values(trained_until="2027-02-31"))
    office.services.roster.refresh()
    assert dial_to_helpers(office, "w1").sees.startswith("Who may read it and help?")


def test_a_change_that_nobody_can_read_changes_nothing(office: Office) -> None:
    odd = (
        "--duty",
        "always",
        "--zones",
        "Buyenzi",
        "--unit",
        "POST-99",
        "--languages",
        "rn|sw",
        "--trained-until",
        "soon",
    )
    refused = types(office, "people", "change", "C1A", *odd)
    assert refused.exit_code == 1
    assert len(refused.output.splitlines()) == 5
    with office.services.reads() as db:
        assert db.scalars(select(Person).where(Person.ref == "C1A", Person.active)).one().unit == "POST-1"
        assert db.scalars(select(Event.what)).all() == []


def test_she_comes_back_by_two_people_with_new_keys(office: Office, tmp_path: Path) -> None:
    code = enrolled(office, tmp_path)
    dial_as_newcomer(office, "s1").says(code, "529381")
    types(office, "people", "disable", "N1")
    by_two(office, "people", "disable", "N1")
    by_two(office, "people", "number", "N1", before=f"{PHONE}\n")  # hers was erased, and nobody else has it now
    again = by_two(office, "people", "confirm", "N1").output.strip().rpartition(" ")[2]
    assert dial_as_newcomer(office, "s2").says("529381").startswith("That is wrong.")
    assert dial_as_newcomer(office, "s3").says(again, "725190") == "It is written. Thank you."


def test_a_key_that_somebody_wrote_into_the_database_gets_no_copy_and_raises_an_alarm(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    mine = PrivateKey.generate()
    with office.services.sessions.begin() as db:
        swapped = db.scalars(select(Person.id).where(Person.role == "oversight").limit(1)).one()
        db.execute(update(Person).where(Person.id == swapped).values(public_key=bytes(mine.public_key)))
    with caplog.at_level(logging.ERROR):
        dial_to_helpers(office).says(*ASK_POLICE_AND_SEND)
    assert "was not made by the vault" in caplog.text
    with office.services.reads() as db:
        holders = set(db.scalars(select(Copy.person)))
    assert holders
    assert swapped not in holders


def test_an_enrolment_runs_out_after_a_year(office: Office, tmp_path: Path) -> None:
    code = enrolled(office, tmp_path)
    dial_as_newcomer(office, "s1").says(code, "529381")
    with office.services.sessions.begin() as db:
        db.execute(update(Person).where(Person.ref == "N1").values(expires="2026-01-01"))
    assert "expired" in line_of(office)
    assert dial_as_newcomer(office, "s2").says("529381").startswith("That is wrong.")
    assert by_two(office, "people", "confirm", "N1").output == "N1 is confirmed. She has her PIN.\n"
    assert "serves" in line_of(office)
    assert "no new task" in dial_as_newcomer(office, "s3").says("529381")
    assert types(office, "people", "confirm", "N1").output.strip() == "N1 is confirmed already"


def test_when_her_year_is_over_what_she_had_taken_goes_to_the_next(office: Office) -> None:
    owner, phone = one_has_taken(office)
    with office.services.sessions.begin() as db:
        ended = {"expires": "2026-11-30", "enrolled_by": "K1", "confirmed_by": "K2"}
        db.execute(update(Person).where(Person.id == owner.id).values(**ended))
        assert enrolment.ending(db, date(2026, 11, 10)) == [(owner.ref, "2026-11-30")]
        assert enrolment.ending(db, date(2026, 10, 10)) == []
    at = int(datetime(2026, 11, 30, 12, tzinfo=UTC).timestamp())
    assert retention.expire_terms(office.services, at) == []  # the last day is still hers
    assert len(retention.expire_terms(office.services, at + 86400)) == 1
    with office.services.reads() as db:
        assert (db.scalars(select(Request.status)).one(), db.scalars(select(Request.owner)).one()) == ("new", "")
        row = db.get_one(Person, owner.id)
        assert enrolment.state(row, date(2026, 12, 1)) == "expired"
    assert by_two(office, "people", "confirm", owner.ref).output == f"{owner.ref} is confirmed. She has her PIN.\n"


def test_who_confirmed_and_who_disabled_stays_in_the_record(office: Office, tmp_path: Path) -> None:
    code = enrolled(office, tmp_path)
    dial_as_newcomer(office, "s1").says(code, "529381")
    types(office, "people", "disable", "N1", by="A1")
    by_two(office, "people", "disable", "N1", first="O1", second="K1")
    with office.services.reads() as db:
        done = [what for what in db.scalars(select(Event.what).order_by(Event.id)) if " by " in what]
    assert done == ["confirmed by K1 and O1", "disabled by A1", "revoked by O1 and K1"]


def test_the_shipped_people_can_be_enrolled_anew_without_harm(office: Office) -> None:
    with office.services.sessions.begin() as db:
        assert enrolment.enrol(db, office.services.country, office.services.vault) == 0
    assert (ROOT / "ops" / "country" / "bi" / "people.csv").exists()
    assert outbox.now() > 0

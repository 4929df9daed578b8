"""Somebody with two SIM cards dials from either, and is rung on the first."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import select

from bot.storage.tables.pairs import Proposal
from bot.storage.tables.people import FurtherNumber
from tests.people.test_people import PHONE, table
from tests.support.keys import STAFF_PIN, TO_TASKS
from tests.support.office import Office
from tests.support.pairs import by_two, confirms, number_of, types
from tests.support.staff import person_row, phone_of

THIRD, FOURTH = "+25768555303", "+25768555304"


def gives(office: Office, ref: str, phone: str, *how: str) -> Result:
    """Two people give a number to somebody, or take it away; the command's last words."""
    done = by_two(office, "people", "number", ref, *how, before=f"{phone}\n")
    office.services.roster.refresh()
    return done


def test_who_has_two_cards_dials_from_either_and_is_rung_on_the_first(office: Office) -> None:
    first = phone_of(office, "C1A")
    assert "C1A has one more number." in gives(office, "C1A", PHONE, "--also").output
    for session, phone in (("s1", first), ("s2", PHONE)):
        assert "no new task" in office.call(session, phone).says(*TO_TASKS, STAFF_PIN)
    assert phone_of(office, "C1A") == first


def test_wrong_tries_count_from_whichever_number_they_come(office: Office) -> None:
    gives(office, "C1A", PHONE, "--also")
    office.call("s1", PHONE).says(*TO_TASKS, "111111", "111112", "111113")
    guessed = office.call("s2", phone_of(office, "C1A")).says(*TO_TASKS, "111114", "111115")
    assert guessed.startswith("Too many errors.")


def test_a_number_that_was_taken_away_is_a_callers_like_any(office: Office) -> None:
    gives(office, "C1A", PHONE, "--also")
    assert "C1A has one number less." in gives(office, "C1A", PHONE, "--less").output
    assert "Tasks" not in office.call("s1", PHONE).says("3")


def test_who_leaves_has_no_number_at_all_and_all_are_free(office: Office, tmp_path: Path) -> None:
    gives(office, "C1A", PHONE, "--also")
    types(office, "people", "disable", "C1A")
    assert "N1 has the number of C1A" in types(office, "people", "import", table(tmp_path)).output
    by_two(office, "people", "disable", "C1A")
    with office.services.reads() as db:
        assert db.scalars(select(FurtherNumber)).all() == []
    assert by_two(office, "people", "import", table(tmp_path)).exit_code == 0


def test_a_further_number_of_another_is_refused_unless_sharing_was_said(office: Office) -> None:
    gives(office, "C1A", PHONE, "--also")
    said = types(office, "people", "number", "C1B", "--also", before=f"{PHONE}\n")
    assert (said.exit_code, "C1B has the number of C1A" in said.output) == (1, True)
    gives(office, "C1B", PHONE, "--also", "--shared")
    page = office.call("s1", PHONE).says(*TO_TASKS)
    assert "C1A" in page
    assert "C1B" in page


@pytest.mark.parametrize(
    ("how", "phone", "said"),
    [
        (["--also"], "", "this number already"),
        (["--also"], FOURTH, "has 2 further numbers"),
        (["--less"], FOURTH, "no further number of C1A"),
    ],
)
def test_what_cannot_be_done_with_a_number_is_said_before_anybody_is_asked_to_confirm_it(
    office: Office, how: list[str], phone: str, said: str
) -> None:
    for one in (PHONE, THIRD):
        gives(office, "C1A", one, "--also")
    refused = types(office, "people", "number", "C1A", *how, before=f"{phone or phone_of(office, 'C1A')}\n")
    assert (refused.exit_code, said in refused.output) == (1, True)
    with office.services.reads() as db:  # nor was anybody told to confirm it
        assert len(db.scalars(select(Proposal)).all()) == len((PHONE, THIRD))


def test_her_further_number_becomes_the_one_on_which_she_is_rung(office: Office) -> None:
    gives(office, "C1A", PHONE, "--also")
    gives(office, "C1A", PHONE)
    assert phone_of(office, "C1A") == PHONE
    with office.services.reads() as db:
        assert db.scalars(select(FurtherNumber)).all() == []


def test_what_was_confirmed_for_one_more_number_takes_none_away(office: Office) -> None:
    gives(office, "C1A", PHONE, "--also")
    number = number_of(types(office, "people", "number", "C1A", "--less", before=f"{PHONE}\n"))
    refused = types(office, "people", "number", "C1A", "--agreed", number, before=f"{PHONE}\n")
    assert refused.exit_code == 1
    assert person_row(office, "C1A").phone_sealed


def test_a_stopped_person_who_shares_a_further_number_is_confirmed_by_two_who_read_it(office: Office) -> None:
    gives(office, "C1A", PHONE, "--also")
    types(office, "people", "disable", "C1A")
    gives(office, "C1B", PHONE, "--also", "--shared")
    number = number_of(types(office, "people", "confirm", "C1A"))
    assert "C1A (champion), one phone with C1B" in types(office, "people", "proposals").output
    confirms(office, "O1")
    with office.services.sessions.begin() as db:  # she has one more number than what both have seen
        db.add(FurtherNumber(person=person_row(office, "C1A").id, phone_digest="another"))
    refused = types(office, "people", "confirm", "C1A", "--agreed", number)
    assert (refused.exit_code, "this is not what was proposed" in refused.output) == (1, True)


@pytest.mark.parametrize("order", [["--also", "--less"], ["--less", "--also"]])
def test_one_more_and_one_less_in_one_command_is_refused_before_anything_is_asked(
    office: Office, order: list[str]
) -> None:
    refused = types(office, "people", "number", "C1A", *order, before=f"{PHONE}\n")
    assert (refused.exit_code, "one of them at a time" in refused.output) == (2, True)
    assert "The number" not in refused.output


@pytest.mark.parametrize(
    "who", [{"pin": "111111"}, {"by": "C2A"}], ids=["who shows no PIN of her own", "who may not propose"]
)
@pytest.mark.parametrize("how", ["number", "import"])
def test_whose_a_number_is_learns_nobody(office: Office, tmp_path: Path, how: str, who: dict[str, str]) -> None:
    gives(office, "C1A", PHONE)
    given = ["number", "C1B"] if how == "number" else ["import", table(tmp_path)]
    before = f"{PHONE}\n" if how == "number" else ""
    said = types(office, "people", *given, before=before, **who)
    assert (said.exit_code, "C1A" in said.output) == (1, False)
    said = types(office, "people", *given, "--agreed", "1", before=before)
    assert (said.exit_code, "C1A" in said.output) == (1, False)
    assert "has the number of C1A" in types(office, "people", *given, before=before).output


def test_of_nobody_without_a_pin_is_it_said_that_she_keeps_it(office: Office, tmp_path: Path) -> None:
    by_two(office, "people", "import", table(tmp_path))
    assert "N1 has another number.\n" in gives(office, "N1", THIRD).output
    assert "C1A has another number. She keeps her PIN.\n" in gives(office, "C1A", FOURTH).output

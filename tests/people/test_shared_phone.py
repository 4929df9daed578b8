"""A phone of several who work here, and a number that is free because somebody left: nobody is taken for another."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

import workers
from bot.people import beginning, pairs
from bot.people.pairs import PairAction
from bot.phone.stored_session import StoredSession
from bot.storage import outbox
from bot.storage.tables.people import RECOVERY, FurtherNumber, Person
from bot.storage.tables.reports import Copy
from bot.storage.unit_of_work import Work
from tests.people.test_people import PHONE, ROW, table
from tests.support.keys import ASK_POLICE_AND_SEND, BACK, FIRST_NEW_TASK, STAFF_PIN, TO_TASKS
from tests.support.office import Office
from tests.support.pairs import by_two, confirms, number_of, types
from tests.support.reports import dial_to_helpers
from tests.support.staff import first_are, person_row, phone_of

FIRST, SECOND = "1", "2"  # C1A and C1B on the page of those who share a phone
TO_AWAY = "2"  # I am not on duty, where there is no new task


@pytest.fixture
def shared(office: Office) -> str:
    """The number that C1A and C1B have together, after two people said so."""
    phone = phone_of(office, "C1A")
    assert (
        "C1B has another number." in by_two(office, "people", "number", "C1B", "--shared", before=f"{phone}\n").output
    )
    office.services.roster.refresh()
    return phone


def test_who_dials_from_a_shared_phone_says_who_she_is_and_gives_her_own_pin(office: Office, shared: str) -> None:
    caller = office.call("s1", shared)
    page = caller.says(*TO_TASKS)
    assert "C1A" in page.splitlines()[1]
    assert "C1B" in page.splitlines()[2]
    assert caller.says(SECOND) == "Write your secret digits.\n0 Back"
    assert "no new task" in caller.says(STAFF_PIN)


def test_a_phone_of_one_person_has_no_page_more(office: Office) -> None:
    assert office.call("s1", phone_of(office, "C1A")).says(*TO_TASKS).startswith("Write your secret digits.")


def test_wrong_tries_on_a_shared_phone_lock_the_one_who_was_chosen_only(office: Office, shared: str) -> None:
    guessed = office.call("s1", shared).says(*TO_TASKS, SECOND, "111111", "111112", "111113", "111114", "111115")
    assert guessed.startswith("Too many errors.")
    assert office.call("s2", shared).says(*TO_TASKS, SECOND, STAFF_PIN).startswith("Too many errors.")
    assert "no new task" in office.call("s3", shared).says(*TO_TASKS, FIRST, STAFF_PIN)


def test_what_one_has_opened_is_asked_for_again_with_the_pin_of_the_other(office: Office, shared: str) -> None:
    first_are(office, "C1A")
    dial_to_helpers(office, "w1").says(*ASK_POLICE_AND_SEND)
    while office.rung:
        workers.run_tasks(office.rung.pop(0))
    with office.services.sessions.begin() as db:  # C1B holds no copy
        other = person_row(office, "C1B").id
        for copy in db.scalars(select(Copy).where(Copy.person == other)):
            db.delete(copy)
    caller = office.call("s1", shared)
    assert "Buyenzi" in caller.says(*TO_TASKS, FIRST, STAFF_PIN, FIRST_NEW_TASK)
    caller.says(BACK, BACK, BACK)
    while "Tasks" not in caller.sees or "Meetings" not in caller.sees:
        caller.says(BACK)
    caller.says(TO_TASKS[-1], SECOND)
    assert caller.sees.startswith("Write your secret digits.")
    assert "no new task" in caller.says(STAFF_PIN)


def test_a_talk_that_was_cut_begins_with_who_dials_and_her_pin(office: Office, shared: str) -> None:
    office.call("s1", shared).says(*TO_TASKS, FIRST, STAFF_PIN)
    again = office.call("s2", shared).says(*TO_TASKS)
    assert "C1A" in again
    assert "C1B" in again


@pytest.mark.parametrize("text", ["seen 1", "att 1 W23 M11", "meet V1 12/3 14:30"])
def test_an_sms_from_a_shared_phone_is_nobodys_and_says_to_dial(office: Office, shared: str, text: str) -> None:
    said = office.talk_sessions.sms("africastalking", "m1", shared, text).text
    assert "*384*" in said


def test_a_number_that_somebody_has_is_refused_unless_sharing_was_said(office: Office, tmp_path: Path) -> None:
    phone = phone_of(office, "C1A")
    said = types(office, "people", "number", "C1B", before=f"{phone}\n")
    assert (said.exit_code, "C1B has the number of C1A: if they share a phone, say --shared" in said.output) == (
        1,
        True,
    )
    copied = table(tmp_path, ROW, ROW | {"ref": "N2"})
    said = types(office, "people", "import", copied)
    assert (said.exit_code, "duplicate phone" in said.output) == (1, True)
    by_two(office, "people", "number", "C1A", before=f"{PHONE}\n")
    assert "N1 has the number of C1A" in types(office, "people", "import", table(tmp_path)).output
    copied = table(tmp_path, ROW, ROW | {"ref": "N2"})
    assert types(office, "people", "import", copied, "--shared").exit_code == 0


def test_the_second_person_reads_who_will_have_one_phone(office: Office, tmp_path: Path) -> None:
    number_of(types(office, "people", "import", table(tmp_path, ROW, ROW | {"ref": "N2"}), "--shared"))
    said = types(office, "people", "proposals").output
    assert "N1 (champion), one phone with N2 N2 (champion), one phone with N1" in said


def test_two_people_with_one_phone_do_not_decide_together(office: Office, shared: str) -> None:
    one, other = person_row(office, "K1"), person_row(office, "O1")
    with office.services.reads() as db:
        assert pairs.fault_between(db, PairAction.UNLOCK, one, other) == ""
        one.phone_digest = other.phone_digest
        assert "one phone" in pairs.fault_between(db, PairAction.UNLOCK, one, other)


def test_nor_do_they_with_any_number_in_common(office: Office) -> None:
    number = number_of(types(office, "people", "unlock", "C1A"))
    confirms(office, "O1")
    with office.services.sessions.begin() as db:
        either = (Person.ref == "K1") | (Person.role == "oversight")
        for person in db.scalars(select(Person.id).where(either)):
            db.add(FurtherNumber(person=person, phone_digest="of both"))
    assert "may not any more" in types(office, "people", "unlock", "C1A", "--agreed", number).output
    assert "nobody of another organisation" in types(office, "people", "unlock", "C1B").output
    with office.services.reads() as db:  # then the shares on paper let somebody in
        assert not beginning.is_able(Work(db, office.services.vault, office.services.country, outbox.now()), demo=True)


def test_the_number_of_who_left_is_free_and_its_new_holder_is_a_caller_like_any(office: Office, tmp_path: Path) -> None:
    by_two(office, "people", "number", "C1A", before=f"{PHONE}\n")
    types(office, "people", "disable", "C1A")
    there = table(tmp_path)
    assert "N1 has the number of C1A" in types(office, "people", "import", there).output  # a stop may be taken back
    by_two(office, "people", "disable", "C1A")
    assert (person_row(office, "C1A").phone_digest, person_row(office, "C1A").phone_sealed) == ("", b"")
    office.services.roster.refresh()
    assert "Tasks" not in office.call("s1", PHONE).says("3")
    assert by_two(office, "people", "import", there).exit_code == 0
    assert "her number is erased" in types(office, "people", "confirm", "C1A").output


def test_who_was_stopped_before_she_chose_a_pin_leaves_her_number_too(office: Office, tmp_path: Path) -> None:
    by_two(office, "people", "import", table(tmp_path))
    assert by_two(office, "people", "disable", "N1").exit_code == 0
    assert person_row(office, "N1").phone_digest == ""
    again = types(office, "people", "disable", "N1")
    assert (again.exit_code, "no key and no number" in again.output) == (1, True)


def test_a_stopped_person_whose_number_another_has_is_confirmed_by_two_who_read_it(office: Office) -> None:
    phone = phone_of(office, "C1A")
    types(office, "people", "disable", "C1A")
    by_two(office, "people", "number", "C1B", "--shared", before=f"{phone}\n")
    types(office, "people", "confirm", "C1A")
    assert "C1A (champion), one phone with C1B" in types(office, "people", "proposals").output


def test_a_process_of_the_release_before_reads_the_talk_of_everybody_who_is_not_in_her_tasks(office: Office) -> None:
    assert "who" not in StoredSession({}, 0, "", "", ends=False).fields()
    assert StoredSession({}, 0, "", "", ends=False, who="a").fields()["who"] == "a"


@pytest.mark.parametrize("before", [[*TO_TASKS], [*TO_TASKS, STAFF_PIN]], ids=["before her PIN", "after it"])
def test_who_is_in_her_tasks_while_her_phone_is_shared_goes_on_as_herself(office: Office, before: list[str]) -> None:
    caller = office.call("s1", phone_of(office, "C1A"))
    caller.says(*before)
    with office.services.sessions.begin() as db:
        digest = select(Person.phone_digest).where(Person.ref == "C1A").scalar_subquery()
        db.execute(update(Person).where(Person.ref == "C1B").values(phone_digest=digest))
    office.services.roster.refresh()
    caller.says(*[STAFF_PIN][: STAFF_PIN not in before])
    assert "no new task" in caller.sees
    assert caller.says(TO_AWAY, "31/12") == "It is written. Thank you."
    assert person_row(office, "C1A").away
    assert not person_row(office, "C1B").away


def test_before_the_pin_nothing_but_references_is_shown(office: Office, shared: str) -> None:
    rows = office.call("s1", shared).says(*TO_TASKS).splitlines()
    assert rows[1:3] == ["1 C1A", "2 C1B"]


def test_who_was_stopped_before_she_chose_a_pin_is_listed_as_what_she_is(office: Office, tmp_path: Path) -> None:
    def listed() -> str:
        return next(line for line in types(office, "people", "list").output.splitlines() if line.startswith("N1"))

    by_two(office, "people", "import", table(tmp_path))
    assert "waits for confirmation" in listed()
    by_two(office, "people", "confirm", "N1")
    types(office, "people", "disable", "N1")
    assert "stopped by one" in listed()
    by_two(office, "people", "disable", "N1")
    assert "disabled" in listed()
    by_two(office, "people", "number", "N1", before=f"{PHONE}\n")
    assert "waits for confirmation" in listed()


def test_a_key_on_paper_gets_no_phone(office: Office) -> None:
    with office.services.sessions.begin() as db:
        db.execute(update(Person).where(Person.ref == "C1B").values(role=RECOVERY))
    said = types(office, "people", "number", "C1B", before=f"{PHONE}\n")
    assert (said.exit_code, "key on paper" in said.output) == (1, True)

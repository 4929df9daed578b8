"""Her receipt: eight digits and four of her own open the answers, never the report, and only to her."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox
from nacl.pwhash import argon2id
from sqlalchemy import delete, func, select, update

import workers
from bot.conversation import answers
from bot.conversation.nodes import Wrong
from bot.country.hours import DAYS
from bot.storage.tables.delivery import Message
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Reply, Report, ReportReceipt, Step
from bot.storage.tables.runtime import Event, Task
from tests.support.keys import (
    ASK_IF_SAFE,
    ASK_POLICE,
    ASK_POLICE_AND_SEND,
    CLOSE_AS_HELPED,
    CODE,
    DONE_WITH_A_CODE,
    HAND_OVER,
    HAPPENS_NOW,
    MY_FIRST_TASK,
    NO_MEN,
    NO_POLICE,
    OTHER_STATION,
    REPLY_GO_TO_A_DOCTOR,
    SEND_NOW,
    TAKE_NEW_TASK,
    TO_TASKS,
    WRITE_REPLY,
    YES,
)
from tests.support.office import Office
from tests.support.reports import (
    HER_PIN,
    dial_as_champion,
    dial_to_helpers,
    erases,
    file_report,
    file_report_that_is_taken,
    open_receipt,
    public_key_of_receipt,
    shuts_out,
)


def test_she_reads_that_it_arrived_and_that_nobody_has_read_it(office: Office) -> None:
    page = open_receipt(office, file_report(office)).sees
    assert page.startswith("It arrived. It has not been read yet. No reply yet.")


def test_she_reads_who_opened_it_by_role_and_day_and_what_was_answered(office: Office) -> None:
    code = file_report_that_is_taken(office)
    helper = dial_as_champion(office, "c2")
    helper.says(*MY_FIRST_TASK)
    assert "Buyenzi" in helper.sees
    assert helper.says(*REPLY_GO_TO_A_DOCTOR) == "Sent."
    page = open_receipt(office, code).sees
    assert page.startswith("A person you can trust is following it. Read on ")
    assert ": Police. " in page
    assert "Go to a doctor." in page
    assert "Buyenzi" not in page


def test_she_answers_what_she_was_asked_and_the_champion_reads_it(office: Office) -> None:
    code = file_report_that_is_taken(office)
    assert dial_as_champion(office, "c2").says(*MY_FIRST_TASK, *ASK_IF_SAFE) == "Sent."
    woman = open_receipt(office, code)
    assert "Are you safe now?" in woman.sees
    assert woman.says("2") == "Sent."
    assert office.rung  # the champion's phone will say that there is a task
    case = dial_as_champion(office, "c3").says(*MY_FIRST_TASK)
    assert ": Are you safe now?" in case
    assert ": No. Told on " in case  # before what she told, for which the case is opened again
    assert "Yes" not in open_receipt(office, code, session="g").sees  # asked once, answered once


def test_what_is_finished_is_said_to_be(office: Office) -> None:
    code = file_report_that_is_taken(office)
    assert dial_as_champion(office, "c2").says(*MY_FIRST_TASK, *CLOSE_AS_HELPED, YES) == "It is finished."
    assert open_receipt(office, code).sees.startswith("It is finished.")
    assert "no new task" in dial_as_champion(office, "c4").sees


def test_who_wanted_no_reply_gets_none(office: Office) -> None:
    dial_to_helpers(office).says(*ASK_POLICE_AND_SEND)
    dial_as_champion(office, "c1").says(*TAKE_NEW_TASK)
    assert dial_as_champion(office, "c2").says(*MY_FIRST_TASK, WRITE_REPLY) == "She did not ask for a reply."


def test_what_she_takes_back_is_gone_for_everybody(office: Office) -> None:
    code = file_report(office)
    helper = dial_as_champion(office, "c1")
    woman = open_receipt(office, code)
    assert erases(woman) == "It is erased."
    assert helper.says("1") == "Another person has it already."
    assert "no new task" in dial_as_champion(office, "c2").sees
    with office.services.reads() as db:
        assert set(db.scalars(select(Report.sealed))) == {b""}
        assert db.scalars(select(Copy)).all() == []
        assert list(db.scalars(select(ReportReceipt.locator))) == []
        assert list(db.scalars(select(Reply.id))) == []
        assert list(db.scalars(select(Task.key).where(Task.name == "route", Task.done_at.is_(None)))) == []
        assert "erased" in set(db.scalars(select(Event.what)))
    assert open_receipt(office, code, session="g").sees.startswith("That is wrong. Write again.")


def test_a_mistyped_code_costs_no_try_and_five_wrong_pins_end_it_for_that_number_and_no_other(office: Office) -> None:
    code = file_report(office)
    caller = office.call("f1")
    caller.says(*TO_TASKS)
    wrong = f"{code[:7]}{(int(code[7]) + 1) % 10}"
    for _ in range(9):
        assert caller.says(wrong).startswith("That is wrong. Write again.\nWrite your code.")
    caller.says(code)
    for _ in range(4):
        assert caller.says("0000").startswith("That is wrong. Write again.")
    assert caller.says("0000") == "Too many errors. Come back later."
    assert open_receipt(office, code).sees == "Too many errors. Come back later."
    assert open_receipt(office, code, phone="+25768000123").sees.startswith("It arrived.")
    with time_machine.travel("2099-01-01 12:00"):
        assert open_receipt(office, code, session="next day").sees.startswith("It arrived.")


def test_who_guesses_many_codes_is_stopped_and_the_owner_is_not(office: Office) -> None:
    code = file_report(office)
    pages = [open_receipt(office, answers.new_code(), "0001", "+25768000123", f"g{n}").sees for n in range(9)]
    assert [page.startswith("That is wrong.") for page in pages[:7]] == [True] * 7
    assert pages[8] == "Too many errors. Come back later."
    assert open_receipt(office, code).sees.startswith("It arrived.")


def test_a_code_that_nobody_has_is_tried_with_the_same_work_and_words(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    stretched: list[int] = []
    real = argon2id.kdf

    def counted(*given: Any, **more: Any) -> bytes:
        stretched.append(1)
        return real(*given, **more)

    monkeypatch.setattr(argon2id, "kdf", counted)
    dead = answers.new_code()
    pages = []
    for code in (file_report(office), dead):
        before = len(stretched)
        pages.append(open_receipt(office, code, "0001", f"+2576800{code[:4]}").sees)
        assert len(stretched) - before == 1
    assert pages[0] == pages[1]


def test_neither_her_code_nor_her_digits_lie_anywhere(office: Office, tmp_path: Path) -> None:
    code = file_report(office)
    open_receipt(office, code)
    office.services.engine.dispose()
    for path in tmp_path.rglob("*"):
        if path.is_file():
            held = path.read_bytes()
            for secret in (code, f"{code[:4]} {code[4:]}", f"{code}{HER_PIN}"):
                assert secret.encode() not in held, path.name


def test_her_receipt_opens_the_answers_and_never_the_report(office: Office) -> None:
    code = file_report(office)
    seen = office.services.vault.try_receipt(code, HER_PIN, public_key_of_receipt(office), "somebody")
    private = office.services.vault.receipt(code, seen.handle).private
    with office.services.reads() as db:
        for sealed in db.scalars(select(Copy.sealed_key)):
            with pytest.raises(CryptoError):
                SealedBox(PrivateKey(private)).decrypt(sealed)


def test_a_call_that_was_lost_after_the_digits_is_not_replayed(office: Office) -> None:
    caller = dial_to_helpers(office)
    caller.says(*ASK_POLICE, SEND_NOW, CODE)
    office.store.kept.clear()
    caller.says(HER_PIN)
    assert caller.answer.ends
    with office.services.reads() as db:
        assert [db.scalar(select(func.count()).select_from(table)) for table in (Report, ReportReceipt)] == [1, 0]


def test_twenty_tries_at_once_are_no_more_than_five_of_a_number_and_thirteen_of_a_code(office: Office) -> None:
    code, keys = file_report(office), public_key_of_receipt(office)
    safe = office.services.vault
    for most, callers in ((5, 1), (13, 20)):

        def attempt(number: int, callers: int = callers) -> str:
            return safe.try_receipt(code, "0000", keys, f"caller {number % callers}").outcome

        with ThreadPoolExecutor(20) as pool:
            assert list(pool.map(attempt, range(20))).count("wrong") <= most
    assert safe.try_receipt(code, HER_PIN, keys, "caller 0").outcome == "locked"


@given(st.integers(0, 6), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(place: int, by: int) -> None:
    code = answers.new_code()
    assert answers.receipt_code(f" {code[:4]} {code[4:]} ") == code
    typo = code[:place] + str((int(code[place]) + by) % 10) + code[place + 1 :]
    with pytest.raises(Wrong):
        answers.receipt_code(typo)


@pytest.mark.parametrize("pin", ["0000", "1234", "4321", "9876", "1984", "2001"])
def test_digits_that_everybody_tries_first_are_refused(pin: str) -> None:
    assert answers.easy(pin)


@pytest.mark.parametrize("pin", ["5293", "1357", "0815"])
def test_other_digits_are_taken(pin: str) -> None:
    assert not answers.easy(pin)


def readable(office: Office) -> set[tuple[str, str]]:
    """(role, sex) of everybody who still holds a key to her report."""
    with office.services.reads() as db:
        held = select(Person.role, Person.sex).join(Copy, Copy.person == Person.id)
        return {(role, sex) for role, sex in db.execute(held)}


def test_who_she_shuts_out_later_has_no_copy_and_what_he_had_taken_goes_on(office: Office) -> None:
    another_day = DAYS[(datetime.now(office.services.country.timezone).weekday() + 3) % 7]
    with office.services.sessions.begin() as db:  # the man of the station is the one on duty
        db.execute(update(Person).where(Person.ref == "C1A").values(duty=f"{another_day} 08:00-17:00"))
    code = file_report_that_is_taken(office)
    man = dial_as_champion(office, "c2")
    assert ("champion", "m") in readable(office)
    assert shuts_out(open_receipt(office, code), NO_MEN) == "It goes to another person."
    assert ("champion", "m") not in readable(office)
    assert ("champion", "f") in readable(office)
    assert "no new task" in man.says("2")
    assert office.rung  # and the woman's phone will ring


def test_without_the_police_only_oversight_is_left(office: Office) -> None:
    code = file_report_that_is_taken(office)
    assert shuts_out(open_receipt(office, code), NO_POLICE) == "It goes to another person."
    assert {role for role, _ in readable(office)} == {"oversight"}
    while office.rung:
        workers.run_tasks(office.rung.pop(0))
    with office.services.reads() as db:
        rung = set(db.scalars(select(Person.role).join(Message, Message.person == Person.id)))
    assert "oversight" in rung


def test_who_shuts_out_a_station_is_read_by_another_and_never_again_by_the_first(office: Office) -> None:
    with office.services.sessions.begin() as db:  # the man serves at another station, beside
        db.execute(update(Person).where(Person.ref == "C1B").values(unit="POST-2", order=3))
    code = file_report_that_is_taken(office)
    assert shuts_out(open_receipt(office, code), OTHER_STATION) == "It goes to another person."
    with office.services.reads() as db:
        units = select(Person.unit).join(Copy, Copy.person == Person.id)
        assert set(db.scalars(units.where(Person.role == "champion"))) == {"POST-2"}
        assert db.scalars(select(Report.wishes)).one() == "no_unit-POST-1"
    again = open_receipt(office, code, session="g")
    assert shuts_out(again, OTHER_STATION) == "It is written. Thank you."  # now the other one too
    assert ("champion", "m") not in readable(office)


def test_who_cannot_go_on_gives_it_back_and_holds_nothing_any_more(office: Office) -> None:
    code = file_report_that_is_taken(office)
    first = dial_as_champion(office, "c2")
    assert first.says(*MY_FIRST_TASK, *HAND_OVER) == "It goes to another person."
    assert "no new task" in dial_as_champion(office, "c3").sees
    with office.services.reads() as db:
        assert db.scalars(select(Step).where(Step.rung == 0)).all() == []
    assert open_receipt(office, code).sees.startswith("Read on ")


def test_the_last_who_could_read_it_keeps_it(office: Office) -> None:
    file_report_that_is_taken(office)
    with office.services.sessions.begin() as db:
        first = select(Step.person).where(Step.rung == 0)
        db.execute(delete(Copy).where(Copy.person.not_in(first)))
    assert (
        dial_as_champion(office, "c2").says(*MY_FIRST_TASK, *HAND_OVER)
        == "There is nobody else. Please answer yourself."
    )
    assert "My tasks" in dial_as_champion(office, "c3").sees


def test_her_own_word_stands_first_when_she_reads_and_nowhere_else(office: Office) -> None:
    caller = dial_to_helpers(office)
    assert caller.says(*ASK_POLICE, SEND_NOW, *HAPPENS_NOW, CODE, HER_PIN).startswith("A word of yours?")
    caller.says("x" * 21)
    assert "Too long." in caller.sees
    page = caller.says("ingoma  nziza", "1")
    code = "".join(re.findall(r"\d", page)[:8])
    caller.says(DONE_WITH_A_CODE)
    assert open_receipt(office, code).sees.startswith("ingoma nziza. It arrived. It has not been read yet.")
    assert dial_as_champion(office, "c1").says(*TAKE_NEW_TASK).endswith("you have it. Thank you.")
    case = dial_as_champion(office, "c2").says(*MY_FIRST_TASK)
    assert "ingoma" not in case
    assert dial_as_champion(office, "c3").says(*MY_FIRST_TASK, *ASK_IF_SAFE) == "Sent."
    woman = open_receipt(office, code)
    assert woman.sees.startswith("ingoma nziza. ")
    assert "Are you safe now?" in woman.sees
    assert woman.says("2") == "Sent."


def test_who_wants_no_word_reads_as_before_and_a_false_service_cannot_know_it(office: Office) -> None:
    assert open_receipt(office, file_report(office)).sees.startswith("It arrived.")
    with office.services.reads() as db:
        assert db.scalars(select(Reply)).all() == []

"""Who is shut out, or whose report is erased, while its page stands before him reads what is true."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import delete

from bot.storage.tables.reports import Copy
from tests.support.keys import (
    ASK_IF_SAFE,
    CLOSE_AS_HELPED,
    FIRST_NEW_TASK,
    HAND_OVER,
    MY_FIRST_TASK,
    PASS_NEW_TASK,
    REPLY_GO_TO_A_DOCTOR,
    TAKE_NEW_TASK,
    Way,
)
from tests.support.office import Office, choose_line
from tests.support.reports import file_report, file_report_that_is_taken, open_receipt
from tests.support.staff import dial_as_first_officer

GONE = "You cannot read it any more."


def shut_out(office: Office, code: str) -> None:
    with office.services.sessions.begin() as db:
        db.execute(delete(Copy))


def erased(office: Office, code: str) -> None:
    woman = open_receipt(office, code)
    choose_line(woman, "Erase it all")
    assert woman.says("1") == "It is erased."


@pytest.mark.parametrize("lose", [shut_out, erased], ids=lambda lose: lose.__name__)
@pytest.mark.parametrize("way", [TAKE_NEW_TASK, PASS_NEW_TASK], ids=["take", "pass"])
def test_a_new_one(office: Office, lose: Callable[[Office, str], None], way: Way) -> None:
    code = file_report(office)
    officer = dial_as_first_officer(office, FIRST_NEW_TASK)
    lose(office, code)
    assert officer.says(*way[1:]) == GONE


@pytest.mark.parametrize("lose", [shut_out, erased], ids=lambda lose: lose.__name__)
@pytest.mark.parametrize("way", [REPLY_GO_TO_A_DOCTOR, ASK_IF_SAFE, CLOSE_AS_HELPED, HAND_OVER], ids=str)
def test_one_of_hers(office: Office, lose: Callable[[Office, str], None], way: Way) -> None:
    code = file_report_that_is_taken(office)
    officer = dial_as_first_officer(office, *MY_FIRST_TASK)
    lose(office, code)
    assert officer.says(*way) == GONE

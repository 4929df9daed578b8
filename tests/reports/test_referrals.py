"""Whoever has taken her report gives it on to a partner she agreed to; she shows a code there and is met."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from bot.storage.tables.delivery import Message
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Referral, Report
from bot.storage.tables.runtime import Event
from tests.support.keys import (
    ASK_IF_A_DOCTOR,
    CLOSE_AS_HELPED,
    DOCTOR_AND_POLICE,
    MY_FIRST_TASK,
    NO,
    NOT_POWERFUL,
    REFER,
    SEND_IN_DANGER,
    SHE_CAME,
    TAKE_NEW_TASK,
    YES,
)
from tests.support.office import Caller, Office, choose_line
from tests.support.reports import dial_to_helpers, file_report, open_receipt
from tests.support.staff import dial_as_first_officer, dial_as_staff, phone_of


def given_on(office: Office) -> tuple[str, str]:
    """An officer has taken her report, asked her, and given it on to a doctor: her code, and the doctor's reference."""
    code = file_report(office)
    dial_as_first_officer(office, *TAKE_NEW_TASK)
    dial_as_first_officer(office, *MY_FIRST_TASK, *ASK_IF_A_DOCTOR)
    assert open_receipt(office, code).says(YES) == "Sent."
    give_to_the_first_helper(office)
    with office.services.reads() as db:
        return code, db.scalars(select(Person.ref).join(Referral, Referral.person == Person.id)).one()


def give_to_the_first_helper(office: Office) -> None:
    """The officer gives what she has taken on to the first who is offered."""
    caller = dial_as_first_officer(office, *MY_FIRST_TASK)
    choose_line(caller, "Another helper")
    assert caller.says("1") == "Sent."


def pages(caller: Caller) -> str:
    """All that a page says, with those that follow it."""
    said = caller.sees
    while "9 More" in caller.sees:
        said = said.replace("\n9 More", " ") + caller.says("9")
    return said


def test_she_reads_code_and_place_the_doctor_meets_her_and_the_officer_knows(office: Office) -> None:
    code, doctor = given_on(office)
    page = pages(open_receipt(office, code))
    shown = re.search(r"Doctor: (.+?)\. Code: (\d{3} \d{3})\.", page)
    assert shown, page
    assert "(demo)" in shown[1]
    partner = dial_as_staff(office, phone_of(office, doctor), *MY_FIRST_TASK)
    assert "Buyenzi" in partner.sees
    assert "Write a reply" not in partner.sees
    wrong = "000000" if shown[2] != "000 000" else "111111"
    assert partner.says(SHE_CAME, wrong) == "That code is wrong."
    assert (
        dial_as_staff(office, phone_of(office, doctor), *MY_FIRST_TASK, SHE_CAME, shown[2]).sees
        == "It is written. Thank you."
    )
    assert "she came." in dial_as_first_officer(office, *MY_FIRST_TASK).sees
    with office.services.reads() as db:
        assert [e.what for e in db.scalars(select(Event).order_by(Event.id)) if e.what in ("referred", "arrived")] == [
            "referred",
            "arrived",
        ]
    assert "no new task" in dial_as_staff(office, phone_of(office, doctor)).sees  # met: it is no task of hers any more


def test_the_alert_to_the_doctor_says_nothing_and_her_code_is_in_no_row(office: Office) -> None:
    code, doctor = given_on(office)
    shown = re.search(r"Code: (\d{3}) (\d{3})\.", pages(open_receipt(office, code)))
    assert shown
    with office.services.reads() as db:
        person = db.scalars(select(Person.id).filter_by(ref=doctor)).one()
        assert [m.kind for m in db.scalars(select(Message).filter_by(person=person))][-1] == "new"
        rows = [*db.scalars(select(Referral)), *db.scalars(select(Event)), *db.scalars(select(Message))]
    assert shown[1] + shown[2] not in repr([vars(row) for row in rows])


def test_nobody_is_offered_whom_she_did_not_name(office: Office) -> None:
    file_report(office)
    dial_as_first_officer(office, *TAKE_NEW_TASK)
    assert dial_as_first_officer(office, *MY_FIRST_TASK, *REFER).sees == "Nobody else is there, or she did not agree."


def test_her_yes_to_a_doctor_is_her_consent_and_a_no_is_none(office: Office) -> None:
    code = file_report(office)
    dial_as_first_officer(office, *TAKE_NEW_TASK)
    dial_as_first_officer(office, *MY_FIRST_TASK, *ASK_IF_A_DOCTOR)  # do you want a doctor?
    assert open_receipt(office, code).says(NO) == "Sent."
    assert dial_as_first_officer(office, *MY_FIRST_TASK, *REFER).sees.startswith("Nobody else is there")
    dial_as_first_officer(office, *MY_FIRST_TASK, *ASK_IF_A_DOCTOR)
    assert open_receipt(office, code).says(YES) == "Sent."
    caller = dial_as_first_officer(office, *MY_FIRST_TASK)
    choose_line(caller, "Another helper")
    assert caller.says("1") == "Sent."
    with office.services.reads() as db:
        report, to = db.scalars(select(Report)).one(), db.scalars(select(Referral)).one()
        assert db.get(Copy, (report.id, to.person)) is not None  # sealed anew by the officer's own key
        doctor = db.get_one(Person, to.person).ref
    assert dial_as_staff(office, phone_of(office, doctor), *MY_FIRST_TASK).sees.count("Buyenzi") == 1


def test_it_is_given_on_to_each_partner_once(office: Office) -> None:
    given_on(office)
    give_to_the_first_helper(office)  # the other doctor of the zone
    caller = dial_as_first_officer(office, *MY_FIRST_TASK)
    choose_line(caller, "Another helper")
    assert caller.sees.startswith("Nobody else is there")


def test_who_wanted_no_reply_is_sent_nowhere(office: Office) -> None:
    dial_to_helpers(office).says(DOCTOR_AND_POLICE, NOT_POWERFUL, *SEND_IN_DANGER)
    dial_as_first_officer(office, *TAKE_NEW_TASK)
    assert dial_as_first_officer(office, *MY_FIRST_TASK, *REFER).sees == "She did not ask for a reply."


@pytest.mark.parametrize("way", ["erased", "closed"])
def test_what_is_over_is_over_for_the_partner_too(office: Office, way: str) -> None:
    code, doctor = given_on(office)
    if way == "erased":
        woman = open_receipt(office, code)
        choose_line(woman, "Erase it all")
        assert woman.says(YES) == "It is erased."
    else:
        assert dial_as_first_officer(office, *MY_FIRST_TASK, *CLOSE_AS_HELPED).sees == "It is finished."
    assert "no new task" in dial_as_staff(office, phone_of(office, doctor)).sees
    with office.services.reads() as db:
        assert len(list(db.scalars(select(Referral)))) == (way == "closed")

"""Oversight on its phone: what waits, what was closed without help, who opened what, and figures."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from bot.reports import oversight
from bot.reports.oversight import NotOversight
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Closing, Report, Request, RequestStatus, Step
from bot.storage.unit_of_work import Actor, Work
from tests.support.keys import DOCTOR_AND_POLICE, STAFF_PIN, TAKE_NEW_TASK, TO_TASKS
from tests.support.office import Office, choose_line
from tests.support.reports import dial_as_champion, file_report
from tests.support.staff import person_row

OVERSEER, OFFICER = "+25778000018", "+25778000001"


def looks_at(office: Office, what: str) -> str:
    """All pages of what a member of oversight sees under that line of her menu."""
    caller = office.call(f"watch{len(office.store.kept)}", OVERSEER)
    caller.says(*TO_TASKS)
    choose_line(caller, "Oversight")
    caller.says(STAFF_PIN)
    seen = choose_line(caller, what)
    while "9 More" in caller.sees:
        seen += "\n" + caller.says("9")
    return seen


def test_what_waits_is_read_by_number_service_and_day_and_nothing_that_was_told(office: Office) -> None:
    file_report(office, helpers=DOCTOR_AND_POLICE)
    seen = looks_at(office, "Tasks waiting")
    assert seen.count("task") == 2
    assert "Doctor" in seen
    assert "Police" in seen
    assert "Buyenzi" not in seen
    assert "Hurt" not in seen


def test_what_was_closed_without_help_is_shown_and_what_was_helped_is_not(office: Office) -> None:
    file_report(office, helpers=DOCTOR_AND_POLICE)
    assert "Nothing" in looks_at(office, "Finished without help")
    closed = {"status": RequestStatus.CLOSED}
    with office.services.sessions.begin() as db:
        db.execute(update(Request).where(Request.service == "police").values(**closed, closing=Closing.UNHELPED))
        db.execute(update(Request).where(Request.service == "health").values(**closed, closing=Closing.HELPED))
    seen = looks_at(office, "Finished without help")
    assert "Police" in seen
    assert "Doctor" not in seen


def test_who_opened_it_is_named_by_role_and_the_number_that_oversight_knows(office: Office) -> None:
    file_report(office)
    dial_as_champion(office, "s2").says(*TAKE_NEW_TASK)
    with office.services.reads() as db:
        hers = select(Step.number).join(Person, Person.id == Step.person).where(Person.ref == "O1")
        number = db.scalar(hers)
    seen = looks_at(office, "Who read what")
    assert f"Police, task {number}" in seen
    assert "C1A" not in seen


def test_the_figures_of_a_month_with_few_reports_are_that_they_are_few(office: Office) -> None:
    file_report(office)
    assert "Nothing" in looks_at(office, "Figures")  # the month is not over
    with office.services.sessions.begin() as db:
        db.execute(update(Report).values(month="2026-09"))
    assert "09/2026: < 5" in looks_at(office, "Figures")


def test_a_wrong_pin_opens_nothing(office: Office) -> None:
    caller = office.call("watch", OVERSEER)
    caller.says(*TO_TASKS)
    choose_line(caller, "Oversight")
    assert "Tasks waiting" not in caller.says("999999")


@pytest.mark.parametrize("ask", [oversight.waiting, oversight.unhelped, oversight.openings, oversight.service])
def test_nobody_else_may_ask(office: Office, ask: Callable[[Work, Actor], object]) -> None:
    officer = person_row(office, "C1A")
    services = office.services
    with services.reads() as db, pytest.raises(NotOversight):
        ask(Work(db, services.vault, services.country, 0), Actor(officer.id, officer.role, frozenset(), ""))


def test_the_phone_of_an_officer_does_not_offer_it(office: Office) -> None:
    caller = office.call("s", OFFICER)
    assert "Oversight" not in caller.says(*TO_TASKS)

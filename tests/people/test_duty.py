"""An officer on leave says so on her own phone: nothing new comes to her, and what she has stays hers."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from bot.storage.outbox import now
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Request
from bot.storage.tables.runtime import Event
from tests.support.keys import TAKE_NEW_TASK
from tests.support.meetings import dial_tasks
from tests.support.office import Caller, Office, choose_line
from tests.support.reports import dial_as_champion, file_report

pytestmark = pytest.mark.usefixtures("clock")

DONE = "It is written. Thank you."


def away_until(office: Office, ref: str) -> str:
    with office.services.reads() as db:
        return db.scalars(select(Person.away).where(Person.ref == ref)).one()


def go_away(office: Office, ref: str, until: str) -> Caller:
    caller = dial_tasks(office, ref)
    choose_line(caller, "I am not on duty")
    caller.says(until)
    return caller


def test_from_today_until_the_day_she_says_nothing_new_is_hers(office: Office) -> None:
    assert go_away(office, "C1A", "30/11").sees == DONE
    assert away_until(office, "C1A") == f"{office.services.country.clock(now()).date()}/2026-11-30"
    file_report(office)
    with office.services.reads() as db:
        assert "C1A" not in set(db.scalars(select(Person.ref).join(Copy, Copy.person == Person.id)))
        assert "leave by herself" in set(db.scalars(select(Event.what)))


def test_when_she_is_back_she_says_so_and_is_asked_again(office: Office) -> None:
    go_away(office, "C1A", "30/11")
    caller = dial_tasks(office, "C1A")
    assert choose_line(caller, "I am on duty") == DONE
    assert away_until(office, "C1A") == ""
    file_report(office)
    with office.services.reads() as db:
        assert "C1A" in set(db.scalars(select(Person.ref).join(Copy, Copy.person == Person.id)))


def test_what_she_has_taken_stays_hers(office: Office) -> None:
    file_report(office)
    caller = dial_as_champion(office, "c1")
    caller.says(*TAKE_NEW_TASK)
    with office.services.reads() as db:
        owner = db.scalars(select(Request.owner)).one()
        ref = db.scalars(select(Person.ref).where(Person.id == owner)).one()
    assert go_away(office, ref, "30/11").sees == DONE
    with office.services.reads() as db:
        assert db.scalars(select(Request.owner)).one() == owner


@pytest.mark.parametrize("said", ["31/2", "soon", "", "99"])
def test_a_day_that_is_none_is_asked_again(office: Office, said: str) -> None:
    caller = go_away(office, "C1A", said)
    assert not caller.sees.startswith(DONE)
    assert away_until(office, "C1A") == ""


def test_her_leave_ends_by_itself(office: Office, clock: time_machine.Traveller) -> None:
    go_away(office, "C1A", "30/11")
    clock.shift(timedelta(days=9))
    file_report(office)
    with office.services.reads() as db:
        assert "C1A" in set(db.scalars(select(Person.ref).join(Copy, Copy.person == Person.id)))

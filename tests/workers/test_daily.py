"""Oversight hears from the service every day, also when nothing came; zones and hours without anybody are said."""

from __future__ import annotations

import logging
from datetime import datetime

import pytest
from sqlalchemy import delete, select, update

import workers
from bot.delivery.alert_texts import ALERTS
from bot.storage.tables.people import Person
from bot.storage.tables.runtime import Task
from bot.words import checks
from bot.words.languages import LANGUAGES
from tests.support.hours import hour_of_today
from tests.support.keys import ASK_POLICE_AND_SEND
from tests.support.office import Office
from tests.support.provider import Provider
from tests.support.reports import dial_to_helpers
from tests.support.staff import dial_as_staff
from workers.daily import alarms, announce

pytestmark = pytest.mark.usefixtures("installed_yesterday")


def a_day(office: Office) -> None:
    """It is nine: today's task is posted and done."""
    office.rung.extend(announce(office.services, hour_of_today(office, 9)))
    with office.services.sessions.begin() as db:
        db.execute(update(Task).where(Task.done_at.is_(None), Task.name != "route").values(due_at=0))
    while office.rung:
        key = office.rung.pop(0)
        with office.services.sessions.begin() as db:
            db.execute(update(Task).where(Task.key == key).values(due_at=0))
        workers.run_tasks(key)


def oversight(office: Office) -> set[str]:
    return {p.phone for p in office.services.country.people if p.role == "oversight"}


def test_on_a_quiet_day_oversight_hears_that_nothing_waits(office: Office, stand_in: Provider) -> None:
    a_day(office)
    assert {asked.form["to"] for asked in stand_in.asked} == oversight(office)
    assert {asked.form["message"] for asked in stand_in.asked} <= {
        "Ibikorwa bisigaye: 0. Fyonda *384*55#.", "Taches en attente: 0. Composez *384*55#."
    }  # fmt: skip


def test_what_waits_is_a_number_and_opens_nothing_early(office: Office, stand_in: Provider) -> None:
    dial_to_helpers(office).says(*ASK_POLICE_AND_SEND)
    office.rung.clear()
    a_day(office)
    assert all(" 1. " in asked.form["message"] for asked in stand_in.asked)
    for phone in oversight(office):  # a copy is there, its rung has not come: the daily number must not open it
        assert "no new task" in dial_as_staff(office, phone).sees


def test_it_is_said_once_a_day_and_not_at_night(office: Office) -> None:
    assert announce(office.services, hour_of_today(office, 7)) == ()
    assert len(announce(office.services, hour_of_today(office, 8))) == 1
    assert announce(office.services, hour_of_today(office, 21)) == ()
    assert len(announce(office.services, hour_of_today(office, 8) + 86400)) == 1


def test_hours_without_a_woman_officer_and_closed_zones_are_alarms(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    now = datetime.now(office.services.country.timezone)
    assert not [alarm for alarm in alarms(office.services, now) if alarm.startswith("Buyenzi")]
    with office.services.sessions.begin() as db:
        women = update(Person).where(Person.role == "champion", Person.sex == "f")
        db.execute(women.values(duty="mon-sun 08:00-17:00"))
    office.services.roster.refresh()
    assert "Buyenzi has no woman officer on duty in 15 hours of today" in set(alarms(office.services, now))
    with office.services.sessions.begin() as db:
        db.execute(update(Person).where(Person.role == "oversight").values(active=False))
    office.services.roster.refresh()
    with caplog.at_level(logging.ERROR):
        a_day(office)
    assert "ALARM: Buyenzi is closed: somebody it needs is missing" in caplog.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_that_staff_receives_tells_a_stranger_anything(office: Office, language: str) -> None:
    for message in ALERTS.values():
        said = office.services.words.say(language, message, {"number": 3, "code": "*384*55#"})
        assert checks.sms_faults(language, said) == []


def test_the_outbox_holds_no_number_of_a_person_for_it(office: Office) -> None:
    announce(office.services, hour_of_today(office, 9))
    with office.services.reads() as db:
        assert list(db.scalars(select(Task.args).where(Task.name == "daily"))) == [{}, {}]


def test_on_the_day_of_installation_nobody_is_written_to(office: Office) -> None:
    with office.services.sessions.begin() as db:
        db.execute(delete(Task).where(Task.name == "daily"))
    assert announce(office.services, hour_of_today(office, 15)) == ()
    assert announce(office.services, hour_of_today(office, 16)) == ()
    assert len(announce(office.services, hour_of_today(office, 9) + 86400)) == 1

"""The day of a closing, from which what follows counts: the upgrade takes it from the record, and going back forgets
it."""

from __future__ import annotations

import time_machine
from sqlalchemy import text

from bot.storage import migrate
from tests.support.keys import CLOSE_AS_HELPED, MY_FIRST_TASK
from tests.support.office import Office
from tests.support.reports import file_report, file_report_that_is_taken
from tests.support.staff import dial_as_first_officer

BEFORE = "0026"


def test_what_was_closed_before_the_upgrade_has_the_day_of_the_record_and_what_is_open_has_none(
    office: Office, clock: time_machine.Traveller
) -> None:
    file_report_that_is_taken(office)
    dial_as_first_officer(office, *MY_FIRST_TASK, *CLOSE_AS_HELPED)
    file_report(office, "s2")
    engine = office.services.engine
    migrate.downgrade(engine, BEFORE)
    migrate.upgrade(engine)
    assert migrate.differences(engine) == []
    with engine.begin() as db:
        days = {(row.status, row.closed) for row in db.execute(text("SELECT status, closed FROM request"))}
    assert days == {("closed", "2026-11-23"), ("new", "")}

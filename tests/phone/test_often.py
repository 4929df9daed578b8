"""Who files without end is not barred, and does not keep others waiting: one of the reports may be a cry for help."""

from __future__ import annotations

import time_machine
from sqlalchemy import select

from bot.phone.sessions import MOST_FILED
from bot.storage import outbox
from bot.storage.tables.reports import Request
from bot.storage.tables.runtime import Task
from tests.support.keys import FILE_HURT_TO_POLICE
from tests.support.office import CALLER, Office


def files(office: Office, session: str, phone: str = CALLER) -> int:
    """One report from a phone; the priority with which the first of its readers is rung for."""
    with office.services.reads() as db:
        before = set(db.scalars(select(Request.id)))
    caller = office.call(session, phone)
    assert "arrived" in caller.says(*FILE_HURT_TO_POLICE)
    caller.again()  # the gateway sends it once more: that is no other report
    with office.services.reads() as db:
        (new,) = set(db.scalars(select(Request.id))) - before
        return db.get_one(Task, f"route:{new}:0").priority


def test_more_than_three_reports_of_a_number_in_a_day_are_rung_for_after_the_others(office: Office) -> None:
    with time_machine.travel("2026-11-25 10:00:00+02:00", tick=False) as clock:
        seen = [files(office, f"s{number}") for number in range(MOST_FILED + 2)]
        assert seen == [outbox.ALERT] * MOST_FILED + [outbox.NOTICE] * 2
        assert files(office, "other", "+25779123999") == outbox.ALERT
        clock.shift(86400)
        assert files(office, "tomorrow") == outbox.ALERT


def test_nothing_of_how_often_a_number_files_is_written_down(office: Office) -> None:
    for number in range(MOST_FILED + 1):
        files(office, f"s{number}")
    digest = office.services.vault.digest("staff", CALLER)
    kept = [path for path in office.settings.data_dir.rglob("*") if path.is_file()]
    assert kept
    assert not [path.name for path in kept if digest.encode() in path.read_bytes()]

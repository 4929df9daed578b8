"""Closings of the last release: what "I cannot" has buried waits for oversight after the upgrade, and going back."""

from __future__ import annotations

from sqlalchemy import text

from bot.storage import migrate
from tests.support.keys import FIRST_NEW_TASK
from tests.support.office import Office
from tests.support.reports import file_report_that_is_taken
from tests.support.staff import dial_as_staff, phone_of

BEFORE = "0024"


def states(office: Office) -> set[tuple[str, str]]:
    with office.services.engine.begin() as db:
        return {(row.status, row.closing) for row in db.execute(text("SELECT status, closing FROM request"))}


def test_what_was_closed_with_i_cannot_and_told_to_nobody_waits_for_oversight_after_the_upgrade(office: Office) -> None:
    file_report_that_is_taken(office)
    engine = office.services.engine
    migrate.downgrade(engine, BEFORE)
    with engine.begin() as db:
        db.execute(text("UPDATE request SET status = 'closed', closing = 'cannot'"))
    migrate.upgrade(engine)
    assert migrate.differences(engine) == []
    assert states(office) == {("unhelped", "unhelped")}
    page = dial_as_staff(office, phone_of(office, "O1"), FIRST_NEW_TASK, "1")
    assert page.sees.startswith("She could not be helped. Danger now. Told on")
    migrate.downgrade(engine, BEFORE)
    assert states(office) == {("closed", "cannot")}


def test_the_other_reasons_keep_their_meaning_both_ways(office: Office) -> None:
    file_report_that_is_taken(office)
    engine = office.services.engine
    with engine.begin() as db:
        db.execute(text("UPDATE request SET status = 'closed', closing = 'mistake'"))
    migrate.downgrade(engine, BEFORE)
    assert states(office) == {("closed", "other")}
    migrate.upgrade(engine)
    assert states(office) == {("closed", "referred")}

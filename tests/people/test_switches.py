"""A zone, a talk or a language is switched off by the women's side, and not by the police (S91)."""

from __future__ import annotations

import pytest
from click.testing import Result
from sqlalchemy import func, select, update

from bot.storage.tables.meetings import Meeting
from bot.storage.tables.reports import Report
from bot.storage.tables.runtime import Event
from tests.support.keys import ASK_POLICE, ASK_POLICE_AND_SEND, TO_MEETINGS, TO_ZONE
from tests.support.meetings import call_and_release, dial_tasks
from tests.support.office import Office, choose_line
from tests.support.pairs import confirms, dial_to_confirm, types
from tests.support.reports import dial_to_helpers

pytestmark = pytest.mark.usefixtures("clock")

ZONE = "zone:BI-ZO-02-09-01"


def switch(office: Office, *asked: str, by: str = "A1") -> Result:
    said = types(office, "switch", *asked, by=by)
    fresh(office)
    return said


def fresh(office: Office) -> None:
    """Fifteen seconds later: what is off is read anew."""
    office.services.roster.refresh()


def reports(office: Office) -> int:
    with office.services.reads() as db:
        return db.scalar(select(func.count()).select_from(Report)) or 0


def test_the_advocate_closes_a_zone_on_her_phone_and_opens_it_again(office: Office) -> None:
    advocate = dial_tasks(office, "A1")
    choose_line(advocate, "Close or open a zone")
    assert choose_line(advocate, "Buyenzi") == "It is closed: nobody is asked to tell there."
    fresh(office)
    woman = office.call("s1")
    woman.says(*TO_ZONE)
    assert "Buyenzi" not in woman.sees
    assert "Bwiza" in woman.sees
    advocate = dial_tasks(office, "A1")
    choose_line(advocate, "Close or open a zone")
    assert choose_line(advocate, "Buyenzi: 0") == "It is written. Thank you."
    fresh(office)
    assert "Buyenzi" not in office.call("s3").says(*TO_ZONE)
    assert dial_to_confirm(office, "O1").says("1").startswith(f"1. A1: Open again: {ZONE}")
    assert confirms(office, "K1") == "It is written. Thank you."  # on the other phone that was asked
    fresh(office)
    assert "arrived" in dial_to_helpers(office, "s2").says(*ASK_POLICE_AND_SEND)
    with office.services.reads() as db:
        switched = [what for what in db.scalars(select(Event.what).order_by(Event.id)) if "zone:" in what]
    assert switched == [f"off: {ZONE}", f"on: {ZONE}"]


def test_who_is_telling_while_it_is_closed_sends_nothing_and_reads_where_to_go(office: Office) -> None:
    woman = dial_to_helpers(office)
    woman.says(*ASK_POLICE)
    switch(office, ZONE)
    assert woman.says("1") == "It was not sent: nobody can read it now. Go to a health centre."
    assert reports(office) == 0


def test_where_telling_is_off_everywhere_she_is_told_where_help_is(office: Office) -> None:
    assert "Off: talk:report." in switch(office, "talk:report", by="O1").output
    woman = office.call("s1")
    woman.says(*TO_ZONE)
    while "Nobody answers there yet" not in woman.sees:
        woman.says("1")
    assert "nothing was sent. Health centre: Buyenzi (demo).\n1 Where to get help" in woman.sees
    assert switch(office, "talk:report", "--on", by="K1").exit_code == 0
    assert "Off: talk:report." in switch(office).output
    confirms(office, "O1")
    assert "Off: nothing." in switch(office, "talk:report", "--on", "--agreed", "1").output
    assert "Buyenzi" in office.call("s2").says(*TO_ZONE)


def test_a_language_that_is_off_is_not_offered_and_the_last_one_stays(office: Office) -> None:
    switch(office, "language:fr")
    assert "Francais" not in office.call("s1").sees
    for language in office.services.country.languages:
        switch(office, f"language:{language}")
    assert "Ikirundi" in office.call("s2").sees


def test_meetings_can_be_switched_off_too(office: Office) -> None:

    call_and_release(office)
    with office.services.sessions.begin() as db:
        db.execute(update(Meeting).values(public_at=0))
    assert "14:00" in office.call("s1").says(*TO_MEETINGS)
    switch(office, "talk:meetings")
    assert "There is no meeting now." in office.call("s2").says(*TO_MEETINGS)


@pytest.mark.parametrize(("asked", "by", "says"), [
    (ZONE, "C1A", "C1A may not: an advocate, oversight or a coordinator does that"),
    (ZONE, "L1", "L1 may not"),
    (ZONE, "nobody", "nobody"),
    ("zone:BI-ZO-99", "A1", "There is no zone:BI-ZO-99"),
    ("talk:follow", "A1", "There is no talk:follow"),
])  # fmt: skip
def test_the_police_cannot_and_what_is_unknown_is_refused(office: Office, asked: str, by: str, says: str) -> None:
    refused = switch(office, asked, by=by)
    assert refused.exit_code == 1
    assert says in refused.output
    assert "Off: nothing." in switch(office).output

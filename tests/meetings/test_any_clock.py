"""Whatever zone the host is in, and whatever happens to its clock: hours are those of the country, and nothing leaves
early or twice.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from bot.country.pack import Country
from bot.meetings.lifecycle import by_day
from bot.meetings.notices import render_sms
from bot.storage import outbox
from bot.storage.tables.meetings import Meeting
from bot.words.languages import LANGUAGES
from tests.support.meetings import MONDAY, WOMEN, call_and_release, join_by_phone, only_meeting, sms_to, work_off
from tests.support.office import Office
from tests.support.provider import Provider
from tests.support.small_world import WORDS
from workers.announce import reminders

pytestmark = pytest.mark.usefixtures("clock")
READ = {  # 3 December 2026, half past two in the afternoon of each country's own clock
    "rn": "ku wa kane 3/12, isaha umunani n'igice z'umuhingamo (14:30)", "fr": "jeudi 3/12, 14 h 30",
    "en": "Thursday 3/12, 14:30", "hi": "गुरुवार 3/12, दोपहर 2:30 बजे (14:30)",
    "hi_Latn": "Guruwaar 3/12, dopahar 2:30 baje (14:30)",
}  # fmt: skip


@pytest.mark.parametrize("code", ["bi", "in"])
def test_every_day_and_hour_is_read_as_in_her_country_wherever_the_machine_stands(
    request: pytest.FixtureRequest, host: str, code: str
) -> None:
    land: Country = request.getfixturevalue("burundi" if code == "bi" else "delhi")
    hours = 2 if code == "bi" else 5.5
    starts = int((datetime(2026, 12, 3, 14, 30, tzinfo=UTC) - timedelta(hours=hours)).timestamp())
    zone = land.served[0].code
    meeting = Meeting(id="m", zone=zone, starts=starts, ends=starts + 7200, revision=1, venue="V1")
    for language in LANGUAGES:
        assert READ[language] in render_sms(WORDS, land, "*384*55#", meeting, "new", language)
    due = {task["args"]["kind"]: land.clock(task["due_at"]) for task in reminders(meeting, land, starts - 9 * 86400)}
    assert {kind: f"{at:%d %H:%M}" for kind, at in due.items()} == {
        "tomorrow": "02 09:00", "today": "03 12:30", "after": "04 09:00"}  # fmt: skip
    assert [by_day(starts + hours * 3600, land) for hours in (-7, -6, 5, 6)] == [False, True, True, False]
    sunrise, sunset = land.daylight(zone, date(2026, 12, 3))
    assert 5 <= sunrise.hour <= 7
    assert 17 <= sunset.hour <= 18


def test_a_meeting_is_called_for_the_hour_that_its_leader_typed(
    host: str, office: Office, clock: time_machine.Traveller
) -> None:
    call_and_release(office)
    assert only_meeting(office).starts == int(datetime(2026, 12, 3, 12, tzinfo=UTC).timestamp())


def test_a_reminder_is_never_early_nor_sent_twice_though_the_clock_is_set_back_and_forth(
    office: Office, stand_in: Provider, clock: time_machine.Traveller
) -> None:
    join_by_phone(office, WOMEN[0])
    call_and_release(office)
    clock.shift(timedelta(minutes=11))
    work_off(office)
    due = MONDAY + timedelta(days=9)  # nine o'clock, the day before
    for at in (due - timedelta(seconds=1), due - timedelta(hours=30), due - timedelta(seconds=1)):
        clock.move_to(at)
        work_off(office)
        assert len(sms_to(stand_in)) == 1
    for at in (due, due - timedelta(hours=3), due + timedelta(hours=1), due):
        clock.move_to(at)
        work_off(office)
        assert [text for _phone, text in sms_to(stand_in)][1:] == [
            "Remember: meeting Thursday 3/12, 14:00. Dial *384*55#."
        ]


def test_what_a_dead_worker_held_is_done_though_the_clock_was_set_back_meanwhile(
    office: Office, clock: time_machine.Traveller
) -> None:
    with office.services.sessions.begin() as db:
        outbox.post(db, outbox.task("k", outbox.TaskName.DAILY, {}, outbox.now() - 2 * 86400))
    sessions = office.services.sessions
    assert outbox.due(sessions, outbox.now()) == ["k"]
    assert outbox.claim(sessions, "k", outbox.now()) is not None
    assert outbox.claim(sessions, "k", outbox.now() + 10) is None
    clock.shift(timedelta(hours=-3))  # the worker dies, the time server speaks
    assert outbox.due(sessions, outbox.now()) == ["k"]
    assert outbox.claim(sessions, "k", outbox.now()) is not None

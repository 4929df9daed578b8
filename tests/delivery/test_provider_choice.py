"""Providers fail in every way they know, while people are being told: everybody hears it once, or nobody knows."""

from __future__ import annotations

import json
import logging
from collections import Counter

import pytest
from sqlalchemy import select, update

from bot.delivery import providers
from bot.storage.tables.delivery import DeliveryStatus, Message, Notice
from bot.storage.tables.meetings import Meeting
from bot.storage.tables.runtime import Task
from tests.support.delivery_house import DOUBTS, PEOPLE, REFUSALS, TAKEN, TWO_PROVIDERS, House
from tests.support.office import CALLER
from tests.support.provider import Reply
from tests.support.subscribers import add_released_meeting, add_subscribers, notice_statuses

pytestmark = pytest.mark.office(**TWO_PROVIDERS)


@pytest.mark.parametrize("how", REFUSALS)
def test_what_was_surely_not_taken_reaches_her_through_the_other_provider_at_once(house: House, how: str) -> None:
    house.first.usual = REFUSALS[how]
    alert, answer = house.message(), house.message("answer")
    house.works(1)
    assert {house.status(alert), house.status(answer)} == {DeliveryStatus.SENT}
    assert [state for name, state, *_ in house.attempts() if name == "twilio"] == ["sent", "sent"]
    assert len(house.second.asked) == 2


@pytest.mark.parametrize("how", DOUBTS)
def test_in_doubt_an_alert_goes_again_and_an_answer_never(house: House, how: str) -> None:
    house.first.usual = DOUBTS[how]
    alert = house.message()
    house.works(2, 20)
    answer = house.message("answer")  # by now the line is asked again
    house.works(2, 20)
    assert (house.status(alert), house.status(answer)) == (DeliveryStatus.SENT, DeliveryStatus.UNKNOWN)
    assert [ask.form["To"] for ask in house.second.asked] == ["+25778000001"]
    with house.office.services.reads() as db:
        assert db.get_one(Message, answer).recipient is None


@pytest.mark.parametrize("how", REFUSALS | DOUBTS)
def test_during_a_fan_out_everybody_hears_it_once_or_is_counted_as_unknown(house: House, how: str) -> None:
    add_subscribers(house.office, PEOPLE, ("rn", "fr", "en"))
    house.first.usual = (REFUSALS | DOUBTS)[how]
    add_released_meeting(house.office)
    house.works(6, 40)
    heard, found = house.told(), notice_statuses(house.office)
    assert max(heard.values(), default=0) <= 1
    assert found["unknown"] == (0 if how in REFUSALS else len(PEOPLE) - len(heard))
    assert found["sent"] == len(heard)
    assert sum(found.values()) == len(PEOPLE)
    tried = Counter(state for _name, state, *_ in house.attempts())
    assert (tried["sent"], tried["unknown"]) == (found["sent"], found["unknown"])


def test_every_way_of_failing_for_a_minute_each_and_nobody_hears_it_twice(house: House) -> None:
    people = [f"+2577930{n:04d}" for n in range(1000)]
    add_subscribers(house.office, people, ("rn", "fr", "en"))
    add_released_meeting(house.office)
    house.office.settings.sms_providers = "africastalking"
    for way in (*(REFUSALS | DOUBTS).values(), None):
        house.first.usual = way
        house.first.asked.clear()
        house.works(3, 20)
    house.works(20, 120)
    taken = Counter(number for ask in house.first.asked for number in ask.form["to"].split(","))
    found = notice_statuses(house.office)
    assert set(found) == {"sent", "unknown"}
    assert sum(found.values()) == len(people)
    assert max(taken.values()) == 1
    assert found["unknown"] <= 300  # three calls of a hundred, then the line was closed


def test_a_cost_in_another_currency_changes_nothing(house: House) -> None:
    one = {"cost": "XOF 12,5", "messageId": "ATXid_7", "number": "+25778000001", "status": "Success", "statusCode": 101}
    house.first.usual = Reply(201, json.dumps({"SMSMessageData": {"Message": "Sent", "Recipients": [one]}}))
    alert = house.message()
    house.works(1)
    assert (house.status(alert), house.second.asked) == (DeliveryStatus.SENT, [])


def test_a_line_that_fails_three_times_rests_and_one_message_tries_it(house: House) -> None:
    house.first.usual = REFUSALS["an error of theirs"]
    for _ in range(5):
        house.message()
    house.works(1)
    assert len(house.first.asked) == providers.OPENS_AFTER  # the others did not wait for it
    assert len(house.second.asked) == 5
    house.first.usual, house.at = None, house.at + providers.REST + 1
    for _ in range(3):
        house.message()
    house.works(1)
    assert len(house.first.asked) == providers.OPENS_AFTER + 3
    line = house.line()
    assert line is not None
    assert (line.failures, line.closed_until) == (0, 0)


def test_a_provider_that_refuses_us_is_not_asked_for_five_minutes_and_somebody_is_told(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.first.usual = REFUSALS["a wrong key"]
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            house.message()
        house.works(1)
    assert (len(house.first.asked), len(house.second.asked)) == (1, 3)
    assert "ALARM: africastalking refuses us: auth (401)" in caplog.text
    assert "+257" not in caplog.text


def test_who_wants_to_be_left_alone_for_a_minute_is(house: House) -> None:
    house.first.usual = REFUSALS["an error of theirs"]
    house.second.usual = Reply(429, json.dumps({"code": 20429, "status": 429}), headers=(("Retry-After", "60"),))
    alert = house.message()
    house.works(1)
    line = house.line("twilio")
    assert line is not None
    assert line.closed_until == house.at + 60
    house.second.usual = TAKEN
    house.works(3, 19)
    assert len(house.second.asked) == 1
    house.works(3, 10)
    assert house.status(alert) == DeliveryStatus.SENT


def test_an_hour_without_any_provider_and_everybody_hears_it_after(house: House) -> None:
    add_subscribers(house.office, PEOPLE)
    house.first.usual, house.second.usual = REFUSALS["an error of theirs"], Reply(503, "<html>")
    add_released_meeting(house.office)
    answer, alert = house.message("answer"), house.message()
    house.works(60, 60)
    assert notice_statuses(house.office) == {DeliveryStatus.PENDING: len(PEOPLE)}
    asked = len(house.first.asked)
    assert asked < 60  # it was not hammered
    house.first.usual, house.second.usual = None, TAKEN
    house.first.asked.clear()
    house.works(20, 60)
    assert notice_statuses(house.office) == {DeliveryStatus.SENT: len(PEOPLE)}
    assert {house.status(answer), house.status(alert)} == {DeliveryStatus.SENT}


def test_after_an_hour_without_a_provider_alerts_leave_first_and_what_has_begun_is_told_to_nobody(house: House) -> None:
    add_subscribers(house.office, PEOPLE)
    house.office.settings.sms_providers = "africastalking"
    house.first.usual = REFUSALS["an error of theirs"]
    soon, later = add_released_meeting(house.office, 1), add_released_meeting(house.office, 2)
    with house.office.services.sessions.begin() as db:
        db.execute(update(Meeting).where(Meeting.id == soon.id).values(starts=house.at + 1800))
    house.works(2)
    house.message("answer")
    house.message()
    house.works(60, 60)
    house.first.usual = None
    house.first.asked.clear()
    with house.office.services.sessions.begin() as db:
        db.execute(update(Task).where(Task.done_at.is_(None)).values(due_at=house.at))
    house.works(20, 60)
    told = [ask.form["to"] for ask in house.first.asked]
    assert told[:2] == ["+25778000001", CALLER]
    assert set(",".join(told[2:]).split(",")) == {*PEOPLE}
    with house.office.services.reads() as db:
        rows = db.execute(select(Notice.meeting, Notice.status).distinct())
        assert {(row.meeting, row.status) for row in rows} == {(soon.id, "expired"), (later.id, "sent")}


def test_nobody_waits_for_an_answer_for_a_day(house: House) -> None:
    house.first.usual, house.second.usual = REFUSALS["an error of theirs"], Reply(503, "<html>")
    answer = house.message("answer")
    house.works(20, 600)
    assert house.status(answer) in (DeliveryStatus.EXPIRED, DeliveryStatus.FAILED)
    with house.office.services.reads() as db:
        assert db.get_one(Message, answer).body is None

"""What is written down of each message: dead numbers, receipts, circles, and by whatever road somebody stops."""

from __future__ import annotations

import json
import logging
import time

import pytest
from sqlalchemy import func, select

from app import create_app
from bot.delivery import attempts
from bot.storage.tables import delivery
from bot.storage.tables.delivery import Attempt, DeliveryStatus, EarlyDeliveryReport, Notice, OddCount, OptOut
from bot.storage.tables.meetings import Subscriber
from bot.upkeep import retention
from tests.support.delivery_house import PEOPLE, TAKEN, TWO_PROVIDERS, House
from tests.support.doors import OPT_OUT, RECEIPTS, SECRET, post_statuses, signed, sms, twilio_sms
from tests.support.office import CALLER
from tests.support.provider import Reply
from tests.support.subscribers import add_released_meeting, add_subscribers, notice_statuses

pytestmark = pytest.mark.office(**TWO_PROVIDERS)


def refused(number: str, code: int) -> Reply:
    one = {"messageId": "None", "number": number, "status": "x", "statusCode": code, "cost": "0"}
    return Reply(201, json.dumps({"SMSMessageData": {"Message": "Sent to 0/1", "Recipients": [one]}}))


def test_a_number_that_is_none_is_rested_until_its_holder_joins_again(house: House) -> None:
    add_subscribers(house.office, PEOPLE[:1])
    house.office.settings.sms_providers = "africastalking"
    house.first.usual = refused(PEOPLE[0], 403)
    for number in range(1, 6):
        add_released_meeting(house.office, number)
        house.works(2)
    assert len(house.first.asked) == 3
    with house.office.services.reads() as db:
        assert db.scalars(select(Subscriber.refused)).one() == 3


def test_an_officer_whose_phone_is_dead_is_an_alarm(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.first.usual = refused("+25778000001", 403)
    house.second.usual = Reply(400, json.dumps({"code": 21614, "status": 400}))
    alert = house.message()
    with caplog.at_level(logging.ERROR):
        house.works(3, 600)
    assert house.status(alert) == DeliveryStatus.FAILED
    assert (len(house.first.asked), len(house.second.asked)) == (1, 1)  # never again, anywhere
    assert "ALARM: the phone of C1A takes no SMS: bad_number (21614)" in caplog.text


def test_no_number_stands_in_the_books_of_delivery(house: House) -> None:
    add_subscribers(house.office, PEOPLE[:3])
    add_released_meeting(house.office)
    house.message("answer")
    house.works(2)
    with house.office.services.reads() as db:
        kept = " ".join(repr(tuple(row)) for row in db.execute(select(Attempt.__table__)))
    assert kept.count("sent") == 4
    for phone in (*PEOPLE, CALLER):
        assert phone.lstrip("+") not in kept


def test_a_receipt_finds_the_notice_that_it_is_for_and_never_goes_backwards(house: House) -> None:
    add_subscribers(house.office, PEOPLE[:1])
    client = create_app(house.office.settings, house.office.services).test_client()
    add_released_meeting(house.office)
    post_statuses(client, "Success")  # before the send call has returned: the stand-in calls it ATXid_1
    house.works(2)
    post_statuses(client, "Sent", "Failed", "Buffered")
    assert notice_statuses(house.office) == {DeliveryStatus.DELIVERED: 1}
    assert [state for _name, state, *_ in house.attempts()] == ["delivered"]
    with house.office.services.reads() as db:
        assert db.scalar(select(func.count()).select_from(EarlyDeliveryReport)) == 0


def test_a_receipt_for_a_stranger_or_in_unknown_words_is_counted(house: House) -> None:
    client = create_app(house.office.settings, house.office.services).test_client()
    post_statuses(client, "Success", message="ATXid_of_nobody")
    post_statuses(client, "ANewWord")
    form = {"id": "ATXid_future", "status": "Success", "date": "2999-01-01 00:00:00", "retryCount": "-7"}
    assert client.post(RECEIPTS, data=form).status_code == 200
    retention.delete_expired_rows(house.office.services.sessions, house.at + 4 * 86400)
    with house.office.services.reads() as db:
        counted = {row.what: row.times for row in db.scalars(select(OddCount))}
    assert counted == {"receipt with an unknown word": 1, "receipt for a stranger": 2}


def test_attempts_are_erased_with_the_month(house: House) -> None:
    house.message()
    house.works(1)
    retention.destroy_week_keys(house.office.services, house.at + 34 * 86400)
    assert len(house.attempts()) == 1
    retention.destroy_week_keys(house.office.services, house.at + 36 * 86400)
    assert house.attempts() == []


@pytest.mark.parametrize("door", ["Africa's Talking", "Twilio"])
def test_a_machine_that_answers_every_answer_is_left_alone(house: House, door: str) -> None:
    client = create_app(house.office.settings, house.office.services).test_client()
    answered = 0
    for number in range(attempts.MOST_REPEATS + 5):
        if door == "Twilio":
            answered += "<Message>" in signed(client, "/sms/twilio", twilio_sms("0000", f"SM{number}")).text
        else:
            client.post(f"/sms/africastalking/{SECRET}", data=sms("0000", f"id{number}"))
    house.at = int(time.time()) + 1  # doors have the world's clock
    house.works(3)
    assert (
        attempts.MOST_REPEATS <= answered + len(house.first.asked) + len(house.second.asked) < attempts.MOST_REPEATS + 5
    )
    with house.office.services.reads() as db:
        assert db.scalars(select(OddCount.what)).one() == "answer in a circle"
        assert CALLER.lstrip("+") not in repr(list(db.execute(select(delivery.Repeat.__table__))))


def stops(house: House, road: str) -> None:
    """PEOPLE[0] wants no more, and says so by one of all roads."""
    client = create_app(house.office.settings, house.office.services).test_client()
    failed = {"id": "ATXid_1", "status": "Failed", "phoneNumber": PEOPLE[0], "failureReason": "UserInBlackList"}
    callback = [("MessageSid", "SM1"), ("MessageStatus", "undelivered"), ("ErrorCode", "21610"), ("To", PEOPLE[0])]
    if road == "a word to Africa's Talking":
        client.post(f"/sms/africastalking/{SECRET}", data=sms("HAGARIKA", phone=PEOPLE[0]))
        house.works(1)  # the one line that says so
    elif road == "a word to Twilio":
        signed(client, "/sms/twilio", twilio_sms("arret", From=PEOPLE[0]))
    elif road == "Twilio's own word":
        signed(client, "/sms/twilio", twilio_sms("STOP", From=PEOPLE[0], OptOutType="STOP"))
    elif road == "Africa's Talking calls":
        client.post(OPT_OUT, data={"senderId": "IJWI", "phoneNumber": PEOPLE[0]})
    elif road == "a receipt of Africa's Talking":
        client.post(RECEIPTS, data=failed)
    elif road == "a receipt of Twilio":
        signed(client, "/receipts/twilio", callback)
    elif road in ("Africa's Talking refuses", "Twilio refuses"):
        house.office.settings.sms_providers = "africastalking" if road.startswith("Af") else "twilio"
        house.first.usual = refused(PEOPLE[0], 406)
        house.second.usual = Reply(400, json.dumps({"code": 21610, "status": 400}))
        add_released_meeting(house.office, 1)
        house.works(2)
        house.first.usual, house.second.usual = None, TAKEN


ROADS = (
    "a word to Africa's Talking", "a word to Twilio", "Twilio's own word", "Africa's Talking calls",
    "a receipt of Africa's Talking", "a receipt of Twilio", "Africa's Talking refuses", "Twilio refuses",
)  # fmt: skip


@pytest.mark.parametrize("road", ROADS)
def test_by_whatever_road_she_stops_no_provider_writes_to_her_again(house: House, road: str) -> None:
    add_subscribers(house.office, PEOPLE[:1])
    stops(house, road)
    with house.office.services.reads() as db:
        assert db.scalar(select(func.count()).select_from(OptOut)) == 1
        assert db.scalar(select(func.count()).select_from(Subscriber)) == 0
    add_subscribers(house.office, PEOPLE[:1])  # a row of yesterday's backup
    for number, only in enumerate(("africastalking", "twilio"), 2):
        house.first.asked.clear()
        house.second.asked.clear()
        house.office.settings.sms_providers = only
        add_released_meeting(house.office, number)
        house.works(2)
        assert (house.first.asked, house.second.asked) == ([], [])
    with house.office.services.reads() as db:
        last = select(Notice.status).where(Notice.status != DeliveryStatus.SUPPRESSED)
        assert list(db.scalars(last)) == []

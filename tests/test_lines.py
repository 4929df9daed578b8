"""Providers fail in every way they know, while people are being told: everybody hears it once, or nobody knows."""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

import workers
from app import create_app
from bot import ledger, lines, outbox
from bot.ledger import Attempt, Counted, Line
from bot.models import (
    DeliveryStatus,
    EarlyReceipt,
    Meeting,
    Message,
    Notice,
    OptOut,
    Person,
    Subscriber,
    Task,
    random_id,
)
from tests.office import CALLER, Office
from tests.provider import Provider, Reply, provider
from tests.test_fan_out import a_meeting, joined, states
from tests.webhooks.doors import OPT_OUT, RECEIPTS, SECRET, signed, sms, told, twilio_sms
from workers import clock

TWILIO = {
    "twilio_account_sid": "AC" + "0" * 32, "twilio_auth_token": "t" * 32, "twilio_sender": "+15005550006",
    "sms_providers": "africastalking,twilio", "public_base_url": "https://ijwi.example", "provider_timeout": "0.3",
}  # fmt: skip
PEOPLE = [f"+2577910{n:04d}" for n in range(12)]
TAKEN = Reply(201, json.dumps({"sid": "SM1", "status": "queued"}))


@dataclass
class House:
    """An office with two providers that are real small servers, and a clock that the test moves."""

    office: Office
    first: Provider
    second: Provider
    at: int = field(default_factory=outbox.now)

    def works(self, rounds: int = 8, seconds: int = 0) -> None:
        """All that is due is done; so many seconds pass between two rounds."""
        for _ in range(rounds):
            for key in outbox.due(self.office.wiring.sessions, self.at):
                workers.keep(key)
            with self.office.wiring.sessions.begin() as db:
                db.execute(update(Task).values(rung_at=0))
            self.at += seconds

    def message(self, kind: str = "new") -> str:
        """One message to the first officer, or an answer to a caller."""
        vault, id = self.office.wiring.vault, random_id()
        rank = outbox.ALERT if kind == "new" else outbox.ANSWER
        with self.office.wiring.sessions.begin() as db:
            officer = db.scalars(select(Person.id).where(Person.ref == "C1A")).one()
            to = {"person": officer, "number": 1} if kind == "new" else {
                "recipient": vault.seal_to_sender(CALLER), "body": vault.seal_to_sender("Amakuru.")
            }  # fmt: skip
            db.add(Message(id=id, kind=kind, created=self.at, **to))
            outbox.post(db, outbox.task(f"deliver:{id}", "deliver", {"message": id}, self.at, rank))
        return id

    def attempts(self) -> list[tuple[str, str, str, str]]:
        with self.office.wiring.reads() as db:
            rows = db.scalars(select(Attempt).order_by(Attempt.id))
            return [(row.provider, row.state, row.reason, row.code) for row in rows]

    def status(self, message: str) -> str:
        with self.office.wiring.reads() as db:
            return db.get_one(Message, message).status

    def line(self, name: str = "africastalking") -> Line | None:
        with self.office.wiring.reads() as db:
            return db.get(Line, name)

    def told(self) -> Counter[str]:
        """How often each number was in a request that a provider took."""
        at_first = Counter(n for ask in self.first.asked for n in ask.form["to"].split(",") if self.first.usual is None)
        return at_first + Counter(ask.form["To"] for ask in self.second.asked)


@pytest.fixture
def ends() -> Iterator[tuple[Provider, Provider]]:
    with provider() as first, provider() as second:
        second.usual = TAKEN
        yield first, second


@pytest.fixture
def office(tmp_path: Path, ends: tuple[Provider, Provider]) -> Iterator[Office]:
    office = Office(tmp_path, at_base_url=ends[0].url, twilio_base_url=ends[1].url, **TWILIO)
    workers.WIRED[:] = [office.wiring]
    yield office
    workers.WIRED.clear()
    office.wiring.engine.dispose()


@pytest.fixture
def house(office: Office, ends: tuple[Provider, Provider], monkeypatch: pytest.MonkeyPatch) -> House:
    house = House(office, *ends)
    monkeypatch.setattr(outbox, "now", lambda: house.at)
    return house


REFUSALS = {
    "an error of theirs": Reply(500, "<html>500</html>", "text/html"),
    "too many": Reply(429, "Too Many Requests", "text/plain"),
    "a wrong key": Reply(401, "The supplied authentication is invalid", "text/plain"),
    "201 and nobody": Reply(201, '{"SMSMessageData":{"Message":"InvalidSenderId","Recipients":[]}}'),
}
DOUBTS = {
    "no answer in time": Reply(201, "{}", wait=0.6),
    "HTML instead of JSON": Reply(200, "<html>Welcome</html>", "text/html"),
    "another content type, cut off": Reply(201, '{"SMSMessageData":', "application/json; charset=utf-8"),
    "nothing": Reply(201, ""),
}


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
    with house.office.wiring.reads() as db:
        assert db.get_one(Message, answer).recipient is None


@pytest.mark.parametrize("how", REFUSALS | DOUBTS)
def test_during_a_fan_out_everybody_hears_it_once_or_is_counted_as_unknown(house: House, how: str) -> None:
    joined(house.office, PEOPLE, ("rn", "fr", "en"))
    house.first.usual = (REFUSALS | DOUBTS)[how]
    a_meeting(house.office)
    house.works(6, 40)
    heard, found = house.told(), states(house.office)
    assert max(heard.values(), default=0) <= 1
    assert found["unknown"] == (0 if how in REFUSALS else len(PEOPLE) - len(heard))
    assert found["sent"] == len(heard)
    assert sum(found.values()) == len(PEOPLE)
    tried = Counter(state for _name, state, *_ in house.attempts())
    assert (tried["sent"], tried["unknown"]) == (found["sent"], found["unknown"])


def test_every_way_of_failing_for_a_minute_each_and_nobody_hears_it_twice(house: House) -> None:
    people = [f"+2577930{n:04d}" for n in range(1000)]
    joined(house.office, people, ("rn", "fr", "en"))
    a_meeting(house.office)
    house.office.settings.sms_providers = "africastalking"
    for way in (*(REFUSALS | DOUBTS).values(), None):
        house.first.usual = way
        house.first.asked.clear()
        house.works(3, 20)
    house.works(20, 120)
    taken = Counter(number for ask in house.first.asked for number in ask.form["to"].split(","))
    found = states(house.office)
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
    assert len(house.first.asked) == lines.OPENS_AFTER  # the others did not wait for it
    assert len(house.second.asked) == 5
    house.first.usual, house.at = None, house.at + lines.REST + 1
    for _ in range(3):
        house.message()
    house.works(1)
    assert len(house.first.asked) == lines.OPENS_AFTER + 3
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
    joined(house.office, PEOPLE)
    house.first.usual, house.second.usual = REFUSALS["an error of theirs"], Reply(503, "<html>")
    a_meeting(house.office)
    answer, alert = house.message("answer"), house.message()
    house.works(60, 60)
    assert states(house.office) == {DeliveryStatus.PENDING: len(PEOPLE)}
    asked = len(house.first.asked)
    assert asked < 60  # it was not hammered
    house.first.usual, house.second.usual = None, TAKEN
    house.first.asked.clear()
    house.works(20, 60)
    assert states(house.office) == {DeliveryStatus.SENT: len(PEOPLE)}
    assert {house.status(answer), house.status(alert)} == {DeliveryStatus.SENT}


def test_after_an_hour_without_a_provider_alerts_leave_first_and_what_has_begun_is_told_to_nobody(house: House) -> None:
    joined(house.office, PEOPLE)
    house.office.settings.sms_providers = "africastalking"
    house.first.usual = REFUSALS["an error of theirs"]
    soon, later = a_meeting(house.office, 1), a_meeting(house.office, 2)
    with house.office.wiring.sessions.begin() as db:
        db.execute(update(Meeting).where(Meeting.id == soon.id).values(starts=house.at + 1800))
    house.works(2)
    house.message("answer")
    house.message()
    house.works(60, 60)
    house.first.usual = None
    house.first.asked.clear()
    with house.office.wiring.sessions.begin() as db:
        db.execute(update(Task).where(Task.done_at.is_(None)).values(due_at=house.at))
    house.works(20, 60)
    told = [ask.form["to"] for ask in house.first.asked]
    assert told[:2] == ["+25778000001", CALLER]
    assert set(",".join(told[2:]).split(",")) == {*PEOPLE}
    with house.office.wiring.reads() as db:
        rows = db.execute(select(Notice.meeting, Notice.status).distinct())
        assert {(row.meeting, row.status) for row in rows} == {(soon.id, "expired"), (later.id, "sent")}


def test_nobody_waits_for_an_answer_for_a_day(house: House) -> None:
    house.first.usual, house.second.usual = REFUSALS["an error of theirs"], Reply(503, "<html>")
    answer = house.message("answer")
    house.works(20, 600)
    assert house.status(answer) in (DeliveryStatus.EXPIRED, DeliveryStatus.FAILED)
    with house.office.wiring.reads() as db:
        assert db.get_one(Message, answer).body is None


def refused(number: str, code: int) -> Reply:
    one = {"messageId": "None", "number": number, "status": "x", "statusCode": code, "cost": "0"}
    return Reply(201, json.dumps({"SMSMessageData": {"Message": "Sent to 0/1", "Recipients": [one]}}))


def test_a_number_that_is_none_is_rested_until_its_holder_joins_again(house: House) -> None:
    joined(house.office, PEOPLE[:1])
    house.office.settings.sms_providers = "africastalking"
    house.first.usual = refused(PEOPLE[0], 403)
    for number in range(1, 6):
        a_meeting(house.office, number)
        house.works(2)
    assert len(house.first.asked) == 3
    with house.office.wiring.reads() as db:
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
    joined(house.office, PEOPLE[:3])
    a_meeting(house.office)
    house.message("answer")
    house.works(2)
    with house.office.wiring.reads() as db:
        kept = " ".join(repr(tuple(row)) for row in db.execute(select(Attempt.__table__)))
    assert kept.count("sent") == 4
    for phone in (*PEOPLE, CALLER):
        assert phone.lstrip("+") not in kept


def test_a_receipt_finds_the_notice_that_it_is_for_and_never_goes_backwards(house: House) -> None:
    joined(house.office, PEOPLE[:1])
    client = create_app(house.office.settings, house.office.wiring).test_client()
    a_meeting(house.office)
    told(client, "Success")  # before the send call has returned: the stand-in calls it ATXid_1
    house.works(2)
    told(client, "Sent", "Failed", "Buffered")
    assert states(house.office) == {DeliveryStatus.DELIVERED: 1}
    assert [state for _name, state, *_ in house.attempts()] == ["delivered"]
    with house.office.wiring.reads() as db:
        assert db.scalar(select(func.count()).select_from(EarlyReceipt)) == 0


def test_a_receipt_for_a_stranger_or_in_unknown_words_is_counted(house: House) -> None:
    client = create_app(house.office.settings, house.office.wiring).test_client()
    told(client, "Success", message="ATXid_of_nobody")
    told(client, "ANewWord")
    form = {"id": "ATXid_future", "status": "Success", "date": "2999-01-01 00:00:00", "retryCount": "-7"}
    assert client.post(RECEIPTS, data=form).status_code == 200
    clock.tidy(house.office.wiring.sessions, house.at + 4 * 86400)
    with house.office.wiring.reads() as db:
        counted = {row.what: row.times for row in db.scalars(select(Counted))}
    assert counted == {"receipt with an unknown word": 1, "receipt for a stranger": 2}


def test_attempts_are_erased_with_the_month(house: House) -> None:
    house.message()
    house.works(1)
    clock.shred(house.office.wiring, house.at + 34 * 86400)
    assert len(house.attempts()) == 1
    clock.shred(house.office.wiring, house.at + 36 * 86400)
    assert house.attempts() == []


@pytest.mark.parametrize("door", ["Africa's Talking", "Twilio"])
def test_a_machine_that_answers_every_answer_is_left_alone(house: House, door: str) -> None:
    client = create_app(house.office.settings, house.office.wiring).test_client()
    answered = 0
    for number in range(ledger.MOST_REPEATS + 5):
        if door == "Twilio":
            answered += "<Message>" in signed(client, "/sms/twilio", twilio_sms("0000", f"SM{number}")).text
        else:
            client.post(f"/sms/africastalking/{SECRET}", data=sms("0000", f"id{number}"))
    house.at = int(time.time()) + 1  # doors have the world's clock
    house.works(3)
    assert ledger.MOST_REPEATS <= answered + len(house.first.asked) + len(house.second.asked) < ledger.MOST_REPEATS + 5
    with house.office.wiring.reads() as db:
        assert db.scalars(select(Counted.what)).one() == "answer in a circle"
        assert CALLER.lstrip("+") not in repr(list(db.execute(select(ledger.Repeat.__table__))))


def stops(house: House, road: str) -> None:
    """PEOPLE[0] wants no more, and says so by one of all roads."""
    client = create_app(house.office.settings, house.office.wiring).test_client()
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
        a_meeting(house.office, 1)
        house.works(2)
        house.first.usual, house.second.usual = None, TAKEN


ROADS = (
    "a word to Africa's Talking", "a word to Twilio", "Twilio's own word", "Africa's Talking calls",
    "a receipt of Africa's Talking", "a receipt of Twilio", "Africa's Talking refuses", "Twilio refuses",
)  # fmt: skip


@pytest.mark.parametrize("road", ROADS)
def test_by_whatever_road_she_stops_no_provider_writes_to_her_again(house: House, road: str) -> None:
    joined(house.office, PEOPLE[:1])
    stops(house, road)
    with house.office.wiring.reads() as db:
        assert db.scalar(select(func.count()).select_from(OptOut)) == 1
        assert db.scalar(select(func.count()).select_from(Subscriber)) == 0
    joined(house.office, PEOPLE[:1])  # a row of yesterday's backup
    for number, only in enumerate(("africastalking", "twilio"), 2):
        house.first.asked.clear()
        house.second.asked.clear()
        house.office.settings.sms_providers = only
        a_meeting(house.office, number)
        house.works(2)
        assert (house.first.asked, house.second.asked) == ([], [])
    with house.office.wiring.reads() as db:
        last = select(Notice.status).where(Notice.status != DeliveryStatus.SUPPRESSED)
        assert list(db.scalars(last)) == []

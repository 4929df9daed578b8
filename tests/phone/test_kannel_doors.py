"""A woman on an operator's own line, through Kannel: her SMS in, the answer out, what became of it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot.storage.tables.delivery import DeliveryStatus, Message, OptOut
from bot.storage.tables.runtime import Task
from tests.support.doors import NO_REDIS, count, sent_message, status_of
from tests.support.office import CALLER, Office

SECRET = "g" * 32
DOOR, REPORTS = f"/sms/kannel/{SECRET}", f"/receipts/kannel/{SECRET}"
pytestmark = pytest.mark.office(
    redis_url=NO_REDIS,
    gateway_secret=SECRET,
    sms_providers="kannel",
    kannel_url="http://127.0.0.1:9/cgi-bin/sendsms",
    kannel_username="ijwi",
    kannel_password="k" * 16,
)


def says(client: FlaskClient, text: str, hour: str = "2026-11-24 07:06:42") -> TestResponse:
    given = {"X-Kannel-From": CALLER.lstrip("+"), "X-Kannel-Time": hour, "X-Kannel-Coding": "0"}
    return client.post(DOOR, data=text.encode(), headers=given, content_type="text/plain; charset=UTF-8")


def test_her_sms_is_answered_by_the_outbox_and_not_in_the_reply(client: FlaskClient, office: Office) -> None:
    reply = says(client, "Amahoro")
    assert (reply.status_code, reply.text) == (200, "")
    with office.services.reads() as db:
        message = db.query(Message).one()
    assert message.body is not None
    assert "384*55" in office.services.vault.open_for_sender(message.body)
    assert office.services.vault.open_for_sender(message.recipient or b"") == CALLER


def test_an_sms_that_kannel_brings_again_gets_one_answer(client: FlaskClient, office: Office) -> None:
    for _ in range(3):
        says(client, "Amahoro")
    assert count(office, Task) == 1


@pytest.mark.parametrize("word", ["STOP", "stop", "REKA"])
def test_a_stop_word_is_kept_for_every_provider(client: FlaskClient, office: Office, word: str) -> None:
    says(client, word)
    assert count(office, OptOut) == 1


def test_an_sms_of_nobody_is_taken_and_not_answered(client: FlaskClient, office: Office) -> None:
    reply = client.post(DOOR, data=b"Votre credit...", headers={"X-Kannel-From": "LUMITEL"})
    assert reply.status_code == 200
    assert count(office, Message) == 0


@pytest.mark.parametrize(
    ("reports", "status"),
    [
        (["8"], DeliveryStatus.SENT),
        (["1"], DeliveryStatus.DELIVERED),
        (["1", "8"], DeliveryStatus.DELIVERED),
        (["4", "8", "16"], DeliveryStatus.FAILED),
        (["2", "1"], DeliveryStatus.FAILED),
        (["99"], DeliveryStatus.SENT),
    ],
)
def test_what_became_of_a_message_never_goes_backwards(
    client: FlaskClient, office: Office, reports: list[str], status: DeliveryStatus
) -> None:
    sent_message(office, "ab12")
    for told in reports:
        assert client.get(REPORTS, query_string={"id": "ab12", "status": told}).status_code == 200
    assert status_of(office, "ab12") == status


def test_a_report_about_a_stranger_is_taken(client: FlaskClient) -> None:
    assert client.get(REPORTS, query_string={"id": "nobody", "status": "1"}).status_code == 200


@pytest.mark.parametrize("door", ["/sms/kannel/{}", "/receipts/kannel/{}"])
@pytest.mark.parametrize("given", ["", "x", "G" * 32])
def test_a_wrong_secret_is_nobodys_address(client: FlaskClient, door: str, given: str) -> None:
    assert client.post(door.format(given), data=b"1").status_code == 404


def test_rubbish_is_taken_and_nobody_is_answered_twice(client: FlaskClient) -> None:
    for body in (b"", b"\xff\xfe", b"\x00" * 500, "😢".encode(), b"x" * 5000):
        reply = client.post(DOOR, data=body, headers={"X-Kannel-From": "79123456", "X-Kannel-Time": "x"})
        assert reply.status_code == 200

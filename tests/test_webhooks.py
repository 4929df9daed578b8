"""What providers send, exactly as they send it, and what they get back: never a 5xx, never somebody else's words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import create_app
from tests.office import CALLER, Office

SECRET = "c" * 32
DOOR = f"/ussd/africastalking/{SECRET}"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path, redis_url="redis://127.0.0.1:1/0", public_base_url="https://ijwi.example")
    yield office
    office.wiring.engine.dispose()


@pytest.fixture
def client(office: Office) -> FlaskClient:
    return create_app(office.settings, office.wiring).test_client()


def ussd(text: str, session: str = "ATUid_1") -> dict[str, str]:
    return {
        "phoneNumber": CALLER,
        "serviceCode": "*384*55#",
        "text": text,
        "sessionId": session,
        "networkCode": "99999",
    }


def test_a_dialled_code_is_answered_with_a_page_that_goes_on(client: FlaskClient) -> None:
    reply = client.post(DOOR, data=ussd(""))
    assert reply.status_code == 200
    assert reply.content_type == "text/plain; charset=utf-8"
    assert reply.text.startswith("CON ")


def test_a_wrong_secret_in_the_path_is_nobodys_address(client: FlaskClient) -> None:
    assert client.post("/ussd/africastalking/" + "d" * 32, data=ussd("")).status_code == 404


def test_with_redis_away_she_is_still_answered(client: FlaskClient) -> None:
    client.post(DOOR, data=ussd(""))
    first = client.post(DOOR, data=ussd("3")).text
    assert client.post(DOOR, data=ussd("3")).text == first
    assert client.post(DOOR, data=ussd("3*3")).text.startswith("CON ")


def test_a_body_over_64_kb_is_refused(client: FlaskClient) -> None:
    assert client.post(DOOR, data={"text": "1" * 70_000}).status_code == 413


def test_an_unsigned_twilio_request_is_forbidden(client: FlaskClient) -> None:
    assert client.post("/sms/twilio", data={"From": CALLER, "Body": "x"}).status_code == 403

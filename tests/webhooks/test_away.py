"""When the database is away nothing is confirmed, and nobody meets a server error."""

from __future__ import annotations

import logging

import pytest
from flask.testing import FlaskClient

from tests.office import CALLER, Office
from tests.webhooks.doors import (
    DOOR,
    END,
    LIMITS,
    OPT_OUT,
    RECEIPTS,
    SMS,
    pages_to_help,
    said,
    signed,
    sms,
    twilio_sms,
    ussd,
)


def test_with_the_database_away_nothing_is_confirmed_to_her(client: FlaskClient, broken: Office) -> None:
    heard = f"{LIMITS}*9*9*9*2*1*1*1*1*1*1"
    page = ""
    for end in range(len(heard) + 1):
        page = said(client.post(DOOR, data=ussd(heard[:end])))
        assert "arrived" not in page


def test_with_the_database_gone_in_the_middle_of_her_call_her_report_is_not_confirmed(
    client: FlaskClient, office: Office
) -> None:
    heard = pages_to_help(client) + "*1"
    page = said(client.post(DOOR, data=ussd(heard)))
    assert page.startswith("CON Do you want to send it?")
    office.loses_its_database()
    last = said(client.post(DOOR, data=ussd(heard + "*1")))
    assert last.startswith("END ")
    assert "arrived" not in last
    assert "not" in last


@pytest.mark.parametrize("path", [DOOR, END, SMS])
def test_with_the_database_away_no_caller_meets_a_server_error(
    client: FlaskClient, broken: Office, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    reply = client.post(path, data={**ussd("3*secretword"), **sms("secretword")})
    assert reply.status_code == 200
    assert broken.rung == []
    assert CALLER[1:] not in caplog.text
    assert "secretword" not in caplog.text


def test_with_the_database_away_an_sms_through_twilio_gets_xml(client: FlaskClient, broken: Office) -> None:
    for more in ({}, {"OptOutType": "STOP"}, {"OptOutType": "START"}):
        reply = signed(client, "/sms/twilio", twilio_sms("muraho", **more))
        assert reply.status_code == 200
        assert reply.content_type.startswith("text/xml")
        assert "arrived" not in reply.text


@pytest.mark.parametrize("path", [RECEIPTS, OPT_OUT])
def test_with_the_database_away_a_provider_is_asked_to_tell_again(
    client: FlaskClient, broken: Office, path: str
) -> None:
    assert client.post(path, data={"id": "ATXid_1", "status": "Success", "phoneNumber": CALLER}).status_code == 503


def test_a_process_that_lives_says_so_and_one_without_a_database_is_not_ready(
    client: FlaskClient, office: Office
) -> None:
    assert (client.get("/healthz").status_code, client.get("/readyz").status_code) == (200, 200)
    office.loses_its_database()
    assert (client.get("/healthz").status_code, client.get("/readyz").status_code) == (200, 503)

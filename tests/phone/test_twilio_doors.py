"""Twilio's requests: signed over the public URL, answered in XML."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app import create_app
from bot.settings import ROOT
from bot.storage.tables.delivery import OptOut
from bot.storage.tables.runtime import Task
from tests.support.doors import (
    DOORS,
    FORM,
    NOTHING,
    PUBLIC,
    count,
    sent_message,
    signature,
    signed,
    status_of,
    twilio_sms,
)
from tests.support.office import CALLER, Office

pytestmark = pytest.mark.office(**DOORS)


@pytest.mark.parametrize("path", ["/sms/twilio", "/receipts/twilio"])
def test_what_twilio_did_not_sign_is_forbidden(client: FlaskClient, path: str) -> None:
    pairs = twilio_sms("x")
    data = urlencode(pairs)
    good = signature(path, pairs)
    for altered, given in [
        (data, None),
        (data, ""),
        (data, "forged"),
        (data, signature(path, pairs, "u" * 32)),
        (data, signature(path, pairs, base="http://localhost")),
        (data, signature("/", pairs)),
        (data.replace("Body=x", "Body=y"), good),
        (data + "&More=1", good),
        (data + "&Body=x2", good),
        (data.replace("&FromCity=", ""), good.lower()),
        (data.replace("NumMedia=0", ""), good),
    ]:
        headers = {} if given is None else {"X-Twilio-Signature": given}
        assert client.post(path, data=altered, content_type=FORM, headers=headers).status_code == 403
    other = client.post(f"{path}?x=1", data=data, content_type=FORM, headers={"X-Twilio-Signature": good})
    assert other.status_code == 403


def test_without_a_token_nobody_can_sign(tmp_path: Path) -> None:
    office = Office(tmp_path, redis_url="redis://127.0.0.1:1/0", public_base_url=PUBLIC)
    client = create_app(office.settings, office.services).test_client()
    pairs = twilio_sms("x")
    given = {"X-Twilio-Signature": signature("/sms/twilio", pairs, "")}
    assert client.post("/sms/twilio", data=dict(pairs), headers=given).status_code == 403
    office.services.engine.dispose()


@pytest.mark.parametrize("path", ["/sms/twilio", "/sms/twilio?key=%20%2B+%C3%A9"])
@pytest.mark.parametrize(
    "more",
    [[], [("Empty", ""), ("", "")], [("MediaUrl", "b"), ("MediaUrl", "a")], [("A", "1"), ("A", "1")], [("é", "☺ & =")]],
)
def test_her_sms_that_twilio_signed_is_answered_in_xml(
    client: FlaskClient, path: str, more: list[tuple[str, str]]
) -> None:
    reply = signed(client, path, [*twilio_sms("muraho"), *more])
    assert reply.status_code == 200
    assert reply.content_type == "text/xml; charset=utf-8"
    assert "<Message>" in reply.text
    assert "*384*55#" in reply.text


def test_twilios_repeat_of_an_sms_gets_the_same_answer(client: FlaskClient) -> None:
    signed(client, "/sms/twilio", twilio_sms("muraho", "SM1"))
    first = signed(client, "/sms/twilio", twilio_sms("1", "SM2")).text
    assert signed(client, "/sms/twilio", twilio_sms("1", "SM2")).text == first
    assert signed(client, "/sms/twilio", twilio_sms("1", "SM3")).text != first


def test_a_stop_that_twilio_has_answered_is_recorded_and_not_answered_again(
    client: FlaskClient, office: Office
) -> None:
    for _ in range(2):
        assert signed(client, "/sms/twilio", twilio_sms("STOP", OptOutType="STOP")).text == NOTHING
    assert count(office, OptOut) == 1
    assert signed(client, "/sms/twilio", twilio_sms("HELP", "SM2", OptOutType="HELP")).text == NOTHING
    assert count(office, OptOut) == 1
    for _ in range(2):
        assert signed(client, "/sms/twilio", twilio_sms("START", "SM3", OptOutType="START")).text == NOTHING
    assert count(office, OptOut) == 0


@pytest.mark.parametrize("sender", ["whatsapp:" + CALLER, "BANK", "384387", ""])
def test_what_no_number_sent_gets_no_answer(client: FlaskClient, sender: str) -> None:
    assert signed(client, "/sms/twilio", twilio_sms("x", From=sender)).text == NOTHING


@pytest.mark.parametrize("body", ["\0", "😢", "\u202eabc", "\u200b", "x" * 5000, "**", "#", "<&>", "", "\x0b"])
def test_whatever_her_sms_through_twilio_says_it_is_answered(client: FlaskClient, body: str) -> None:
    for sid in ("SM1", "SM2"):
        reply = signed(client, "/sms/twilio", twilio_sms(body, sid))
        assert reply.status_code == 200
        assert "<Message>" in reply.text


def test_twilios_callbacks_out_of_order_leave_the_message_delivered(client: FlaskClient, office: Office) -> None:
    sent_message(office, "SM9")
    for status in ("queued", "delivered", "sent", "sending", "odd"):
        reply = signed(client, "/receipts/twilio", [("MessageSid", "SM9"), ("MessageStatus", status)])
        assert (reply.status_code, reply.text) == (200, "")
    assert status_of(office, "SM9") == "delivered"


def test_what_she_wrote_is_erased_at_twilio_too(client: FlaskClient, office: Office) -> None:
    for _ in range(2):
        signed(client, "/sms/twilio", twilio_sms("muraho", "SM77"))
    with office.services.reads() as db:
        (task,) = db.scalars(select(Task).where(Task.name == "redact"))
    assert "SM77" not in task.key + repr(task.args)
    assert office.services.vault.open_for_sender(bytes.fromhex(task.args["message"])) == "SM77"


@pytest.mark.parametrize(("retention", "status", "asked"), [
    ("discard", "delivered", False), ("retain", "sent", False), ("retain", "delivered", True),
    ("retain", "failed", True),
])  # fmt: skip
def test_what_we_wrote_is_erased_when_it_is_final_if_twilio_keeps_it(
    client: FlaskClient, office: Office, retention: Literal["discard", "retain"], status: str, asked: bool
) -> None:
    office.settings.twilio_retention = retention
    sent_message(office, "SM78")
    signed(client, "/receipts/twilio", [("MessageSid", "SM78"), ("MessageStatus", status)])
    with office.services.reads() as db:
        assert bool(db.scalar(select(Task.key).where(Task.name == "redact"))) == asked


FORGED = {
    "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Prefix": "/evil", "Forwarded": "for=127.0.0.1;host=evil.example;proto=http", "X-Original-URL": "/evil",
}  # fmt: skip


def test_no_header_of_a_proxy_changes_what_twilio_has_signed(client: FlaskClient) -> None:
    pairs = twilio_sms("muraho")
    good = {"X-Twilio-Signature": signature("/sms/twilio", pairs)}
    form = {"data": urlencode(pairs), "content_type": FORM}
    assert client.post("/sms/twilio", **form, headers=good | FORGED).status_code == 200
    for base in ("http://evil.example", "https://evil.example", "http://evil.example/evil", "http://localhost"):
        forged = {"X-Twilio-Signature": signature("/sms/twilio", pairs, base=base)}
        assert client.post("/sms/twilio", **form, headers=forged | FORGED).status_code == 403


def test_nginx_hands_on_no_header_that_a_caller_could_have_written() -> None:
    conf = (ROOT / "ops" / "nginx" / "ijwi.conf").read_text()
    assert set(re.findall(r"proxy_set_header (\S+)", conf)) == {"Connection", "Host"}

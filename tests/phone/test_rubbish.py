"""What comes is not always what was promised: a person still gets a page, a machine a 4xx, nobody a 5xx."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from bot.storage.tables.delivery import EarlyDeliveryReport, Message, OptOut
from bot.storage.tables.reports import Report
from bot.storage.tables.runtime import Task
from tests.support.doors import (
    DOOR,
    DOORS,
    END,
    LIMITS,
    ODD,
    OPT_OUT,
    RECEIPTS,
    SMS,
    count,
    pages_to_help,
    raw,
    usable_page,
    ussd,
)
from tests.support.keys import DOCTOR, SEND_AND_SAY_MORE, WISH_NOTHING
from tests.support.office import CALLER, Office

pytestmark = pytest.mark.office(**DOORS)


def test_a_body_over_64_kb_is_refused(client: FlaskClient) -> None:
    assert client.post(DOOR, data={"text": "1" * 70_000}).status_code == 413


@pytest.mark.parametrize("path", [DOOR, END, SMS, RECEIPTS, OPT_OUT, "/sms/twilio", "/receipts/twilio"])
def test_a_body_that_is_too_large_or_has_thousands_of_fields_is_refused_at_every_door(
    client: FlaskClient, path: str
) -> None:
    assert raw(client, path, b"text=" + b"1" * 65_536).status_code == 413
    assert raw(client, path, b"&".join(b"a=1" for _ in range(5000))).status_code == 400


@pytest.mark.parametrize("path", [DOOR, END, SMS, RECEIPTS, OPT_OUT, "/sms/twilio", "/receipts/twilio"])
def test_a_door_is_not_looked_into(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 405


@pytest.mark.parametrize("missing", ["phoneNumber", "serviceCode", "text", "sessionId", "networkCode"])
def test_a_field_that_is_missing_still_gives_her_a_page(client: FlaskClient, missing: str) -> None:
    form = {name: value for name, value in ussd(LIMITS).items() if name != missing}
    page = usable_page(client.post(DOOR, data=form))
    assert page.startswith("END ") == (missing == "sessionId")


@pytest.mark.parametrize("body", [b"", b"&&&", b"=", b'{"sessionId": 1}', b"\xff\xfe", b"sessionId", b"text=1&text=2"])
def test_a_body_without_a_session_ends_in_a_sentence(client: FlaskClient, body: bytes) -> None:
    assert usable_page(raw(client, DOOR, body)).startswith("END ")


@pytest.mark.parametrize("path", [END, SMS, RECEIPTS, OPT_OUT])
@pytest.mark.parametrize("body", [b"", b"&&&", b"{}", b"\xff\xfe=%00", b"id=&status=Success", b"from=MTN&text=x&id=1"])
def test_a_notice_without_its_fields_is_taken_and_changes_nothing(
    client: FlaskClient, office: Office, path: str, body: bytes
) -> None:
    reply = raw(client, path, body)
    assert (reply.status_code, reply.text) == (200, "")
    assert [count(office, table) for table in (Message, EarlyDeliveryReport, OptOut, Task)] == [0, 0, 0, 0]


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize("before", [b"", b"3*", b"3*3*"])
def test_whatever_she_types_she_gets_a_page(client: FlaskClient, before: bytes, text: bytes) -> None:
    form = b"sessionId=ATUid_1&phoneNumber=" + quote(CALLER).encode() + b"&text="
    usable_page(raw(client, DOOR, form))
    if before:
        usable_page(raw(client, DOOR, form + before[:-1]))
    page = usable_page(raw(client, DOOR, form + before + text))
    assert usable_page(raw(client, DOOR, form + before + text)) == page


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_whatever_she_writes_as_her_own_words_arrives_or_is_asked_again(
    client: FlaskClient, office: Office, text: bytes
) -> None:
    heard = pages_to_help(client)
    form = b"sessionId=ATUid_1&phoneNumber=" + quote(CALLER).encode() + b"&text=" + heard.encode()
    page = ""
    for typed in (*(key.encode() for key in (DOCTOR, *SEND_AND_SAY_MORE, *WISH_NOTHING)), text):
        form += b"*" + typed
        page = usable_page(raw(client, DOOR, form))
    assert page.startswith("CON ")
    usable_page(raw(client, DOOR, form + b"*1"))
    assert count(office, Report) == 1


@pytest.mark.parametrize("name", ["sessionId", "phoneNumber", "serviceCode", "networkCode"])
@pytest.mark.parametrize("odd", [b"%00", b"%ED%A0%80", b"%FF", "😢".encode(), b"x" * 5000, b"", b"%20"])
def test_whatever_stands_in_the_other_fields_she_gets_a_page(client: FlaskClient, name: str, odd: bytes) -> None:
    form = {key: quote(value).encode() for key, value in ussd("3").items()} | {name: odd}
    usable_page(raw(client, DOOR, b"&".join(key.encode() + b"=" + value for key, value in form.items())))

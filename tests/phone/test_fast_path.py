"""The shortest way to a USSD page and the one through Flask lead to the same page."""

from __future__ import annotations

import io
from pathlib import Path
from urllib.parse import unquote_plus, urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from app import create_app
from bot.channels.urlencoded import MOST_FIELDS, form_text
from bot.phone.forms import LARGEST_BODY
from bot.phone.ussd import SORRY
from tests.support.doors import DOOR, DOORS, FORM, raw, ussd
from tests.support.office import Office

pytestmark = pytest.mark.office(**DOORS)


def in_pieces(client: FlaskClient, body: bytes) -> TestResponse:
    """The same form from a proxy that does not say how long it is."""
    environ = {"wsgi.input_terminated": True, "CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
    return client.post(DOOR, input_stream=io.BytesIO(body), content_type=FORM, environ_overrides=environ)


FORMS = (
    urlencode(ussd("")).encode(),
    urlencode(ussd("3*3")).encode(),
    urlencode(ussd("3*९")).encode(),
    b"text=%ED%A0%80&sessionId=s",  # half a surrogate
    b"sessionId=s&text=3&text=2",
    b"sessionId=s&text",
    b"sessionId=&text=3",
    b"text=1",
    b"&&&",
    b"",
    b"\xff\x00\xfe=%zz",
    b"sessionId=s&text=" + b"7*" * 4000,
)


@pytest.mark.parametrize("form", FORMS, ids=range(len(FORMS)))
def test_both_ways_give_the_same_bytes(client: FlaskClient, asked: list[str], form: bytes) -> None:
    short = raw(client, DOOR, form)
    assert asked == []
    long = in_pieces(client, form.replace(b"ATUid_1", b"ATUid_2"))
    assert asked == [DOOR]
    assert (short.status, short.data, short.content_type) == (long.status, long.data, long.content_type)
    assert short.content_length == len(short.data)


@given(st.text(alphabet="%2A3B+5a*é ", max_size=20))
def test_a_value_reads_as_any_decoder_of_forms_reads_it(written: str) -> None:
    assert form_text(written) == unquote_plus(written)


@pytest.mark.parametrize("text", ["", "3", "3*3", "3*3*2", "3*3*2*77", "3*3*2*77*1"])
def test_a_talk_may_go_one_step_this_way_and_one_that_way(client: FlaskClient, text: str) -> None:
    steps = [text[:end] for end in range(len(text) + 1) if text[end : end + 1] in ("*", "")]
    alone = [raw(client, DOOR, urlencode(ussd(step, "alone")).encode()).data for step in steps]
    mixed = []
    for number, step in enumerate(steps):
        body = urlencode(ussd(step, "mixed")).encode()
        mixed.append((raw(client, DOOR, body) if number % 2 else in_pieces(client, body)).data)
    assert mixed == alone


def test_what_is_unusual_goes_through_flask_and_is_refused_as_ever(client: FlaskClient, asked: list[str]) -> None:
    assert client.get(DOOR).status_code == 405
    assert client.post(DOOR[:-1] + "x", data=ussd("")).status_code == 404
    assert client.post(DOOR + "é", data=ussd("")).status_code == 404
    assert raw(client, DOOR, b"text=" + b"a" * LARGEST_BODY).status_code == 413
    assert raw(client, DOOR, b"a=1&" * (MOST_FIELDS + 1)).status_code == 400
    for length in ("9" * 5000, "-1", "x", "1e3", "٣"):
        odd = client.post(DOOR, data=ussd(""), environ_overrides={"CONTENT_LENGTH": length})
        assert odd.status_code < 500
    assert asked


def test_where_no_secret_is_set_there_is_no_shortest_way(tmp_path: Path) -> None:
    office = Office(tmp_path, at_callback_secret="", sms_providers="kannel", kannel_url="http://127.0.0.1:1",
                    kannel_username="u", kannel_password="p", gateway_secret="g" * 32)  # fmt: skip
    client = create_app(office.settings, office.services).test_client()
    assert client.post("/ussd/africastalking/", data=ussd("")).status_code == 404
    office.services.engine.dispose()


def test_what_nobody_foresaw_is_a_valid_end(
    office: Office, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office.services, "country", None)
    monkeypatch.setattr(office.services.roster, "_read_at", float("inf"))
    monkeypatch.setattr(office.services.roster, "_staff", None)
    reply = client.post(DOOR, data=ussd(""))
    assert (reply.status_code, reply.text) == (200, SORRY)

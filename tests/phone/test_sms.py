"""An SMS through Africa's Talking: answered from the outbox, once; opt-outs."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from bot.storage.tables.delivery import Message, OptOut
from bot.storage.tables.reports import Report
from bot.storage.tables.runtime import Task
from tests.support.doors import DOORS, ODD, OPT_OUT, SMS, count, raw, sms, sms_answers
from tests.support.office import CALLER, Office

pytestmark = pytest.mark.office(**DOORS)


def test_her_sms_is_answered_from_the_outbox_where_her_number_lies_sealed(client: FlaskClient, office: Office) -> None:
    reply = client.post(SMS, data=sms("muraho"))
    assert (reply.status_code, reply.text) == (200, "")
    with office.services.reads() as db:
        message = db.scalars(select(Message)).one()
        task = db.scalars(select(Task)).one()
    assert office.services.vault.open_for_sender(message.recipient or b"") == CALLER
    assert "*384*55#" in sms_answers(office)[0]
    for kept in (message.recipient, message.body, repr(vars(task)).encode()):
        assert CALLER[1:].encode() not in (kept or b"")
        assert b"*384*55#" not in (kept or b"")
    assert office.rung == [task.key]


def test_the_same_sms_thirty_times_has_one_answer(client: FlaskClient, office: Office) -> None:
    for _ in range(30):
        assert client.post(SMS, data=sms("muraho")).status_code == 200
    assert len(sms_answers(office)) == 1


def test_an_sms_repeated_after_her_next_one_is_not_heard_twice(client: FlaskClient, office: Office) -> None:
    client.post(SMS, data=sms("muraho", "a"))
    client.post(SMS, data=sms("1", "b"))
    client.post(SMS, data=sms("1", "c"))
    three = sms_answers(office)
    for late in ("a", "b", "a"):
        client.post(SMS, data=sms("1", late))
    assert sms_answers(office) == three
    client.post(SMS, data=sms("1", "d"))
    for undisturbed, text in (("e", "muraho"), ("f", "1"), ("g", "1"), ("h", "1")):
        client.post(SMS, data=sms(text, undisturbed, "+25779654321"))
    everything = sms_answers(office)
    assert everything[:4] == everything[4:]


def test_an_sms_without_an_id_is_answered_each_time(client: FlaskClient, office: Office) -> None:
    for text in ("muraho", "1", "1"):
        form = {"from": CALLER, "text": text}
        assert client.post(SMS, data=form).status_code == 200
    assert len(sms_answers(office)) == 3


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_whatever_her_sms_says_it_is_answered(client: FlaskClient, office: Office, text: bytes) -> None:
    for number in (b"1", b"2"):
        body = b"id=" + number + b"&from=" + quote(CALLER).encode() + b"&text=" + text
        assert raw(client, SMS, body).status_code == 200
    assert len(sms_answers(office)) == 2


def test_a_number_that_opts_out_is_recorded_once_and_only_as_a_digest(client: FlaskClient, office: Office) -> None:
    for _ in range(3):
        reply = client.post(OPT_OUT, data={"senderId": "IJWI", "phoneNumber": CALLER})
        assert (reply.status_code, reply.text) == (200, "")
    with office.services.reads() as db:
        kept = db.scalars(select(OptOut)).one()
    assert CALLER[1:] not in kept.phone_digest


@pytest.mark.parametrize("date", ["2099-01-01 00:00:00", "2099-01-01T00:00:00Z", "1970-01-01", "tomorrow", ""])
def test_an_sms_from_the_future_is_answered_today_and_once(client: FlaskClient, office: Office, date: str) -> None:
    for _ in range(3):
        assert client.post(SMS, data=sms("muraho") | {"date": date}).status_code == 200
    assert len(sms_answers(office)) == 1


def test_stop_ends_a_talk_first_then_the_messages_and_never_what_she_told(client: FlaskClient, office: Office) -> None:
    """Three things that one word must not mix: this talk, the messages, what is kept of her (erased with her code)."""
    with office.services.sessions.begin() as db:
        db.add(Report(zone="z", wishes="", month="2026-11", filed="2026-11-25",
                      sealed=b"x"))  # fmt: skip
    client.post(SMS, data=sms("muraho", "1"))
    client.post(SMS, data=sms("STOP", "2"))
    assert count(office, OptOut) == 0
    client.post(SMS, data=sms("STOP", "3"))
    assert (count(office, OptOut), count(office, Report)) == (1, 1)
    assert sms_answers(office)[1] != sms_answers(office)[2]
    client.post(SMS, data=sms("START", "4"))
    assert count(office, OptOut) == 0

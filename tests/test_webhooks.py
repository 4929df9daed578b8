"""What providers send, exactly as they send it, and what they get back: never a 5xx, never somebody else's words."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, literal_column, select
from werkzeug.test import TestResponse

import workers
from app import create_app
from bot.models import DeliveryStatus, EarlyReceipt, Message, OptOut, Report, Talk, Task
from tests.office import CALLER, CHAMPION, Office
from tests.provider import accepted, provider

SECRET = "c" * 32
PUBLIC = "https://ijwi.example"
TOKEN = "t" * 32
SMS = f"/sms/africastalking/{SECRET}"
RECEIPTS = f"/receipts/africastalking/{SECRET}"
OPT_OUT = f"/optout/africastalking/{SECRET}"
FORM = "application/x-www-form-urlencoded"
NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
LIMITS = "3*3"  # English, tell us something
DOOR = f"/ussd/africastalking/{SECRET}"
END = f"{DOOR}/end"
AT_ROUTES = ("/ussd/africastalking/{}", "/ussd/africastalking/{}/end", "/sms/africastalking/{}",
             "/receipts/africastalking/{}", "/optout/africastalking/{}")  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everybody enrolled: 22 PINs take longer than most tests here, so it is copied for each."""
    folder = tmp_path_factory.mktemp("house")
    Office(folder).wiring.engine.dispose()
    return folder


@pytest.fixture
def office(tmp_path: Path, house: Path) -> Iterator[Office]:
    shutil.copytree(house, tmp_path, dirs_exist_ok=True)
    office = Office(
        tmp_path,
        redis_url="redis://127.0.0.1:1/0",
        public_base_url=PUBLIC,
        sms_providers="africastalking,twilio",
        twilio_account_sid="AC" + "0" * 32,
        twilio_auth_token=TOKEN,
        twilio_sender="+15005550006",
    )
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


@pytest.mark.parametrize("route", AT_ROUTES)
@pytest.mark.parametrize("given", ["d" * 32, "c" * 31, "c" * 33, "C" * 32, "%00", "%C3%A9", "%ED%A0%80", "None"])
def test_a_wrong_secret_in_the_path_is_nobodys_address(client: FlaskClient, route: str, given: str) -> None:
    assert client.post(route.format(given), data=ussd("")).status_code == 404


@pytest.mark.parametrize("route", AT_ROUTES)
def test_where_no_secret_is_set_nobody_is_let_in(tmp_path: Path, house: Path, route: str) -> None:
    shutil.copytree(house, tmp_path, dirs_exist_ok=True)
    office = Office(
        tmp_path,
        redis_url="redis://127.0.0.1:1/0",
        at_callback_secret="",
        sms_providers="twilio",
        twilio_account_sid="AC" + "0" * 32,
        twilio_auth_token=TOKEN,
        twilio_sender="+15005550006",
    )
    client = create_app(office.settings, office.wiring).test_client()
    for given in ("c" * 32, "x", "%20"):
        assert client.post(route.format(given), data=ussd("")).status_code == 404
    office.wiring.engine.dispose()


def test_with_redis_away_she_is_still_answered(client: FlaskClient) -> None:
    client.post(DOOR, data=ussd(""))
    first = client.post(DOOR, data=ussd("3")).text
    assert client.post(DOOR, data=ussd("3")).text == first
    assert client.post(DOOR, data=ussd("3*3")).text.startswith("CON ")


def test_a_body_over_64_kb_is_refused(client: FlaskClient) -> None:
    assert client.post(DOOR, data={"text": "1" * 70_000}).status_code == 413


# -- what comes is not always what was promised -----------------------------------------------------------------------
def count(office: Office, table: type) -> int:
    with office.wiring.reads() as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


def said(reply: TestResponse) -> str:
    """A USSD body that the gateway can use."""
    assert reply.status_code == 200
    assert reply.text[:4] in ("CON ", "END ")
    assert reply.text[4:].strip()
    return reply.text


def raw(client: FlaskClient, path: str, body: bytes) -> TestResponse:
    return client.post(path, data=body, content_type=FORM)


def pages_to_help(client: FlaskClient, session: str = "ATUid_1") -> str:
    """All that she typed up to the question whom to tell, one request after the other."""
    heard = LIMITS
    page = said(client.post(DOOR, data=ussd(heard, session)))
    while "9 More" in page:
        heard += "*9"
        page = said(client.post(DOOR, data=ussd(heard, session)))
    for typed in ("2", "1", "1", "1", "1"):
        heard += "*" + typed
        page = said(client.post(DOOR, data=ussd(heard, session)))
    assert page.startswith("CON Who may help you?")
    return heard


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
    page = said(client.post(DOOR, data=form))
    assert page.startswith("END ") == (missing == "sessionId")


@pytest.mark.parametrize("body", [b"", b"&&&", b"=", b'{"sessionId": 1}', b"\xff\xfe", b"sessionId", b"text=1&text=2"])
def test_a_body_without_a_session_ends_in_a_sentence(client: FlaskClient, body: bytes) -> None:
    assert said(raw(client, DOOR, body)).startswith("END ")


@pytest.mark.parametrize("path", [END, SMS, RECEIPTS, OPT_OUT])
@pytest.mark.parametrize("body", [b"", b"&&&", b"{}", b"\xff\xfe=%00", b"id=&status=Success", b"from=MTN&text=x&id=1"])
def test_a_notice_without_its_fields_is_taken_and_changes_nothing(
    client: FlaskClient, office: Office, path: str, body: bytes
) -> None:
    reply = raw(client, path, body)
    assert (reply.status_code, reply.text) == (200, "")
    assert [count(office, table) for table in (Message, EarlyReceipt, OptOut, Task)] == [0, 0, 0, 0]


ODD = {
    "a NUL byte": b"%00",
    "a lone surrogate": b"%ED%A0%80",
    "invalid UTF-8": b"%FF%FE%C3",
    "raw invalid UTF-8": b"\xff\xfe\xc3",
    "an emoji": "😢".encode(),
    "Arabic": "مرحبا".encode(),
    "right-to-left marks": "\u202eabc\u2066".encode(),
    "zero width": "\u200b\u200d\ufeff".encode(),
    "Devanagari": "मदद".encode(),
    "Devanagari digits": "१".encode(),
    "5,000 characters": b"x" * 5000,
    "5,000 choices": b"*".join([b"1"] * 2500),
    "two stars": b"**",
    "5,000 stars": b"*" * 5000,
    "a hash": b"%23",
    "a hash after a digit": b"1%23",
    "a percent sign": b"%",
    "plus signs": b"+++",
    "new lines": b"%0D%0A%0D%0A",
    "markup": b"<script>{{7*7}}%25s{0}</script>",
    "SQL": b"'; DROP TABLE report; --",
    "a number without end": b"9" * 5000,
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize("before", [b"", b"3*", b"3*3*"])
def test_whatever_she_types_she_gets_a_page(client: FlaskClient, before: bytes, text: bytes) -> None:
    form = b"sessionId=ATUid_1&phoneNumber=" + quote(CALLER).encode() + b"&text="
    said(raw(client, DOOR, form))
    if before:
        said(raw(client, DOOR, form + before[:-1]))
    page = said(raw(client, DOOR, form + before + text))
    assert said(raw(client, DOOR, form + before + text)) == page


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_whatever_she_writes_as_her_own_words_arrives_or_is_asked_again(
    client: FlaskClient, office: Office, text: bytes
) -> None:
    heard = pages_to_help(client)
    form = b"sessionId=ATUid_1&phoneNumber=" + quote(CALLER).encode() + b"&text=" + heard.encode()
    page = ""
    for typed in (b"1", b"2", b"1", b"4", text):
        form += b"*" + typed
        page = said(raw(client, DOOR, form))
    assert page.startswith("CON ")
    said(raw(client, DOOR, form + b"*1"))
    assert count(office, Report) <= 1


@pytest.mark.parametrize("name", ["sessionId", "phoneNumber", "serviceCode", "networkCode"])
@pytest.mark.parametrize("odd", [b"%00", b"%ED%A0%80", b"%FF", "😢".encode(), b"x" * 5000, b"", b"%20"])
def test_whatever_stands_in_the_other_fields_she_gets_a_page(client: FlaskClient, name: str, odd: bytes) -> None:
    form = {key: quote(value).encode() for key, value in ussd("3").items()} | {name: odd}
    said(raw(client, DOOR, b"&".join(key.encode() + b"=" + value for key, value in form.items())))


# -- one call ---------------------------------------------------------------------------------------------------------
def test_a_dial_string_with_the_answers_in_it_leads_to_the_same_page(client: FlaskClient) -> None:
    client.post(DOOR, data=ussd("", "one"))
    client.post(DOOR, data=ussd("3", "one"))
    step_by_step = said(client.post(DOOR, data=ussd(LIMITS, "one")))
    assert said(client.post(DOOR, data=ussd(LIMITS, "two"))) == step_by_step


def test_an_older_request_that_comes_late_gets_the_page_she_is_on(client: FlaskClient) -> None:
    for text in ("", "3", LIMITS):
        now_sees = said(client.post(DOOR, data=ussd(text)))
    for late in ("", "3", LIMITS):
        assert said(client.post(DOOR, data=ussd(late))) == now_sees
    assert said(client.post(DOOR, data=ussd(LIMITS + "*00"))).startswith("END ")


def test_two_women_who_dial_at_once_do_not_see_each_others_pages(client: FlaskClient) -> None:
    client.post(DOOR, data=ussd("", "one"))
    client.post(DOOR, data=ussd("", "two"))
    english = said(client.post(DOOR, data=ussd("3", "one")))
    assert said(client.post(DOOR, data=ussd("2", "two"))) != english
    assert said(client.post(DOOR, data=ussd("3", "one"))) == english


def test_stars_in_her_own_words_are_kept_for_the_one_who_reads_them(client: FlaskClient, office: Office) -> None:
    heard = pages_to_help(client)
    for typed in ("6", "1", "2", "1", "13"):
        heard += "*" + typed
        page = said(client.post(DOOR, data=ussd(heard)))
    words = "he hit me 5*times **"
    asked = said(client.post(DOOR, data=ussd(f"{heard}*{words}")))
    assert asked != page
    assert said(client.post(DOOR, data=ussd(f"{heard}*{words}*1"))).startswith("END Thank you. It arrived.")
    champion = office.call("s2", CHAMPION)
    champion.says("2", "4", "246810", "1")
    pages = champion.sees
    while "9 " in champion.sees:
        pages += champion.says("9")
    assert words in pages


def test_her_last_request_repeated_five_times_files_one_report(client: FlaskClient, office: Office) -> None:
    heard = pages_to_help(client) + "*1"
    client.post(DOOR, data=ussd(heard))
    pages = {said(client.post(DOOR, data=ussd(heard + "*1"))) for _ in range(5)}
    assert len(pages) == 1
    assert count(office, Report) == 1


def test_her_last_request_repeated_after_the_call_was_closed_files_one_report(
    client: FlaskClient, office: Office
) -> None:
    heard = pages_to_help(client) + "*1"
    client.post(DOOR, data=ussd(heard))
    client.post(DOOR, data=ussd(heard + "*1"))
    client.post(END, data={"sessionId": "ATUid_1", "status": "Success"})
    assert said(client.post(DOOR, data=ussd(heard + "*1"))).startswith("END ")
    assert count(office, Report) == 1


@pytest.mark.parametrize("status", ["Success", "Incomplete", "Failed", "New", ""])
def test_when_she_hangs_up_her_draft_is_gone(client: FlaskClient, office: Office, status: str) -> None:
    heard = pages_to_help(client)
    assert count(office, Talk) == 1
    told = {"sessionId": "ATUid_1", "status": status, "input": heard, "lastAppResponse": "CON x", "phoneNumber": CALLER}
    for _ in range(2):
        reply = client.post(END, data=told)
        assert (reply.status_code, reply.text) == (200, "")
    assert count(office, Talk) == 0


def test_the_end_of_another_call_leaves_her_draft_alone(client: FlaskClient, office: Office) -> None:
    pages_to_help(client)
    client.post(END, data={"sessionId": "ATUid_2", "status": "Incomplete"})
    assert count(office, Talk) == 1


# -- an SMS through Africa's Talking ----------------------------------------------------------------------------------
def sms(text: str, message: str = "ec9adc86", phone: str = CALLER) -> dict[str, str]:
    return {
        "linkId": "", "text": text, "to": "21512", "id": message, "date": "2017-05-03 06:04:45", "from": phone
    }  # fmt: skip


def answers(office: Office) -> list[str]:
    with office.wiring.reads() as db:
        answered = select(Message.recipient, Message.body).where(Message.kind == "answer")
        arrival = "ctid" if db.get_bind().dialect.name == "postgresql" else "rowid"  # the order of arrival
        bodies = db.execute(answered.order_by(literal_column(arrival)))
        return [office.wiring.vault.open_for_sender(body or b"") for recipient, body in bodies if recipient]


def test_her_sms_is_answered_from_the_outbox_where_her_number_lies_sealed(client: FlaskClient, office: Office) -> None:
    reply = client.post(SMS, data=sms("muraho"))
    assert (reply.status_code, reply.text) == (200, "")
    with office.wiring.reads() as db:
        message = db.scalars(select(Message)).one()
        task = db.scalars(select(Task)).one()
    assert office.wiring.vault.open_for_sender(message.recipient or b"") == CALLER
    assert "*384*55#" in answers(office)[0]
    for kept in (message.recipient, message.body, repr(vars(task)).encode()):
        assert CALLER[1:].encode() not in (kept or b"")
        assert b"*384*55#" not in (kept or b"")
    assert office.rung == [task.key]


def test_the_same_sms_thirty_times_has_one_answer(client: FlaskClient, office: Office) -> None:
    for _ in range(30):
        assert client.post(SMS, data=sms("muraho")).status_code == 200
    assert len(answers(office)) == 1


def test_an_sms_repeated_after_her_next_one_is_not_heard_twice(client: FlaskClient, office: Office) -> None:
    client.post(SMS, data=sms("muraho", "a"))
    client.post(SMS, data=sms("1", "b"))
    client.post(SMS, data=sms("1", "c"))
    three = answers(office)
    for late in ("a", "b", "a"):
        client.post(SMS, data=sms("1", late))
    assert answers(office) == three
    client.post(SMS, data=sms("1", "d"))
    for undisturbed, text in (("e", "muraho"), ("f", "1"), ("g", "1"), ("h", "1")):
        client.post(SMS, data=sms(text, undisturbed, "+25779654321"))
    everything = answers(office)
    assert everything[:4] == everything[4:]


def test_an_sms_without_an_id_is_answered_each_time(client: FlaskClient, office: Office) -> None:
    for text in ("muraho", "1", "1"):
        form = {"from": CALLER, "text": text}
        assert client.post(SMS, data=form).status_code == 200
    assert len(answers(office)) == 3


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_whatever_her_sms_says_it_is_answered(client: FlaskClient, office: Office, text: bytes) -> None:
    for number in (b"1", b"2"):
        body = b"id=" + number + b"&from=" + quote(CALLER).encode() + b"&text=" + text
        assert raw(client, SMS, body).status_code == 200
    assert len(answers(office)) == 2


def test_a_number_that_opts_out_is_recorded_once_and_only_as_a_digest(client: FlaskClient, office: Office) -> None:
    for _ in range(3):
        reply = client.post(OPT_OUT, data={"senderId": "IJWI", "phoneNumber": CALLER})
        assert (reply.status_code, reply.text) == (200, "")
    with office.wiring.reads() as db:
        kept = db.scalars(select(OptOut)).one()
    assert CALLER[1:] not in kept.phone_digest


# -- receipts ---------------------------------------------------------------------------------------------------------
def sent_message(office: Office, provider_id: str = "ATXid_1") -> None:
    with office.wiring.sessions.begin() as db:
        db.add(Message(kind="new", status=DeliveryStatus.SENT, provider_id=provider_id, created=0))


def status_of(office: Office, provider_id: str = "ATXid_1") -> str:
    with office.wiring.reads() as db:
        return db.scalars(select(Message.status).where(Message.provider_id == provider_id)).one()


def told(client: FlaskClient, *statuses: str, message: str = "ATXid_1") -> None:
    for status in statuses:
        form = {"id": message, "status": status, "phoneNumber": CALLER, "networkCode": "99999"}
        reply = client.post(RECEIPTS, data=form)
        assert (reply.status_code, reply.text) == (200, "")


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        (["Sent"], "sent"),
        (["Submitted", "Buffered", "Success"], "delivered"),
        (["Success", "Sent", "Buffered"], "delivered"),
        (["Success", "Failed"], "delivered"),
        (["Failed", "Success"], "failed"),
        (["Rejected", "Sent"], "failed"),
        (["Success", "Success"], "delivered"),
        (["ANewStatus"], "sent"),
        (["Success", "ANewStatus"], "delivered"),
        ([""], "sent"),
    ],
)
def test_what_became_of_a_message_never_goes_backwards(
    client: FlaskClient, office: Office, statuses: list[str], status: str
) -> None:
    sent_message(office)
    told(client, *statuses)
    assert status_of(office) == status


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        (["Success"], "delivered"),
        (["Sent", "Success"], "delivered"),
        (["Success", "Sent"], "delivered"),
        (["Failed", "Submitted"], "failed"),
        (["Sent"], "sent"),
    ],
)
def test_a_receipt_that_comes_before_the_send_call_returns_is_kept_for_it(
    tmp_path: Path, house: Path, statuses: list[str], status: str
) -> None:
    shutil.copytree(house, tmp_path, dirs_exist_ok=True)
    with provider() as stands:
        stands.usual = accepted(message="ATXid_9")
        office = Office(tmp_path, redis_url="redis://127.0.0.1:1/0", at_base_url=stands.url)
        client = create_app(office.settings, office.wiring).test_client()
        client.post(SMS, data=sms("muraho"))
        told(client, *statuses, message="ATXid_9")
        workers.WIRED[:] = [office.wiring]
        workers.keep(office.rung.pop(0))
        workers.WIRED.clear()
        assert status_of(office, "ATXid_9") == status
        assert count(office, EarlyReceipt) == 0
        office.wiring.engine.dispose()


def test_a_receipt_with_an_id_that_no_column_holds_is_taken_and_forgotten(client: FlaskClient, office: Office) -> None:
    for odd in ("x" * 5000, "a\0b"):
        told(client, "Success", message=odd)
    assert count(office, EarlyReceipt) == 0


# -- Twilio -----------------------------------------------------------------------------------------------------------
def signature(path: str, pairs: list[tuple[str, str]], token: str = TOKEN, base: str = PUBLIC) -> str:
    whole = base + path + "".join(name + value for name, value in sorted(set(pairs)))
    return base64.b64encode(hmac.new(token.encode(), whole.encode(), hashlib.sha1).digest()).decode()


def signed(client: FlaskClient, path: str, pairs: list[tuple[str, str]]) -> TestResponse:
    """A request as Twilio signs it, over the public URL, which is not the one that the server sees."""
    given = {"X-Twilio-Signature": signature(path, pairs)}
    return client.post(path, data=urlencode(pairs), content_type=FORM, headers=given)


def twilio_sms(body: str, sid: str = "SM1", **more: str) -> list[tuple[str, str]]:
    known = {"MessageSid": sid, "From": CALLER, "To": "+15005550006", "Body": body, "FromCity": "", "NumMedia": "0"}
    return [*(known | more).items()]


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


def test_without_a_token_nobody_can_sign(tmp_path: Path, house: Path) -> None:
    shutil.copytree(house, tmp_path, dirs_exist_ok=True)
    office = Office(tmp_path, redis_url="redis://127.0.0.1:1/0", public_base_url=PUBLIC)
    client = create_app(office.settings, office.wiring).test_client()
    pairs = twilio_sms("x")
    given = {"X-Twilio-Signature": signature("/sms/twilio", pairs, "")}
    assert client.post("/sms/twilio", data=dict(pairs), headers=given).status_code == 403
    office.wiring.engine.dispose()


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


# -- when something is away -------------------------------------------------------------------------------------------
@pytest.fixture
def broken(client: FlaskClient, office: Office) -> Office:
    """The database is away from now on."""
    office.loses_its_database()
    return office


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

"""What providers send, exactly as they send it, and what a test asks afterwards."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import urlencode

from flask.testing import FlaskClient
from sqlalchemy import func, literal_column, select
from werkzeug.test import TestResponse

from bot.delivery.attempts import kept_id
from bot.storage.tables.delivery import DeliveryStatus, Message
from tests.support.keys import FROM_LIMITS_TO_HELPERS, TO_LIMITS, typed
from tests.support.office import CALLER, Office


def sms_answers(office: Office) -> list[str]:
    with office.services.reads() as db:
        answered = select(Message.recipient, Message.body).where(Message.kind == "answer")
        arrival = "ctid" if db.get_bind().dialect.name == "postgresql" else "rowid"  # the order of arrival
        bodies = db.execute(answered.order_by(literal_column(arrival)))
        return [office.services.vault.open_for_sender(body or b"") for recipient, body in bodies if recipient]


SECRET = "c" * 32
NO_REDIS = "redis://127.0.0.1:1/0"  # nothing listens there
PUBLIC = "https://ijwi.example"
TOKEN = "t" * 32
SMS = f"/sms/africastalking/{SECRET}"
RECEIPTS = f"/receipts/africastalking/{SECRET}"
OPT_OUT = f"/optout/africastalking/{SECRET}"
FORM = "application/x-www-form-urlencoded"
NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
LIMITS = typed(*TO_LIMITS)
DOOR = f"/ussd/africastalking/{SECRET}"
END = f"{DOOR}/end"
DOORS = {
    "redis_url": NO_REDIS,
    "public_base_url": PUBLIC,
    "sms_providers": "africastalking,twilio",
    "twilio_account_sid": "AC" + "0" * 32,
    "twilio_auth_token": TOKEN,
    "twilio_sender": "+15005550006",
}  # settings of an office with both providers


def ussd(text: str, session: str = "ATUid_1") -> dict[str, str]:
    return {
        "phoneNumber": CALLER,
        "serviceCode": "*384*55#",
        "text": text,
        "sessionId": session,
        "networkCode": "99999",
    }


def count(office: Office, table: type) -> int:
    with office.services.reads() as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


def usable_page(reply: TestResponse) -> str:
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
    page = usable_page(client.post(DOOR, data=ussd(heard, session)))
    while "9 More" in page:
        heard += "*9"
        page = usable_page(client.post(DOOR, data=ussd(heard, session)))
    for key in FROM_LIMITS_TO_HELPERS:
        heard += "*" + key
        page = usable_page(client.post(DOOR, data=ussd(heard, session)))
    assert page.startswith("CON Who may read it and help?")
    return heard


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


def sms(text: str, message: str = "ec9adc86", phone: str = CALLER) -> dict[str, str]:
    return {
        "linkId": "", "text": text, "to": "21512", "id": message, "date": "2017-05-03 06:04:45", "from": phone
    }  # fmt: skip


def sent_message(office: Office, provider_id: str = "ATXid_1") -> None:
    its = kept_id(office.services.vault, provider_id)
    with office.services.sessions.begin() as db:
        db.add(Message(kind="new", status=DeliveryStatus.SENT, provider_id=its, created=0))


def status_of(office: Office, provider_id: str = "ATXid_1") -> str:
    its = kept_id(office.services.vault, provider_id)
    with office.services.reads() as db:
        return db.scalars(select(Message.status).where(Message.provider_id == its)).one()


def post_statuses(client: FlaskClient, *statuses: str, message: str = "ATXid_1") -> None:
    """Africa's Talking says what became of a message, one status after the other."""
    for status in statuses:
        form = {"id": message, "status": status, "phoneNumber": CALLER, "networkCode": "99999"}
        reply = client.post(RECEIPTS, data=form)
        assert (reply.status_code, reply.text) == (200, "")


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

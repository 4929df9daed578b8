"""What Twilio says and what it means: its words read, its refusals and silences told apart by its SDK."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.channels import twilio as tw
from bot.channels.messages import MessageStatus, Reason
from bot.channels.provider import Webhook
from bot.settings import Settings
from tests.support.provider import Provider, Reply
from tests.support.sdk import HER, SID, TOKEN, WORDS, refusal, twilio


@pytest.mark.parametrize(
    ("form", "read"),
    [
        ({"MessageSid": SID, "From": HER, "Body": "Msg"}, (SID, HER, "Msg", "")),
        ({"MessageSid": SID, "From": HER, "Body": ""}, (SID, HER, "", "")),
        ({"MessageSid": SID, "From": HER, "NumMedia": "1"}, (SID, HER, "", "")),
        ({"SmsSid": SID, "From": HER, "Body": "x"}, (SID, HER, "x", "")),
        ({"MessageSid": SID, "From": HER, "Body": "STOP", "OptOutType": "STOP"}, (SID, HER, "STOP", "STOP")),
        ({"MessageSid": SID, "From": HER, "Body": "start", "OptOutType": "start"}, (SID, HER, "start", "START")),
        ({"MessageSid": SID, "From": HER, "Body": "INFO", "OptOutType": "HELP"}, (SID, HER, "INFO", "HELP")),
        ({"MessageSid": SID, "From": HER, "Body": "x", "OptOutType": "NEW"}, (SID, HER, "x", "")),
        ({"MessageSid": SID, "From": HER, "Body": "please STOP him"}, (SID, HER, "please STOP him", "")),
        ({"MessageSid": SID, "From": "whatsapp:" + HER, "Body": "x"}, None),
        ({"MessageSid": SID, "From": HER + ";ext=5", "Body": "x"}, None),
        ({"MessageSid": SID, "From": "384387", "Body": "x"}, None),
        ({"MessageSid": SID, "From": "BANK", "Body": "x"}, None),
        ({"MessageSid": SID, "From": "+٢٥٧٧٩١٢٣٤٥٦", "Body": "x"}, None),
        ({}, None),
    ],
)
def test_twilios_sms_is_a_persons_only_when_it_comes_from_a_number(
    form: dict[str, str], read: tuple[str, ...] | None
) -> None:
    inbound = tw.parse_sms(form)
    assert (inbound and (inbound.id, inbound.phone, inbound.text, inbound.optout)) == read


@pytest.mark.parametrize(
    ("status", "code", "state", "reason"),
    [
        ("queued", "", MessageStatus.QUEUED, None),
        ("accepted", "", MessageStatus.QUEUED, None),
        ("sending", "", MessageStatus.QUEUED, None),
        ("sent", "", MessageStatus.SENT, None),
        ("delivered", "", MessageStatus.DELIVERED, None),
        ("delivered", "30008", MessageStatus.DELIVERED, None),
        ("read", "", MessageStatus.DELIVERED, None),
        ("undelivered", "30005", MessageStatus.FAILED, Reason.BAD_NUMBER),
        ("undelivered", "30003", MessageStatus.FAILED, Reason.PASSING),
        ("failed", "21610", MessageStatus.FAILED, Reason.OPTED_OUT),
        ("failed", "30007", MessageStatus.FAILED, Reason.CONTENT),
        ("failed", "", MessageStatus.FAILED, Reason.UNKNOWN),
        ("failed", "٣٠٠٠٥", MessageStatus.FAILED, Reason.UNKNOWN),
        ("failed", "9" * 5000, MessageStatus.FAILED, Reason.UNKNOWN),
        ("canceled", "", MessageStatus.FAILED, Reason.UNKNOWN),
        ("partially_delivered", "", None, None),
        ("", "", None, None),
    ],
)
def test_twilios_callback_says_what_became_of_the_sms(
    status: str, code: str, state: MessageStatus | None, reason: Reason | None
) -> None:
    told = tw.parse_delivery_report({"MessageSid": SID, "MessageStatus": status, "ErrorCode": code, "To": HER})
    assert told is not None
    assert (told.id, told.status, told.reason) == (SID, state, reason)


def test_a_callback_of_no_message_is_none() -> None:
    assert tw.parse_delivery_report({"MessageStatus": "sent"}) is None


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        (None, ""),
        ("", ""),
        ("a < b & c > d", "<Message>a &lt; b &amp; c &gt; d</Message>"),
        ("a\x0bb\x00c\ud800d\ufffe", "<Message>abcd</Message>"),
        ("é नमस्ते ☺\n1 x", "<Message>é नमस्ते ☺\n1 x</Message>"),
        ("]]></Message>", "<Message>]]&gt;&lt;/Message&gt;</Message>"),
    ],
)
def test_an_answer_is_xml_whatever_it_says(text: str | None, inside: str) -> None:
    assert tw.render_sms(text) == f'<?xml version="1.0" encoding="UTF-8"?><Response>{inside}</Response>'


def by_hand(url: str, pairs: list[tuple[str, str]], token: str = TOKEN) -> str:
    """Twilio's signature from its description: the URL, then every name with its values, each once, sorted."""
    said = url + "".join(name + value for name, value in sorted(set(pairs)))
    return base64.b64encode(hmac.new(token.encode(), said.encode(), hashlib.sha1).digest()).decode()


URL = "https://ijwi.example/sms/twilio"
FORM = [("From", HER), ("Body", "yego ☺ & é"), ("MessageSid", SID), ("FromCity", "")]


@pytest.mark.parametrize(
    "pairs",
    [
        FORM,
        [],
        [("Body", "")],
        [*FORM, ("MediaUrl", "b"), ("MediaUrl", "a")],
        [*FORM, ("MediaUrl", "a"), ("MediaUrl", "a")],
        [*FORM, ("NewField", "x"), ("newField", "y"), ("", "z")],
    ],
)
def test_what_twilio_signed_is_let_in_with_every_field_empty_and_doubled_ones_too(pairs: list[tuple[str, str]]) -> None:
    assert tw.signed(URL, pairs, by_hand(URL, pairs), TOKEN)


@pytest.mark.parametrize(
    ("url", "pairs", "signature", "token"),
    [
        (URL, FORM, None, TOKEN),
        (URL, FORM, "", TOKEN),
        (URL, FORM, "x", TOKEN),
        (URL, FORM, "é" * 28, TOKEN),
        (URL, FORM, by_hand(URL, FORM, "u" * 32), TOKEN),
        (URL + "?x=1", FORM, by_hand(URL, FORM), TOKEN),
        ("http" + URL[5:], FORM, by_hand(URL, FORM), TOKEN),
        (URL, FORM[:-1], by_hand(URL, FORM), TOKEN),
        (URL, [*FORM, ("Body", "more")], by_hand(URL, FORM), TOKEN),
        (URL, [("From", "+25771000000"), *FORM[1:]], by_hand(URL, FORM), TOKEN),
        ("https://ijwi.example:port/", FORM, by_hand(URL, FORM), TOKEN),
        (URL, [("Body", "\ud800")], by_hand(URL, FORM), TOKEN),
    ],
)
def test_what_twilio_did_not_sign_is_kept_out(
    url: str, pairs: list[tuple[str, str]], signature: str | None, token: str
) -> None:
    assert not tw.signed(url, pairs, signature, token)


def created(**changes: Any) -> Reply:
    return Reply(201, json.dumps({"sid": SID, "status": "queued", "num_segments": "1", "error_code": None} | changes))


def problem(status: int, code: object, message: str = f"The 'To' number {HER} is no good: {WORDS}") -> Reply:
    return Reply(status, json.dumps({"code": code, "message": message, "more_info": "https://x", "status": status}))


def test_a_request_for_somebody_elses_account_is_kept_out_though_the_token_is_right(tmp_path: Path) -> None:
    ours = Settings(data_dir=tmp_path, twilio_account_sid="AC" + "0" * 32, twilio_auth_token=SecretStr(TOKEN))
    for sids, let_in in (([ours.twilio_account_sid], True), (["AC" + "1" * 32], False), ([""], False),
                         ([ours.twilio_account_sid, "AC" + "1" * 32], False), ([], True)):  # fmt: skip
        pairs = [*FORM, *(("AccountSid", sid) for sid in sids)]
        asked = Webhook(pairs=pairs, url=URL, headers={"X-Twilio-Signature": by_hand(URL, pairs)})
        assert tw.is_signed(asked, ours) is let_in


def test_an_sms_that_twilio_took_is_sent_and_forgotten_in_memory(stand_in: Provider) -> None:
    stand_in.replies = [created()]
    channel = twilio(stand_in.url, "https://ijwi.example/receipts/twilio")
    assert channel.send(HER, WORDS).id == SID
    asked = stand_in.asked[0]
    assert asked.path == f"/2010-04-01/Accounts/AC{'0' * 32}/Messages.json"
    callback = "https://ijwi.example/receipts/twilio"
    private = {"ContentRetention": "discard", "AddressRetention": "obfuscate"}  # S35
    assert asked.form == {"To": HER, "From": "+15005550006", "Body": WORDS, "StatusCallback": callback} | private
    assert channel._client.http_client._test_only_last_request is None


@pytest.mark.parametrize(
    ("reply", "reason", "code", "again"),
    [
        (problem(400, 21610), Reason.OPTED_OUT, "21610", False),
        (problem(400, 21211), Reason.BAD_NUMBER, "21211", False),
        (problem(400, 21614), Reason.BAD_NUMBER, "21614", False),
        (problem(400, 21612), Reason.BAD_NUMBER, "21612", False),
        (problem(400, "21610"), Reason.OPTED_OUT, "21610", False),
        (problem(400, 21408), Reason.CONFIGURATION, "21408", True),
        (problem(400, 30029), Reason.CONFIGURATION, "30029", True),
        (problem(400, 21606), Reason.CONFIGURATION, "21606", True),
        (problem(400, 21617), Reason.CONTENT, "21617", False),
        (problem(400, 99999), Reason.UNKNOWN, "99999", True),
        (problem(400, HER), Reason.UNKNOWN, "400", True),
        (problem(400, [HER]), Reason.UNKNOWN, "400", True),
        (problem(401, 20003), Reason.AUTH, "20003", True),
        (Reply(401, "no", "text/plain"), Reason.AUTH, "401", True),
        (Reply(403, "{}"), Reason.AUTH, "403", True),
        (problem(429, 20429), Reason.THROTTLED, "20429", True),
        (Reply(429, "slow", "text/plain"), Reason.THROTTLED, "429", True),
        (problem(400, 21611), Reason.THROTTLED, "21611", True),
        (Reply(503, "<html>503</html>", "text/html"), Reason.PASSING, "503", True),
        (Reply(500, "[]"), Reason.PASSING, "500", True),
        (Reply(404, "{garbage"), Reason.UNKNOWN, "404", True),
        (
            Reply(400, json.dumps({"type": "x", "title": HER, "status": 400, "code": 21610, "detail": WORDS})),
            Reason.OPTED_OUT,
            "21610",
            False,
        ),
        (
            Reply(429, json.dumps({"type": "x", "title": "t", "status": 429, "code": 20429})),
            Reason.THROTTLED,
            "20429",
            True,
        ),
    ],
)
def test_twilios_refusal_is_told_by_its_code_first(
    stand_in: Provider, reply: Reply, reason: Reason, code: str, again: bool
) -> None:
    stand_in.replies = [reply]
    error = refusal(twilio(stand_in.url))
    assert (error.reason, error.provider_code) == (reason, code)
    assert (error.retryable, error.unknown_outcome) == (again, False)


@pytest.mark.parametrize(
    "reply",
    [Reply(201, "{garbage"), Reply(201, ""), Reply(201, "[]"), Reply(201, '"x"'), Reply(201, "{}"), created(sid=None)],
)
def test_an_sms_that_twilio_took_with_a_garbled_reply_may_have_gone(stand_in: Provider, reply: Reply) -> None:
    stand_in.replies = [reply]
    error = refusal(twilio(stand_in.url))
    assert (error.reason, error.retryable, error.unknown_outcome) == (Reason.UNKNOWN, True, True)


@pytest.mark.parametrize(("lasts", "asked"), [(0, None), (1, "1"), (5400, "5400"), (86400 * 9, "36000")])
def test_a_notice_that_has_not_left_before_the_meeting_is_dropped_at_twilio(
    stand_in: Provider, lasts: int, asked: str | None
) -> None:
    stand_in.replies = [created()]
    assert [*twilio(stand_in.url).send_many([HER], WORDS, lasts)] == [HER]
    assert stand_in.asked[-1].form.get("ValidityPeriod") == asked


def test_every_reason_stands_for_codes_that_no_other_reason_has() -> None:
    told: Mapping[Reason, frozenset[int]] = tw.CODES
    assert sum(len(codes) for codes in told.values()) == len(tw.REASONS)

"""What providers say and what it means: their words read, their refusals and silences told apart by their own SDKs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import threading
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from bot.channels import africastalking as at
from bot.channels import twilio as tw
from bot.channels.africastalking import AfricasTalking
from bot.channels.messages import Channel, MessageStatus, Reason, SendError
from bot.channels.twilio import Twilio
from tests.provider import Provider, Reply, accepted, provider

HER = "+25779123456"
WORDS = "Ningoga. Igikorwa gishasha 1."
SESSION = "ATUid_7c898d72eb11f723ed8ea05ef232f279"
SID = "SM" + "0" * 32
TOKEN = "t" * 32


# -- Africa's Talking: what comes in ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("form", "read"),
    [
        (
            {"sessionId": SESSION, "phoneNumber": HER, "serviceCode": "*384*55#", "text": ""},
            (SESSION, HER, "*384*55#", ""),
        ),
        (
            {"sessionId": SESSION, "phoneNumber": HER, "serviceCode": "*384*55#", "text": "1*2**", "networkCode": "9"},
            (SESSION, HER, "*384*55#", "1*2**"),
        ),
        ({"sessionId": SESSION}, (SESSION, "", "", "")),
        ({"text": "1"}, ("", "", "", "1")),
        ({}, ("", "", "", "")),
        ({"sessionId": SESSION, "networkCode": "dialoguss"}, (SESSION, "", "", "")),
    ],
)
def test_a_ussd_request_is_read_however_little_of_it_came(form: dict[str, str], read: tuple[str, ...]) -> None:
    asked = at.parse_ussd(form)
    assert (asked.session, asked.phone, asked.service_code, asked.heard) == read


@pytest.mark.parametrize(
    ("form", "session"),
    [
        ({"sessionId": SESSION, "status": "Success", "input": "", "hopsCount": "3"}, SESSION),
        ({"sessionId": SESSION, "status": "Incomplete", "input": "1*2", "lastAppResponse": "CON secret"}, SESSION),
        ({"sessionId": SESSION, "status": "Failed", "errorMessage": "timeout"}, SESSION),
        ({"status": "Success"}, ""),
        ({}, ""),
    ],
)
def test_the_end_of_a_session_tells_which_one_and_nothing_she_typed(form: dict[str, str], session: str) -> None:
    assert at.parse_ussd_end(form) == session


@pytest.mark.parametrize(
    ("text", "ends", "body"),
    [
        ("Page", False, "CON Page"),
        ("Page", True, "END Page"),
        ("1 <a> & 'b'\n2", False, "CON 1 <a> & 'b'\n2"),
        ("नमस्ते", True, "END नमस्ते"),
    ],
)
def test_a_ussd_page_goes_out_as_it_stands_after_con_or_end(text: str, ends: bool, body: str) -> None:
    assert at.render_ussd(text, ends) == body


@pytest.mark.parametrize(
    ("form", "read"),
    [
        (
            {"linkId": "0309", "text": "Msg", "to": "21512", "id": "ec9a", "date": "2017-05-03T06:04:45Z", "from": HER},
            ("ec9a", HER, "Msg"),
        ),
        ({"text": "Msg", "id": "ec9a", "date": "2017-05-03 06:04:45", "from": HER}, ("ec9a", HER, "Msg")),
        ({"text": "", "id": "ec9a", "from": HER}, ("ec9a", HER, "")),
        ({"id": "ec9a", "from": HER}, ("ec9a", HER, "")),
        ({"id": "ec9a", "from": HER, "text": "a*b#\n☺"}, ("ec9a", HER, "a*b#\n☺")),
        ({"id": "ec9a", "from": "MTN", "text": "Win"}, None),
        ({"id": "ec9a", "from": "21512", "text": "x"}, None),
        ({"id": "ec9a", "from": "+", "text": "x"}, None),
        ({"id": "ec9a", "from": "", "text": "x"}, None),
        ({"id": "ec9a", "text": "x"}, None),
        ({"id": "ec9a", "from": HER + "\n", "text": "x"}, None),
        ({"id": "ec9a", "from": "+" + "1" * 25, "text": "x"}, None),
        ({"id": "ec9a", "from": "+٢٥٧٧٩١٢٣٤٥٦", "text": "x"}, None),
        ({"id": "ec9a", "from": HER + ";ext=5", "text": "x"}, None),
    ],
)
def test_an_sms_is_a_persons_only_when_it_comes_from_a_number(
    form: dict[str, str], read: tuple[str, str, str] | None
) -> None:
    inbound = at.parse_sms(form)
    assert (inbound and (inbound.id, inbound.phone, inbound.text)) == read


def test_two_sms_without_an_id_are_not_taken_for_one() -> None:
    first, second = at.parse_sms({"from": HER, "text": "1"}), at.parse_sms({"from": HER, "text": "1"})
    assert first is not None
    assert second is not None
    assert first.id
    assert first.id != second.id


def test_a_repeat_of_an_sms_without_an_id_is_known_by_its_date() -> None:
    form = {"from": HER, "text": "1", "date": "2017-05-03 06:04:45"}
    first, again, other = at.parse_sms(form), at.parse_sms(dict(form)), at.parse_sms({**form, "text": "2"})
    assert first is not None
    assert again is not None
    assert other is not None
    assert first.id == again.id != other.id
    assert HER[1:] not in first.id


@pytest.mark.parametrize(
    ("status", "failure", "state", "reason"),
    [
        ("Sent", "", MessageStatus.SENT, None),
        ("Submitted", "", MessageStatus.SENT, None),
        ("Buffered", "", MessageStatus.SENT, None),
        ("Success", "", MessageStatus.DELIVERED, None),
        ("success", "", MessageStatus.DELIVERED, None),
        ("Success", "DeliveryFailure", MessageStatus.DELIVERED, None),
        ("Rejected", "InsufficientCredit", MessageStatus.FAILED, Reason.CONFIGURATION),
        ("Rejected", "InvalidLinkId", MessageStatus.FAILED, Reason.CONFIGURATION),
        ("Failed", "UserInBlackList", MessageStatus.FAILED, Reason.OPTED_OUT),
        ("Failed", "UserInBlacklist", MessageStatus.FAILED, Reason.OPTED_OUT),
        ("Failed", "UserDoesNotExist", MessageStatus.FAILED, Reason.BAD_NUMBER),
        ("Failed", "NotNetworkSubscriber", MessageStatus.FAILED, Reason.BAD_NUMBER),
        ("Failed", "NotNetworkSubcriber", MessageStatus.FAILED, Reason.BAD_NUMBER),
        ("Failed", "UserIsInactive", MessageStatus.FAILED, Reason.PASSING),
        ("Failed", "UserAccountSuspended", MessageStatus.FAILED, Reason.PASSING),
        ("Failed", "AbsentSubscriber", MessageStatus.FAILED, Reason.PASSING),
        ("Failed", "DeliveryFailure", MessageStatus.FAILED, Reason.PASSING),
        ("Failed", "UserNotSubscribedToProduct", MessageStatus.FAILED, Reason.CONFIGURATION),
        ("Failed", "ANewWord", MessageStatus.FAILED, Reason.UNKNOWN),
        ("Failed", "", MessageStatus.FAILED, Reason.UNKNOWN),
        ("Expired", "", MessageStatus.FAILED, Reason.UNKNOWN),
        ("ANewStatus", "", None, None),
        ("", "", None, None),
    ],
)
def test_a_delivery_report_says_what_became_of_the_sms(
    status: str, failure: str, state: MessageStatus | None, reason: Reason | None
) -> None:
    told = at.parse_receipt({"id": "ATXid_1", "status": status, "phoneNumber": HER, "failureReason": failure})
    assert told is not None
    assert (told.id, told.status, told.reason) == ("ATXid_1", state, reason)
    assert HER not in repr(told)


@pytest.mark.parametrize("form", [{}, {"id": "", "status": "Success"}, {"status": "Success"}])
def test_a_delivery_report_of_no_message_is_no_report(form: dict[str, str]) -> None:
    assert at.parse_receipt(form) is None


@pytest.mark.parametrize(
    ("form", "phone"),
    [
        ({"senderId": "IJWI", "phoneNumber": HER}, HER),
        ({"phoneNumber": HER}, HER),
        ({"senderId": "IJWI", "phoneNumber": "MTN"}, None),
        ({"senderId": "IJWI", "phoneNumber": ""}, None),
        ({"senderId": "IJWI"}, None),
        ({}, None),
    ],
)
def test_a_number_that_opts_out_is_known_by_its_number_alone(form: dict[str, str], phone: str | None) -> None:
    told = at.parse_optout(form)
    assert (told and told.phone) == phone
    assert HER not in repr(told)


def test_what_a_person_said_does_not_print() -> None:
    forms = {
        "from": HER,
        "From": HER,
        "text": WORDS,
        "Body": WORDS,
        "phoneNumber": HER,
        "sessionId": SESSION,
        "id": "1",
    }
    printed = repr([at.parse_ussd(forms), at.parse_sms(forms), at.parse_optout(forms), tw.parse_sms(forms)])
    assert HER not in printed
    assert WORDS not in printed
    assert SESSION not in printed


# -- sending ----------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def standing() -> Iterator[Provider]:
    with provider() as stands:
        yield stands


@pytest.fixture
def stand_in(standing: Provider) -> Provider:
    standing.replies.clear()
    standing.asked.clear()
    return standing


def africas_talking(url: str, sender: str = "") -> AfricasTalking:
    return AfricasTalking("sandbox", "key", url, sender, timeout=0.4)


def twilio(url: str, callback: str = "") -> Twilio:
    return Twilio("AC" + "0" * 32, TOKEN, url, "+15005550006", callback, timeout=0.4)


def refusal(channel: Channel, phone: str = HER, text: str = WORDS) -> SendError:
    """The error that sending ends in; it must hold neither the number nor the words."""
    with pytest.raises(SendError) as caught:
        channel.send(phone, text)
    error = caught.value
    for said in (str(error), repr(error), error.provider_code, "".join(traceback.format_exception(error))):
        assert phone.lstrip("+") not in said
        assert text not in said
    return error


def one(**changes: Any) -> Reply:
    """Africa's Talking speaks of one recipient; None leaves a field out."""
    told = {"cost": "0", "messageId": "ATXid_1", "number": HER, "status": "Success", "statusCode": 101, **changes}
    recipient = {name: value for name, value in told.items() if value is not None}
    return Reply(201, json.dumps({"SMSMessageData": {"Message": "Sent to 1/1", "Recipients": [recipient]}}))


def typed(reply: Reply, content_type: str) -> Reply:
    return Reply(reply.status, reply.body, content_type)


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (one(statusCode=100), "ATXid_1"),
        (one(statusCode=101), "ATXid_1"),
        (one(statusCode=102), "ATXid_1"),
        (one(statusCode="102"), "ATXid_1"),
        (one(statusCode=None), "ATXid_1"),
        (one(messageId="None"), ""),
        (one(messageId=None), ""),
        (Reply(200, one().body), "ATXid_1"),
        (typed(one(), "application/json; charset=utf-8"), "ATXid_1"),
        (typed(one(), "text/plain"), "ATXid_1"),
    ],
)
def test_an_sms_that_africas_talking_took_is_sent(stand_in: Provider, reply: Reply, message: str) -> None:
    stand_in.replies = [reply]
    assert africas_talking(stand_in.url).send(HER, WORDS).id == message


def test_africas_talking_is_asked_as_it_wants_to_be(stand_in: Provider) -> None:
    africas_talking(stand_in.url, "IJWI").send(HER, "é ☺ & = +")
    asked = stand_in.asked[0]
    assert asked.path == "/version1/messaging"
    assert asked.headers["apiKey"] == "key"
    assert asked.form == {
        "username": "sandbox", "to": HER, "message": "é ☺ & = +", "bulkSMSMode": "1", "from": "IJWI"
    }  # fmt: skip


def test_without_a_sender_of_its_own_none_is_named(stand_in: Provider) -> None:
    africas_talking(stand_in.url).send(HER, WORDS)
    assert "from" not in stand_in.asked[0].form


@pytest.mark.parametrize(
    ("code", "name", "reason", "again"),
    [
        (401, "RiskHold", Reason.PASSING, True),
        (402, "InvalidSenderId", Reason.CONFIGURATION, True),
        (403, "InvalidPhoneNumber", Reason.BAD_NUMBER, False),
        (404, "UnsupportedNumberType", Reason.BAD_NUMBER, False),
        (405, "InsufficientBalance", Reason.CONFIGURATION, True),
        (406, "UserInBlacklist", Reason.OPTED_OUT, False),
        (407, "CouldNotRoute", Reason.BAD_NUMBER, False),
        (409, "DoNotDisturbRejection", Reason.OPTED_OUT, False),
        (500, "InternalServerError", Reason.PASSING, True),
        (501, "GatewayError", Reason.PASSING, True),
        (502, "RejectedByGateway", Reason.PASSING, True),
    ],
)
@pytest.mark.parametrize("numbered", [True, False])
def test_a_recipient_that_was_refused_is_told_by_code_or_by_name(
    stand_in: Provider, code: int, name: str, reason: Reason, again: bool, numbered: bool
) -> None:
    stand_in.replies = [one(statusCode=code if numbered else None, status=name, messageId="None")]
    error = refusal(africas_talking(stand_in.url))
    assert (error.reason, error.provider_code) == (reason, str(code))
    assert (error.retryable, error.unknown_outcome) == (again, False)


@pytest.mark.parametrize(
    ("reply", "reason", "code"),
    [
        (
            Reply(201, '{"SMSMessageData":{"Message":"InvalidSenderId","Recipients":[]}}'),
            Reason.CONFIGURATION,
            "InvalidSenderId",
        ),
        (
            Reply(201, json.dumps({"SMSMessageData": {"Message": f"No route to {HER}: {WORDS}", "Recipients": []}})),
            Reason.CONFIGURATION,
            "no recipient",
        ),
        (Reply(201, '{"SMSMessageData":{"Recipients":[]}}'), Reason.CONFIGURATION, "no recipient"),
        (Reply(401, "The supplied authentication is invalid", "text/plain"), Reason.AUTH, "401"),
        (Reply(429, "Too Many Requests", "text/plain"), Reason.THROTTLED, "429"),
        (Reply(429, "<html><h1>429</h1></html>", "text/html"), Reason.THROTTLED, "429"),
        (Reply(500, "<html>500 Internal Server Error</html>", "text/html"), Reason.PASSING, "500"),
        (Reply(502, "<html>502 Bad Gateway</html>", "text/html"), Reason.PASSING, "502"),
        (Reply(503, "<html>busy</html>", "text/html"), Reason.PASSING, "http"),
        (Reply(500, "", "text/plain"), Reason.PASSING, "http"),
        (Reply(400, f"Bad number {HER[:-3]}429 in {WORDS}", "text/plain"), Reason.PASSING, "http"),
        (one(statusCode=999, status="New"), Reason.UNKNOWN, "999"),
    ],
)
def test_a_refusal_of_the_whole_request_is_tried_again(
    stand_in: Provider, reply: Reply, reason: Reason, code: str
) -> None:
    stand_in.replies = [reply]
    error = refusal(africas_talking(stand_in.url))
    assert (error.reason, error.provider_code) == (reason, code)
    assert (error.retryable, error.unknown_outcome) == (True, False)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(201, "{garbage"),
        Reply(201, ""),
        Reply(201, "<html>ok</html>", "text/html"),
        Reply(201, "", "text/plain"),
        Reply(201, "[]"),
        Reply(201, "null"),
        Reply(201, "{}"),
        Reply(201, '{"SMSMessageData":{}}'),
        Reply(201, '{"SMSMessageData":{"Recipients":["x"]}}'),
        one(statusCode="soon"),
        Reply(201, '{"SMSMessageData":{"Recipients":[{"statusCode":1e999}]}}'),
    ],
)
def test_a_taken_sms_with_a_garbled_reply_may_have_gone(stand_in: Provider, reply: Reply) -> None:
    stand_in.replies = [reply]
    error = refusal(africas_talking(stand_in.url))
    assert (error.reason, error.retryable, error.unknown_outcome) == (Reason.UNKNOWN, True, True)


@pytest.mark.parametrize("phone", ["", "MTN", "257", "+25a", HER + ";ext=5"])
def test_africas_talking_is_not_asked_for_what_is_no_number(stand_in: Provider, phone: str) -> None:
    with pytest.raises(SendError) as caught:
        africas_talking(stand_in.url).send(phone, WORDS)
    assert (caught.value.reason, caught.value.retryable) == (Reason.BAD_NUMBER, False)
    assert str(caught.value) == "bad_number (sdk)"
    assert stand_in.asked == []


# -- both, when the line fails ----------------------------------------------------------------------------------------
def channels(url: str) -> tuple[Channel, Channel]:
    return africas_talking(url), twilio(url)


def test_a_provider_that_does_not_answer_in_time_may_have_taken_the_sms(stand_in: Provider) -> None:
    stand_in.replies = [Reply(201, accepted().body, wait=0.8)] * 2
    for channel in channels(stand_in.url):
        error = refusal(channel)
        assert (error.reason, error.provider_code) == (Reason.PASSING, "timeout")
        assert (error.retryable, error.unknown_outcome) == (True, True)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://255.255.255.255:9"])
def test_a_provider_that_nobody_reached_has_surely_not_taken_the_sms(url: str) -> None:
    for channel in channels(url):
        error = refusal(channel)
        assert (error.reason, error.provider_code) == (Reason.PASSING, "connection")
        assert (error.retryable, error.unknown_outcome) == (True, False)


def test_an_address_that_is_none_is_our_own_mistake_and_no_bad_number() -> None:
    for channel in channels("nowhere"):
        error = refusal(channel)
        assert (error.reason, error.unknown_outcome, error.retryable) == (Reason.CONFIGURATION, False, True)


def test_a_line_that_breaks_after_we_have_spoken_may_have_brought_the_sms() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            for _ in range(2):
                line, _address = server.accept()
                line.recv(65536)
                line.close()

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        for channel in channels(f"http://127.0.0.1:{server.getsockname()[1]}"):
            error = refusal(channel)
            assert (error.provider_code, error.unknown_outcome) == ("connection", True)
        thread.join(5)


def test_words_that_cannot_be_written_are_refused_before_anybody_is_asked(stand_in: Provider) -> None:
    error = refusal(africas_talking(stand_in.url), text="\ud800 x")
    assert (error.reason, error.retryable) == (Reason.CONTENT, False)
    assert stand_in.asked == []


# -- Twilio -----------------------------------------------------------------------------------------------------------
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
    told = tw.parse_receipt({"MessageSid": SID, "MessageStatus": status, "ErrorCode": code, "To": HER})
    assert told is not None
    assert (told.id, told.status, told.reason) == (SID, state, reason)


def test_a_callback_of_no_message_is_none() -> None:
    assert tw.parse_receipt({"MessageStatus": "sent"}) is None


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


def test_an_sms_that_twilio_took_is_sent_and_forgotten_in_memory(stand_in: Provider) -> None:
    stand_in.replies = [created()]
    channel = twilio(stand_in.url, "https://ijwi.example/receipts/twilio")
    assert channel.send(HER, WORDS).id == SID
    asked = stand_in.asked[0]
    assert asked.path == f"/2010-04-01/Accounts/AC{'0' * 32}/Messages.json"
    callback = "https://ijwi.example/receipts/twilio"
    assert asked.form == {"To": HER, "From": "+15005550006", "Body": WORDS, "StatusCallback": callback}
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


def test_every_reason_stands_for_codes_that_no_other_reason_has() -> None:
    told: Mapping[Reason, frozenset[int]] = tw.CODES
    assert sum(len(codes) for codes in told.values()) == len(tw.REASONS)

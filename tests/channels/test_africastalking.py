"""What Africa's Talking says and what it means: its words read, its refusals and silences told apart by its SDK."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.channels import africastalking as at
from bot.channels import twilio as tw
from bot.channels.messages import MessageStatus, Reason, SendError
from tests.support.provider import Provider, Reply
from tests.support.sdk import HER, WORDS, africas_talking, refusal

SESSION = "ATUid_7c898d72eb11f723ed8ea05ef232f279"


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
    told = at.parse_delivery_report({"id": "ATXid_1", "status": status, "phoneNumber": HER, "failureReason": failure})
    assert told is not None
    assert (told.id, told.status, told.reason) == ("ATXid_1", state, reason)
    assert HER not in repr(told)


@pytest.mark.parametrize("form", [{}, {"id": "", "status": "Success"}, {"status": "Success"}])
def test_a_delivery_report_of_no_message_is_no_report(form: dict[str, str]) -> None:
    assert at.parse_delivery_report(form) is None


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

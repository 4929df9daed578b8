"""What Kannel says and means, as version 1.4.5 says it; and what we ask of it: nothing of hers in an address."""

from __future__ import annotations

import pytest

from bot.channels import kannel as kn
from bot.channels.messages import MessageStatus, Reason, SendError
from tests.support.provider import Provider, Reply
from tests.support.sdk import HER, WORDS, kannel, refusal

TAKEN = Reply(202, "0: Accepted for delivery", "text/html")
CAME = {
    "X-Kannel-From": "25779123456",
    "X-Kannel-To": "55",
    "X-Kannel-Time": "2026-11-24 07:06:42",
    "X-Kannel-SMSC": "LUMITEL",
    "X-Kannel-Coding": "0",
    "Content-Type": 'text/plain; charset="UTF-8"',
}


@pytest.mark.parametrize(
    ("headers", "body", "text"),
    [
        ({}, b"Amahoro", "Amahoro"),
        ({}, "Bonjour, ça va ?".encode(), "Bonjour, ça va ?"),
        ({}, "मदद".encode(), "मदद"),
        ({"Content-Type": "text/plain; charset=UTF-16BE"}, "मदद".encode("utf-16-be"), "मदद"),
        ({"Content-Type": "text/plain", "X-Kannel-Coding": "2"}, "मदद".encode("utf-16-be"), "मदद"),
        ({"Content-Type": "text/plain; charset=ISO-8859-1"}, "é".encode("latin-1"), "é"),
        ({"Content-Type": "text/plain; charset=no-such-thing"}, b"1", "1"),
        ({"Content-Type": ""}, b"\xff1", "\ufffd1"),
        ({}, b"", ""),
        ({}, b"1*2#", "1*2#"),
    ],
)
def test_her_words_are_read_in_the_alphabet_that_kannel_names(headers: dict[str, str], body: bytes, text: str) -> None:
    inbound = kn.parse_sms(CAME | headers, body, "BI")
    assert inbound
    assert (inbound.phone, inbound.text) == (HER, text)
    assert HER not in repr(inbound)


@pytest.mark.parametrize(
    ("written", "phone"),
    [
        ("25779123456", HER),
        ("+25779123456", HER),
        ("0025779123456", HER),
        ("79123456", HER),
        ("+257 79 12 34 56", HER),
        ("LUMITEL", ""),
        ("117", ""),
        ("55", ""),
        ("", ""),
        ("+999123456789", ""),
        ("٧٩١٢٣٤٥٦", ""),
    ],
)
def test_her_number_is_one_number_however_the_operator_writes_it(written: str, phone: str) -> None:
    inbound = kn.parse_sms(CAME | {"X-Kannel-From": written}, b"1", "BI")
    assert (inbound.phone if inbound else "") == phone


def test_what_kannel_brings_again_has_the_same_name_and_another_sms_another() -> None:
    first, again = (kn.parse_sms(CAME, b"1", "BI") for _ in range(2))
    later = kn.parse_sms(CAME | {"X-Kannel-Time": "2026-11-24 07:06:50"}, b"1", "BI")
    named = kn.parse_sms(CAME | {"X-Kannel-SMS-ID": "f3b1"}, b"1", "BI")
    assert first
    assert again
    assert later
    assert named
    assert first.id == again.id != later.id
    assert named.id == "f3b1"


@pytest.mark.parametrize(
    ("status", "read"),
    [
        ("1", MessageStatus.DELIVERED),
        ("2", MessageStatus.FAILED),
        ("4", MessageStatus.QUEUED),
        ("8", MessageStatus.SENT),
        ("16", MessageStatus.FAILED),
        ("3", None),
        ("", None),
        ("-1", None),
        ("१", None),
        ("9999999", None),
    ],
)
def test_a_report_tells_what_became_of_a_message(status: str, read: MessageStatus | None) -> None:
    receipt = kn.parse_delivery_report({"id": "ab12", "status": status})
    assert receipt
    assert (receipt.id, receipt.status) == ("ab12", read)


def test_a_report_of_no_message_is_no_report() -> None:
    assert kn.parse_delivery_report({"status": "1"}) is None


def test_kannel_is_asked_without_a_number_or_a_word_in_the_address(stand_in: Provider) -> None:
    stand_in.replies = [TAKEN]
    sent = kannel(stand_in.url, reports="http://ijwi.example/receipts/kannel/s3cret").send(HER, "Inama é")
    asked = stand_in.asked[0]
    assert asked.path == "/cgi-bin/sendsms"
    assert asked.body.decode() == "Inama é"
    told = {name: value for name, value in asked.headers.items() if name.startswith(("X-Kannel", "Content-Type"))}
    assert told == {
        "X-Kannel-Username": "ijwi",
        "X-Kannel-Password": "kannelpass",
        "X-Kannel-From": "IJWI",
        "X-Kannel-To": HER,
        "X-Kannel-Coding": "0",
        "X-Kannel-DLR-Mask": "27",
        "X-Kannel-DLR-Url": f"http://ijwi.example/receipts/kannel/s3cret?id={sent.id}&status=%d",
        "Content-Type": "text/plain; charset=UTF-8",
    }


def test_devanagari_goes_in_sixteen_bits(stand_in: Provider) -> None:
    stand_in.replies = [TAKEN]
    kannel(stand_in.url).send(HER, "बैठक")
    asked = stand_in.asked[0]
    assert asked.headers["X-Kannel-Coding"] == "2"
    assert asked.headers["Content-Type"] == "text/plain; charset=UTF-16BE"
    assert asked.body.decode("utf-16-be") == "बैठक"


@pytest.mark.parametrize("said", ["0: Accepted for delivery", "3: Queued for later delivery"])
def test_what_kannel_takes_is_sent(stand_in: Provider, said: str) -> None:
    stand_in.replies = [Reply(202, said, "text/html")]
    assert len(kannel(stand_in.url).send(HER, WORDS).id) == 32


@pytest.mark.parametrize(
    ("status", "said", "reason", "again", "unknown"),
    [
        (403, "Authorization failed for sendsms", Reason.AUTH, True, False),
        (403, "Not routable. Do not try again.", Reason.BAD_NUMBER, False, False),
        (400, "Missing receiver(s) number(s), rejected", Reason.BAD_NUMBER, False, False),
        (400, "Number(s) has/have been denied by white- and/or black-lists.", Reason.OPTED_OUT, False, False),
        (400, "Empty text not allowed, rejected", Reason.CONTENT, False, False),
        (400, "Sender missing and no global set, rejected", Reason.CONFIGURATION, True, False),
        (400, "something else", Reason.CONTENT, False, False),
        (404, "Unknown request.", Reason.CONFIGURATION, True, False),
        (429, "slow down", Reason.THROTTLED, True, False),
        (503, "Temporal failure, try again later.", Reason.PASSING, True, False),
        (502, "<html>Bad gateway</html>", Reason.PASSING, True, False),
        (418, "teapot", Reason.UNKNOWN, True, False),
        (200, "<html>Please log in</html>", Reason.UNKNOWN, True, True),
        (202, "", Reason.UNKNOWN, True, True),
        (302, "", Reason.UNKNOWN, True, False),
    ],
)
def test_a_refusal_is_known_by_its_sentence_before_its_number(
    stand_in: Provider, status: int, said: str, reason: Reason, again: bool, unknown: bool
) -> None:
    stand_in.replies = [Reply(status, said, "text/html")]
    error = refusal(kannel(stand_in.url))
    assert (error.reason, error.retryable, error.unknown_outcome) == (reason, again, unknown)


def test_a_kannel_that_does_not_answer_may_have_taken_it(stand_in: Provider) -> None:
    stand_in.replies = [Reply(202, "0: Accepted for delivery", wait=1.0)]
    assert refusal(kannel(stand_in.url)).unknown_outcome


def test_a_kannel_that_is_not_there_has_surely_not_taken_it() -> None:
    error = refusal(kannel("http://127.0.0.1:9"))
    assert (error.reason, error.unknown_outcome) == (Reason.PASSING, False)


def test_each_of_many_is_judged_alone(stand_in: Provider) -> None:
    stand_in.replies = [TAKEN, Reply(403, "Not routable. Do not try again."), TAKEN]
    phones = [HER, "+25779000001", "+25779000002"]
    told = kannel(stand_in.url).send_many(phones, WORDS)
    assert [isinstance(told[phone], SendError) for phone in phones] == [False, True, False]


def test_a_notice_that_has_not_left_before_the_meeting_is_dropped_at_the_centre(stand_in: Provider) -> None:
    stand_in.usual = Reply(202, "0: Accepted for delivery")
    kannel(stand_in.url).send_many(["+25779123456"], WORDS, 5430)
    kannel(stand_in.url).send_many(["+25779123456"], WORDS)
    assert [asked.headers.get("X-Kannel-Validity") for asked in stand_in.asked] == ["90", None]

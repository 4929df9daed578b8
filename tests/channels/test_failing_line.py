"""A line that fails: what surely did not go may be tried again, what may have gone may not."""

from __future__ import annotations

import socket
import threading

import pytest

from bot.channels.messages import Channel, Reason
from tests.support.provider import Provider, Reply, accepted
from tests.support.sdk import africas_talking, refusal, twilio


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

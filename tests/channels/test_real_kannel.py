"""A real Kannel between us and a telephone network that is a test program of Kannel's own (package kannel-extras)."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable

import pytest

from bot.channels.kannel import parse_delivery_report, parse_sms
from bot.channels.messages import MessageStatus, Reason, SendError
from tests.support.real_kannel import FAKE_NETWORK, RunningKannel
from tests.support.sdk import HER

pytestmark = pytest.mark.skipif(
    not (shutil.which("bearerbox", path="/usr/sbin:/usr/bin") and FAKE_NETWORK.exists()),
    reason="no Kannel here: apt-get install kannel kannel-extras",
)


def wait_for(found: Callable[[], object]) -> None:
    until = time.monotonic() + 10
    while not found() and time.monotonic() < until:
        time.sleep(0.05)


def test_what_a_woman_sends_to_the_operator_is_read(line: RunningKannel) -> None:
    wait_for(lambda: line.came)
    inbound = parse_sms(*line.came[0], region="BI")
    assert inbound
    assert (inbound.phone, inbound.text) == (HER, "Amahoro")


def test_what_we_could_not_keep_is_brought_again_under_the_same_id(line: RunningKannel) -> None:
    wait_for(lambda: len(line.came) > line.away)
    brought = [parse_sms(*came, region="BI") for came in line.came]
    assert len({inbound.id for inbound in brought if inbound}) == 1
    assert len(brought) == line.away + 1


@pytest.mark.parametrize("text", ["Inama: é à @ £ {x}", "बैठक की ख़बर", "x" * 200])
def test_a_message_goes_out_and_its_reports_come_back_under_our_own_id(line: RunningKannel, text: str) -> None:
    sent = line.sender().send(HER, text)
    wait_for(lambda: any(report["id"] == sent.id and report["status"] == "1" for report in line.reports))
    told = [parse_delivery_report(report) for report in line.reports if report["id"] == sent.id]
    assert MessageStatus.DELIVERED in {receipt.status for receipt in told if receipt}


def test_a_wrong_password_is_ours_to_mend(line: RunningKannel) -> None:
    with pytest.raises(SendError) as caught:
        line.sender("wrong").send(HER, "Inama")
    assert caught.value.reason == Reason.AUTH

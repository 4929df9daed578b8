"""The same meeting in the simulator: eight phones in a browser, and time that passes by moving the meeting nearer."""

from __future__ import annotations

import contextlib
import os
import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, TimeoutError, expect

from tests.support.handset import HERE, Calendar, Handset, as_typed, needs_browser
from tests.support.meeting_story import FIRST, Story
from tests.support.office import CALLER

pytestmark = needs_browser

NUMBERS = {
    "leader": "+25778000022", "officer": "+25778000001", "advocate": "+25778000021", "coordinator": "+25778000020",
    "delegate": "+25778000011", "first": CALLER, "second": "+25768000123", "third": "+25761000789",
}  # fmt: skip


class OnThePage:
    """A phone of the page, used by its keys."""

    def __init__(self, page: Page, number: str) -> None:
        self.page, self.number, self.phone = page, number, Handset(page, number)

    @property
    def sees(self) -> str:
        return self.phone.sees

    def rests(self) -> None:
        """It is on the page, and its glass is dark."""
        if not self.phone.at.count():
            with contextlib.suppress(TimeoutError):  # it has rung meanwhile, and is there
                self.page.select_option("#add", self.number, timeout=3000)
        expect(self.phone.at).to_have_count(1)
        for _twice in range(2):  # a talk is hung up first
            self.phone.does("end")

    def dials(self) -> None:
        """As often as it takes: an SMS that comes meanwhile clears the line of such a phone."""
        left = self.phone.at.locator(".left")
        for _try in range(3):
            self.rests()
            self.phone.at.locator(".line").fill("*384*55#")
            self.phone.does("call")
            expect(left).to_have_text(re.compile("Send|OK"))
            if left.inner_text() == "Send":
                return
        raise AssertionError(self.sees)

    def types(self, text: str) -> None:
        before = self.sees
        self.phone.at.locator(".line").fill(text)
        self.phone.does("left")
        expect(self.phone.glass).not_to_have_text("Please wait …")
        expect(self.phone.glass).not_to_have_text(before, use_inner_text=True)

    def writes(self, text: str) -> None:
        self.rests()
        self.phone.does("right")
        self.types(text)

    def hears(self) -> str:
        expect(self.phone.at).to_have_class(re.compile("rings"), timeout=15_000)
        self.rests()
        self.phone.does("left")
        read = self.sees
        self.phone.does("end")
        return read


@pytest.mark.parametrize("language", FIRST if "ALL_VERSIONS" in os.environ else ["rn", "hi"])  # 45 s each
def test_a_meeting_goes_from_the_first_key_to_the_promise_kept_on_eight_phones(
    page: Page, calendar: Calendar, language: str
) -> None:
    local = datetime.now(tz=HERE)
    if not 8 <= (local + timedelta(minutes=11)).hour < 20:
        pytest.skip("nothing is announced at night in Bujumbura")
    hands = {who: OnThePage(page, number) for who, number in NUMBERS.items()}
    day, due = local.date() + timedelta(days=8), local.date() + timedelta(days=30)
    Story(language, as_typed(day), as_typed(due), hands, calendar.later).told()

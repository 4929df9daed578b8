"""The same meeting in the simulator: eight phones in a browser, and time that passes by moving the meeting nearer."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, TimeoutError, expect

from ops.load.running import Running
from tests.simulator.test_simulator import Handset, browser, ijwi, page, pytestmark
from tests.support.meeting_story import FIRST, Story
from tests.support.office import CALLER

__all__ = ["browser", "ijwi", "page", "pytestmark"]
HERE = ZoneInfo("Africa/Bujumbura")
NUMBERS = {
    "leader": "+25778000022", "officer": "+25778000001", "advocate": "+25778000021", "coordinator": "+25778000020",
    "delegate": "+25778000011", "first": CALLER, "second": "+25768000123", "third": "+25761000789",
}  # fmt: skip
DUE = {"the hold is over": "new", "the day before": "tomorrow", "the next morning": "after"}  # what leaves then
TABLES = ("notice", "coming", "concern", "opinion", "promise", "attendance", "meeting", "subscriber")


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


class Calendar:
    """The database of the running service: nobody waits a week for a test."""

    def __init__(self, ijwi: Running) -> None:
        self.file = ijwi.folder / "ijwi.sqlite"

    def later(self, what: str) -> str:
        """The meeting comes so near, or is so long past; what is due then is due now. Its day as it is read."""
        local, now = datetime.now(tz=HERE), int(time.time())
        ended = local.date() - timedelta(days=local.hour < 16)  # it was from two to four
        with sqlite3.connect(self.file, timeout=30) as db:
            ((starts,),) = db.execute("SELECT starts FROM meeting")
            day = datetime.fromtimestamp(starts, HERE).date()
            to = {"the day before": local.date() + timedelta(days=1), "it is over": ended}.get(what, day)
            nearer = (day - to).days * 86400
            db.execute(
                "UPDATE meeting SET starts = starts - ?, ends = ends - ?, public_at = ?", (nearer, nearer, now - 1)
            )
            kind = f"announce:%:{DUE.get(what, '-')}%"
            db.execute("UPDATE task SET due_at = ?, enqueued_at = 0 WHERE done_at IS NULL AND key LIKE ?", (now, kind))
        return said(to)

    def forget(self) -> None:
        with sqlite3.connect(self.file, timeout=30) as db:
            for table in TABLES:
                db.execute(f"DELETE FROM {table}")


def said(day: date) -> str:
    return f"{day.day}/{day.month}"


@pytest.fixture
def calendar(ijwi: Running) -> Iterator[Calendar]:
    calendar = Calendar(ijwi)
    yield calendar
    calendar.forget()


@pytest.mark.parametrize("language", FIRST if "ALL_VERSIONS" in os.environ else ["rn", "hi"])  # 45 s each
def test_a_meeting_goes_from_the_first_key_to_the_promise_kept_on_eight_phones(
    page: Page, calendar: Calendar, language: str
) -> None:
    local = datetime.now(tz=HERE)
    if not 8 <= (local + timedelta(minutes=11)).hour < 20:
        pytest.skip("nothing is announced at night in Bujumbura")
    hands = {who: OnThePage(page, number) for who, number in NUMBERS.items()}
    day, due = local.date() + timedelta(days=8), local.date() + timedelta(days=30)
    Story(language, said(day), said(due), hands, calendar.later).told()

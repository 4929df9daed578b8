"""A phone of the simulator in a browser, and time that passes for its service."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from ops.load.running import Running

HERE = ZoneInfo("Africa/Bujumbura")
DUE = {"the hold is over": "new", "the day before": "tomorrow", "the next morning": "after"}  # what leaves then
TABLES = ("notice", "coming", "concern", "opinion", "promise", "attendance", "meeting", "subscriber")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SHOTS = os.environ.get("SCREENSHOTS", "")
needs_browser = pytest.mark.skipif(
    CHROMIUM is None and "WITHOUT_BROWSER" in os.environ, reason="no chromium, and WITHOUT_BROWSER allows it"
)


class Handset:
    """One phone on the page, used by its keys."""

    def __init__(self, page: Page, number: str) -> None:
        self.at: Locator = page.locator(f'.phone[data-number="{number}"]')
        self.glass = self.at.locator(".lcd")

    @property
    def sees(self) -> str:
        return self.glass.inner_text()

    def keys(self, text: str) -> None:
        """Press the keys of the pad."""
        for key in text:
            self.at.locator(f'.pad button[data-key="{key}"]').click()

    def dials(self, code: str = "*384*55#") -> None:
        self.keys(code)
        self.does("call")
        expect(self.at.locator(".left")).to_have_text("Send")

    def rests(self) -> None:
        """Whatever it shows is put away: a talk is hung up first."""
        for _twice in range(2):
            self.does("end")

    def does(self, what: str) -> None:
        self.at.locator(f'button[data-do="{what}"]').click()

    def answers(self, *texts: str) -> None:
        for text in texts:
            before = self.sees
            self.keys(text)
            self.does("left")
            expect(self.glass).not_to_have_text("Please wait …")
            expect(self.glass).not_to_have_text(before)

    def picks(self, label: str, most: int = 6) -> None:
        """Turn pages until the label is there, and press its number."""
        while label not in self.sees and (most := most - 1) >= 0:
            self.answers("9")
        self.answers(next(line.split()[0] for line in self.sees.splitlines() if line.endswith(label)))

    def turns_to_the_end(self, most: int = 6) -> str:
        """Read all pages; gives what stood on them."""
        read = self.sees
        while "\n9 " in self.sees and (most := most - 1) >= 0:
            self.answers("9")
            read += "\n" + self.sees
        return read


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


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
            db.execute("UPDATE task SET due_at = ?, rung_at = 0 WHERE done_at IS NULL AND key LIKE ?", (now, kind))
        return as_typed(to)

    def forget(self) -> None:
        with sqlite3.connect(self.file, timeout=30) as db:
            for table in TABLES:
                db.execute(f"DELETE FROM {table}")


def as_typed(day: date) -> str:
    return f"{day.day}/{day.month}"

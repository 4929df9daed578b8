"""Somebody who tries a story of the tour: does what the page says, on the phone that it names, and nothing else."""

from __future__ import annotations

import re
import time
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support.handset import SHOTS, Handset

PATIENCE = 30_000  # ms in which a phone rings
NUMBER = re.compile(r"\+\d+")


class Volunteer:
    """In front of the page of the phones."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url

    def opens(self, story: str, language: str) -> None:
        """The story, from the first state of the demonstration."""
        self.page.goto(f"{self.url}/simulator?story={story}&in={language}")
        self.begins_anew()

    def begins_anew(self) -> None:
        self.page.locator("#reset").click()
        with self.page.expect_navigation(timeout=PATIENCE):
            self.page.locator("#yes").click()

    @property
    def at(self) -> int:
        """How many steps are done."""
        return int(self.page.locator("#done").get_attribute("value") or 0)

    @property
    def is_through(self) -> bool:
        return self.page.locator("#whose").inner_text() == "The end"

    def follows(self, name: str = "") -> int:
        """Does step after step until the end; how many. Raises where a step is not ticked off."""
        expect(self.page.locator("#whose")).not_to_be_empty()
        done = 0
        while not self.is_through:
            before = self.at
            self.does_what_it_says()
            expect(self.page.locator("#wrong")).to_be_empty()
            expect(self.page.locator("#done")).not_to_have_attribute("value", str(before))
            done += 1
            if name and SHOTS and done % 8 == 0:
                self.page.screenshot(path=Path(SHOTS) / f"{name}-{done:02d}.png")
        return done

    def does_what_it_says(self) -> None:
        what, named = self.page.locator("#what"), NUMBER.search(self.page.locator("#whose").inner_text())
        said, key = what.inner_text(), what.locator("kbd").first.inner_text()
        if said.startswith("Move the clock on"):
            self.page.locator("#clock").get_by_role("button", name=key, exact=True).click()
            return
        assert named, said
        if said.startswith("Wait for it to ring"):
            named = self.whoever_is_rung()
        if self.page.viewport_size and self.page.viewport_size["width"] <= 720:
            self.page.locator("#bring").click()
        self.uses(Handset(self.page, named[0]), said, key)

    def whoever_is_rung(self) -> re.Match[str]:
        """The number that the page names once it rings: of two who may be rung it names the one that was."""
        until = time.monotonic() + PATIENCE / 1000
        while True:
            named = NUMBER.search(self.page.locator("#whose").inner_text())
            rings = Handset(self.page, named[0]).at.locator(".mail:not([hidden])") if named else None
            if named and rings and rings.count():  # on a narrow page the phone itself may lie behind another
                return named
            assert time.monotonic() < until, "nobody was rung"
            self.page.wait_for_timeout(200)

    def uses(self, phone: Handset, said: str, key: str) -> None:
        if said.startswith("Dial"):
            phone.dials(key)  # on whatever the phone shows
        elif said.startswith("Wait for it to ring"):
            phone.rests()
            phone.does("left")
        elif said.startswith("Write an SMS"):
            phone.rests()
            phone.does("right")
            phone.at.locator(".line").fill(self.page.locator("#what kbd").nth(1).inner_text())
            phone.does("left")
        else:
            phone.at.locator(".line").fill(key)
            phone.does("left")
            expect(phone.glass).not_to_have_text("Please wait …")

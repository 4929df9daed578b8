"""How long the first minute is: pages, keys and seconds of the shortest report, in the five versions, held.

The measure: words with letters up to the option that is pressed (the whole page where nothing is chosen or the page is
turned), 60 a minute, and 4 s a page; the page of languages and that which says that it arrived count. The demo pack of
Burundi, what happened is *hurt*. The contents of the limits are never cut to get there (S16).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from bot.words.gsm import fold
from bot.words.languages import LANGUAGES
from tests.support.office import Caller, Office
from tests.support.small_world import WORDS

WORDS_A_SECOND, SECONDS_A_PAGE = 1, 4
LIMITS = {"rn": (9, 8, 115), "fr": (9, 8, 115), "en": (9, 8, 130), "hi_Latn": (10, 9, 130), "hi": (12, 11, 145)}
TO_LIMITS = {"rn": ("1",), "fr": ("2",), "en": ("3",), "hi": ("4", "1"), "hi_Latn": ("4", "2")}
CHOICES = (
    "menu.tell", "report.continue", "report.who.me", "report.type.hurt", "=Buyenzi", "help.health", "report.send_now",
)  # fmt: skip


@dataclass
class Measured:
    """What one talk costs a person."""

    pages: int = 0
    keys: int = 0
    words: int = 0

    def read(self, page: str, key: str) -> None:
        """A page was read up to the line of that key; all of it where the key is on no line of a choice."""
        lines = page.splitlines()
        pressed = [n for n, line in enumerate(lines) if key not in ("", "9") and line.startswith(f"{key} ")]
        read = lines[: pressed[0] + 1] if pressed else lines
        self.pages += 1
        self.keys += bool(key)
        self.words += sum(bool(re.search(r"[^\W\d_]", word)) for line in read for word in line.split())

    @property
    def seconds(self) -> int:
        return round(self.words / WORDS_A_SECOND) + SECONDS_A_PAGE * self.pages


def press(caller: Caller, measured: Measured, key: str) -> None:
    measured.read(caller.sees, key)
    caller.says(key)


def shortest(office: Office, language: str) -> Measured:
    """The shortest report, dialled from the first page to that which says that it arrived."""
    caller, measured = office.call(f"m-{language}"), Measured()
    for key in TO_LIMITS[language]:
        press(caller, measured, key)
    for choice in CHOICES:
        label = choice[1:] if choice.startswith("=") else fold(WORDS.entries[language][choice].text)
        while not (line := re.search(rf"^(\d) {re.escape(label)}$", caller.sees, re.MULTILINE)):
            press(caller, measured, "9")
        press(caller, measured, line[1])
    assert caller.sees.startswith(fold(WORDS.entries[language]["report.arrived"].text))
    measured.read(caller.sees, "")
    return measured


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_minute_is_as_short_as_it_was_promised(office: Office, language: str) -> None:
    measured = shortest(office, language)
    held = zip((measured.pages, measured.keys, measured.seconds), LIMITS[language], strict=True)
    assert all(is_ <= limit for is_, limit in held), f"{measured}, {measured.seconds} s"

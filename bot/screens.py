"""Screens cut to phones: what fits on a page, in which encoding, and which value stands behind which number.

Numbers: a page is at most 160 GSM 03.38 septets, or 70 UTF-16 units where one character (every Devanagari letter)
forces UCS-2. The hard limits of USSD are 182 and 80 (3GPP TS 23.038, TS 24.080), of one SMS 160 and 70. At most eight
lines a page, numbered from 1 on each page, because 9 is *more* and 0 is *back*.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from string import Formatter

from bot.engine import Page, Screen
from bot.flow import BACK, MORE, Msg, _
from bot.i18n import Catalogues

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("^{}\\[~]|€\f")  # two septets each
FOLDS = str.maketrans(
    {
        **{"œ": "oe", "Œ": "OE", "’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "…": "..."},
        **{"\u00a0": " ", "\u202f": " ", "\u2009": " ", "–": "-", "—": "-", "\u2011": "-", "\t": " ", "`": "'"},
    }
)
INVISIBLE = frozenset("\u200b\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u00ad")
MOST_LINES = 8
MOST_KEPT = 2000  # pages in memory, about 2 MB
PUBLIC = frozenset({"org", "code", "service", "health"})  # values that are the same for every caller
MORE_LABEL = _("common.more", "More")
BACK_LABEL = _("common.back", "Back")


@dataclass(frozen=True)
class Fit:
    """How much one page holds, in GSM-7 septets and in UTF-16 units."""

    septets: int = 160
    units: int = 70


def fold(text: str) -> str:
    """`text` with only those characters changed that GSM-7 lacks and that have a plain double (ç, ê, ’, NBSP …).

    é è à ù stay: they are in the alphabet. Devanagari is left alone. Done after formatting, because dates and
    numbers bring such characters in (U+202F in hours, ’ in a Kirundi Sunday).
    """
    text = re.sub(r"[ \u00a0\u202f]+([:;?!])", r"\1", text).translate(FOLDS)
    return "".join(c if c in GSM_BASIC or c in GSM_EXTENDED else plain(c) for c in text)


def plain(character: str) -> str:
    """The letter without its accent where GSM-7 has that letter, nothing for an invisible sign, else itself."""
    if character in INVISIBLE:
        return ""
    base = unicodedata.normalize("NFD", character)[0]
    return base if base in GSM_BASIC else character


def septets(text: str) -> int | None:
    """The length of `text` in GSM-7 septets, or None when a character is outside the alphabet."""
    total = 0
    for character in text:
        if character in GSM_BASIC:
            total += 1
        elif character in GSM_EXTENDED:
            total += 2
        else:
            return None
    return total


def units(text: str) -> int:
    """The length of `text` in UTF-16 units: an emoji counts two."""
    return len(text.encode("utf-16-be", "surrogatepass")) // 2


def fits(text: str, fit: Fit) -> bool:
    """Whether `text` is one page."""
    length = septets(text)
    return units(text) <= fit.units if length is None else length <= fit.septets


def segments(text: str) -> int:
    """How many SMS a network counts: 160 or 153 septets, 70 or 67 units; an escape pair is never split."""
    length = septets(text)
    if length is None:
        return 1 if units(text) <= 70 else -(-units(text) // 67)
    if length <= 160:
        return 1
    parts, room = 1, 153
    for character in text:
        cost = 2 if character in GSM_EXTENDED else 1
        if cost > room:
            parts, room = parts + 1, 153
        room -= cost
    return parts


@cache
def placeholders(text: str) -> frozenset[str]:
    """The names in braces."""
    return frozenset(name for _text, name, _spec, _conversion in Formatter().parse(text) if name)


class PhoneLayout:
    """The engine's `Layout` for phones: translated, folded, numbered, cut to pages. Holds no state of any caller."""

    def __init__(self, catalogues: Catalogues, fit: Fit | None = None) -> None:
        self.catalogues, self.fit = catalogues, fit or Fit()
        self._kept: dict[object, list[Page]] = {}

    def __call__(self, screen: Screen, language: str, page: int) -> Page:
        pages = self.pages(screen, language)
        return pages[min(page, len(pages) - 1)]

    def pages(self, screen: Screen, language: str) -> list[Page]:
        """All pages of a screen in a language. What is the same for everybody is cut once and kept."""
        language = language or self.catalogues.before_choice
        if (key := self._same_for_all(screen, language)) is None:
            return self._pages(screen, language)
        if key not in self._kept:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[key] = self._pages(screen, language)
        return self._kept[key]

    def _same_for_all(self, screen: Screen, language: str) -> object:
        """What a page depends on, or None when a caller's own words or a report could stand on it (never kept)."""
        entry = self.catalogues.entries[language].get(screen.text.key)
        if entry is None or hasattr(screen.error, "values"):
            return None
        shows: tuple[object, ...] = ()
        if "{" in entry.text:
            names = sorted(placeholders(entry.text))
            if not PUBLIC.issuperset(names):
                return None
            shows = tuple(screen.values[name] for name in names)
        rows = tuple((row.value, row.label, getattr(row.label, "key", "")) for row in screen.rows)
        error = screen.error.key if screen.error is not None else ""
        return language, screen.text.key, screen.text, rows, screen.pinned, error, screen.back, shows

    def _pages(self, screen: Screen, language: str) -> list[Page]:
        def say(text: str, shows: bool = False) -> str:
            if isinstance(text, Msg):
                text = self.catalogues.say(language, text, screen.values if shows else getattr(text, "values", {}))
            return fold(text)

        heading = say(screen.text, shows=True)
        if screen.error is not None:
            heading = f"{say(screen.error)}\n{heading}"
        labels = [say(row.label) for row in screen.rows]
        texts = [
            *self._cut(heading, labels, screen.pinned, f"{MORE} {say(MORE_LABEL)}", screen.back and say(BACK_LABEL))
        ]
        values = [row.value for row in screen.rows]
        return [
            Page(text, tuple(values[i] for i in chosen), number < len(texts) - 1, len(texts))
            for number, (text, chosen) in enumerate(texts)
        ]

    def _cut(
        self, heading: str, labels: Sequence[str], pinned: int, more: str, back: str | bool
    ) -> Iterator[tuple[str, list[int]]]:
        """Each page's text and the indexes of the rows behind its numbers."""
        always = [*range(pinned)]
        waiting = [*range(pinned, len(labels))]
        words = heading
        while True:
            whole = not waiting and fits(numbered(words, labels, always, ""), self.fit)
            chunk, words = self._chunk(words, labels, always, "" if whole else more)
            chosen = [*always]
            while not words and waiting and len(chosen) < MOST_LINES:
                last = len(waiting) == 1
                text = numbered(chunk, labels, [*chosen, waiting[0]], "" if last else more)
                if not fits(text, self.fit) and (len(chosen) > len(always) or chunk):
                    break
                chosen.append(waiting.pop(0))
            if words or waiting:
                yield numbered(chunk, labels, chosen, more), chosen
                continue
            text = numbered(chunk, labels, chosen, "")
            hint = numbered(chunk, labels, chosen, f"{BACK} {back}")
            yield (hint if back and fits(hint, self.fit) else text), chosen
            return

    def _chunk(self, words: str, labels: Sequence[str], always: list[int], more: str) -> tuple[str, str]:
        """The longest beginning of `words` that fits above the pinned lines, cut between words; and the rest."""
        if fits(numbered(words, labels, always, more), self.fit):
            return words, ""
        cuts = [m.start() for m in re.finditer(r"\s", words)]
        fitting = [cut for cut in cuts if cut and fits(numbered(words[:cut], labels, always, more), self.fit)]
        if fitting:
            return words[: fitting[-1]].rstrip(), words[fitting[-1] :].lstrip()
        rooms = (n for n in range(len(words), 0, -1) if fits(numbered(words[:n], labels, always, more), self.fit))
        room = next(rooms, 1)  # pinned lines alone fill the page: the verifier says so
        return words[:room], words[room:]


def numbered(heading: str, labels: Sequence[str], chosen: Sequence[int], last: str) -> str:
    """A page: the heading, the chosen lines numbered from 1, and a last line of keys."""
    lines = [f"{number} {labels[i]}" for number, i in enumerate(chosen, 1)]
    return "\n".join(line for line in [heading, *lines, last] if line)

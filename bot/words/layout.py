"""Screens as pages of a phone: translated, numbered, cut to what fits.

A page has at most eight options. Their numbers go on from page to page, so that a key means on every page what it meant
where she read it; no row has 9, which is *more*, nor 99, the language (decision 050).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.conversation.flow import placeholders
from bot.conversation.keys import key_of
from bot.conversation.message import Msg, _
from bot.conversation.nodes import BACK, MORE
from bot.conversation.state import Page, Screen
from bot.words.catalogues import Catalogues
from bot.words.gsm import Fit, fits, fold

MOST_LINES = 8
MOST_CACHED = 2000  # screens in the cache, about 2 MB
PUBLIC = frozenset({"org", "code", "service", "health"})  # values that are the same for every caller
MORE_LABEL = _("common.more", "More")
BACK_LABEL = _("common.back", "Back")


@dataclass(frozen=True)
class Options:
    """The labels of a screen's options in one language, and how many of them stand on every page."""

    labels: Sequence[str]
    pinned: int = 0

    def under(self, heading: str, chosen: Sequence[int], last: str) -> str:
        """The text of a page: the heading, the chosen options with their numbers, and a last line of keys."""
        lines = [f"{key_of(i)} {self.labels[i]}" for i in chosen]
        return "\n".join(line for line in [heading, *lines, last] if line)


class PhoneLayout:
    """The engine's `Layout` for phones: translated, folded, numbered, cut to pages. Holds no state of any caller."""

    def __init__(self, catalogues: Catalogues, fit: Fit | None = None) -> None:
        self.catalogues, self.fit = catalogues, fit or Fit()
        self._cache: dict[object, list[Page]] = {}
        self._version = catalogues.version

    def __call__(self, screen: Screen, language: str, page: int) -> Page:
        pages = self.pages(screen, language)
        return pages[min(page, len(pages) - 1)]

    def pages(self, screen: Screen, language: str) -> list[Page]:
        """All pages of a screen in a language. Pages that are the same for every caller are cached."""
        language = language or self.catalogues.before_choice
        if (key := self._cache_key(screen, language)) is None:
            return self._pages(screen, language)
        if self._version != self.catalogues.version:  # the installation has other words since
            self._version = self.catalogues.version
            self._cache.clear()
        if key not in self._cache:
            if len(self._cache) >= MOST_CACHED:
                self._cache.clear()
            self._cache[key] = self._pages(screen, language)
        return self._cache[key]

    def _cache_key(self, screen: Screen, language: str) -> object:
        """The key of a screen in the cache; None when it, or a row, may show a caller's words or a report, which are
        never cached."""
        entry = self.catalogues.entries[language].get(screen.text.key)
        said = (screen.error, *(row.label for row in screen.rows))
        if entry is None or any(hasattr(text, "values") for text in said):
            return None
        shows: tuple[object, ...] = ()
        if "{" in entry.text:
            names = placeholders(entry.text)
            if names is None or not PUBLIC.issuperset(names):
                return None
            shows = tuple(screen.values.get(name) for name in sorted(names))
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
        options = Options(labels, screen.pinned)
        texts = [*self._cut(heading, options, f"{MORE} {say(MORE_LABEL)}", screen.back and say(BACK_LABEL))]
        values = [row.value for row in screen.rows]
        last = len(texts) - 1
        return [
            Page(text, tuple(values[: chosen[-1] + 1] if chosen else ()), number < last, len(texts))
            for number, (text, chosen) in enumerate(texts)
        ]

    def _cut(self, heading: str, options: Options, more: str, back: str | bool) -> Iterator[tuple[str, list[int]]]:
        """Each page's text and the indexes of the rows behind its numbers."""
        always = [*range(options.pinned)]
        waiting = [*range(options.pinned, len(options.labels))]
        words = heading
        while True:
            whole = not waiting and fits(options.under(words, always, ""), self.fit)
            chunk, words = self._chunk(words, options, always, "" if whole else more)
            chosen = [*always]
            while not words and waiting and len(chosen) < MOST_LINES:
                last = len(waiting) == 1
                text = options.under(chunk, [*chosen, waiting[0]], "" if last else more)
                if not fits(text, self.fit) and (len(chosen) > len(always) or chunk):
                    break
                chosen.append(waiting.pop(0))
            if words or waiting:
                yield options.under(chunk, chosen, more), chosen
                continue
            text = options.under(chunk, chosen, "")
            hint = options.under(chunk, chosen, f"{BACK} {back}")
            yield (hint if back and fits(hint, self.fit) else text), chosen
            return

    def _chunk(self, words: str, options: Options, always: list[int], more: str) -> tuple[str, str]:
        """The longest beginning of `words` that fits above the pinned options, cut between words; and the rest."""
        if fits(options.under(words, always, more), self.fit):
            return words, ""
        cuts = [m.start() for m in re.finditer(r"\s", words)]
        fitting = [cut for cut in cuts if cut and fits(options.under(words[:cut], always, more), self.fit)]
        if fitting:
            return words[: fitting[-1]].rstrip(), words[fitting[-1] :].lstrip()
        rooms = (n for n in range(len(words), 0, -1) if fits(options.under(words[:n], always, more), self.fit))
        room = next(rooms, 1)  # the pinned options alone fill the page, which `bot.words.verify` reports
        return words[:room], words[room:]

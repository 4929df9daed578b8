"""How much longer a text may become before one of its screens needs another page, or its SMS another part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.conversation.engine import FlowSet
from bot.conversation.flow import Flow
from bot.conversation.state import Screen
from bot.words.catalogues import Catalogues, Entry
from bot.words.gsm import Fit, fold, segments, septets, units
from bot.words.languages import BY_CODE
from bot.words.layout import PhoneLayout
from bot.words.verify import CANNOT_BE_SHOWN, Verifier

MOST = Fit()


class Rooms:
    """The room of every text in one language, measured with the longest values of a country."""

    def __init__(self, verifier: Verifier, language: str) -> None:
        self.words, self.language = verifier.words, language
        self.screens: dict[str, list[Screen]] = {}
        for key, screen in _by_text(verifier, verifier.flow_set):
            if screen not in (kept := self.screens.setdefault(key, [])):
                kept.append(screen)

    def limit(self, key: str) -> int:
        """What a text alone may be long: septets, or units of UTF-16."""
        return MOST.septets if BY_CODE[self.language].gsm else MOST.units

    def length(self, text: str) -> int:
        """The length of a text alone, as it is sent."""
        folded = fold(text)
        return septets(folded) or units(folded)

    def pages(self, key: str, text: str) -> int:
        """The most pages of a screen that shows the text; parts of an SMS where it stands on none. 0: cannot be
        shown."""
        screens = self.screens.get(key, [])
        if not screens:
            return segments(fold(text))
        entries = {**self.words.entries[self.language]}
        entries[key] = replace(entries.get(key, Entry("")), text=text)
        layout = PhoneLayout(Catalogues({**self.words.entries, self.language: entries}))
        try:
            return max(len(layout.pages(screen, self.language)) for screen in screens)
        except CANNOT_BE_SHOWN:
            return 0

    def left(self, key: str, text: str) -> int:
        """How many letters may still be added before the text needs a page more than it has."""
        now, letter = self.pages(key, text), "x" if BY_CODE[self.language].gsm else "क"
        least, most = 0, 2 * self.limit(key)
        while least < most:
            middle = (least + most + 1) // 2
            if self.pages(key, f"{text} {letter * (middle - 1)}" if middle > 1 else text + letter * middle) <= now:
                least = middle
            else:
                most = middle - 1
        return least


def _by_text(verifier: Verifier, flow_set: FlowSet) -> Iterator[tuple[str, Screen]]:
    """Every screen under the key of each text that it shows as heading or option."""
    for flow in flow_set.flows.values():
        for screen in verifier.shown(flow):
            yield from ((key, screen) for key in _keys(flow, screen))


def _keys(flow: Flow, screen: Screen) -> Iterator[str]:
    yield from (getattr(text, "key", "") for text in (screen.text, *(row.label for row in screen.rows)))

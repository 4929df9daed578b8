"""Pure checks of typed answers: each returns the answer to keep or raises `Wrong` with one short sentence."""

from __future__ import annotations

import unicodedata

from bot.flow import Wrong, _

EMPTY = _("common.invalid", "Error. Write again.")
TOO_LONG = _("common.too_long", "Too long. Write less.")
LONGEST_WORDS = 400  # characters: a free text over USSD rarely passes 160; an SMS report may have three parts


def words(text: str) -> str:
    """A free text as she wrote it, without what no phone can show. Raises `Wrong` when nothing is left, or too much.

    Kept as received: never transliterated, never read as a command (design 8).
    """
    kept = "".join(c for c in text if c == "\n" or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    kept = unicodedata.normalize("NFC", kept).strip()
    if not kept:
        raise Wrong(EMPTY)
    if len(kept) > LONGEST_WORDS:
        raise Wrong(TOO_LONG)
    return kept

"""A booklet to print: each screen as a phone shows it, with English, meaning, a box to tick and lines to write on."""

from __future__ import annotations

from bot.commands.word_material import Material


def booklet(given: Material, language: str) -> str:
    """The booklet of a language as one HTML page without scripts or anything from elsewhere."""
    return ""

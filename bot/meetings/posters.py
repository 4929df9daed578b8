"""Posters at registered places: each carries the code of its place, and whoever sends `join V1` gets notices of the
meetings of that zone.

The words are those that start news in every language (`locales/keywords.csv`). A number that was on the list already
gets the same answer, so that nobody can find out whether it was.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.country.rows import Venue
from bot.words.keywords import Keywords

JOIN = re.compile(r"(\D+?)\s+([A-Za-z]+\d+)\s*")  # a word, and the code of a place


def poster(text: str, keywords: Keywords, venues: Mapping[str, Venue]) -> tuple[str, str]:
    """The zone of the poster's place, and the language of the word; two empty strings for any other SMS."""
    digits = "".join(str(int(sign)) if sign.isdecimal() else sign for sign in text.strip())
    parts = JOIN.fullmatch(digits)
    if parts is None or keywords.meaning(parts[1]) != "start":
        return "", ""
    venue = venues.get(parts[2].upper())
    return (venue.zone, keywords.language(parts[1])) if venue else ("", "")

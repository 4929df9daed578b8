"""A poster at a registered place carries its code: whoever sends `join V1` hears of the meetings of that zone.

The words are those that start news in every language (`locales/keywords.csv`); the answer is the same for a number that
was on the list already.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.country.rows import Venue
from bot.words.keywords import Keywords

JOIN = re.compile(r"(\D+?)\s+([A-Za-z]+\d+)\s*")  # a word, and the code of a place


def poster(text: str, keywords: Keywords, venues: Mapping[str, Venue]) -> tuple[str, str]:
    """The zone of the poster's place, and the language of the word; empty when it is no such message."""
    digits = "".join(str(int(sign)) if sign.isdecimal() else sign for sign in text.strip())
    said = JOIN.fullmatch(digits)
    if said is None or keywords.meaning(said[1]) != "start":
        return "", ""
    venue = venues.get(said[2].upper())
    return (venue.zone, keywords.language(said[1])) if venue else ("", "")

"""An SMS of somebody who works here: it can be forged, so it drafts or notes; only number and PIN confirm (design 6).

`seen 7`: her alert has come. `att 214 W23 M11 G4 B0`: who came to meeting 214; it counts once she has confirmed it.
"""

from __future__ import annotations

import re

from bot.answers import heads, plain_digits
from bot.effects import DraftCount, SeenTask
from bot.flow import Wrong
from bot.keywords import Keywords

WORD_FIRST = re.compile(r"(\D+?)\s*(\d.*)", re.DOTALL)


def effect_of(text: str, keywords: Keywords) -> tuple[SeenTask | DraftCount | None, str]:
    """What the SMS is to bring about, and the language of its first word; nothing for any other SMS."""
    digits = "".join(str(int(sign)) if sign.isdecimal() else sign for sign in text.strip())
    found = WORD_FIRST.fullmatch(digits)
    word, rest = (found[1], found[2]) if found else ("", "")
    language = keywords.language(word)
    number, _space, more = rest.partition(" ")
    if not (number.isascii() and number.isdecimal() and len(number) < 9):
        return None, language
    if keywords.meaning(word) == "seen" and not more.strip():
        return SeenTask(plain_digits(number)), language
    if keywords.meaning(word) == "attendance":
        try:
            return DraftCount(number, heads(more)), language
        except Wrong:
            return DraftCount(number, ""), language
    return None, language

"""An SMS of somebody who works here: it can be forged, so it drafts or notes; only number and PIN confirm (design 6).

`meet V1 12/3 14:30 training`: a meeting, a draft until she has confirmed it. `seen 7`: her alert has come. `att 214 W23
M11 G4 B0`: who came to meeting 214; it counts once she has confirmed it.
"""

from __future__ import annotations

import re

from bot.answers import heads, plain_digits
from bot.effects import DraftCount, DraftMeeting, SeenTask
from bot.flow import Wrong
from bot.keywords import Keywords

MEETING = re.compile(
    r"(\D+?)\s+([A-Za-z]+\d+)\s+(\d{1,2})[/.-](\d{1,2})\s+(\d{1,2})[:.hH](\d\d)(?:\s+(\w+))?\s*"
)  # word, place code, day and month, hour and minutes, what for
WORD_FIRST = re.compile(r"(\D+?)\s*(\d.*)", re.DOTALL)


def effect_of(text: str, keywords: Keywords) -> tuple[SeenTask | DraftCount | DraftMeeting | None, str]:
    """What the SMS is to bring about, and the language of its first word; nothing for any other SMS."""
    digits = "".join(str(int(sign)) if sign.isdecimal() else sign for sign in text.strip())
    if (said := MEETING.fullmatch(digits)) and keywords.meaning(said[1]) == "meeting":
        day, month, hours, minutes = (int(said[n]) for n in (3, 4, 5, 6))
        return DraftMeeting(said[2], (day, month), (hours, minutes), (said[7] or "").lower()), keywords.language(
            said[1]
        )
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

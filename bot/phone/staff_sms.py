"""SMS of staff: an SMS can be forged, so it only drafts or notes something; number and PIN confirm it.

`meet V1 12/3 14:30 training`: a meeting, a draft until she has confirmed it. `seen 7`: her alert has come. `att 214 W23
M11`: who came to meeting 214; it counts once she has confirmed it. What is wrong is named in the answer, with an
example.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.actions.meetings import DraftCount, DraftMeeting
from bot.actions.reports import SeenTask
from bot.conversation.answers import clock, heads, plain_digits
from bot.conversation.message import Msg, _
from bot.conversation.nodes import Wrong
from bot.words.keywords import Keywords

SAID: dict[str, Msg] = {  # what is answered, by outcome
    "done": _("leader.saved", "It is written. Thank you."),
    "draft": _("leader.confirm_sms", "It is written. Dial {code} to confirm it."),
    "heads": _("leader.heads", "Women, men, girls, boys? Example: 23 11 4 0"),
    "first": _("sms.not_sent", "It was not sent. Dial {code}."),
    "place": _("leader.sms_place", "Place? Example: MEET V1 12/3 14:30"),
    "date": _("leader.sms_date", "Date? Example: MEET V1 12/3 14:30"),
    "hour": _("leader.sms_hour", "Hour? Example: MEET V1 12/3 14:30"),
    "words": _("leader.sms_words", "Too many words. Example: MEET V1 12/3 14:30"),
    "past": _("plan.past", "That day is past."),
    "gone": _("follow.wrong", "That is wrong. Write again."),
}
WORD_FIRST = re.compile(r"(\D+?)\s*(\d.*)", re.DOTALL)


def effect_of(text: str, keywords: Keywords) -> tuple[SeenTask | DraftCount | DraftMeeting | None, str]:
    """The action that the SMS asks for, and the language of its first word; None for any other SMS."""
    digits = "".join(str(int(sign)) if sign.isdecimal() else sign for sign in text.strip())
    word, *said = digits.split() or [""]
    if said and keywords.meaning(word) == "meeting":
        return drafted(said), keywords.language(word)
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


def drafted(parts: Sequence[str]) -> DraftMeeting:
    """The parts of an SMS about a meeting, in their order; a missing one is empty, and is asked for in the answer."""
    place, date, hour, kind, *more = [*parts, "", "", "", ""]
    day = re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})", date)
    try:
        clock_ = clock(hour)
    except Wrong:
        clock_ = ""
    return DraftMeeting(place.upper(), (int(day[1]), int(day[2])) if day else (0, 0), clock_, kind.lower(), any(more))

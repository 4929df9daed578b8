"""Checks of texts that need no speaker of the language: words that no SMS may hold, Kinyarwanda in place of Kirundi,
promises.

The words are data under `locales/`, which `bot.words.word_lists` reads. Those of rule S3 are matched at word borders
(`fir` must not hit "phir", मार must not hit मार्च).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from bot.conversation.flow import brace_fault, placeholders
from bot.words import word_lists


@cache
def forbidden(language: str, strict: bool) -> re.Pattern[str]:
    """A pattern of the words that an SMS in `language` may not hold (S3); `strict` adds those for reporters and
    champions."""
    lists = word_lists.not_in_sms()
    parts = [lists["base"].get(language, ""), lists["strict_extra"].get(language, "") if strict else ""]
    words = (
        "|".join(filter(None, parts)) or "(?!)"
    )  # matches nothing: the language has no list yet, which `bot.words.lacks` reports
    return re.compile(rf"(?<![\w\u0900-\u097f])(?:{words})(?![\w\u0900-\u097f])", re.IGNORECASE)


def bare(text: str) -> str:
    """`text` without placeholders, accents of Latin letters and curly apostrophes, for matching."""
    text = re.sub(r"\{[a-z_]+\}", "", text).replace("’", "'")
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c) or ord(c) > 0x8FF)


def unsayable(text: str, english: str) -> str:
    """Why no page can show a text with the values of its English, as a phrase; empty when one can."""
    if fault := brace_fault(text):
        return f"has {fault}"
    unknown = sorted((placeholders(text) or frozenset()) - (placeholders(english) or frozenset()))
    return f"shows {', '.join(f'{{{name}}}' for name in unknown)}, which the English does not have" if unknown else ""


def faults(language: str, text: str) -> list[str]:
    """What is wrong with one text of a catalogue, a phrase each for its author; empty when nothing is."""
    found = []
    if (kinyarwanda := word_lists.pattern("kinyarwanda", language)) and (hits := kinyarwanda.findall(bare(text))):
        found.append(f"reads like Kinyarwanda: {', '.join(hits)}")
    if _holds("promises", text):
        found.append("promises what nobody can keep (S17)")
    if _holds("mediation", text):
        found.append("offers mediation (S28)")
    if _holds("undated_days", text) and "{date}" not in text:
        found.append("names a day that is both yesterday and tomorrow, without its date")
    return found


def _holds(name: str, text: str) -> bool:
    """Whether a text holds a word of a list, in any language."""
    words = word_lists.pattern(name)
    return words is not None and words.search(text) is not None


def sms_faults(language: str, text: str, strict: bool = True) -> list[str]:
    """The forbidden words of a rendered SMS (S3)."""
    return [f"an SMS may not hold {word!r}" for word in forbidden(language, strict).findall(bare(text))]

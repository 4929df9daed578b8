"""What people write into a reviewer's sheet that is no text to be spoken: a verdict, initials, a phone number.

"OK" in the place of a text on which a life hangs would be spoken to a woman; so would a number that somebody thought
useful, after it belongs to another.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from bot.conversation.answers import fold
from bot.words import word_lists

INITIALS = re.compile(r"(?:[A-Z][. -]{0,2}){1,4}\d{0,2}")
FEWEST_DIGITS = 7  # of a phone number; one of three or four is an emergency number
NUMBER = re.compile(rf"\d(?:[\s.\-()\u2011\u2013]*\d){{{FEWEST_DIGITS - 1},}}")


@cache
def _verdicts() -> dict[str, frozenset[str]]:
    """Every verdict, folded, with the languages in which it is one."""
    found: dict[str, set[str]] = {}
    for row in word_lists.listed("verdicts"):
        found.setdefault(fold(row.word), set()).add(row.language)
    return {word: frozenset(languages) for word, languages in found.items()}


def verdict(text: str) -> frozenset[str]:
    """The languages in which a text is a verdict and nothing else ("OK", "oui, ok"); empty when it is another text. A
    sign without a letter or a digit (a tick) is one in all (`all`)."""
    folded, known = fold(text), _verdicts()
    if not folded:
        return frozenset({word_lists.EVERY_LANGUAGE})
    if folded in known:
        return known[folded]
    words = folded.split()
    return frozenset.union(*(known[word] for word in words)) if all(word in known for word in words) else frozenset()


def is_verdict(text: str, language: str, english: str, today: str) -> bool:
    """Whether a correction is a verdict about a text, and not a text: "Oui" is the French of "Yes", and a verdict
    anywhere else."""
    languages = verdict(text)
    if not languages:
        return False
    return not (languages == {language} and (verdict(english) or verdict(today)))


def is_note(text: str) -> bool:
    """Whether a cell for notes or initials holds more than initials: then something is to be said about the text."""
    said = text.strip()
    return bool(said) and (INITIALS.fullmatch(said) is None or bool(verdict(said)))


def numbers(text: str) -> set[str]:
    """The phone numbers in a text, as digits 0-9."""
    return {"".join(str(unicodedata.digit(c)) for c in found if c.isdigit()) for found in NUMBER.findall(text)}

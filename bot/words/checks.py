"""Checks of words that need no speaker: words that no SMS may hold, Kinyarwanda that passes for Kirundi, promises.

`locales/forbidden_words.json` holds the words of rule S3 by language, matched at word borders (`fir` must not hit
"phir", मार must not hit मार्च).
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from string import Formatter

from bot.settings import ROOT

FORBIDDEN = ROOT / "locales" / "forbidden_words.json"
# Clusters and words that Kinyarwanda has and Kirundi has not: 0 hits in 290 deployed Kirundi SMS, 80 % of Kinyarwanda.
KINYARWANDA = re.compile(
    r"\b\w*(?:cy|by|jy|shy)\w*|\b\w*fite\w*\b|\b(?:yego|cyangwa|ntabwo|cyane|byose|kohereza|ohereza|igisubizo|"
    r"amahugurwa|kanda|hitamo|komeza|murakaza|icyumweru|nimugoroba|mudugudu|akagari|umurenge|polisi)\b",
    re.IGNORECASE,
)
PROMISES = re.compile(  # in Kirundi only digits are called secret: ibiharuro vy'akabanga, igiharuro c'akabanga
    r"100 ?%|\banonym|\buntraceable|\bintraçable|\bgumna?am|गुमनाम|\bsecret service|(?<!vy')(?<!c')\b(?:aka|i)banga",
    re.IGNORECASE,
)
MEDIATION = re.compile(
    r"\bmediat|\bmédiat|\breconcil|\bréconcil|\bsamjhauta|समझौता|\bkumvikanisha|\bumuhuza", re.IGNORECASE
)
DAY_WITHOUT_DATE = re.compile(r"\bejo\b|(?<![\u0900-\u097f])कल(?![\u0900-\u097f])|\bkal\b", re.IGNORECASE)


@cache
def forbidden(language: str, strict: bool) -> re.Pattern[str]:
    """The words that an SMS in `language` may not hold; `strict` adds those for reporters and champions."""
    lists = json.loads(FORBIDDEN.read_text(encoding="utf-8"))
    words = lists["base"][language] + ("|" + lists["strict_extra"][language] if strict else "")
    return re.compile(rf"(?<![\w\u0900-\u097f])(?:{words})(?![\w\u0900-\u097f])", re.IGNORECASE)


def bare(text: str) -> str:
    """`text` without placeholders, accents of Latin letters and curly apostrophes, for matching."""
    text = re.sub(r"\{[a-z_]+\}", "", text).replace("’", "'")
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c) or ord(c) > 0x8FF)


def placeholders(text: str) -> frozenset[str]:
    """The names in braces."""
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name)


def faults(language: str, text: str) -> list[str]:
    """What is wrong with one text of a catalogue, in words for its author."""
    found = []
    if language == "rn" and (hits := KINYARWANDA.findall(bare(text))):
        found.append(f"reads like Kinyarwanda: {', '.join(hits)}")
    if PROMISES.search(text):
        found.append("promises what nobody can keep (S17)")
    if MEDIATION.search(text):
        found.append("offers mediation (S28)")
    if DAY_WITHOUT_DATE.search(text) and "{date}" not in text:
        found.append("names a day that is both yesterday and tomorrow, without its date")
    return found


def sms_faults(language: str, text: str, strict: bool = True) -> list[str]:
    """The forbidden words of a rendered SMS (S3)."""
    return [f"an SMS may not hold {word!r}" for word in forbidden(language, strict).findall(bare(text))]

"""Lengths of texts on phones: in GSM-7 septets or UTF-16 units, what fits on a page, how many SMS a text is.

A page is at most 160 GSM 03.38 septets, or 70 UTF-16 units where one character (every Devanagari letter) forces UCS-2.
The hard limits of USSD are 182 and 80 (3GPP TS 23.038, TS 24.080), of one SMS 160 and 70.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("^{}\\[~]|€\f")  # two septets each
FOLDS = str.maketrans(
    {
        **{"œ": "oe", "Œ": "OE", "’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "…": "..."},
        **{"\u00a0": " ", "\u202f": " ", "\u2009": " ", "–": "-", "—": "-", "\u2011": "-", "\t": " ", "`": "'"},
    }
)
INVISIBLE = frozenset("\u200b\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u00ad")


@dataclass(frozen=True)
class Fit:
    """How much one page holds, in GSM-7 septets and in UTF-16 units."""

    septets: int = 160
    units: int = 70


def fold(text: str) -> str:
    """`text` with those characters replaced that GSM-7 lacks and that have a plain equivalent (ç, ê, ’, NBSP …).

    é è à ù stay: they are in the alphabet. Devanagari is left alone. Done after formatting, because dates and
    numbers bring such characters in (U+202F in hours, ’ in a Kirundi Sunday).
    """
    text = re.sub(r"[ \u00a0\u202f]+([:;?!])", r"\1", text).translate(FOLDS)
    return "".join(c if c in GSM_BASIC or c in GSM_EXTENDED else plain(c) for c in text)


def plain(character: str) -> str:
    """The letter without its accent where GSM-7 has that letter, nothing for an invisible sign, else itself."""
    if character in INVISIBLE:
        return ""
    base = unicodedata.normalize("NFD", character)[0]
    return base if base in GSM_BASIC else character


def septets(text: str) -> int | None:
    """The length of `text` in GSM-7 septets, or None when a character is outside the alphabet."""
    total = 0
    for character in text:
        if character in GSM_BASIC:
            total += 1
        elif character in GSM_EXTENDED:
            total += 2
        else:
            return None
    return total


def units(text: str) -> int:
    """The length of `text` in UTF-16 units: an emoji counts two."""
    return len(text.encode("utf-16-be", "surrogatepass")) // 2


def fits(text: str, fit: Fit) -> bool:
    """Whether `text` is one page."""
    length = septets(text)
    return units(text) <= fit.units if length is None else length <= fit.septets


def segments(text: str) -> int:
    """How many SMS a network counts: 160 or 153 septets, 70 or 67 units; an escape pair is never split."""
    length = septets(text)
    if length is None:
        return 1 if units(text) <= 70 else -(-units(text) // 67)
    if length <= 160:
        return 1
    parts, room = 1, 153
    for character in text:
        cost = 2 if character in GSM_EXTENDED else 1
        if cost > room:
            parts, room = parts + 1, 153
        room -= cost
    return parts

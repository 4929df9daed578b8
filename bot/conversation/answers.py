"""Checks of typed answers, pure functions: each returns the answer to keep or raises `Wrong` with one short
sentence."""

from __future__ import annotations

import re
import secrets
import unicodedata

from bot.conversation.message import Said, _
from bot.conversation.nodes import Wrong

EMPTY = _("common.invalid", "Error. Write again.")
TOO_LONG = _("common.too_long", "Too long. Write less.")
WRONG = _("follow.wrong", "That is wrong. Write again.")
LEFT = _("tasks.wrong_left", "That is wrong. Left: {left}. Write again.")
WRONG_PIN = {"wrong": WRONG, **{f"wrong_{left}": Said(LEFT, {"left": str(left)}) for left in range(1, 5)}}
EMOJI_MARK = "\ufe0f"  # follows a heart or another sign; Unicode counts it as a mark, as it does vowel signs
LONGEST_CODEWORD = 20  # characters
LONGEST_WORDS = 400  # characters: a free text over USSD rarely passes 160; an SMS report may have three parts
LEFT_OUT = "..."
BETWEEN = r"[\s.()-]{0,2}"  # of the digits of a telephone number
DAY = r"\d{1,2}[.-]\d{1,2}[.-](?:19|20)\d\d(?![.-]?\d)"
BEGINS = rf"(?<!\d)(?<!\d[.-])(?!{DAY})[+(]{{0,2}}"
NUMBER = re.compile(rf"{BEGINS}\d(?:{BETWEEN}\d){{6,14}}(?!{BETWEEN}\d)")


def words(text: str) -> str:
    """A free text as she wrote it, in Unicode's form NFC, without characters that no phone can show.

    It is never transliterated and never read as a command: it may be evidence, and must stay her own words. Raises
    `Wrong` when nothing is left, or more than `LONGEST_WORDS`.
    """
    shown = "".join(c for c in text if c == "\n" or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    shown = unicodedata.normalize("NFC", shown).strip()
    if not shown:
        raise Wrong(EMPTY)
    if len(shown) > LONGEST_WORDS:
        raise Wrong(TOO_LONG)
    return shown


def holds_number(text: str) -> bool:
    """Whether a telephone number stands in a text: 7 to 15 digits of any script, with spaces, dots, hyphens or brackets
    between them. A day with its year is none.
    """
    return NUMBER.search(text) is not None


def without_numbers(text: str) -> str:
    """A text with `LEFT_OUT` in the place of each telephone number; all else stays as she wrote it."""
    return NUMBER.sub(LEFT_OUT, text)


def codeword(text: str) -> str:
    """A word that only she and the service know (S7). Raises `Wrong` when it is empty or over `LONGEST_CODEWORD`."""
    word = " ".join(words(text).split())
    if len(word) > LONGEST_CODEWORD:
        raise Wrong(TOO_LONG)
    return word


def fold(text: str) -> str:
    """`text` for comparing: without case, accents, apostrophes and signs, one space between words.

    Devanagari keeps its vowel signs."""
    latin = "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if not "\u0300" <= c <= "\u036f")
    signs = (c if unicodedata.category(c)[0] in "LMN" else "" if c in "'’‘`" else " " for c in latin if c != EMOJI_MARK)
    return unicodedata.normalize("NFC", " ".join("".join(signs).split()))


def receipt_code(text: str) -> str:
    """The code of a receipt, eight digits of which the last is a check digit. Raises `Wrong` when it was mistyped,
    which does not count as a try."""
    code = plain_digits(text)
    if len(code) != 8 or not code.isdecimal() or check_digit(code[:7]) != code[7]:
        raise Wrong(WRONG)
    return code


def clock(text: str) -> str:
    """An hour of the 24-hour clock as 14:30, from 14:30, 14.30, 14*30, 14h30, 14h or 1430. Raises `Wrong`.

    Hours in words are refused: in Kirundi they are counted from six o'clock and would be read six hours wrong.
    """
    match = re.fullmatch(r"(\d{1,2})[:.*hH](\d\d)?|(\d{1,2})(\d\d)", plain_digits(text))
    hours, minutes = (int(part) for part in (*(part for part in match.groups() if part), "0")[:2]) if match else (24, 0)
    if hours > 23 or minutes > 59:
        raise Wrong(WRONG)
    return f"{hours:02d}:{minutes:02d}"


FEWEST_WOMEN = 30  # per cent of those who came; below it a plan is asked for (S73). A proposal, in no rule
HEADS = "wmgbod"  # women, men, girls, boys; of all of these those over sixty ("old") and with a disability


def heads(text: str) -> str:
    """A head count as `23 11 4 0`: women, men, girls, boys, and, where given, how many of all were over sixty and how
    many had a disability (S72).

    She types the numbers with anything between them, or with their letters (`W23 M11`; a group that is left out is 0).
    They come in one answer because a 0 alone means *back*. Raises `Wrong` for anything else.
    """
    digits = "".join(str(int(sign)) if sign.isdecimal() else sign for sign in text.casefold())
    numbers, letters = re.findall(r"\d+", digits), re.findall(r"[a-z]", digits)
    if letters and len({*letters}) == len(letters) == len(numbers) and {*letters} <= {*HEADS}:
        numbers = [dict(zip(letters, numbers, strict=True)).get(letter, "0") for letter in HEADS]
    if not 4 <= len(numbers) <= 6 or any(len(number) > 3 for number in numbers):
        raise Wrong(WRONG)
    if any(int(part) > sum(map(int, numbers[:4])) for part in numbers[4:]):
        raise Wrong(WRONG)
    return " ".join(str(int(number)) for number in numbers)


def few_women(counted: str) -> bool:
    """Whether less than `FEWEST_WOMEN` per cent of a head count (of `heads`) are women and girls (S73)."""
    women, men, girls, boys = (int(number) for number in counted.split()[:4])
    return 100 * (women + girls) < FEWEST_WOMEN * (women + men + girls + boys)


def shown_code(text: str) -> str:
    """The six digits that a woman shows at the partner to whom she was referred. Raises `Wrong` for anything else."""
    code = plain_digits(text)
    if len(code) != 6 or not code.isdecimal():
        raise Wrong(WRONG)
    return code


def new_code() -> str:
    """A new receipt's code: seven random digits and a check digit, which look like a local phone number (S9)."""
    seven = str(10**6 * (1 + secrets.randbelow(9)) + secrets.randbelow(10**6))
    return seven + check_digit(seven)


def check_digit(digits: str) -> str:
    """The check digit of Luhn (ISO/IEC 7812-1): it finds every single wrong digit and most swaps of two."""
    doubled = (int(d) * (2 - i % 2) for i, d in enumerate(reversed(digits)))
    return str(-sum(sum(divmod(number, 10)) for number in doubled) % 10)


def easy(pin: str) -> bool:
    """Whether a PIN is among the first that somebody who knows her would try: equal digits, a run, or a year."""
    steps = {int(b) - int(a) for a, b in zip(pin, pin[1:], strict=False)}
    return steps in ({0}, {1}, {-1}) or pin[:2] in ("19", "20")


def plain_digits(text: str) -> str:
    """`text` without spaces and with digits of any script as 0 to 9, so that a number is written the same on all
    phones."""
    return "".join(str(int(sign)) if sign.isdecimal() else sign for sign in text if not sign.isspace())

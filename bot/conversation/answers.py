"""Pure checks of typed answers: each returns the answer to keep or raises `Wrong` with one short sentence."""

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
EMOJI_MARK = "\ufe0f"  # a heart after STOP brings it along, and it counts as a vowel sign
LONGEST_CODEWORD = 20  # characters
LONGEST_WORDS = 400  # characters: a free text over USSD rarely passes 160; an SMS report may have three parts


def words(text: str) -> str:
    """A free text as she wrote it, without what no phone can show. Raises `Wrong` when nothing is left, or too much.

    Kept as received: never transliterated, never read as a command.
    """
    kept = "".join(c for c in text if c == "\n" or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    kept = unicodedata.normalize("NFC", kept).strip()
    if not kept:
        raise Wrong(EMPTY)
    if len(kept) > LONGEST_WORDS:
        raise Wrong(TOO_LONG)
    return kept


def codeword(text: str) -> str:
    """A word that only she and the service know (S7). Raises `Wrong` when nothing is left, or too much."""
    kept = " ".join(words(text).split())
    if len(kept) > LONGEST_CODEWORD:
        raise Wrong(TOO_LONG)
    return kept


def fold(text: str) -> str:
    """Without case, accents, apostrophes and signs, one space between words; Devanagari keeps its vowel signs."""
    latin = "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if not "\u0300" <= c <= "\u036f")
    kept = (c if unicodedata.category(c)[0] in "LMN" else "" if c in "'’‘`" else " " for c in latin if c != EMOJI_MARK)
    return unicodedata.normalize("NFC", " ".join("".join(kept).split()))


def receipt_code(text: str) -> str:
    """Her code, eight digits with a check digit. Raises `Wrong` when it was mistyped: that is no try."""
    code = plain_digits(text)
    if len(code) != 8 or not code.isdecimal() or check_digit(code[:7]) != code[7]:
        raise Wrong(WRONG)
    return code


def clock(text: str) -> str:
    """An hour of the 24-hour clock as 14:30, from 14:30, 14.30, 14*30, 14h30, 14h or 1430. Raises `Wrong`.

    Words are no hour: one of Kirundi is six behind the clock.
    """
    found = re.fullmatch(r"(\d{1,2})[:.*hH](\d\d)?|(\d{1,2})(\d\d)", plain_digits(text))
    hours, minutes = (int(part) for part in (*(part for part in found.groups() if part), "0")[:2]) if found else (24, 0)
    if hours > 23 or minutes > 59:
        raise Wrong(WRONG)
    return f"{hours:02d}:{minutes:02d}"


FEWEST_WOMEN = 30  # per cent of those who came (a proposal)
HEADS = "wmgbod"  # women, men, girls, boys; of all of them over sixty ("old"), and with a disability


def heads(text: str) -> str:
    """Women, men, girls, boys as `23 11 4 0`, whatever stands between them, and if she wishes how many of all were over
    sixty, and had a disability (S72); or by their letters, `W23 M11`, where who is left out did not come. Raises
    `Wrong` for anything else.

    They come in one answer, because a 0 alone leads back.
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
    """Whether so few of those who came were women and girls that somebody has to say what is to change (S73)."""
    women, men, girls, boys = (int(number) for number in counted.split()[:4])
    return 100 * (women + girls) < FEWEST_WOMEN * (women + men + girls + boys)


def shown_code(text: str) -> str:
    """The six digits that she shows where she was sent. Raises `Wrong` when they are not six."""
    code = plain_digits(text)
    if len(code) != 6 or not code.isdecimal():
        raise Wrong(WRONG)
    return code


def new_code() -> str:
    """A code that looks like a local phone number: seven random digits and a check digit."""
    seven = str(10**6 * (1 + secrets.randbelow(9)) + secrets.randbelow(10**6))
    return seven + check_digit(seven)


def check_digit(digits: str) -> str:
    """The digit that makes the sum whole (Luhn, ISO/IEC 7812-1): finds every single wrong digit and most swaps."""
    doubled = (int(d) * (2 - i % 2) for i, d in enumerate(reversed(digits)))
    return str(-sum(sum(divmod(number, 10)) for number in doubled) % 10)


def easy(pin: str) -> bool:
    """Whether whoever knows her would try these digits first: all the same, a run, or a year."""
    steps = {int(b) - int(a) for a, b in zip(pin, pin[1:], strict=False)}
    return steps in ({0}, {1}, {-1}) or pin[:2] in ("19", "20")


def plain_digits(text: str) -> str:
    """Digits of any script as 0 to 9, without spaces: two phones write the same number."""
    return "".join(str(int(sign)) if sign.isdecimal() else sign for sign in text if not sign.isspace())

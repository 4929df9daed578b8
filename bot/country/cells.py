"""Read one cell of a table in the forms in which people write it: a day, yes or no, a roster, an amount, a phone
number.

Each function gives the value in one fixed form, or None for anything else. Nothing is guessed: where the order of day
and month cannot be known otherwise, the day comes first, as people write it in every country of a pack.
"""

from __future__ import annotations

import re
from datetime import date

import phonenumbers

YES = frozenset({"yes", "y", "oui", "o", "true", "vrai", "1", "x", "ego", "haan", "हाँ", "हां"})
NO = frozenset({"no", "n", "non", "false", "faux", "0", "oya", "nahin", "नहीं"})
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january janv janvier", "feb february fev fevr fevrier fév févr février", "mar march mars",
            "apr april avr avril", "may mai", "jun june juin", "jul july juil juillet", "aug august aou aout août",
            "sep sept september septembre", "oct october octobre", "nov november novembre",
            "dec december déc décembre decembre",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
WEEKDAYS = {
    name: day
    for day, names in {
        "mon": "mon monday lun lundi", "tue": "tue tues tuesday mar mardi", "wed": "wed wednesday mer mercredi",
        "thu": "thu thur thurs thursday jeu jeudi", "fri": "fri friday ven vendredi", "sat": "sat saturday sam samedi",
        "sun": "sun sunday dim dimanche",
    }.items()
    for name in names.split()
}  # fmt: skip
EVERY_DAY = re.compile(r"\b(?:every day|each day|daily|tous les jours|chaque jour|7/7|7j/7)\b")
ALWAYS = re.compile(
    r"^(?:24\s*h?(?:ours?|eures?)?\s*(?:/|sur)\s*(?:24\s*h?[\s,;]*(?:et\s+)?(?:7\s*j?(?:ours)?\s*(?:/|sur)\s*7\s*j?)?|7\s*j?)"
    r"|7\s*j?\s*/\s*7\s*j?[\s,;]*(?:et\s+)?24\s*h?\s*/\s*24\s*h?)$"
)
DASHES = str.maketrans("\u2010\u2011\u2012\u2013\u2014\u2212", "------")
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?: 00:00(?::00)?)?")
_DAY_FIRST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})")
_NAMED = re.compile(r"(\d{1,2})(?:er|st|nd|rd|th)?[-/. ]([^\W\d]+)\.?[-/. ](\d{4})")
_TO = r"\s*(?:-|\bto\b|\buntil\b|\ba\b|\bà\b|\bau\b)\s*"
_HOUR = r"(\d{1,2})(?:[:.](\d\d)|(h)(\d\d)?)?"
_SHIFT = re.compile(rf"(.*?[^\W\d])\.?\s*:?\s*(?:\bde\b|\bfrom\b)?\s*{_HOUR}{_TO}{_HOUR}")
_ALONE = re.compile(rf"(?:(?:de|from)\s+)?{_HOUR}{_TO}{_HOUR}")
_HALF = r"(\d{1,2})(?:[:.](\d\d))?\s*([ap])\.?m\b\.?"
_HALF_DAYS = re.compile(rf"\b{_HALF}{_TO}{_HALF}")
_BETWEEN_SHIFTS = re.compile(r"[;\n|]|(?<=[\dh])\s*(?:,|&|\bet\b|\band\b)\s*(?=[^\W\d])")  # after hours, before a day
_BETWEEN_DAYS = re.compile(r"\s*(?:,|/|&|\band\b|\bet\b)\s*")
_DAYS = re.compile(rf"(?:(?:du|de|le|les|from)\s+)?([^\W\d]+)\.?(?:{_TO}([^\W\d]+))?")


def flag(cell: str) -> bool | None:
    """Yes or no, in the languages of ours."""
    word = cell.casefold()
    return True if word in YES else False if word in NO else None


def day(cell: str) -> date | None:
    """2026-03-08, 08/03/2026, 8.3.2026, 8 mars 2026."""
    text = cell.translate(DASHES).strip()
    if found := _ISO.fullmatch(text):
        year, month, number = found.groups()
    elif found := _DAY_FIRST.fullmatch(text):
        number, month, year = found.groups()
    elif (found := _NAMED.fullmatch(text)) and found[2].casefold() in MONTHS:
        number, month, year = found[1], str(MONTHS[found[2].casefold()]), found[3]
    else:
        return None
    try:
        return date(int(year), int(month), int(number))
    except ValueError:
        return None


def amount(cell: str) -> float | None:
    """0.025 or 0,025, at most six places before and after."""
    if re.fullmatch(r"[1-9]\d{0,2}(,\d{3})+", cell):
        return None  # 1,500 is a thousand and a half to some, and one and a half to others
    text = cell.replace(" ", "").replace(",", ".")
    return float(text) if re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text) else None


def phone(cell: str, region: str) -> str:
    """A number as +25778000001, however it is spaced, with or without its plus or country code; empty if it is none."""
    text = re.sub(r"[\s().\-/]", "", cell.translate(DASHES))
    if not re.fullmatch(r"\+?[0-9]+", text):
        return ""  # two numbers in a cell, an extension, letters
    for written in (text, f"+{text}") if text.isdecimal() else (text,):
        try:
            number = phonenumbers.parse(written, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return ""


def roster(cell: str) -> str:
    """`Lundi à vendredi 8h–17h30; samedi 8:00-12:00` as `mon-fri 08:00-17:30; sat 08:00-12:00`; else as it is.

    Hours without a day, if nothing else is there, are those of every day.
    """
    text = EVERY_DAY.sub("mon-sun", ALWAYS.sub("mon-sun 00:00-24:00", cell.translate(DASHES).casefold().strip()))
    text = _HALF_DAYS.sub(_of_half_days, text)
    parts = [part.strip() for part in _BETWEEN_SHIFTS.split(text) if part.strip()]
    if len(parts) == 1 and (alone := _ALONE.fullmatch(parts[0])) and any((*alone.groups()[1:4], *alone.groups()[5:])):
        parts = [f"mon-sun {parts[0]}"]
    found = [_shift(part) for part in parts]
    return "; ".join(part or "" for part in found) if found and all(found) else cell


def _of_half_days(found: re.Match[str]) -> str:
    """`8am-5:30pm` as `08:00-17:30`; what is no hour as it is."""
    hours = []
    for hour, minute, half in (found.groups()[:3], found.groups()[3:]):
        if not 1 <= int(hour) <= 12:
            return found[0]
        hours.append(f"{int(hour) % 12 + 12 * (half == 'p'):02d}:{minute or '00'}")
    return "-".join(hours)


def _shift(part: str) -> str | None:
    """One part of a roster, a shift for each of its days or ranges of days; None unless all of it can be read."""
    found = _SHIFT.fullmatch(part)
    hours = _hours(*found.groups()[1:]) if found else None
    if found is None or hours is None:
        return None
    days = [_DAYS.fullmatch(one) for one in _BETWEEN_DAYS.split(found[1])]
    named = [[WEEKDAYS.get(word) for word in day.groups() if word] if day else [None] for day in days]
    if any(None in names for names in named):
        return None
    return "; ".join(f"{'-'.join(str(name) for name in names)} {hours}" for names in named)


def _hours(*read: str | None) -> str | None:
    """`08:00-17:30` of two hours with their minutes; None where `8-5` may be the afternoon's five."""
    (first, *begins), (last, *ends) = read[:4], read[4:]
    minutes = [next((part for part in parts if part and part != "h"), "") for parts in (begins, ends)]
    start, end = int(first or 0), int(last or 0)
    if not any((*begins, *ends)) and end <= start:
        return None
    return f"{start:02d}:{minutes[0] or '00'}-{end:02d}:{minutes[1] or '00'}"

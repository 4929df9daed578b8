"""Days and hours as they are read in the five versions, in letters that GSM-7 has.

Kirundi counts the hours from sunrise, six behind the clock, and not everybody does: a notice can be six hours wrong
(hours are therefore always words *and* digits). Babel knows neither, and brings characters that double the price of an
SMS, so the few words stand here. A day is never *ejo* or कल, which mean yesterday and tomorrow: weekday and date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

KIRUNDI_HOURS = ("imwe", "zibiri", "zitatu", "zine", "zitanu", "sita", "indwi", "umunani", "icenda", "cumi",
                 "cumi n'imwe", "cumi na zibiri")  # fmt: skip
KIRUNDI_PARTS = ((5, "z'ijoro"), (12, "zo mu gatondo"), (13, ""), (17, "z'umuhingamo"), (19, "z'umugoroba"))
WEEKDAYS = {  # Monday first
    "rn": "ku wa mbere|ku wa kabiri|ku wa gatatu|ku wa kane|ku wa gatanu|ku wa gatandatu|ku wa mungu",
    "fr": "lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche",
    "en": "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday",
    "hi": "सोमवार|मंगलवार|बुधवार|गुरुवार|शुक्रवार|शनिवार|रविवार",
    "hi_Latn": "Somwaar|Mangalwaar|Budhwaar|Guruwaar|Shukrawaar|Shaniwaar|Raviwaar",
}
HINDI_PARTS = {"hi": ("सुबह", "दोपहर", "शाम", "रात"), "hi_Latn": ("subah", "dopahar", "shaam", "raat")}
HINDI_HOUR = {"hi": "बजे", "hi_Latn": "baje"}
HINDI_HALF = {"hi": "साढ़े", "hi_Latn": "saadhe"}


@dataclass(frozen=True)
class When:
    """A moment of the country's own clock that a text shows: each reader reads it in her own language."""

    at: datetime

    def in_language(self, language: str) -> str:
        return day_and_hour(self.at.date(), self.at.time(), language)


@dataclass(frozen=True)
class Clock:
    """An hour that a text shows, in the reader's own language."""

    at: time

    def in_language(self, language: str) -> str:
        return hour(self.at, language)


def day(when: date, language: str) -> str:
    """Weekday, day and month in digits: `ku wa gatanu 4/12`. The year is left out: nothing is announced for next year.

    Raises KeyError for a language that is none of the five.
    """
    return f"{WEEKDAYS[language].split('|')[when.weekday()]} {when.day}/{when.month}"


def hour(when: time, language: str) -> str:
    """The hour in the words of the day *and* in digits of the 24-hour clock: `isaha zitatu zo mu gatondo (9:00)`."""
    digits = f"{when.hour}:{when.minute:02d}"
    if language == "rn":
        return f"isaha {_kirundi(when)} ({digits})"
    if language in HINDI_PARTS:
        return f"{_hindi(when, language)} ({digits})"
    return f"{when.hour} h {when.minute:02d}" if language == "fr" else digits


def day_and_hour(day_: date, hour_: time, language: str) -> str:
    """Both, as one reads them: `Friday 4/12, 9:00`."""
    return f"{day(day_, language)}, {hour(hour_, language)}"


def _kirundi(when: time) -> str:
    """The spoken hour, counted from six; quarters are left to the digits, only the half has a word."""
    words = KIRUNDI_HOURS[(when.hour - 7) % 12] + (" n'igice" if when.minute == 30 else "")
    part = next((part for until, part in KIRUNDI_PARTS if when.hour < until), "z'ijoro")
    return f"{words} {part}".strip()


def _hindi(when: time, language: str) -> str:
    """The part of the day and the hour of the twelve-hour clock; a half hour as people say it (साढ़े)."""
    morning, noon, evening, night = HINDI_PARTS[language]
    parts = ((4, night), (12, morning), (16, noon), (20, evening))
    part = next((part for until, part in parts if when.hour < until), night)
    half = f"{HINDI_HALF[language]} " if when.minute == 30 and when.hour % 12 not in (0, 1, 2) else ""
    number = (when.hour - 1) % 12 + 1
    minutes = "" if half or not when.minute else f":{when.minute:02d}"
    return f"{part} {half}{number}{minutes} {HINDI_HOUR[language]}"

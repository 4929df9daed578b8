"""Days and hours as they are read in the five versions, in letters that GSM-7 has.

Kirundi counts the hours from sunrise, six behind the clock, and not everybody does: a notice can be six hours wrong
(hours are therefore always words *and* digits). Babel knows neither, and brings characters that double the price of an
SMS, so the few words stand in `bot.words.languages`. A day is never *ejo* or कल, which mean yesterday and tomorrow:
weekday and date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from bot.words.languages import BY_CODE, HourWords


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
    return f"{BY_CODE[language].weekdays[when.weekday()]} {when.day}/{when.month}"


def hour(when: time, language: str) -> str:
    """The hour in the words of the day *and* in digits of the 24-hour clock: `isaha zitatu zo mu gatondo (9:00)`."""
    known = BY_CODE[language]
    digits = known.digits.format(hour=when.hour, minute=when.minute)
    return f"{_in_words(when, known.hours)} ({digits})" if known.hours else digits


def day_and_hour(day_: date, hour_: time, language: str) -> str:
    """Both, as one reads them: `Friday 4/12, 9:00`."""
    return f"{day(day_, language)}, {hour(hour_, language)}"


def _in_words(when: time, words: HourWords) -> str:
    """The spoken hour. A half hour as people say it; other minutes where the language says them."""
    half = words.half if when.minute == 30 and when.hour % 12 not in words.no_half_at else ""
    return words.shape.format(
        part=next(part for until, part in words.parts if when.hour < until),
        hour=words.names[(when.hour - 1 - words.counted_from) % 12],
        half=half,
        minutes="" if half or not when.minute else f":{when.minute:02d}",
    ).strip()

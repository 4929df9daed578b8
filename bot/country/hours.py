"""Rosters, leave and public holidays: whether somebody is on duty at an hour, and when she is next."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SHIFT = re.compile(rf"({'|'.join(_DAYS)})(?:-({'|'.join(_DAYS)}))? (\d\d):([0-5]\d)-(\d\d):([0-5]\d)")


def shifts(duty: str) -> list[tuple[frozenset[int], int, int]]:
    """Days (0 is Monday), first minute and last of each shift; [] if the duty cannot be read."""
    shifts = []
    for part in duty.split(";"):
        match = _SHIFT.fullmatch(part.strip())
        if not match:
            return []
        first, last = _DAYS.index(match[1]), _DAYS.index(match[2] or match[1])
        days = frozenset((first + n) % 7 for n in range((last - first) % 7 + 1))
        start, end = int(match[3]) * 60 + int(match[4]), int(match[5]) * 60 + int(match[6])
        if max(start, end) > 24 * 60:
            return []
        shifts.append((days, start, end))
    return shifts


DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SUNDAY = DAYS.index("sun")
LOOKS_AHEAD = 15  # days: a roster is of a week, and a leave of two still has an end that can be said


class OnLeave(Protocol):
    """Whoever may be on leave: a reader, or a row of the people."""

    @property
    def away(self) -> str: ...


class OnDuty(OnLeave, Protocol):
    """Whoever has a roster, too."""

    @property
    def duty(self) -> str: ...


def is_away(person: OnLeave, at: datetime) -> bool:
    """Whether somebody is on leave on the day of `at`: `away` is its first and last day, as ISO dates with a `/`."""
    first, _, last = person.away.partition("/")
    return bool(first) and first <= at.date().isoformat() <= last


def on_duty(duty: str, at: datetime, holiday: bool = False) -> bool:
    """Whether `at` lies in a roster like `mon-fri 08:00-17:00; sat 20:00-06:00`; an empty roster is always.

    A shift may run past midnight: it belongs to the day on which it begins. A public holiday is a Sunday.
    """
    if not duty:
        return True
    minute, today, before = at.hour * 60 + at.minute, SUNDAY if holiday else at.weekday(), (at.weekday() - 1) % 7
    for days, start, end in _shifts(duty):
        if start < end:
            if start <= minute < end and today in days:
                return True
        elif (start <= minute and today in days) or (minute < end and before in days):
            return True
    return False


def next_on_duty(
    person: OnDuty, at: datetime, is_holiday: Callable[[date], bool] = lambda day: False, days: int = LOOKS_AHEAD
) -> datetime | None:
    """When the next shift of somebody begins after `at`, on the same clock, leave and holidays left out; None where
    none does within so many days.
    """
    for day in (at.date() + timedelta(days=n) for n in range(days)):
        of_week, midnight = SUNDAY if is_holiday(day) else day.weekday(), datetime.combine(day, time(), at.tzinfo)
        if is_away(person, midnight):
            continue
        starts = (midnight + timedelta(minutes=start) for on, start, _end in _shifts(person.duty) if of_week in on)
        if found := min((start for start in starts if start > at), default=None):
            return found
    return None


@lru_cache(1024)  # a country has few rosters, and each report asks for a dozen
def _shifts(duty: str) -> tuple[tuple[frozenset[int], int, int], ...]:
    return tuple(shifts(duty.lower()))

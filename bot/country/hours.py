"""Rosters, leave and public holidays: whether somebody is on duty at an hour."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
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


class OnLeave(Protocol):
    """Whoever may be on leave: a reader, or a row of the people."""

    @property
    def away(self) -> str: ...


def is_away(person: OnLeave, at: datetime) -> bool:
    """Whether somebody is on leave on the day of `at`: `away` is its first and last day, as ISO dates with a `/`."""
    first, _, last = person.away.partition("/")
    return bool(first) and first <= at.date().isoformat() <= last


def on_duty(duty: str, at: datetime, holiday: bool = False) -> bool:
    """Whether `at` lies in a roster like `mon-fri 08:00-17:00; sat 20:00-06:00`; an empty roster is always.

    A shift may run past midnight: it belongs to the day on which it begins. A public holiday is a Sunday.
    """
    return not duty or any(_in_shift(shift.split(), at, holiday) for shift in duty.lower().split(";") if shift.strip())


def _in_shift(shift: Sequence[str], at: datetime, holiday: bool) -> bool:
    days, hours = shift
    start, end = hours.split("-")
    hour, today = f"{at:%H:%M}", 6 if holiday else at.weekday()
    if start < end:
        return start <= hour < end and _in_days(days, today)
    return (start <= hour and _in_days(days, today)) or (hour < end and _in_days(days, (at.weekday() - 1) % 7))


def _in_days(days: str, day: int) -> bool:
    first, _, last = days.partition("-")
    a, b = DAYS.index(first), DAYS.index(last or first)
    return a <= day <= b if a <= b else day >= a or day <= b

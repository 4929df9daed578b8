"""When a meeting is, in five versions: nobody comes six hours late, or a day early."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.words import checks
from bot.words.dates import day, day_and_hour, hour
from bot.words.gsm import fold, septets
from bot.words.languages import LANGUAGES

HOURS = st.builds(time, st.integers(0, 23), st.integers(0, 59))
DAYS = st.dates(date(2026, 1, 1), date(2036, 12, 31))


@pytest.mark.parametrize(
    ("clock", "language", "read"),
    [
        (time(9), "rn", "isaha zitatu zo mu gatondo (9:00)"),
        (time(8), "rn", "isaha zibiri zo mu gatondo (8:00)"),
        (time(12), "rn", "isaha sita (12:00)"),
        (time(15), "rn", "isaha icenda z'umuhingamo (15:00)"),
        (time(9, 30), "rn", "isaha zitatu n'igice zo mu gatondo (9:30)"),
        (time(18), "rn", "isaha cumi na zibiri z'umugoroba (18:00)"),
        (time(0), "rn", "isaha sita z'ijoro (0:00)"),
        (time(14, 5), "fr", "14 h 05"),
        (time(9), "en", "9:00"),
        (time(9), "hi", "सुबह 9 बजे (9:00)"),
        (time(15, 30), "hi_Latn", "dopahar saadhe 3 baje (15:30)"),
        (time(13, 30), "hi_Latn", "dopahar 1:30 baje (13:30)"),
        (time(0), "hi_Latn", "raat 12 baje (0:00)"),
    ],
)
def test_an_hour_is_read_as_people_say_it(clock: time, language: str, read: str) -> None:
    assert hour(clock, language) == read


def test_a_day_has_its_weekday_and_its_date() -> None:
    assert day(date(2026, 12, 4), "rn") == "ku wa gatanu 4/12"
    assert day(date(2026, 12, 6), "fr") == "dimanche 6/12"
    assert day_and_hour(date(2026, 12, 4), time(9), "en") == "Friday 4/12, 9:00"


@pytest.mark.parametrize("language", LANGUAGES)
@given(when=DAYS, clock=HOURS)
@settings(max_examples=150, deadline=None)
def test_every_day_and_hour_fits_and_betrays_nothing(language: str, when: date, clock: time) -> None:
    read = day_and_hour(when, clock, language)
    assert fold(read) == read
    assert (septets(read) is None) == (language == "hi")
    assert len(read) <= 72
    assert checks.sms_faults(language, read) == []
    assert "ejo" not in read
    assert "कल" not in read


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_minutes_and_no_two_days_read_alike(language: str) -> None:
    minutes = [time(h, m) for h in range(24) for m in range(60)]
    assert len({hour(minute, language) for minute in minutes}) == len(minutes)
    days = [date(2027, 1, 1) + timedelta(days=n) for n in range(365)]
    assert len({day(one, language) for one in days}) == len(days)

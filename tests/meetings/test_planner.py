"""Whether women can come to a meeting: every rule in Bujumbura and in Delhi, and what holds for any meeting."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.country.pack import Country
from bot.country.rows import VenueKind
from bot.meetings.planner import FRIGHTENING, Level, Plan, findings, may_go_out, next_day, series
from tests.support.country_tables import BUYENZI
from tests.support.planned import ROHINI, rules_against, sound_plan

HOURS = [(6, 8), (9, 11), (10, 12), (14, 16), (15, 17), (16, 18), (17, 19), (20, 22), (9, 13)]


def test_a_tuesday_afternoon_in_a_centre_goes_out(here: tuple[Country, str]) -> None:
    assert findings(sound_plan(*here)) == ()
    assert may_go_out(sound_plan(*here))


AGAINST: list[tuple[dict[str, Any], str, Level]] = [
    ({"woman": "asked"}, "no woman", Level.RED), ({"woman": "no"}, "no woman", Level.RED),
    ({"organisation": False}, "no organisation", Level.RED), ({"childcare": False}, "no childcare", Level.AMBER),
    ({"way_home": False}, "no way home", Level.AMBER), ({"step_free": False}, "steps", Level.AMBER),
    ({"rated": (5, 2)}, "unsafe place", Level.RED), ({"rated": (10, 7)}, "doubtful place", Level.AMBER),
]  # fmt: skip


@pytest.mark.parametrize(("change", "rule", "level"), AGAINST)
def test_each_thing_that_is_missing_is_said(
    here: tuple[Country, str], change: dict[str, Any], rule: str, level: Level
) -> None:
    planned = replace(sound_plan(*here), **change)
    assert [(finding.rule, finding.level) for finding in findings(planned)] == [(rule, level)]
    assert may_go_out(planned) is (level == Level.AMBER)


@pytest.mark.parametrize("kind", sorted(VenueKind))
@pytest.mark.parametrize("women_only", [True, False])
def test_no_circle_of_women_is_called_to_a_place_that_frightens(
    here: tuple[Country, str], kind: VenueKind, women_only: bool
) -> None:
    planned = replace(sound_plan(*here), venue=kind, women_only=women_only)
    assert may_go_out(planned) is not (kind in FRIGHTENING and women_only)
    assert ("frightening place" in rules_against(planned)) is (kind in FRIGHTENING)


@pytest.mark.parametrize(("start", "end"), HOURS)
@pytest.mark.parametrize("days", range(0, 120, 17))
def test_it_is_over_an_hour_before_dark_and_never_begins_before_day(
    here: tuple[Country, str], start: int, end: int, days: int
) -> None:
    planned = sound_plan(*here, start, end, days + 3)
    found = rules_against(planned)
    assert ("before daylight" in found) is (planned.starts < planned.sunrise)
    assert ("after dark" in found) is (planned.ends > planned.sunset)
    assert ("near dark" in found) is (planned.sunset - timedelta(hours=1) < planned.ends <= planned.sunset)
    if start >= 17:
        assert not may_go_out(planned)


@pytest.mark.parametrize(
    ("days", "start", "rule"),
    [(-2, 14, "past"), (-1, 11, "past"), (-1, 12.5, "notice"), (0, 11.5, "notice"), (0, 12, "short notice"),
     (2, 11, "short notice"), (2, 12, None), (9, 14, None)],
)  # fmt: skip
def test_women_have_a_day_and_better_three_to_arrange_it(
    here: tuple[Country, str], days: int, start: float, rule: str | None
) -> None:
    found = rules_against(sound_plan(*here, start, start + 1, days)) & {"past", "notice", "short notice"}
    assert found == ({rule} if rule else set())


@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize(("begins", "clash"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_two_meetings_at_once_are_said_and_never_in_one_place(
    here: tuple[Country, str], same: bool, begins: int, clash: bool
) -> None:
    planned = sound_plan(*here)
    other = (planned.starts + timedelta(hours=begins), planned.ends + timedelta(hours=begins), same)
    found = rules_against(replace(planned, others=[other]))
    assert found == ({"same place" if same else "same hour"} if clash else set())


def test_at_prayer_school_and_cooking_women_have_other_work(burundi: Country) -> None:
    sunday = sound_plan(burundi, BUYENZI, 9, 11, days=5)
    assert sunday.starts.weekday() == 6
    assert "busy hour" in rules_against(sunday)
    assert "busy hour" in rules_against(sound_plan(burundi, BUYENZI, 16, 17.5))
    assert "busy hour" not in rules_against(sound_plan(burundi, BUYENZI, 14, 17))


# Sunrise and sunset at the turns of the seasons, worked out once by hand with the sunrise equation (declination and
# equation of time, the sun's upper edge at -0.833 degrees), apart from the library: Bujumbura and Delhi, to the minute.
ALMANAC = [
    ("bi", date(2026, 3, 20), "06:08", "18:15"), ("bi", date(2026, 6, 21), "06:08", "18:03"),
    ("bi", date(2026, 9, 23), "05:53", "18:00"), ("bi", date(2026, 12, 21), "05:52", "18:11"),
    ("in", date(2026, 3, 20), "06:27", "18:33"), ("in", date(2026, 6, 21), "05:25", "19:23"),
    ("in", date(2026, 9, 23), "06:11", "18:19"), ("in", date(2026, 12, 21), "07:11", "17:30"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "day", "rises", "sets"), ALMANAC)
def test_the_sun_rises_and_sets_as_in_the_almanac(
    request: pytest.FixtureRequest, code: str, day: date, rises: str, sets: str
) -> None:
    land: Country = request.getfixturevalue("burundi" if code == "bi" else "delhi")
    for said, found in zip((rises, sets), land.daylight(BUYENZI if code == "bi" else ROHINI, day), strict=True):
        clock = datetime.combine(day, datetime.strptime(said, "%H:%M").time(), land.timezone)  # noqa: DTZ007
        assert abs(found - clock) <= timedelta(minutes=5)


NOW = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Africa/Bujumbura"))


@pytest.mark.parametrize(
    ("day", "month", "found"),
    [(3, 12, "2026-12-03"), (23, 11, "2026-11-23"), (22, 11, None), (1, 1, "2027-01-01"), (31, 2, None), (29, 2, None),
     (0, 1, None), (1, 13, None), (23, 3, "2027-03-23"), (24, 3, None)],
)  # fmt: skip
def test_a_date_is_the_coming_one_and_last_months_is_none(day: int, month: int, found: str | None) -> None:
    got = next_day(day, month, NOW)
    assert (got.date().isoformat() if got else None) == found


@given(
    start=st.floats(0, 23), length=st.floats(0.25, 6), days=st.integers(-3, 100), kind=st.sampled_from(VenueKind),
    flags=st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.booleans()),
    woman=st.sampled_from(["yes", "asked", "no"]),
    rated=st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda two: (max(two), min(two))),
)  # fmt: skip
def test_whatever_is_planned_nothing_goes_out_in_the_dark_unasked_or_to_a_bar(
    start: float,
    length: float,
    days: int,
    kind: VenueKind,
    flags: tuple[bool, bool, bool, bool, bool],
    woman: str,
    rated: tuple[int, int],
) -> None:
    midnight = NOW.replace(hour=0) + timedelta(days=days)
    women_only, organisation, childcare, way_home, step_free = flags
    planned = Plan(
        midnight + timedelta(hours=start), midnight + timedelta(hours=start + length), NOW,
        midnight + timedelta(hours=5.7), midnight + timedelta(hours=18), kind, women_only, woman, organisation,
        childcare, way_home, step_free, rated=rated,
    )  # fmt: skip
    levels = [finding.level for finding in findings(planned)]
    assert levels == sorted(levels, key=[Level.RED, Level.AMBER].index)
    if may_go_out(planned):
        assert planned.starts >= NOW + timedelta(days=1)
        assert planned.sunrise <= planned.starts < planned.ends <= planned.sunset
        assert (woman, organisation) == ("yes", True)
        assert not (women_only and kind in FRIGHTENING)
        assert rated[0] < 5 or 2 * rated[1] >= rated[0]


def test_every_pair_of_missing_things_is_said_together(here: tuple[Country, str]) -> None:
    for (one, first, _), (two, second, _) in product(AGAINST, AGAINST):
        if not {*one} & {*two}:
            assert rules_against(replace(sound_plan(*here), **one, **two)) == {first, second}


@pytest.mark.parametrize(
    ("before", "today", "again"),
    [("2026-12-03", "2026-11-23", "2026-12-10 2026-12-17 2027-01-03 2027-01-07"),  # the first Thursday
     ("2026-12-03", "2026-12-12", "2026-12-17 2026-12-24 2027-01-03 2027-01-07"),  # not held for nine days
     ("2026-12-31", "2027-01-01", "2027-01-07 2027-01-14 2027-01-28 2027-01-31"),  # a fifth Thursday: the last one
     ("2026-01-31", "2026-01-31", "2026-02-07 2026-02-14 2026-02-28"),  # a fifth Saturday, on the last day
     ("2028-01-29", "2028-02-29", "2028-03-04 2028-03-11 2028-03-25 2028-03-29")],
)  # fmt: skip
def test_a_meeting_comes_again_weekly_monthly_and_on_the_same_weekday_of_a_month(
    before: str, today: str, again: str
) -> None:
    found = series(date.fromisoformat(before), date.fromisoformat(today))
    assert " ".join(day.isoformat() for day in found) == again


@given(before=st.dates(date(2025, 1, 1), date(2030, 1, 1)), passed=st.integers(-60, 30))
def test_whatever_day_it_was_it_comes_again_on_days_to_come(before: date, passed: int) -> None:
    today = before + timedelta(days=passed)
    found = series(before, today)
    assert all(today < day and before < day <= max(before, today) + timedelta(days=62) for day in found)
    assert 2 <= len(found) <= 4
    assert sum(day.weekday() == before.weekday() for day in found) >= 2

"""The simulated hour keeps the laws that every queue keeps, so that what it says of a country can be believed."""

from __future__ import annotations

import random

import pytest

from ops.load.capacity import HOUR, LOOKS, PAGES, REPORTS, Costs, hour, most

COSTS = Costs(page=0.005, report=0.035, alert=0.05, size=6000)
CALLER = (1 - REPORTS) * LOOKS * COSTS.page + REPORTS * (PAGES * COSTS.page + COSTS.report + COSTS.alert)  # seconds


@pytest.mark.parametrize("cores", [1, 4])
def test_the_cores_are_as_busy_as_the_women_make_them(cores: int) -> None:
    seen = hour(12_000, cores, COSTS, random.Random(1))
    assert seen.busy == pytest.approx(12_000 * CALLER / HOUR / cores, rel=0.05)


def test_nobody_waits_longer_where_there_are_more_cores() -> None:
    one, two, four = (hour(20_000, cores, COSTS, random.Random(1)) for cores in (1, 2, 4))
    assert one.late > two.late >= four.late >= four.middle > 0


def test_what_is_carried_is_less_than_what_would_fill_the_cores() -> None:
    assert 0.5 < most(2, COSTS) * CALLER / 2 < 1

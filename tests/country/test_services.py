"""A number is shown while somebody answers for it; a shelter never is."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.country.pack import Country, load
from tests.support.country_tables import BUYENZI, HELPLINE, MUSAGA, TODAY, append, wrong


@pytest.mark.parametrize(("days", "shown"), [(0, True), (90, True), (91, False), (-1, False)])
def test_a_woman_sees_a_number_only_for_ninety_days_after_its_test_call(folder: Path, days: int, shown: bool) -> None:
    append(folder, "services.csv", HELPLINE | {"tested_on": (TODAY - timedelta(days=days)).isoformat()})
    numbers = load(folder, TODAY).numbers("health", BUYENZI, TODAY)
    assert [service.value for service in numbers] == (["115"] if shown else [])


def test_a_number_vanishes_on_the_ninety_first_day_while_the_service_keeps_running(folder: Path) -> None:
    append(folder, "services.csv", HELPLINE)
    country = load(folder, TODAY)
    assert country.numbers("health", BUYENZI, TODAY + timedelta(days=90))
    assert country.numbers("health", BUYENZI, TODAY + timedelta(days=91)) == ()


@pytest.mark.parametrize(
    "cells",
    [
        {"tested_on": "", "tested_by": ""},
        {"show": "no"},
        {"number_status": "UNVERIFIED (one community list)"},
        {"number_status": "CONFLICTING"},
        {"value": ""},
        {"area": "BI-PR-01"},
        {"kind": "legal"},
    ],
)
def test_a_woman_never_sees_a_number_that_nobody_answers_for(folder: Path, cells: dict[str, str]) -> None:
    append(folder, "services.csv", HELPLINE | cells)
    assert load(folder, TODAY).numbers("health", BUYENZI, TODAY) == ()


def test_a_woman_sees_the_nearest_number_first_and_the_next_best_when_it_lapses(folder: Path) -> None:
    append(folder, "services.csv", HELPLINE)
    append(folder, "services.csv", HELPLINE | {"area": "BI-CO-02-09", "value": "116", "tested_on": "2026-09-01"})
    country = load(folder, TODAY)
    assert [service.value for service in country.numbers("health", BUYENZI, TODAY)] == ["116", "115"]
    assert [service.value for service in country.numbers("health", MUSAGA, TODAY)] == ["115"]
    assert [service.value for service in country.numbers("health", BUYENZI, date(2026, 12, 24))] == ["115"]


def test_nobody_is_shown_a_shipped_number_before_somebody_has_called_it(shipped: Country) -> None:
    kinds = {service.kind for service in shipped.services}
    assert not [kind for kind in kinds for zone in shipped.served if shipped.numbers(kind, zone.code, TODAY)]


def test_demo_numbers_are_shown_in_a_demo_only(shipped: Country) -> None:
    zone = shipped.served[0].code
    assert shipped.numbers("emergency", zone, TODAY) == ()
    assert [service.demo for service in shipped.numbers("emergency", zone, TODAY, demo=True)] == [True]


@pytest.mark.parametrize("demo", [True, False])
def test_a_shelter_is_never_shown(shipped: Country, demo: bool) -> None:
    assert all(shipped.numbers("shelter", zone.code, TODAY, demo=demo) == () for zone in shipped.served)
    shown = " ".join(str((service.value, service.name)) for service in shipped.services).casefold()
    assert not [word for word in ("shelter", "refuge", "safe house", "withheld", "avsi") if word in shown]


@pytest.mark.parametrize(
    "cells", [{"kind": "shelter"}, {"value": "WITHHELD"}, {"name_en": "Women's refuge"}, {"name_hi_Latn": "Safe house"}]
)
def test_a_shelter_that_somebody_writes_down_is_refused(folder: Path, cells: dict[str, str]) -> None:
    line = append(folder, "services.csv", HELPLINE | cells)
    assert f"services.csv:{line}: a shelter is never written here" in wrong(folder)

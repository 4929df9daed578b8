"""A place is found by any name it has had, inside the place above it, and never typed blindly."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.country.pack import Country, load
from bot.country.rows import Level
from tests.support.country_tables import BUYENZI, COUNTRIES


@pytest.mark.parametrize("typed", ["Rohero", "rohero", " ROHERO ", "Rohéro", "centre ville"])
def test_a_woman_who_types_rohero_is_offered_todays_place(burundi: Country, typed: str) -> None:
    assert [(place.level, place.name) for place in burundi.old_names(typed)] == [(Level.ZONE, "Mukaza")]


@pytest.mark.parametrize(
    ("typed", "today"),
    [("Muha", "BI-CO-02-06"), ("Bujumbura Mairie", "BI-PR-02"), ("mairie de bujumbura", "BI-PR-02")],
)
def test_a_woman_who_types_a_name_no_longer_used_is_offered_its_successor(
    burundi: Country, typed: str, today: str
) -> None:
    assert [place.code for place in burundi.old_names(typed)] == [today]


def test_a_woman_who_types_kabezi_is_offered_the_zone_of_today(burundi: Country) -> None:
    assert [place.code for place in burundi.old_names("Kabezi")] == ["BI-ZO-02-06-03"]


def test_a_woman_who_types_cibitoke_is_asked_which_one_and_her_commune_narrows_it(burundi: Country) -> None:
    assert len(burundi.old_names("Cibitoke")) > 2
    assert [place.code for place in burundi.old_names("Cibitoke", inside="BI-CO-02-10")] == ["BI-ZO-02-10-03"]


def test_a_woman_who_types_what_is_no_place_is_offered_nothing(burundi: Country) -> None:
    assert burundi.old_names("nowhere") == burundi.old_names("") == burundi.old_names("?!") == ()


def test_a_woman_of_the_old_outer_district_is_offered_rohini_too(delhi: Country) -> None:
    assert [place.name for place in delhi.old_names("outer")] == ["Outer", "Rohini"]


def test_a_woman_who_writes_devanagari_finds_her_police_station(delhi: Country) -> None:
    assert [place.name for place in delhi.old_names("साउथ रोहिणी")] == ["South Rohini"]


def test_a_woman_of_burundi_walks_down_from_province_to_zone(burundi: Country) -> None:
    assert len(burundi.children("BI")) == 5
    assert sum(len(burundi.children(province.code)) for province in burundi.children("BI")) == 42
    mukaza = burundi.children("BI-CO-02-09")
    assert [zone.name for zone in mukaza] == ["Buyenzi", "Bwiza", "Mukaza", "Muyira", "Nyakabiga"]
    assert burundi.children(BUYENZI) == burundi.children("nowhere") == ()


def test_a_woman_of_delhi_walks_down_from_territory_to_police_station(delhi: Country) -> None:
    assert [territory.code for territory in delhi.children("IN")] == ["IN-DL"]
    districts = delhi.children("IN-DL")
    assert {(place.level, place.vintage) for place in districts} == {(Level.POLICE_DISTRICT, "DL-2019")}
    assert sum(len(delhi.children(district.code)) for district in districts) == 53


def test_before_the_new_division_a_woman_was_offered_the_old_provinces() -> None:
    names = {place.name for place in load(COUNTRIES / "bi", date(2024, 12, 31)).children("BI")}
    assert "Bujumbura Mairie" in names
    assert "Burunga" not in names


def test_places_that_succeed_each_other_in_a_circle_end_with_nothing(burundi: Country) -> None:
    one, two = burundi.places["BI-BM-01"], burundi.places["BI-BM-02"]
    circle = {"A": replace(one, code="A", successor=("B",)), "B": replace(two, code="B", successor=("A",))}
    assert replace(burundi, places=circle).old_names("Muha") == ()

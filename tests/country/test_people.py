"""A zone opens when everybody it needs is there; people are on duty by their roster."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.country.hours import on_duty
from bot.country.pack import Country
from bot.country.rows import Person, Role, Sex
from tests.support.country_tables import BUYENZI, MUSAGA, TODAY


def test_no_place_or_number_of_one_country_is_in_the_other(burundi: Country, delhi: Country) -> None:
    for country, places in ((burundi, ("BI",)), (delhi, ("IN", "DL"))):
        codes = {*country.places, *(s.area for s in country.services), *(z for p in country.people for z in p.zones)}
        assert {code[:2] for code in codes} == set(places)
        assert all(person.phone.startswith(f"+{country.prefix}") for person in country.people)
    assert burundi.places.keys().isdisjoint(delhi.places)


def test_every_zone_of_a_demo_has_all_that_must_be_there_before_a_woman_tells(shipped: Country) -> None:
    assert len(shipped.served) == {"bi": 4, "in": 3}[shipped.code]
    assert {zone.code: shipped.lacks(zone.code, TODAY, demo=True) for zone in shipped.served} == {
        zone.code: () for zone in shipped.served
    }


def test_every_zone_of_a_demo_has_each_kind_of_partner_and_the_people_of_the_country(shipped: Country) -> None:
    for zone in shipped.served:
        for kind in ("health", "talk", "legal", "child"):
            assert shipped.people_for(zone.code, "partner", kind, demo=True)
        champions = shipped.people_for(zone.code, Role.CHAMPION, demo=True)
        assert [person.sex for person in champions].count(Sex.F) >= 1
        assert len(champions) >= 2
        counted = {role: len(shipped.people_for(zone.code, role, demo=True)) for role in Role}
        assert (counted[Role.OVERSIGHT], counted[Role.COORDINATOR]) == (2, 1)
        assert min(counted[Role.ADVOCATE], counted[Role.LEADER]) >= 1


def test_no_zone_goes_live_on_demo_people(shipped: Country) -> None:
    assert all(len(shipped.lacks(zone.code, TODAY)) == 6 for zone in shipped.served)
    assert shipped.people_for(shipped.served[0].code, "champion") == ()


@pytest.mark.parametrize(
    ("ref", "changed", "lacking"),
    [
        ("P-HEALTH", {"confirmed_on": None}, "a health partner confirmed by a call"),
        ("P-HEALTH", {"confirmed_on": TODAY + timedelta(days=1)}, "a health partner confirmed by a call"),
        ("P-TALK", {"role": Role.LEADER}, "someone to talk to confirmed by a call"),
        ("", {"unit": ""}, "a women's organisation"),
        ("C1B", {"trained_until": TODAY - timedelta(days=1)}, "two champions with valid training"),
        ("C1A", {"sex": Sex.M}, "a woman among the champions"),
        ("O", {"zones": ("BI-PR-01",)}, "an oversight contact"),
    ],
)
def test_a_zone_does_not_open_while_one_thing_is_lacking(
    burundi: Country, ref: str, changed: dict[str, Any], lacking: str
) -> None:
    def met(person: Person) -> Person:
        return replace(person, **changed) if person.ref.startswith(ref) else person

    people = tuple(met(person) for person in burundi.people)
    assert replace(burundi, people=people).lacks(BUYENZI, TODAY, demo=True) == (lacking,)


def test_a_champion_serves_her_own_zone_and_not_the_next(burundi: Country) -> None:
    assert [person.ref for person in burundi.people_for(BUYENZI, "champion", demo=True)] == ["C1A", "C1B"]
    assert [person.ref for person in burundi.people_for(MUSAGA, "champion", demo=True)] == ["C4A", "C4B"]


MONDAY = datetime(2026, 11, 23)  # noqa: DTZ001 - an hour of the country's own clock has no zone


@pytest.mark.parametrize(
    ("duty", "hour", "on"),
    [
        ("mon-sun 00:00-24:00", 23.99, True),
        ("mon-fri 08:00-17:30", 8, True),
        ("mon-fri 08:00-17:30", 17.5, False),
        ("tue-sun 08:00-17:30", 9, False),
        ("sat-mon 08:00-17:30", 9, True),
        ("sun 20:00-06:00", 5, True),
        ("sun 20:00-06:00", 6, False),
        ("sun 20:00-06:00", 21, False),
        ("mon 20:00-06:00", 21, True),
        ("sat 08:00-12:00; mon 10:00-11:00", 10.5, True),
    ],
)
def test_an_officer_is_on_duty_in_the_hours_of_the_roster(duty: str, hour: float, on: bool) -> None:
    assert on_duty(duty, MONDAY + timedelta(hours=hour)) is on


def test_nobodys_name_or_number_is_printed_with_them(burundi: Country) -> None:
    printed = repr(burundi.people)
    assert not [person for person in burundi.people if person.phone in printed or person.name in printed]

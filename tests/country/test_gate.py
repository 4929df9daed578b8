"""Nobody is asked to tell where nobody is there to answer (S90), and no number is shown that was not called (S76)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.country.pack import Country
from bot.country.rows import PartnerKind, Role
from bot.people.roster import opened

TODAY = date(2026, 11, 23)


def test_the_demo_opens_its_zones_and_production_none_of_them(burundi: Country) -> None:
    assert [zone.name for zone in opened(burundi, TODAY, demo=True).zones] == [
        "Buyenzi",
        "Bwiza",
        "Nyakabiga",
        "Musaga",
    ]
    assert opened(burundi, TODAY, demo=False).zones == ()
    assert opened(burundi, TODAY, demo=False).health_centre == ""


@pytest.mark.parametrize("kind", [PartnerKind.HEALTH, PartnerKind.TALK])
def test_a_zone_whose_partner_nobody_has_called_is_closed(burundi: Country, kind: PartnerKind) -> None:
    uncalled = [replace(p, confirmed_on=None) if p.kind == kind else p for p in burundi.people]
    assert opened(replace(burundi, people=tuple(uncalled)), TODAY, demo=True).zones == ()


def test_a_zone_whose_champions_training_has_run_out_is_closed(burundi: Country) -> None:
    assert opened(burundi, date(2031, 1, 1), demo=True).zones == ()


def test_a_zone_without_oversight_is_closed(burundi: Country) -> None:
    alone = tuple(p for p in burundi.people if p.role != Role.OVERSIGHT)
    assert opened(replace(burundi, people=alone), TODAY, demo=True).zones == ()

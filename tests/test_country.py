"""What a woman is offered from a country's tables, and what she is never offered."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from bot.country import Country, CountryError, Level, Person, Role, Sex, load

COUNTRIES = Path(__file__).parent.parent / "ops" / "country"
TODAY = date(2026, 11, 23)
BUYENZI, MUSAGA = "BI-ZO-02-09-01", "BI-ZO-02-06-08"


@pytest.fixture(scope="module")
def burundi() -> Country:
    return load(COUNTRIES / "bi", TODAY)


@pytest.fixture(scope="module")
def delhi() -> Country:
    return load(COUNTRIES / "in", TODAY)


@pytest.fixture(params=["bi", "in"])
def shipped(request: pytest.FixtureRequest, burundi: Country, delhi: Country) -> Country:
    return {"bi": burundi, "in": delhi}[request.param]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of Burundi that a test may spoil."""
    return Path(shutil.copytree(COUNTRIES / "bi", tmp_path / "bi"))


def change(folder: Path, file: str, first: str, cells: Mapping[str, str]) -> int:
    """Write `cells` into the row whose first cell is `first`; gives the line of that row."""
    with (folder / file).open(encoding="utf-8", newline="") as table:
        rows = list(csv.reader(table))
    line = next(n for n, row in enumerate(rows) if row[0] == first)
    for column, value in cells.items():
        rows[line][rows[0].index(column)] = value
    with (folder / file).open("w", encoding="utf-8", newline="") as table:
        csv.writer(table, lineterminator="\n").writerows(rows)
    return line + 1


def append(folder: Path, file: str, cells: Mapping[str, str]) -> int:
    """Add a row with `cells`, the rest empty; gives its line."""
    with (folder / file).open(encoding="utf-8", newline="") as table:
        rows = list(csv.reader(table))
    with (folder / file).open("a", encoding="utf-8", newline="") as table:
        csv.writer(table, lineterminator="\n").writerow([cells.get(column, "") for column in rows[0]])
    return len(rows) + 1


def wrong(folder: Path) -> tuple[str, ...]:
    with pytest.raises(CountryError) as refused:
        load(folder, TODAY)
    assert all(line in str(refused.value) for line in refused.value.wrong)
    return refused.value.wrong


HELPLINE = {
    "area": "BI",
    "kind": "health",
    "channel": "voice",
    "value": "115",
    "number_status": "VERIFIED-2",
    "tested_on": TODAY.isoformat(),
    "tested_by": "AB",
    "show": "yes",
    "demo": "no",
    "name_en": "Health line",
}


# Places


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


# Numbers


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


# Cards


def test_a_card_on_hold_is_never_served_even_signed_and_even_among_drafts(folder: Path) -> None:
    change(folder, "cards.csv", "K18", {"reviewed_on": "2026-11-01", "reviewer": "AB"})
    change(folder, "cards.csv", "K14", {"reviewed_on": "2026-11-01", "reviewer": "AB", "status": "HOLD: ask Seruka"})
    country = load(folder, TODAY)
    served = [country.card(card, TODAY, drafts=drafts) for card in ("K18", "K14") for drafts in (True, False)]
    assert served == [None] * 4
    assert country.cards_about("HOLD", TODAY, drafts=True) == ()


@pytest.mark.parametrize(
    ("reviewed", "reviewer", "served"),
    [
        ("2026-11-23", "AB", True),
        ("2025-11-23", "AB", True),
        ("2025-11-22", "AB", False),
        ("2026-11-24", "AB", False),
        ("2026-11-01", "", False),
        ("", "AB", False),
    ],
)
def test_a_card_is_served_for_twelve_months_after_somebody_signed_it(
    folder: Path, reviewed: str, reviewer: str, served: bool
) -> None:
    change(folder, "cards.csv", "K14", {"reviewed_on": reviewed, "reviewer": reviewer})
    country = load(folder, TODAY)
    assert (country.card("K14", TODAY) is not None) is served
    assert country.card("K14", TODAY, drafts=True) is not None
    assert [card.id for card in country.cards_about("care", TODAY)] == (["K14"] if served else [])


def test_a_card_that_does_not_exist_is_no_card(burundi: Country) -> None:
    assert burundi.card("K99", TODAY, drafts=True) is None


def test_a_card_without_her_language_says_so_and_does_not_fall_back(burundi: Country) -> None:
    card = burundi.card("K14", TODAY, drafts=True)
    assert card
    assert "en" in card.text
    assert "rn" not in card.text


def test_the_law_of_one_country_is_never_told_in_the_other(burundi: Country, delhi: Country) -> None:
    here, there = ({card.id: card.country for card in country.cards} for country in (burundi, delhi))
    assert set(here.values()) == {"all", "BI"}
    assert set(there.values()) == {"all", "IN"}
    assert {f"K{n:02}" for n in range(4, 14)} <= here.keys() - there.keys()
    assert {f"K{n}" for n in range(19, 33)} <= there.keys() - here.keys()


def test_a_card_of_another_country_is_refused(folder: Path) -> None:
    line = change(folder, "cards.csv", "K14", {"country": "IN"})
    assert wrong(folder) == (f"cards.csv:{line}: the card is of another country: it must be all or BI",)


def test_no_place_or_number_of_one_country_is_in_the_other(burundi: Country, delhi: Country) -> None:
    for country, places in ((burundi, ("BI",)), (delhi, ("IN", "DL"))):
        codes = {*country.places, *(s.area for s in country.services), *(z for p in country.people for z in p.zones)}
        assert {code[:2] for code in codes} == set(places)
        assert all(person.phone.startswith(f"+{country.prefix}") for person in country.people)
    assert burundi.places.keys().isdisjoint(delhi.places)


# People and the gate


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
    burundi: Country, ref: str, changed: dict[str, object], lacking: str
) -> None:
    def met(person: Person) -> Person:
        return replace(person, **changed) if person.ref.startswith(ref) else person  # type: ignore[arg-type]

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
def test_an_officer_is_on_duty_in_the_hours_of_the_roster(burundi: Country, duty: str, hour: float, on: bool) -> None:
    assert replace(burundi.people[0], duty=duty).on_duty(MONDAY + timedelta(hours=hour)) is on


def test_nobodys_name_or_number_is_printed_with_them(burundi: Country) -> None:
    printed = repr(burundi.people)
    assert not [person for person in burundi.people if person.phone in printed or person.name in printed]


# The folder as a whole


def test_both_shipped_countries_load(burundi: Country, delhi: Country) -> None:
    assert (burundi.code, burundi.prefix, burundi.languages) == ("bi", "257", ("rn", "fr", "en", "hi"))
    assert (delhi.code, delhi.prefix, delhi.languages) == ("in", "91", ("hi", "en", "fr", "rn"))
    assert (str(burundi.timezone), str(delhi.timezone)) == ("Africa/Bujumbura", "Asia/Kolkata")
    assert {country.service_name["rn"] for country in (burundi, delhi)} == {"Amakuru"}
    assert all(set(country.service_name) == {"en", "fr", "rn", "hi", "hi_Latn"} for country in (burundi, delhi))


def test_everyone_shipped_is_a_demo_person_with_a_demo_number_in_a_place_of_today(shipped: Country) -> None:
    demo = {"bi": "+25778000", "in": "+911800000"}[shipped.code]
    assert all(person.demo and person.phone.startswith(demo) for person in shipped.people)
    assert all(shipped.places[zone].stands(TODAY) for person in shipped.people for zone in person.zones)
    assert all(unit.demo for unit in shipped.units.values())


NOT_DEMO = "a demo service has a demo number, and no other has one"
BAD_ROWS = [
    ("places.csv", BUYENZI, {"parent": "BI-CO-99"}, "parent: unknown place BI-CO-99"),
    ("places.csv", BUYENZI, {"parent": ""}, "parent is empty"),
    ("places.csv", BUYENZI, {"parent": MUSAGA}, "a zone cannot lie in a zone"),
    ("places.csv", "BI-BM-01", {"successor": "BI-CO-99"}, "successor: unknown place BI-CO-99"),
    ("places.csv", BUYENZI, {"valid_from": "in 2025"}, "valid_from is not a date like 2026-03-08"),
    ("places.csv", BUYENZI, {"name": ""}, "name is empty"),
    ("places.csv", "BI", {"parent": "BI-PR-01"}, "the country is BI and lies in nothing"),
    ("services.csv", "BI-PR-05", {"area": "BI-PR-77"}, "area: unknown place BI-PR-77"),
    ("services.csv", "BI-PR-05", {"tested_on": "2026-02-30"}, "tested_on is not a date like 2026-03-08"),
    ("services.csv", "BI-PR-05", {"tested_on": "2026-02-20"}, "tested_by is empty: a test call has a caller"),
    ("services.csv", "BI-PR-05", {"show": "perhaps"}, "show must be yes or no"),
    ("services.csv", "BI-PR-05", {"demo": "yes"}, NOT_DEMO),
    ("services.csv", "BI-PR-05", {"value": "+257 78 00 01 23"}, NOT_DEMO),
    ("cards.csv", "K14", {"reviewed_on": "20260101"}, "reviewed_on is not a date like 2026-03-08"),
    ("cards.csv", "K14", {"id": "K15"}, None),
    ("units.csv", "POST-1", {"place": "BI-ZO-99"}, "place: unknown place BI-ZO-99"),
    ("people.csv", "C1A", {"zones": f"{BUYENZI}|BI-ZO-99"}, "zones: unknown place BI-ZO-99"),
    ("people.csv", "C1A", {"zones": ""}, "zones is empty"),
    ("people.csv", "C1A", {"languages": "rn|kirundi"}, "languages: unknown language kirundi"),
    ("people.csv", "C1A", {"languages": ""}, "languages is empty"),
    ("people.csv", "C1A", {"unit": "POST-1|POST-2"}, "unit: unknown unit"),
    ("services.csv", "BI-PR-05", {"area": "BI|BI-PR-01"}, "area: unknown place"),
    ("places.csv", BUYENZI, {"code": ""}, "code is empty"),
    ("people.csv", "C1A", {"unit": "POST-9"}, "unit: unknown unit POST-9"),
    ("people.csv", "C1A", {"phone": "+2577800"}, "phone is not a phone number written like +25778000001"),
    ("people.csv", "C1A", {"phone": "78 00 00 51"}, "phone is not a phone number written like +25778000001"),
    ("people.csv", "C1A", {"phone": "+257 78 00 00 51"}, "phone is not a phone number written like +25778000001"),
    ("people.csv", "C1A", {"phone": "+25761000001"}, "a demo person has a demo number, and nobody else has one"),
    ("people.csv", "C1A", {"demo": "no"}, "a demo person has a demo number, and nobody else has one"),
    ("people.csv", "C1A", {"sex": "woman"}, "unknown sex woman: it is one of f, m, x"),
    ("people.csv", "C1A", {"trained_until": "31/12/2030"}, "trained_until is not a date like 2026-03-08"),
    ("people.csv", "C1A", {"trained_until": ""}, "trained_until is empty: a champion serves while trained"),
    ("people.csv", "C1A", {"kind": "health"}, "only a partner has a kind"),
    ("people.csv", "C1A", {"duty": "always"}, "duty is not like mon-fri 08:00-17:30; sat 08:00-12:00"),
    ("people.csv", "C1A", {"duty": "mon 25:00-26:00"}, "duty is not like mon-fri 08:00-17:30; sat 08:00-12:00"),
    ("served.csv", BUYENZI, {"zone": "BI-ZO-99"}, "zone: unknown place BI-ZO-99"),
    ("served.csv", BUYENZI, {"zone": "BI-CO-02-09"}, "only a zone or a police station is served"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "first", "cells", "said"), BAD_ROWS)
def test_who_spoils_a_row_is_told_its_line_and_what_is_wrong(
    folder: Path, file: str, first: str, cells: dict[str, str], said: str | None
) -> None:
    line = change(folder, file, first, cells)
    said = f"{file}:{line}: {said}" if said else f"{file}:{line + 1}: duplicate id: line {line} has the same"
    assert said in wrong(folder)


def test_who_writes_an_unknown_role_reads_which_roles_there_are(folder: Path) -> None:
    line = change(folder, "people.csv", "K1", {"role": "boss"})
    roles = "champion, partner, oversight, advocate, leader, coordinator"
    assert wrong(folder) == (f"people.csv:{line}: unknown role boss: it is one of {roles}",)


def test_a_partner_without_a_kind_is_refused(folder: Path) -> None:
    line = change(folder, "people.csv", "P-TALK-1", {"kind": ""})
    assert wrong(folder) == (
        f"people.csv:{line}: unknown kind: it is one of health, talk, legal, child, shelter",
    )  # fmt: skip


def test_a_person_with_a_number_of_another_country_is_refused(folder: Path) -> None:
    line = change(folder, "people.csv", "C1A", {"phone": "+9118000000001"})
    assert f"people.csv:{line}: phone is a number of another country: it must begin with +257" in wrong(folder)


def test_two_people_with_one_ref_or_one_phone_are_both_named_by_line(folder: Path) -> None:
    line = change(folder, "people.csv", "C1B", {"ref": "C1A", "phone": "+25778000001"})
    assert wrong(folder) == (
        f"people.csv:{line}: duplicate phone: line 2 has the same",
        f"people.csv:{line}: duplicate ref: line 2 has the same",
    )


def test_a_number_or_a_name_in_a_wrong_column_is_not_repeated(folder: Path) -> None:
    change(folder, "people.csv", "C1A", {"role": "+25779123456", "unit": "Aline N.", "phone": "+257791234567"})
    said = "\n".join(wrong(folder))
    assert "791234" not in said
    assert "Aline" not in said


def test_a_table_without_a_column_is_refused(folder: Path) -> None:
    table = (folder / "people.csv").read_text(encoding="utf-8")
    (folder / "people.csv").write_text(table.replace("duty", "hours", 1), encoding="utf-8")
    assert wrong(folder) == (
        "people.csv:1: column duty is missing",
        "people.csv:1: column 10 is not known or is there twice",
    )


def test_a_row_with_a_comma_too_many_is_refused_and_the_others_are_still_checked(folder: Path) -> None:
    line = append(folder, "served.csv", {"zone": MUSAGA, "note": "again"})
    with (folder / "served.csv").open("a", encoding="utf-8") as table:
        table.write("BI-ZO-02-09-03,a,b\nBI-ZO-99,\n")
    assert sorted(wrong(folder)) == [
        f"served.csv:{line}: duplicate zone: line 5 has the same",
        f"served.csv:{line + 1}: 3 columns where there must be 2",
        f"served.csv:{line + 2}: zone: unknown place BI-ZO-99",
    ]


def test_a_table_that_is_not_utf8_is_refused_at_its_line(folder: Path) -> None:
    with (folder / "served.csv").open("ab") as table:
        table.write("BI-ZO-02-09-03,Désiré\n".encode("latin-1"))
    assert wrong(folder) == ("served.csv:6: not UTF-8",)


def test_a_table_that_a_spreadsheet_saved_with_its_mark_is_read(folder: Path) -> None:
    table = (folder / "served.csv").read_bytes().replace(b"\n", b"\r\n")
    (folder / "served.csv").write_bytes(b"\xef\xbb\xbf" + table)
    assert len(load(folder, TODAY).served) == 4


def test_lines_are_counted_as_the_editor_shows_them_after_a_cell_of_two_lines(folder: Path) -> None:
    with (folder / "served.csv").open("a", encoding="utf-8") as table:
        table.write('BI-ZO-02-09-03,"two\nlines"\n\nBI-ZO-99,\n')
    assert wrong(folder) == ("served.csv:9: zone: unknown place BI-ZO-99",)


def test_an_open_quotation_mark_is_refused(folder: Path) -> None:
    with (folder / "served.csv").open("a", encoding="utf-8") as table:
        table.write('BI-ZO-02-09-03,"open\n')
    assert wrong(folder) == ("served.csv:6: a quotation mark is open or out of place",)


@pytest.mark.parametrize("file", ["places.csv", "services.csv", "cards.csv", "people.csv", "units.csv", "served.csv"])
def test_a_missing_or_empty_table_is_refused(folder: Path, file: str) -> None:
    (folder / file).write_bytes(b"")
    assert any(line.startswith(f"{file}:1: column ") for line in wrong(folder))
    (folder / file).unlink()
    assert f"{file}:1: the file is missing" in wrong(folder)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('prefix = "257"', "", "prefix is missing"),
        ("Africa/Bujumbura", "Africa/Gitega", "timezone is not known"),
        ('"rn", "fr"', '"rn", "sw"', "unknown language sw"),
        ('languages = ["rn", "fr", "en", "hi"]', "", "languages is missing"),
        ('fr = "Infos"', "", "service_name has no fr"),
        ('prefix = "257"', "prefix = ", "cannot be read (TOMLDecodeError)"),
        ('languages = ["rn", "fr", "en", "hi"]', "languages = 3", "languages is missing"),
        ("[service_name]", 'service_name = "News"\n[more]', "service_name is not a table"),
    ],
)
def test_a_country_that_does_not_say_what_it_is_is_refused(folder: Path, before: str, after: str, said: str) -> None:
    head = folder / "country.toml"
    head.write_text(head.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    assert f"country.toml:1: {said}" in wrong(folder)


def test_every_bad_row_of_every_table_is_named_at_once_and_nothing_is_loaded(folder: Path) -> None:
    lines = [
        ("places.csv", change(folder, "places.csv", BUYENZI, {"level": "quarter"})),
        ("services.csv", change(folder, "services.csv", "BI-PR-05", {"kind": "magic"})),
        ("cards.csv", change(folder, "cards.csv", "K01", {"text_en": ""})),
        ("units.csv", change(folder, "units.csv", "POST-2", {"kind": "magic"})),
        ("people.csv", change(folder, "people.csv", "L1", {"ref": ""})),
        ("people.csv", change(folder, "people.csv", "A1", {"sex": ""})),
    ]
    said = wrong(folder)
    assert all(any(line.startswith(f"{file}:{n}: ") for line in said) for file, n in lines)


def test_a_zone_that_has_gone_is_no_longer_served_and_the_rest_goes_on(folder: Path) -> None:
    change(folder, "places.csv", BUYENZI, {"valid_to": "2026-11-24"})
    assert BUYENZI in {zone.code for zone in load(folder, TODAY).served}
    assert BUYENZI not in {zone.code for zone in load(folder, TODAY + timedelta(days=1)).served}

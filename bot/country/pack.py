"""The country pack: places, help services, rights cards and people of one country, read from a folder of tables.

`load` gives all of it or raises `CountryError` naming every fault of every table, each once: what follows from a fault
is not named beside it, so that a missing table of places does not make every zone unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

from bot.country import cells as read
from bot.country.country import Country, names_of
from bot.country.cross_checks import (
    check_doubles,
    check_head,
    check_once,
    check_places,
    check_prices,
    check_units,
    no_demo_rows,
    only_served,
)
from bot.country.faults import together
from bot.country.head import Head, read_head
from bot.country.routing_rules import check_rules, read_rule
from bot.country.rows import (
    Card,
    Channel,
    Level,
    Numbers,
    PartnerKind,
    Person,
    Place,
    Role,
    Service,
    ServiceKind,
    Sex,
    Unit,
    UnitKind,
    Venue,
    read_card,
    read_person,
    read_place,
    read_price,
    read_service,
    read_unit,
    read_venue,
)
from bot.country.tables import Names, Row, Table, read_table, rows, unique
from bot.words.languages import BACK_TRANSLATED, TABLE_COLUMNS

__all__ = [
    "Card", "Channel", "Country", "CountryError", "Level", "PartnerKind", "Person", "Place", "Role", "Service",
    "ServiceKind", "Sex", "Unit", "UnitKind", "Venue", "load",
]  # fmt: skip


def _columns(stem: str, languages: Sequence[str]) -> str:
    return " ".join(f"{stem}_{language}" for language in languages)


COLUMNS: Mapping[str, str] = {
    "places.csv": "code level parent name name_hi variants vintage valid_from valid_to successor status? source? note?",
    "services.csv": "area kind channel value hours cost? number_status tested_on tested_by show demo "
    f"{_columns('name', TABLE_COLUMNS)} source? source_date? note?",
    "cards.csv": "id country group sms_safe status source reviewed_on reviewer "
    f"{_columns('text', TABLE_COLUMNS)} {_columns('back', BACK_TRANSLATED)}",
    "units.csv": "ref name kind place demo desk?",
    "people.csv": "ref role kind name phone sex languages zones unit duty trained_until confirmed_on demo order?",
    "served.csv": "zone note?",
    "venues.csv": "ref name kind zone step_free demo",
    "routing.csv": "category kind when zone urgency first unit? note?",
    "prices.csv": "provider prefix network? currency price source vintage demo",
}


class CountryError(Exception):
    """The country's folder cannot be used; `wrong` lists every fault as `file:line: what is wrong`."""

    def __init__(self, wrong: Sequence[str], folder: Path | None = None) -> None:
        where = f" {folder}" if folder else ""
        super().__init__(f"The country's folder{where} cannot be used:\n" + "\n".join(wrong))
        self.wrong = tuple(wrong)


@dataclass(frozen=True)
class Reading:
    """What was found in a folder: its tables, all that is `wrong`, and the country, to be used only if nothing is."""

    country: Country
    head: Head
    tables: Mapping[str, Table]
    wrong: Sequence[str]


def load(folder: Path, today: date, *, demo: bool = True) -> Country:
    """The country in `folder` as it is on `today`; raises one `CountryError` with every fault, or gives all of it.

    Without `demo` a row that was made up for a demonstration is a fault.
    """
    found = read_pack(folder, today, demo=demo)
    if found.wrong:
        raise CountryError(found.wrong, folder)
    return found.country


def read_pack(folder: Path, today: date, *, demo: bool = True) -> Reading:
    """The same with its faults, and never an error: whatever lies in the folder."""
    wrong: list[str] = []
    head = read_head(folder / "country.toml", wrong)
    tables = {file: read_table(folder / file, columns.split(), wrong) for file, columns in COLUMNS.items()}
    for file, table in tables.items():
        check_once(folder / file, table)
    country = _country(head, tables, today)
    check_head(head, tables, wrong)
    check_units(tables["units.csv"], tables["people.csv"])
    check_prices(country.prices, tables["prices.csv"])
    check_doubles(tables["prices.csv"], ("provider", "prefix"))
    check_doubles(tables["services.csv"], ("area", "kind", "channel", "value"))
    if tables["routing.csv"].whole and not any(fault.startswith(tables["routing.csv"].file) for fault in wrong):
        check_rules(country.routing, wrong)
    if not demo:
        no_demo_rows(tables.values())
    return Reading(country, head, tables, tuple(_in_order(wrong, tables)))


def _in_order(wrong: list[str], tables: Mapping[str, Table]) -> list[str]:
    """The faults, each once, by table and by line."""
    wrong = together(wrong)
    order = ["country.toml", *(table.file for table in tables.values())]

    def place(fault: str) -> tuple[int, int]:
        file, line, *_what = fault.split(":", 2)
        return order.index(file) if file in order else len(order), int(line) if line.isdecimal() else 0

    return sorted(wrong, key=place)


def _country(head: Head, tables: Mapping[str, Table], today: date) -> Country:
    """The country of these tables. What is wrong with a row is noted in the row's `wrong`."""
    places, region = _places(tables["places.csv"], head.numbers.region), head.numbers.region
    codes = names_of(places, today, tables["places.csv"].codes("code"), whole=tables["places.csv"].knows)
    units = tables["units.csv"]
    named = ((row.cells["ref"], row.cells["name"]) for row in units.rows)
    refs = Names((*named, *((ref, "") for ref in units.codes("ref"))), whole=units.knows)
    known = {row.cells["ref"]: read_unit(row, codes) for row in unique(units.rows, "ref")}
    return Country(
        code=head.code,
        prefix=head.numbers.prefix,
        demo_phones=head.numbers.demo,
        timezone=ZoneInfo(head.timezone),
        languages=tuple(head.languages),
        service_name=MappingProxyType(head.service_name),
        today=today,
        places=MappingProxyType(places),
        services=tuple(read_service(row, codes, head.numbers) for row in tables["services.csv"].rows),
        cards=tuple(read_card(row, region) for row in unique(tables["cards.csv"].rows, "id")),
        units=MappingProxyType(known),
        people=tuple(
            read_person(row, codes, refs, _police(known), head.numbers, today)
            for row in _once(tables["people.csv"].rows, region)
        ),
        served=tuple(place for place in only_served(tables["served.csv"], codes, places) if place.stands(today)),
        patience=MappingProxyType(head.patience),
        answered=MappingProxyType(head.answered),
        holidays=frozenset(head.holidays),
        venues=MappingProxyType(_venues(tables["venues.csv"].rows, codes)),
        prices=tuple(read_price(row, head.numbers.prefix) for row in tables["prices.csv"].rows),
        routing=tuple(read_rule(row, codes) for row in tables["routing.csv"].rows),
        sun=MappingProxyType(head.sun),
        busy=MappingProxyType(head.busy),
        most_open=head.most_open,
        police_told_of_children=frozenset(head.police_told_of_children),
    )


def _police(units: Mapping[str, Unit]) -> frozenset[str]:
    return frozenset(ref for ref, unit in units.items() if unit.kind == UnitKind.POLICE)


def _venues(table: list[Row], codes: Names) -> dict[str, Venue]:
    return {row.cells["ref"]: read_venue(row, codes) for row in unique(table, "ref")}


def _places(table: Table, country: str) -> dict[str, Place]:
    """Every place by its code; of two with one code the first."""
    codes = Names(((code, "") for code in table.codes("code")), whole=table.whole)
    read_rows = [(row, read_place(row, codes)) for row in unique(table.rows, "code")]
    places: dict[str, Place] = {}
    for _row, place in read_rows:
        places.setdefault(place.code, place)
    check_places(table, read_rows, places, country)
    return places


def read_people(path: Path, country: Country, today: date | None = None, shared: bool = False) -> tuple[Person, ...]:
    """The people in a table of the form of `people.csv`; raises one `CountryError` with every bad row, and for a table
    without any. Days are judged from `today`, or from the day on which the country was read. Two rows with one number
    are a fault, unless it was said that people have `shared` phones.
    """
    wrong: list[str] = []
    table = list(rows(path, COLUMNS["people.csv"].split(), wrong))
    numbers = Numbers(country.prefix, country.code.upper(), country.demo_phones)
    units = Names((unit.ref, unit.name) for unit in country.units.values())
    today = today or country.today
    police = _police(country.units)
    once = unique(table, "ref") if shared else _once(table, numbers.region)
    people = tuple(read_person(row, country.names, units, police, numbers, today) for row in once)
    if not table and not wrong:
        wrong.append(f"{path.name}:1: there is no row of a person below the header")
    if wrong:
        raise CountryError(together(wrong))
    return people


def _once(people: list[Row], region: str) -> list[Row]:
    """Nobody stands in a table twice, by reference or by number, however it is written."""
    return unique(unique(people, "phone", lambda cell: read.phone(cell, region) or cell), "ref")

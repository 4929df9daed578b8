"""What one row of a country's tables cannot show: circles, doubles, and what one table says of another.

Each check notes its faults in the rows or tables that it is given, and none that only follows from another fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from bot.country import cells as read
from bot.country.head import Head, line_of
from bot.country.rows import Level, Place, Price
from bot.country.tables import Names, Row, Table, beside, folded

_LEVELS = list(Level)
_NAMES_OF_LEVELS = {folded(level) for level in Level}
SERVED = (Level.ZONE, Level.POLICE_STATION)


def check_once(path: Path, table: Table) -> None:
    """A table is there once: as text or as a sheet."""
    for other in beside(path):
        if other.name != table.file and other.exists():
            table.note(f"{other.name} is there too: keep the one that holds")


def check_places(table: Table, found: Sequence[tuple[Row, Place]], places: Mapping[str, Place], country: str) -> None:
    """Each place lies in a larger one, up to the country whose code in capitals is `country` (empty: not known)."""
    for row, place in found:
        if folded(row.cells["level"]) in _NAMES_OF_LEVELS:  # else what it may lie in is not known
            _check_parent(row, place, places, country)
    seen: set[str] = set()
    for row, place in found:
        circle = _circle(place.code, lambda code: places[code].successor if code in places else ())
        if circle and place.code not in seen:
            row.note(f"successor: the places follow each other: {', '.join(circle)}")
        seen.update(circle)
    if country and table.whole and country.casefold() not in {code.casefold() for code in table.codes("code")}:
        table.note(f"there is no row for the country itself: code {country}, level country, no parent")


def _check_parent(row: Row, place: Place, places: Mapping[str, Place], country: str) -> None:
    above = places.get(place.parent)
    if place.level == Level.COUNTRY:
        if country and (place.code != country or row.cells["parent"]):
            row.note(f"the country is {country} and lies in nothing")
    elif not row.cells["parent"]:
        row.note("parent is empty")
    elif above and _LEVELS.index(above.level) >= _LEVELS.index(place.level):
        circle = _circle(place.code, lambda code: [places[code].parent] if code in places else [])
        within = f"parent: the places lie in each other: {', '.join(circle)}"
        row.note(within if circle else f"a {place.level} cannot lie in a {above.level}")


def _circle(start: str, follow: Callable[[str], Iterable[str]]) -> list[str]:
    """The codes on a way that leads from `start` back to it; none where no way does."""
    ways, seen = [[start]], set[str]()
    while ways:
        way = ways.pop()
        for code in follow(way[-1]):
            if code == start:
                return way
            if code not in seen:
                seen.add(code)
                ways.append([*way, code])
    return []


def only_served(table: Table, codes: Names, places: Mapping[str, Place]) -> Iterator[Place]:
    """The places of `served.csv`, each once, after noting each that is none or no zone."""
    first: dict[str, int] = {}
    for row in table.rows:
        place = places.get(row.one_known("zone", codes, "place"))
        if place and place.level not in SERVED:
            row.note("only a zone or a police station is served")
        elif place and place.code in first:
            row.note(f"duplicate zone: line {first[place.code]} has the same")
        elif place:
            first[place.code] = row.line
            yield place


def check_units(units: Table, people: Table) -> None:
    """People belong to units that are there; of a table without any that is said once."""
    if units.whole and not units.knows and any(row.cells["unit"] for row in people.rows):
        units.note(f"there is no unit yet, and {people.file} names some")


def check_doubles(table: Table, columns: Sequence[str]) -> None:
    """Note each row that repeats another in all of these columns, however blanks and letters are written."""
    first: dict[tuple[str, ...], int] = {}
    for row in table.rows:
        key = tuple(folded(row.cells[column]) for column in columns)
        if all(key) and first.setdefault(key, row.line) != row.line:
            row.note(f"duplicate {', '.join(columns)}: line {first[key]} has the same")


def check_prices(prices: Iterable[Price], table: Table) -> None:
    """All prices are in one currency."""
    if len({price.currency for price in prices if price.currency}) > 1:
        table.note("all prices must be in one currency")


def check_head(head: Head, tables: Mapping[str, Table], wrong: list[str]) -> None:
    """What country.toml says of places that are in their table, and of demo rows that are in others."""

    def note(key: str, what: str) -> None:
        wrong.append(f"country.toml:{line_of(head.lines, key)}: {what}")

    places = tables["places.csv"]
    known = {code.casefold() for code in places.codes("code")}
    named = {f"sun.{place}": place for place in head.sun}
    named |= {f"busy.{name}": name.partition(".")[0] for name in head.busy if "." in name}
    for key, place in named.items():
        if places.knows and place.casefold() not in known:
            note(key, f"{key}: unknown place {place}")
    made_up = [table.file for table in (tables["people.csv"], tables["services.csv"]) if any(demo_rows(table))]
    if made_up and head.numbers.prefix and not head.numbers.demo and "demo_phones" not in head.lines:
        note("demo_phones", f"demo_phones is missing: {' and '.join(made_up)} hold demo rows")


def demo_rows(table: Table) -> Iterator[Row]:
    """The rows that were made up for a demonstration."""
    return (row for row in table.rows if read.flag(row.cells.get("demo", "")))


def no_demo_rows(tables: Iterable[Table]) -> None:
    """Note each row that was made up: in service nobody reaches such a person, and no such price is ever asked."""
    for table in tables:
        for row in demo_rows(table):
            row.note("demo is yes: a row of a demonstration is never in service, take it out")

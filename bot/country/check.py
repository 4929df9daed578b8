"""All that is wrong with a country's pack, and what is not wrong but somebody has to do, for whoever fills its tables.

Whatever lies in the folder, there is a list of sentences and never an error.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from babel.core import get_global

from bot.country.cross_checks import demo_rows
from bot.country.head import line_of
from bot.country.new import is_country
from bot.country.pack import COLUMNS, Reading, read_pack
from bot.country.rows import CARD_DAYS, TEST_CALL_DAYS
from bot.country.tables import beside

EMPTY = {
    "services.csv": "no place of help can be named to a woman",
    "cards.csv": "nothing can be told of rights",
    "units.csv": "no police post, no women's organisation, no partner",
    "served.csv": "nobody is asked to tell anywhere",
    "venues.csv": "no meeting can be called",
    "prices.csv": "what is sent is not counted in money",
}
READ_BY_NOBODY = ("README.md", "README.txt", "README", "NOTICE")


@dataclass(frozen=True)
class Checked:
    """`faults` keep the pack from being used, `file:line: what`; `notes` say what women do not get until it is done."""

    faults: tuple[str, ...]
    notes: tuple[str, ...]
    holds: str  # what is in it, in a line


def check_pack(folder: Path, today: date, *, demo: bool | None) -> Checked:
    """What is wrong with the pack in `folder`. `demo`: whether rows of a demonstration may be there; None: not known,
    then they are a note."""
    if nothing := list(_no_folder(folder)):
        return Checked(tuple(nothing), (), "")
    found = read_pack(folder, today, demo=demo is not False)
    faults = (*_named_otherwise(folder, found), *found.wrong)
    notes = [*_of_head(found), *_of_files(folder), *_of_services(found, today), *_of_cards(found, today)]
    notes += [*_of_empty(found), *_of_desks(found)]
    if demo is None:
        notes += _of_demo_rows(found)
    if faults:
        notes.append("what each zone still lacks is said when no fault is left")
    else:
        notes += _of_zones(found, today, demo=demo is not False)
    return Checked(faults, tuple(notes), _holds(found))


def _no_folder(folder: Path) -> Iterator[str]:
    """Why nothing can be read at all."""
    try:
        if folder.is_file():
            yield f"{folder} is a file: name the folder that holds country.toml"
        elif not folder.is_dir():
            yield f"{folder} is not there. .venv/bin/flask country new makes a country's folder"
        elif not (folder / "country.toml").exists() and not any((folder / file).exists() for file in COLUMNS):
            inside = next((path.parent for path in sorted(folder.glob("*/country.toml"))), None)
            lies = f"it lies one folder further, {inside}" if inside else ".venv/bin/flask country new makes one"
            yield f"{folder} holds no country.toml: {lies}"
    except OSError as error:
        yield f"{folder} cannot be read ({error.strerror})"


def _named_otherwise(folder: Path, found: Reading) -> Iterator[str]:
    """A folder that is called like one country and holds another: one of them was copied and not changed."""
    name, code = folder.resolve().name.lower(), found.head.code
    if code and name != code and is_country(name):
        yield f"country.toml:{line_of(found.head.lines, 'code')}: code is {code}, and the folder is called {name}"


def _of_head(found: Reading) -> Iterator[str]:
    head = found.head
    for key in head.unknown:
        yield f"country.toml:{line_of(head.lines, key)}: nobody reads the key {key[:40]}"
    owner = get_global("zone_territories").get(head.timezone, "")
    if head.code and "timezone" in head.lines and owner not in ("", head.code.upper()):
        yield f"country.toml:{line_of(head.lines, 'timezone')}: {head.timezone} is the time of {owner}: is it meant?"
    if head.code and not head.holidays:
        yield "country.toml:1: no public holiday is named: rosters are never those of a Sunday on one"


def _of_desks(found: Reading) -> Iterator[str]:
    """Units of the police that the table of routing names and nobody has."""
    there = {unit.desk for unit in found.country.units.values()}
    if lacking := sorted({desk for rule in found.country.routing for desk in rule.units if desk not in there}):
        yield f"routing.csv: no unit of units.csv is for {', '.join(lacking)}: posts are asked instead"


def _of_files(folder: Path) -> Iterator[str]:
    """A table whose name is almost right is read by nobody, and nobody would see it."""
    read = {other.name for file in COLUMNS for other in beside(folder / file)} | {"country.toml", *READ_BY_NOBODY}
    with contextlib.suppress(OSError):  # a folder that may be entered and not listed
        for path in sorted(folder.iterdir()):
            if path.name not in read and not path.name.startswith("."):
                yield f"nobody reads {path.name}"


def _of_services(found: Reading, today: date) -> Iterator[str]:
    """Numbers that are meant to be shown and are not (S76)."""
    for row, service in zip(found.tables["services.csv"].rows, found.country.services, strict=True):
        where, value, prefix = f"{row.file}:{row.line}", service.value.replace(" ", ""), found.country.prefix
        if prefix and value.startswith("+") and not value.startswith(f"+{prefix}"):
            yield f"{where}: value is a number of another country, {service.value}"
        if service.demo or not service.show or not service.value:
            continue
        if service.tested_on is None:
            yield f"{where}: not shown: nobody has written the day of a test call"
        elif service.tested_on > today:
            yield f"{where}: not shown: tested_on lies in the future, {service.tested_on}"
        elif (today - service.tested_on).days > TEST_CALL_DAYS:
            yield f"{where}: not shown: its test call of {service.tested_on} is older than {TEST_CALL_DAYS} days"
        elif not service.number_status.startswith("VERIFIED"):
            yield f"{where}: not shown: number_status does not begin with VERIFIED"


def _of_cards(found: Reading, today: date) -> Iterator[str]:
    """Rights cards that production does not serve (S83), in a line for each reason."""
    held, old, unsigned = [], [], []
    for card in found.country.cards:
        if card.status.startswith("HOLD") or card.group == "HOLD":
            held.append(card.id)
        elif card.reviewed_on is None or not card.reviewer:
            unsigned.append(card.id)
        elif not card.may_be_served(today):
            old.append(card.id)
    for ids, why in (
        (held, "on hold, so never served"),
        (old, f"not signed within the last {CARD_DAYS} days, so not served in production"),
        (unsigned, "without reviewer and reviewed_on, so not served in production"),
    ):
        if ids:
            yield f"{found.tables['cards.csv'].file}: {why}: {', '.join(ids)}"


def _of_empty(found: Reading) -> Iterator[str]:
    """What cannot be done while a table has its header only."""
    for file, lacking in EMPTY.items():
        table = found.tables[file]
        if table.whole and not table.rows and not table.lost:
            yield f"{table.file}: nothing in it yet: {lacking}"


def _of_demo_rows(found: Reading) -> Iterator[str]:
    for table in found.tables.values():
        if rows := list(demo_rows(table)):
            lines = ", ".join(str(row.line) for row in rows)
            yield f"{table.file}: {len(rows)} rows of a demonstration, which production refuses: lines {lines}"


def _of_zones(found: Reading, today: date, *, demo: bool) -> Iterator[str]:
    """What each served zone still lacks of the people of this folder (S90)."""
    country, table = found.country, found.tables["served.csv"]
    if table.rows and not country.served:
        yield f"{table.file}: no place of it stands today: nobody is asked to tell anywhere"
    for zone in country.served:
        if lacking := country.lacks(zone.code, today, demo=demo):
            yield f"{zone.name} ({zone.code}) still lacks {', '.join(lacking)}"
    if country.served and not demo:
        yield "whoever was enrolled by flask people import is not in this folder, and counts: flask doctor says more"


def _holds(found: Reading) -> str:
    counts = ", ".join(f"{len(table.rows)} {file.removesuffix('.csv')}" for file, table in found.tables.items())
    return f"{found.head.code or 'a country'}: {counts}"

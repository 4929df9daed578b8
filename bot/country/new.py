"""Make the pack of a new country, or the first own pack of an installation, in a folder of its own.

A country of another code takes over nothing that is another country's own: no place, number, person, price, law or
holiday. What is the same everywhere is carried, unsigned; what must be said anew is marked in `country.toml`.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from pathlib import Path

import phonenumbers
from babel import Locale
from babel.core import get_global

from bot.country import cells as read
from bot.country.head import Head, read_head
from bot.country.pack import COLUMNS
from bot.country.table_files import Unreadable, header_name, read_rows
from bot.country.tables import beside
from bot.words.languages import LANGUAGES

TOML = """\
# {name}. What every key and column means: ops/country/README.md. Begun like {like}.
# CHANGE stands where only somebody of the country can say it; `flask country check` names what is lacking.
code = "{code}"
prefix = "{prefix}"  # CHANGE if it is wrong: numbers of people begin with +{prefix}
# demo_phones = "+{prefix}..."  # for a demonstration only: how numbers begin that reach nobody in the whole country
timezone = "{timezone}"  # CHANGE if it is wrong{timezones}
languages = []  # CHANGE: in the order of the language menu, of {languages}

holidays = []  # CHANGE: "07-01" every year, "2027-05-06" in one year; rosters are then those of a Sunday

[service_name]  # CHANGE if it tells too much here: a neutral name, it may stay on a phone that others read
{service_name}

[sun]  # CHANGE: degrees north and east of the country's largest town, and of a town of each province
# {CODE} = [0.0, 0.0]

[busy]  # CHANGE: when women have other work, as rosters, to be settled with them
# cooking = "mon-sun 17:00-19:00"

[patience]  # CHANGE if women's organisations say otherwise: minutes until deputies, and until oversight, are alerted
{patience}

[routing]
most_open = {most_open}  # CHANGE if officers say otherwise: open requests from which on deputies are asked first
police_told_of_children = []  # CHANGE: what the law wants the police to be told where a child was hurt, as ["sexual"]

[answered]  # CHANGE likewise: minutes in which who has opened or taken a report does something for her
{answered}
"""


class NewPackError(Exception):
    """Nothing was written; the sentence says why."""


def make_pack(code: str, like: Path, into: Path) -> None:
    """Write the pack of the country `code` into the folder `into`, which is made or empty: all of it or nothing.

    Like a pack of the same code it has everything but rows of a demonstration. Raises `NewPackError`.
    """
    code, into = code.strip().lower(), into.expanduser().resolve()
    if not is_country(code):
        raise NewPackError(f"{code} is not the code of a country: two letters, like ke for Kenya.")
    if code != into.name.lower() and is_country(into.name.lower()):
        raise NewPackError(f"The folder {into} is called like another country than {code}: choose another name.")
    wrong: list[str] = []
    head = read_head(like / "country.toml", wrong)
    if wrong:
        raise NewPackError(f"{like} cannot be begun with: {wrong[0]}")
    try:
        files = _same(like) if head.code == code else _other(code, like, head)
    except OSError as error:
        raise NewPackError(f"{like} cannot be read ({error.strerror}).") from None
    _write(files, into)


def is_country(code: str) -> bool:
    """Whether a country has this code (ISO 3166-1, in small letters)."""
    return len(code) == 2 and bool(phonenumbers.country_code_for_region(code.upper()))


def _same(like: Path) -> dict[str, bytes]:
    """An installation's own beginning: everything but demo rows."""
    tables = {other.name for file in COLUMNS for other in beside(like / file)}
    files = {
        path.name: path.read_bytes()
        for path in sorted(like.iterdir())
        if path.is_file() and path.name not in tables and not path.name.startswith(".")
    }
    for file in COLUMNS:
        header, *rows = _table(like, file)
        names = [header_name(cell) for cell in header]
        kept = [row for row in rows if not _made_up(dict(zip(names, row, strict=False)))]
        own = like / file
        files[file] = own.read_bytes() if len(kept) == len(rows) and own.exists() else _text([header, *kept])
    return files


def _made_up(row: Mapping[str, str]) -> bool:
    return bool(read.flag(row.get("demo", ""))) or row.get("note", "").startswith("demo:")


def _other(code: str, like: Path, head: Head) -> dict[str, bytes]:
    """The beginning of another country: what is the same everywhere, and the headers of all other tables."""
    columns = {file: [name.rstrip("?") for name in names.split()] for file, names in COLUMNS.items()}
    rows: dict[str, list[Mapping[str, str]]] = {file: [] for file in COLUMNS}
    own = {"code": code.upper(), "level": "country", "name": _name(code), "vintage": "all", "source": "ISO 3166-1"}
    rows["places.csv"] = [own]
    unsigned = {"reviewed_on": "", "reviewer": "", "status": "draft"}
    for row in _named(like, "cards.csv"):
        if row.get("country", "").casefold() == "all" and not row.get("status", "").startswith("HOLD"):
            rows["cards.csv"].append({**row, **unsigned})
    rows["routing.csv"] = [row for row in _named(like, "routing.csv") if row.get("zone") == "*"]
    tables = {
        file: _text([names, *([row.get(name, "") for name in names] for row in rows[file])])
        for file, names in columns.items()
    }
    return {"country.toml": _toml(code, like, head).encode(), **tables}


def _toml(code: str, like: Path, head: Head) -> str:
    zones = sorted(zone for zone, country in get_global("zone_territories").items() if country == code.upper())
    return TOML.format(
        name=_name(code),
        like=like.name,
        code=code,
        CODE=code.upper(),
        prefix=phonenumbers.country_code_for_region(code.upper()),
        timezone=zones[0] if len(zones) == 1 else "",
        timezones="" if len(zones) == 1 else f": one of {', '.join(zones)}",
        languages=", ".join(LANGUAGES),
        most_open=head.most_open,
        service_name="\n".join(f"{key} = {_quoted(name)}" for key, name in head.service_name.items()),
        patience="\n".join(f"{urgency} = {[*minutes]}" for urgency, minutes in head.patience.items()),
        answered="\n".join(f"{urgency} = {minutes}" for urgency, minutes in head.answered.items()),
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # what JSON escapes, TOML reads


def _name(code: str) -> str:
    return str(Locale("en").territories.get(code.upper(), code.upper()))


def _table(like: Path, file: str) -> list[list[str]]:
    """Header and rows of a table as they are written. Raises `NewPackError`."""
    there = [other for other in beside(like / file) if other.exists()] or [like / file]
    if len(there) > 1:
        raise NewPackError(f"{like} cannot be begun with: {' and '.join(p.name for p in there)} are both there.")
    path = there[0]
    try:
        rows = [row for _line, row in read_rows(path, COLUMNS[file].replace("?", "").split())]
    except Unreadable as error:
        raise NewPackError(f"{like} cannot be begun with: {path.name}:{error.line}: {error}") from None
    if not rows:
        raise NewPackError(f"{like} cannot be begun with: {path.name} is empty.")
    return rows


def _named(like: Path, file: str) -> list[dict[str, str]]:
    header, *rows = _table(like, file)
    names = [header_name(cell) for cell in header]
    columns = {header_name(name): name for name in COLUMNS[file].replace("?", "").split()}
    return [{columns.get(name, name): cell for name, cell in zip(names, row, strict=False)} for row in rows]


def _text(rows: Iterable[Sequence[str]]) -> bytes:
    file = StringIO(newline="")
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue().encode()


def _write(files: Mapping[str, bytes], into: Path) -> None:
    """All files into a folder that is not there yet or is empty. Raises `NewPackError` and leaves nothing behind."""
    made: list[Path] = []
    try:
        if into.is_dir() and any(into.iterdir()):
            raise NewPackError(f"{into} holds something already. Nothing was written: name another folder with --into.")
        if into.exists() and not into.is_dir():
            raise NewPackError(f"{into} is no folder. Nothing was written: name another one with --into.")
        made = [folder for folder in (into, *into.parents) if not folder.exists()]
        into.parent.mkdir(parents=True, exist_ok=True)
        _put(files, into)
    except OSError as error:
        for folder in made:
            shutil.rmtree(folder, ignore_errors=True)
        why = f"{error.strerror or type(error).__name__}: {error.filename or into}"
        raise NewPackError(f"{into} cannot be written ({why}). Nothing was written.") from None


def _put(files: Mapping[str, bytes], into: Path) -> None:
    """Beside the folder first and then in its place, so that who is cut off finds all of it or none."""
    beside_it = into.with_name(f".{into.name}-{os.getpid()}")
    try:
        beside_it.mkdir()
        _fill(files, beside_it)
        beside_it.rename(into)
    except OSError:
        shutil.rmtree(beside_it, ignore_errors=True)
        if not into.is_dir():
            raise
        _fill(files, into)  # an empty folder that cannot be replaced: a volume, or its parent is somebody else's


def _fill(files: Mapping[str, bytes], folder: Path) -> None:
    written = [folder / name for name in files]
    try:
        for path in written:
            path.write_bytes(files[path.name])
    except OSError:
        for path in written:
            path.unlink(missing_ok=True)
        raise

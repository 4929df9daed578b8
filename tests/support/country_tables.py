"""The shipped tables, and copies of them that a test may spoil."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from bot.country.new import make_pack
from bot.country.pack import CountryError, load
from bot.settings import ROOT

COUNTRIES = ROOT / "ops" / "country"
TODAY = date(2026, 11, 23)
BUYENZI, MUSAGA = "BI-ZO-02-09-01", "BI-ZO-02-06-08"


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


def in_service(folder: Path) -> Path:
    """Burundi's pack as an installation begins with it, outside of the checkout and without demo rows."""
    make_pack("bi", COUNTRIES / "bi", folder / "country")
    return folder / "country"


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

"""Units of the police are data: the table names which of them leads, and her own post stays its deputy."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.actions.reports import FileReport
from bot.country.check import check_pack
from bot.country.pack import Country, load
from bot.phone.filing import new_report
from bot.reports.case import case_of, must_tell, routed_in
from bot.reports.routing import Reader
from tests.support.country_tables import BUYENZI, COUNTRIES, TODAY, append, change, wrong

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
UNITS = ("CSU-1", "CHILD-POLICE-1", "SEXUAL-1")


@pytest.fixture
def with_units(folder: Path) -> Country:
    """Burundi with the table of the example and its three units."""
    example = COUNTRIES / "uk-units"
    shutil.copy(example / "routing.csv", folder / "routing.csv")
    with_desks(folder)
    with (example / "units.csv").open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            append(folder, "units.csv", {**row, "place": "BI"})
    return load(folder, TODAY)


def with_desks(folder: Path) -> None:
    """A column `desk`, empty in every row, which the shipped tables lack."""
    lines = (folder / "units.csv").read_text(encoding="utf-8").splitlines()
    written = [lines[0] + ",desk", *(line + "," for line in lines[1:])]
    (folder / "units.csv").write_text("\n".join(written) + "\n", encoding="utf-8")


def asked(land: Country, told: Mapping[str, str]) -> list[str]:
    """The units in the order in which they are asked of a report to the police."""
    sent = {"who": told["who"], "what": told["what"], "help": "police", "zone": BUYENZI, "power": "no"}
    kind = "".join(value for name, value in told.items() if name.startswith("kind"))
    report = replace(new_report(FileReport(**sent)), when=told.get("when", "older"), kind=kind)  # she adds these
    zones = frozenset({"BI"})
    people = [Reader(ref, "champion", "", "f", zones, "", "", unit=ref) for ref in (*UNITS, "POST-1")]
    law = replace(land, police_told_of_children=frozenset({"sexual", "hurt"}))
    return [rung.person for rung in routed_in(law, report, case_of(report, law), people, NOON).ladder]


@pytest.mark.parametrize(("told", "leads"), [
    ({"who": "self", "what": "hurt"}, "CSU-1"),
    ({"who": "self", "what": "sexual", "kind_forced": "sv1"}, "SEXUAL-1"),
    ({"who": "child", "what": "sexual", "kind_forced": "sv2"}, "CHILD-POLICE-1"),
    ({"who": "self_child", "what": "hurt"}, "CHILD-POLICE-1"),
    ({"who": "self", "what": "denied", "kind": "fm"}, "CSU-1"),
    ({"who": "skip", "what": "other", "kind_other": "di"}, "CSU-1"),
    ({"who": "self", "what": "hurt", "when": "now"}, "POST-1"),
    ({"who": "self", "what": "skip"}, "POST-1"),
])  # fmt: skip
def test_each_kind_of_report_goes_to_the_unit_for_it_first(
    with_units: Country, told: Mapping[str, str], leads: str
) -> None:
    units = asked(with_units, told)
    assert units[0] == leads
    assert len(units) == 3  # and two deputies


def test_without_units_of_its_own_every_post_is_a_general_one() -> None:
    land = load(COUNTRIES / "bi", TODAY)
    assert {unit.desk for unit in land.units.values() if unit.kind == "police"} == {"general"}
    assert {unit.desk for unit in land.units.values() if unit.kind != "police"} == {None}
    assert {asked(land, {"who": "self", "what": "sexual"})[0] for _ in range(60)} == {*UNITS, "POST-1"}


@pytest.mark.parametrize(("cells", "said"), [
    ({"kind": "police", "desk": "cars"}, "unknown desk cars: it is one of general, women, child, sexual, community"),
    ({"kind": "health", "desk": "child"}, "only a unit of the police has a desk"),
])  # fmt: skip
def test_a_unit_that_is_wrong_is_named_by_its_line(folder: Path, cells: dict[str, str], said: str) -> None:
    with_desks(folder)
    line = append(folder, "units.csv", {"ref": "X-1", "name": "X", "place": "BI", "demo": "yes", **cells})
    assert f"units.csv:{line}: {said}" in wrong(folder)


def test_a_table_that_names_no_unit_or_an_unknown_one_is_told_so(folder: Path) -> None:
    shutil.copy(COUNTRIES / "uk-units" / "routing.csv", folder / "routing.csv")
    line = change(folder, "routing.csv", "denied", {"unit": "women|horses"})
    assert wrong(folder) == (f"routing.csv:{line}: unit: unknown unit of the police horses",)
    change(folder, "routing.csv", "denied", {"unit": "women"})
    notes = check_pack(folder, TODAY, demo=True).notes
    assert "routing.csv: no unit of units.csv is for child, community, sexual, women: posts are asked instead" in notes
    assert not [note for note in check_pack(COUNTRIES / "bi", TODAY, demo=True).notes if "posts are asked" in note]


@pytest.mark.parametrize(("old", "new", "said"), [
    ("most_open = 8", "most_open = 0", "routing.most_open is not a whole number from 1 to 50, like 8: 0"),
    ("most_open = 8", "most_open = true", "routing.most_open is not a whole number from 1 to 50, like 8: True"),
    ("most_open = 8", "most_opened = 8", "routing.most_opened is none of most_open, police_told_of_children"),
    ("most_open = 8", 'most_open = "9"', "routing.most_open is not a whole number from 1 to 50, like 8: 9"),
    ("police_told_of_children = []", 'police_told_of_children = ["all"]', "routing.police_told_of_children is not"),
])  # fmt: skip
def test_a_limit_or_a_law_that_cannot_be_is_named_by_its_line(folder: Path, old: str, new: str, said: str) -> None:
    text = (folder / "country.toml").read_text(encoding="utf-8")
    assert old in text
    (folder / "country.toml").write_text(text.replace(old, new), encoding="utf-8")
    line = next(number for number, row in enumerate(text.splitlines(), 1) if row.startswith(old))
    assert any(fault.startswith(f"country.toml:{line}: {said}") for fault in wrong(folder))


def test_the_police_is_told_of_a_child_where_the_pack_says_so_and_nowhere_else(tmp_path: Path) -> None:
    shutil.copytree(COUNTRIES / "in", tmp_path / "in")
    toml = tmp_path / "in" / "country.toml"
    kept = [line for line in toml.read_text(encoding="utf-8").splitlines() if not line.startswith("police_told")]
    toml.write_text("\n".join(kept), encoding="utf-8")
    older, burundi = load(tmp_path / "in", TODAY), load(COUNTRIES / "bi", TODAY)
    for land, what, told in [(older, "sexual", True), (older, "hurt", False), (burundi, "sexual", False)]:
        told_of = new_report(FileReport("child", what, "police", land.served[0].code))
        assert must_tell(land, told_of) is told
    ours = replace(burundi, police_told_of_children=frozenset({"hurt"}))
    assert must_tell(ours, new_report(FileReport("child", "hurt", "police", BUYENZI)))


def test_a_deputy_is_written_in_the_table_of_people(folder: Path) -> None:
    lines = (folder / "people.csv").read_text(encoding="utf-8").splitlines()
    written = [lines[0] + ",order", *(line + ("," if n else ",2") for n, line in enumerate(lines[1:]))]
    (folder / "people.csv").write_text("\n".join(written) + "\n", encoding="utf-8")
    assert [person.order for person in load(folder, TODAY).people[:2]] == [2, 1]
    line = change(folder, "people.csv", "C1A", {"order": "first"})
    assert wrong(folder) == (f"people.csv:{line}: order is 1, 2 or 3: the champion, then her deputies",)

"""Whoever fills the tables of a country is told all that is wrong at once, each thing once, by file and line."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from bot.commands.country import country_
from bot.commands.sentences import plain
from bot.country.check import check_pack
from bot.country.faults import compact, together
from bot.country.pack import CountryError, load
from tests.support.country_tables import BUYENZI, COUNTRIES, HELPLINE, MUSAGA, TODAY, append, change, in_service, wrong


def checks(*folder: Path, mode: str | None = None) -> Result:
    return CliRunner(env={"MODE": mode}).invoke(country_, ["check", *map(str, folder)])


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def test_twelve_faults_in_nine_tables_are_named_exactly_once_each(folder: Path) -> None:
    edit(folder / "country.toml", "Africa/Bujumbura", "Africa/Bujumbara")
    edit(folder / "country.toml", '"rn", "fr"', '"rn", "sw"')
    shutil.copy(folder / "venues.csv", folder / "venues.xlsx")
    lines = {
        "parent": change(folder, "places.csv", "BI-CO-02-09", {"parent": BUYENZI}),
        "kind": change(folder, "units.csv", "POST-2", {"kind": "magic"}),
        "double": change(folder, "cards.csv", "K15", {"id": "K14"}),
        "zone": change(folder, "people.csv", "L1", {"zones": "BI-ZO-99"}),
        "phone": change(folder, "people.csv", "C1A", {"phone": "+91 1800 000 0001"}),
        "area": change(folder, "services.csv", "BI-PR-05", {"area": "BI-PR-77"}),
        "served": append(folder, "served.csv", {"zone": BUYENZI}),
        "price": change(folder, "prices.csv", "twilio", {"price": "1,500"}),
        "rule": change(folder, "routing.csv", "sexual", {"urgency": "soon"}),
    }
    said = checks(folder)
    assert said.exit_code == 1
    faults = [line for line in said.output.splitlines() if not line.startswith("note: ")]
    circle = f"parent: the places lie in each other: BI-CO-02-09, {BUYENZI}"
    assert faults == [
        "country.toml:5: timezone is not known: Africa/Bujumbara",
        "country.toml:6: unknown language sw: it is one of rn, fr, hi, hi_Latn, en",
        f"places.csv:{lines['parent']}: {circle}",
        f"services.csv:{lines['area']}: area: unknown place BI-PR-77",
        f"cards.csv:{lines['double']}: duplicate id: line {lines['double'] - 1} has the same",
        (
            f"units.csv:{lines['kind']}: unknown kind magic: it is one of police, women, health, talk, legal, child, "
            "shelter, oversight, civic"
        ),
        f"people.csv:{lines['phone']}: phone is a number of another country: it must begin with +257",
        f"people.csv:{lines['zone']}: zones: unknown place",
        f"served.csv:{lines['served']}: duplicate zone: line 2 has the same",
        "venues.csv:1: venues.xlsx is there too: keep the one that holds",
        f"routing.csv:{lines['rule']}: unknown urgency soon: it is one of danger, medicine, person, place",
        f"prices.csv:{lines['price']}: price is not an amount like 0.025 1,500",
        (
            f"12 faults in {folder} "
            "(bi: 533 places, 28 services, 29 cards, 12 units, 22 people, 5 served, 6 venues, 6 routing, 3 prices)"
        ),
    ]
    with pytest.raises(CountryError) as refused:
        load(folder, TODAY)
    assert list(refused.value.wrong) == faults[:-1]


@pytest.mark.parametrize("file", ["places.csv", "units.csv", "people.csv", "cards.csv", "routing.csv", "country.toml"])
def test_a_table_that_is_missing_is_one_fault_and_the_others_are_still_checked(folder: Path, file: str) -> None:
    line = change(folder, "prices.csv", "twilio", {"price": "cheap"})
    (folder / file).unlink()
    assert wrong(folder) == (
        f"{file}:1: the file is missing",
        f"prices.csv:{line}: price is not an amount like 0.025 cheap",
    )


def test_a_table_with_another_name_is_found_beside(folder: Path) -> None:
    (folder / "venues.csv").rename(folder / "Venues.csv")
    assert wrong(folder) == ("venues.csv:1: the file is missing; Venues.csv is there: call it venues.csv",)
    assert any("nobody reads Venues.csv" in note for note in check_pack(folder, TODAY, demo=True).notes)


def test_a_place_whose_row_cannot_be_read_is_not_unknown_to_the_others(folder: Path) -> None:
    """One comma too many in the row of a zone is one fault, not one for each of its people."""
    lines = (folder / "places.csv").read_text(encoding="utf-8").splitlines()
    n = next(n for n, line in enumerate(lines) if line.startswith(f"{BUYENZI},"))
    lines[n] += ",x,y"
    (folder / "places.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert wrong(folder) == (f"places.csv:{n + 1}: 15 columns where there must be 13",)


def test_one_unknown_code_in_many_rows_is_said_once_with_their_lines(folder: Path) -> None:
    rows = (folder / "people.csv").read_text(encoding="utf-8").replace("POST-1", "POST-11")
    (folder / "people.csv").write_text(rows, encoding="utf-8")
    named = [n for n, row in enumerate(rows.splitlines(), 1) if "POST-11" in row]
    assert len(named) < 5
    assert wrong(folder) == tuple(f"people.csv:{n}: unit: unknown unit" for n in named)
    (folder / "people.csv").write_text(rows.replace(BUYENZI, "BI-ZO-1"), encoding="utf-8")
    zone = [n for n, row in enumerate(rows.splitlines(), 1) if BUYENZI in row]
    said = f"people.csv:{zone[0]}: zones: unknown place ({len(zone)} rows: lines {compact(zone)})"
    assert said in wrong(folder)


def test_what_is_wrong_with_every_row_is_said_once_with_all_their_lines(folder: Path) -> None:
    made_up = "demo is yes: a row of a demonstration is never in service, take it out"
    faults = check_pack(folder, TODAY, demo=False).faults
    assert f"people.csv:2: {made_up} (22 rows: lines 2-23)" in faults
    assert f"prices.csv:2: {made_up}" in faults
    assert len(faults) < 20


def test_lines_are_counted_in_ranges() -> None:
    assert compact([9, 2, 3, 4, 7, 10]) == "2-4, 7, 9-10"
    assert together(["t.csv:3: a", "t.csv:3: a", "t.csv:4: b"]) == ["t.csv:3: a", "t.csv:4: b"]


def test_a_pack_of_one_country_in_the_folder_of_another_is_named(tmp_path: Path) -> None:
    shutil.copytree(COUNTRIES / "bi", tmp_path / "ke")
    said = checks(tmp_path / "ke")
    assert (said.exit_code, said.output.splitlines()[0]) == (
        1, "country.toml:2: code is bi, and the folder is called ke",
    )  # fmt: skip


def test_a_country_without_its_own_row_is_named(folder: Path) -> None:
    rows = (folder / "places.csv").read_text(encoding="utf-8").replace("\nBI,country,,Burundi", "\nBX,country,,Burundi")
    (folder / "places.csv").write_text(rows, encoding="utf-8")
    assert "places.csv:2: the country is BI and lies in nothing" in wrong(folder)
    assert "places.csv:1: there is no row for the country itself: code BI, level country, no parent" in wrong(folder)


def test_places_that_follow_each_other_in_a_circle_are_named_once(folder: Path) -> None:
    line = change(folder, "places.csv", "BI-BM-01", {"successor": "BI-BM-02"})
    other = change(folder, "places.csv", "BI-BM-02", {"successor": "BI-BM-01"})
    assert wrong(folder) == (
        f"places.csv:{min(line, other)}: successor: the places follow each other: BI-BM-01, BI-BM-02",
    )


DOUBLES = {
    "units.csv": ({"ref": "post-1", "name": "x", "kind": "police", "place": "BI", "demo": "yes"}, "ref"),
    "venues.csv": (
        {"ref": "v1", "name": "x", "kind": "school", "zone": BUYENZI, "step_free": "no", "demo": "yes"},
        "ref",
    ),
    "services.csv": (HELPLINE | {"value": "117", "kind": "emergency", "area": "bi"}, "area, kind, channel, value"),
    "prices.csv": (
        {"provider": "Twilio", "prefix": "+257", "currency": "USD", "price": "1", "source": "x", "demo": "yes"},
        "provider, prefix",
    ),
    "places.csv": ({"code": "bi-pr-01", "level": "province", "parent": "BI", "name": "x", "vintage": "x"}, "code"),
}  # fmt: skip


@pytest.mark.parametrize("file", DOUBLES)
def test_what_stands_twice_in_a_table_is_named(folder: Path, file: str) -> None:
    cells, columns = DOUBLES[file]
    line = append(folder, file, cells)
    (only,) = wrong(folder)
    assert only.startswith(f"{file}:{line}: duplicate {columns}: line ")


def test_demo_rows_are_refused_where_production_is_meant_and_taken_in_a_demonstration(tmp_path: Path) -> None:
    pack = Path(shutil.copytree(COUNTRIES / "bi", tmp_path / "bi"))
    assert load(pack, TODAY).code == "bi"
    assert checks(pack, mode="demo").exit_code == 0
    refused = checks(pack, mode="production")
    assert refused.exit_code == 1
    said = "demo is yes: a row of a demonstration is never in service, take it out"
    files = {"services.csv": 6, "units.csv": 12, "people.csv": 22, "venues.csv": 6, "prices.csv": 3}
    for file, count in files.items():
        faults = [line for line in refused.output.splitlines() if line.startswith(f"{file}:")]
        assert len(faults) == (1 if count > 5 else count)
        assert count <= 5 or f"({count} rows: lines " in faults[0]
        assert f"{file}:" in refused.output
        assert refused.output.count(said) == 4 + files["prices.csv"]
    with pytest.raises(CountryError, match="prices.csv:2: demo is yes"):
        load(pack, TODAY, demo=False)
    unknown = checks(pack)
    assert unknown.exit_code == 0
    assert "note: prices.csv: 3 rows of a demonstration, which production refuses: lines 2, 3, 4" in unknown.output


def test_numbers_and_cards_that_are_not_shown_are_notes_with_their_reason(tmp_path: Path) -> None:
    pack = in_service(tmp_path)
    shown = append(pack, "services.csv", HELPLINE)
    old = append(pack, "services.csv", HELPLINE | {"value": "1", "tested_on": (TODAY - timedelta(days=91)).isoformat()})
    never = append(pack, "services.csv", HELPLINE | {"value": "2", "tested_on": "", "tested_by": ""})
    doubtful = append(pack, "services.csv", HELPLINE | {"value": "3", "number_status": "CONFLICTING"})
    abroad = append(pack, "services.csv", HELPLINE | {"value": "+254 20 1234567"})
    signed = {"reviewed_on": (TODAY - timedelta(days=366)).isoformat(), "reviewer": "AB"}
    change(pack, "cards.csv", "K01", signed)
    change(pack, "cards.csv", "K02", {**signed, "reviewed_on": TODAY.isoformat()})
    append(pack, "served.csv", {"zone": MUSAGA})
    checked = check_pack(pack, TODAY, demo=False)
    assert checked.faults == ()
    day = (TODAY - timedelta(days=91)).isoformat()
    for note in (
        f"services.csv:{old}: not shown: its test call of {day} is older than 90 days",
        f"services.csv:{never}: not shown: nobody has written the day of a test call",
        f"services.csv:{doubtful}: not shown: number_status does not begin with VERIFIED",
        f"services.csv:{abroad}: value is a number of another country, +254 20 1234567",
        "cards.csv: on hold, so never served: K18",
        "cards.csv: not signed within the last 365 days, so not served in production: K01",
    ):
        assert note in checked.notes
    assert not [note for note in checked.notes if f"services.csv:{shown}:" in note or "K02" in note]
    assert any(note.startswith(f"Musaga ({MUSAGA}) still lacks a health partner") for note in checked.notes)


def test_a_time_of_another_country_and_a_key_that_nobody_reads_are_notes(folder: Path) -> None:
    edit(folder / "country.toml", "Africa/Bujumbura", "Africa/Nairobi")
    edit(folder / "country.toml", "holidays = [", "holiday = [")
    checked = check_pack(folder, TODAY, demo=True)
    assert checked.faults == ()
    assert "country.toml:5: Africa/Nairobi is the time of KE: is it meant?" in checked.notes
    assert "country.toml:9: nobody reads the key holiday" in checked.notes


def test_who_names_no_folder_of_a_pack_reads_one_sentence(tmp_path: Path) -> None:
    shutil.copytree(COUNTRIES / "bi", tmp_path / "packs" / "bi")
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    for name, said in (
        ("nowhere", "is not there. .venv/bin/flask country new makes a country's folder"),
        ("file", "is a file: name the folder that holds country.toml"),
        ("empty", "holds no country.toml: .venv/bin/flask country new makes one"),
        ("packs", f"holds no country.toml: it lies one folder further, {tmp_path / 'packs' / 'bi'}"),
    ):
        ended = checks(tmp_path / name)
        assert (ended.exit_code, ended.output.splitlines()) == (
            1, [f"{tmp_path / name} {said}", f"1 fault in {tmp_path / name}"],
        )  # fmt: skip


def test_a_country_of_the_checkout_may_be_named_by_its_code() -> None:
    assert f"no fault in {COUNTRIES / 'in'}" in checks(Path("in"), mode="demo").output


def test_no_name_and_no_number_of_a_person_is_in_what_is_said(folder: Path) -> None:
    change(folder, "people.csv", "C1A", {"role": "Aline Ndayi", "zones": "+25779123456", "unit": "79123456"})
    said = checks(folder).output
    assert not [hidden for hidden in ("Aline", "79123456", "Ndayi") if hidden in said]


def test_without_a_folder_the_pack_that_ijwi_reads_here_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    pack = in_service(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "settings.env").write_text(f"MODE=production\nCOUNTRY_DIR={pack}\n", encoding="utf-8")
    said = checks(mode="production")
    assert said.exit_code == 0, said.output
    assert f"no fault in {pack}" in said.output
    (tmp_path / "data" / "settings.env").write_text("MODE=production\n", encoding="utf-8")
    assert "COUNTRY_DIR is not set." in checks(mode="production").output
    assert "MODE is not set" in checks().output
    app = Flask("bare")
    app.cli.add_command(plain(country_))
    said = app.test_cli_runner(env={"MODE": None}).invoke(args=["country", "check"])
    assert said.output.endswith("Right: ops/ijwi country check\n")

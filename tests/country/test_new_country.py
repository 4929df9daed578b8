"""A volunteer makes her country's tables: what is the same everywhere is there, what is another country's is not."""

from __future__ import annotations

import csv
import shutil
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import Workbook

from bot.commands.country import country_
from bot.country.new import NewPackError, make_pack
from bot.country.pack import COLUMNS, load
from tests.support.country_tables import COUNTRIES, TODAY, append, in_service

SUN = "KE = [-1.29, 36.82]"


def runs(*arguments: str | Path) -> Result:
    return CliRunner().invoke(country_, [str(argument) for argument in arguments])


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def fill(folder: Path) -> None:
    """What she writes first: the head, and places from a sheet of the statistics office."""
    head = folder / "country.toml"
    text = head.read_text(encoding="utf-8").replace("languages = []", 'languages = ["en"]')
    head.write_text(text.replace("# KE = [0.0, 0.0]", SUN), encoding="utf-8")
    (folder / "places.csv").unlink()
    book = Workbook()
    rows: list[list[object]] = [
        ["code", "level", "parent", "name", "name_hi", "variants", "vintage", "valid_from", "valid_to", "successor"],
        ["KE", "country", None, "Kenya", None, None, "all"],
        ["KE-47", "province", "KE", "Nairobi", None, None, 2013, 2013],
        ["KE-47-1", "commune", "KE-47", "Westlands", None, None, 2013, 2013],
        ["KE-47-1-1", "zone", "KE-47-1", "Kitisuru", None, None, 2013, 2013],
    ]
    for row in rows:
        book.worksheets[0].append([*row, *([None] * (10 - len(row)))])
    book.save(folder / "places.xlsx")
    append(folder, "served.csv", {"zone": "Kitisuru"})


def test_a_volunteer_makes_kenya_fills_it_from_a_sheet_and_is_told_all_that_is_lacking(tmp_path: Path) -> None:
    folder = tmp_path / "ke"
    made = runs("new", "ke", "--like", "bi", "--into", folder)
    assert made.exit_code == 0, made.output
    assert f"names: ops/ijwi country check {folder}\n" in made.output
    lacking = runs("check", folder)
    assert lacking.exit_code == 1
    assert lacking.output.splitlines()[:2] == [
        "country.toml:7: languages is missing",
        "country.toml:18: sun has no point for the whole country, KE",
    ]
    fill(folder)
    filled = runs("check", folder)
    assert filled.exit_code == 0, filled.output
    assert "note: Kitisuru (KE-47-1-1) still lacks a health partner confirmed by a call, " in filled.output
    assert "note: services.csv: nothing in it yet: no place of help can be named to a woman" in filled.output
    assert filled.output.splitlines()[-1].startswith(f"no fault in {folder} (ke: 4 places, 0 services, 16 cards")
    kenya = load(folder, TODAY, demo=False)
    assert (kenya.prefix, str(kenya.timezone), kenya.served[0].name) == ("254", "Africa/Nairobi", "Kitisuru")


def test_nothing_that_is_burundis_own_is_in_kenya(tmp_path: Path) -> None:
    make_pack("KE", COUNTRIES / "bi", tmp_path / "ke")
    said = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "ke").iterdir() if path.name != "cards.csv")
    assert not [own for own in ("257", "Bujumbura", "BI-", "Seruka", "rosters\nfr", "07:30", "2027-03") if own in said]
    assert {path.name for path in (tmp_path / "ke").iterdir()} == {"country.toml", *COLUMNS}
    for file, columns in COLUMNS.items():
        header = (tmp_path / "ke" / file).read_text(encoding="utf-8").splitlines()[0].split(",")
        assert header == [name.rstrip("?") for name in columns.split()]
    assert [row["code"] for row in table(tmp_path / "ke" / "places.csv")] == ["KE"]
    cards = table(tmp_path / "ke" / "cards.csv")
    assert {(card["country"], card["status"], card["reviewed_on"], card["reviewer"]) for card in cards} == {
        ("all", "draft", "", "")
    }
    head = tomllib.loads((tmp_path / "ke" / "country.toml").read_text(encoding="utf-8"))
    assert (head["holidays"], head["sun"], head["busy"], head["languages"]) == ([], {}, {}, [])
    rules = table(COUNTRIES / "bi" / "routing.csv")
    assert table(tmp_path / "ke" / "routing.csv") == [{**rule, "unit": ""} for rule in rules]


def test_an_installation_begins_with_everything_but_the_demonstration(tmp_path: Path) -> None:
    folder = in_service(tmp_path)
    assert (folder / "country.toml").read_bytes() == (COUNTRIES / "bi" / "country.toml").read_bytes()
    assert (folder / "places.csv").read_bytes() == (COUNTRIES / "bi" / "places.csv").read_bytes()
    assert {file: len(table(folder / file)) for file in ("people.csv", "units.csv", "venues.csv", "prices.csv")} == {
        "people.csv": 0, "units.csv": 0, "venues.csv": 0, "prices.csv": 0,
    }  # fmt: skip
    assert table(folder / "served.csv") == []
    real = [row for row in table(COUNTRIES / "bi" / "services.csv") if row["demo"] == "no"]
    assert table(folder / "services.csv") == real
    assert load(folder, TODAY, demo=False).served == ()


def test_an_installation_of_before_takes_along_what_it_changed_in_the_checkout(tmp_path: Path) -> None:
    before = Path(shutil.copytree(COUNTRIES / "bi", tmp_path / "before"))
    append(before, "units.csv", {"ref": "W-9", "name": "Women", "kind": "women", "place": "BI", "demo": "no"})
    (before / "notes.txt").write_text("whom to call", encoding="utf-8")
    made = runs("new", "bi", "--like", before, "--into", tmp_path / "etc" / "ijwi" / "country")
    assert made.exit_code == 0, made.output
    assert [*load(tmp_path / "etc/ijwi/country", TODAY, demo=False).units] == ["W-9"]
    assert (tmp_path / "etc/ijwi/country/notes.txt").read_text(encoding="utf-8") == "whom to call"


def test_a_country_of_several_times_is_asked_which_one(tmp_path: Path) -> None:
    make_pack("cd", COUNTRIES / "bi", tmp_path / "cd")
    text = (tmp_path / "cd" / "country.toml").read_text(encoding="utf-8")
    assert 'timezone = ""  # CHANGE if it is wrong: one of Africa/Kinshasa, Africa/Lubumbashi' in text
    assert "country.toml:6: timezone is missing" in runs("check", tmp_path / "cd").output


REFUSED = {
    "no country": (("zz", "bi", "new"), "zz is not the code of a country: two letters, like ke for Kenya."),
    "a name": (("kenya", "bi", "new"), "kenya is not the code of a country"),
    "nothing to begin with": (
        ("ke", "tz", "new"),
        "tz is no pack to begin with. There are bi, in, or name its folder.",
    ),
    "a folder that holds something": (("ke", "bi", "full"), "holds something already. Nothing was written"),
    "a file": (("ke", "bi", "file"), "is no folder. Nothing was written"),
    "below a file": (("ke", "bi", "file/ke"), "cannot be written (File exists: "),
    "called like another country": (("ke", "bi", "in"), "is called like another country than ke"),
    "the checkout's own": (("bi", "in", str(COUNTRIES / "bi")), "holds something already"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_who_asks_for_what_cannot_be_reads_one_sentence_and_nothing_is_written(tmp_path: Path, case: str) -> None:
    (code, like, into), said = REFUSED[case]
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / ".hidden").write_text("hers", encoding="utf-8")
    (tmp_path / "file").write_text("hers", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    ended = runs("new", code, "--like", like, "--into", tmp_path / into)
    assert ended.exit_code == 1
    assert said in ended.output
    assert ended.output.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_a_disk_that_is_full_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if path.name == "units.csv":
            raise OSError(28, "No space left on device", str(path))
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "deep" / "ke", tmp_path / "empty"):
        with pytest.raises(NewPackError, match="No space left on device"):
            make_pack("ke", COUNTRIES / "bi", folder)
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "empty"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "ke").mkdir()
    make_pack("ke", COUNTRIES / "bi", tmp_path / "ke")
    assert (tmp_path / "ke" / "country.toml").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["ke"]


def test_what_cannot_be_begun_with_is_named_by_file_and_line(tmp_path: Path) -> None:
    before = Path(shutil.copytree(COUNTRIES / "bi", tmp_path / "before"))
    (before / "cards.csv").write_bytes(b"\0")
    ended = runs("new", "ke", "--like", before, "--into", tmp_path / "ke")
    assert f"{before} cannot be begun with: cards.csv:1: is no text" in ended.output
    assert not (tmp_path / "ke").exists()


def test_the_line_that_is_to_be_typed_next_holds_for_a_folder_with_a_blank(tmp_path: Path) -> None:
    folder = tmp_path / "my kenya"
    made = runs("new", "ke", "--like", "bi", "--into", folder)
    assert f"ops/ijwi country check '{folder}'\n" in made.output
    assert f"COUNTRY_DIR='{folder}'" in made.output

"""Tables come as people make them: every habit gives the same people, or a sentence that says why not."""

from __future__ import annotations

import csv
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook

from bot.country import cells
from bot.country.hours import shifts
from bot.country.pack import Country, CountryError, load, read_people
from bot.country.table_files import read_rows
from tests.support.country_tables import COUNTRIES, TODAY

HEADER = [
    "ref",
    "role",
    "kind",
    "name",
    "phone",
    "sex",
    "languages",
    "zones",
    "unit",
    "duty",
    "trained_until",
    "confirmed_on",
    "demo",
]
ALINE = ["C9", "champion", "", "Aliné N.", "+25761234567", "f", "rn|fr", "BI-ZO-02-09-01", "POST-1",
         "mon-fri 08:00-17:00", "2030-12-31", "", "no"]  # fmt: skip
MARIE = [
    "T9",
    "partner",
    "talk",
    "Marie",
    "+25771234567",
    "f",
    "rn",
    "BI-ZO-02-09-01",
    "",
    "mon-sun 00:00-24:00",
    "",
    "",
    "no",
]
TABLE = [HEADER, ALINE, MARIE]


def changed(**cells: str) -> list[list[str]]:
    """The table with other cells in Aline's row."""
    aline = [cells.get(column, cell) for column, cell in zip(HEADER, ALINE, strict=True)]
    return [HEADER, aline, MARIE]


def text(rows: list[list[str]], separator: str = ",", end: str = "\r\n") -> str:
    def quoted(cell: str) -> str:
        return f'"{cell}"' if separator in cell or "\n" in cell or '"' in cell else cell

    return "".join(separator.join(quoted(cell) for cell in row) + end for row in rows)


def sheet(path: Path, rows: list[list[object]]) -> None:
    workbook = Workbook()
    page = workbook.active
    for row in rows:
        page.append(row)
    workbook.save(path)


HABITS: dict[str, str | bytes] = {
    "commas": text(TABLE),
    "semicolons": text(TABLE, ";"),
    "tabs": text(TABLE, "\t"),
    "excel says its separator": "sep=;\r\n" + text(TABLE, ";"),
    "a mark before UTF-8": b"\xef\xbb\xbf" + text(TABLE, ";").encode(),
    "UTF-16 of Excel": text(TABLE, "\t").encode("utf-16"),
    "Windows-1252": text(TABLE, ";").encode("cp1252"),
    "line ends of a Mac of old": text(TABLE, end="\r"),
    "blank rows": text([[], TABLE[0], [""] * 13, TABLE[1], [], TABLE[2], [" "] * 13, []]),
    "blank columns at the end": text([[*row, "", ""] for row in TABLE]),
    "columns that nobody reads": text([[*TABLE[0], "remark"], [*ALINE, "came late"], [*MARIE, ""]]),
    "another order of columns": text([row[::-1] for row in TABLE]),
    "names of columns as written by hand": text([[name.replace("_", " ").title() for name in HEADER], *TABLE[1:]]),
    "upper case": text(changed(role="CHAMPION", sex="F", languages="RN|FR", zones="bi-zo-02-09-01", demo="NO")),
    "31/12/2030": text(changed(trained_until="31/12/2030")),
    "31.12.2030": text(changed(trained_until="31.12.2030")),
    "31 décembre 2030": text(changed(trained_until="31 décembre 2030")),
    "a number without its plus": text(changed(phone="25761234567")),
    "a number with blanks": text(changed(phone="+257 61 23 45 67")),
    "a number as dialled at home": text(changed(phone="61-23-45-67")),
    "00 for the plus": text(changed(phone="00257 61234567")),
    "a hard blank and a mark that nobody sees": text(changed(phone="\u200e+257\xa061234567", ref="C9\xa0")),
    "commas between codes": text(changed(languages="rn, fr"), ";"),
    "the name of a zone": text(changed(zones="Buyenzi")),
    "words for days, in French": text(changed(duty="lundi à vendredi 8h-17h")),
    "words for days, in English": text(changed(duty="Monday to Friday 8:00 to 17:00")),
    "words for days, with of": text(changed(duty="du lundi au vendredi de 8h à 17h00")),
    "a long dash": text(changed(duty="mon–fri 08:00–17:00")),
    "hours in halves of a day": text(changed(duty="mon-fri 8am - 5pm")),
    "an apostrophe of Excel": text(changed(phone="'+257 61 23 45 67", trained_until="'2030-12-31")),
    "a number as a formula of text": text(changed(phone='="+25761234567"')).replace(
        '"="+25761234567""', '"=""+25761234567"""'
    ),
    "a title above the header": text([["Champions of Buyenzi, 2026", *[""] * 12], [], *TABLE]),
    "a title above the header, with semicolons": "Champions, 2026\r\n\r\n" + text(TABLE, ";"),
    "a title in Windows-1252 and a long dash": (
        "L’équipe – « 2026 »\n" + text(changed(duty="mon–fri 08:00–17:00"), ";")
    ).encode("cp1252"),
    "non for no": text(changed(demo="Non")),
}


@pytest.mark.parametrize("habit", HABITS)
def test_whatever_the_habit_the_people_are_the_same(tmp_path: Path, burundi: Country, habit: str) -> None:
    written = HABITS[habit]
    path = tmp_path / "people.csv"
    path.write_bytes(written if isinstance(written, bytes) else written.encode())
    plain = tmp_path / "plain.csv"
    plain.write_text(text(TABLE), encoding="utf-8")
    assert read_people(path, burundi) == read_people(plain, burundi)


def test_a_sheet_with_real_dates_and_numbers_reads_like_the_text(tmp_path: Path, burundi: Country) -> None:
    from datetime import date

    rows: list[list[object]] = [[*HEADER], [*ALINE], [*MARIE]]
    rows[1][4], rows[1][10] = 25761234567, date(2030, 12, 31)
    sheet(tmp_path / "people.xlsx", rows)
    (tmp_path / "plain.csv").write_text(text(TABLE), encoding="utf-8")
    assert read_people(tmp_path / "people.xlsx", burundi) == read_people(tmp_path / "plain.csv", burundi)


READ = ("people", "places", "prices", "routing", "served", "services", "units", "venues")
SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not here")
@pytest.mark.parametrize("suffix", ["xlsx", "ods", "xls"])
def test_what_libreoffice_saves_reads_like_the_text(tmp_path: Path, burundi: Country, suffix: str) -> None:
    plain = tmp_path / "people.csv"
    plain.write_text(text(TABLE), encoding="utf-8")
    command = [str(SOFFICE), f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", suffix,
               "--infilter=CSV:44,34,76,1", "--outdir", str(tmp_path / "out"), str(plain)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert read_people(tmp_path / "out" / f"people.{suffix}", burundi) == read_people(plain, burundi)


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not here")
@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_a_pack_whose_tables_were_all_saved_by_libreoffice_reads_like_the_text(folder: Path, suffix: str) -> None:
    """It has read dates, hours and numbers as such, as it does for whoever opens the table there."""
    before = load(folder, TODAY)
    tables = [path for path in sorted(folder.glob("*.csv")) if path.stem in READ]
    command = [str(SOFFICE), f"-env:UserInstallation=file://{folder.parent}/profile", "--headless", "--convert-to",
               suffix, "--infilter=CSV:44,34,76,1", "--outdir", str(folder), *map(str, tables)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    for table in tables:
        table.unlink()
    assert len(tables) == len(READ)
    after = load(folder, TODAY)
    assert [getattr(after, name) for name in READ] == [getattr(before, name) for name in READ]


def test_a_pack_whose_table_is_a_sheet_is_read(folder: Path) -> None:
    with (folder / "venues.csv").open(encoding="utf-8", newline="") as table:
        rows: list[list[object]] = [[*row] for row in csv.reader(table)]
    before = load(folder, TODAY).venues
    (folder / "venues.csv").unlink()
    sheet(folder / "venues.xlsx", rows)
    assert load(folder, TODAY).venues == before


def test_a_workbook_of_two_tables_is_refused_and_no_name_of_a_sheet_is_printed(
    tmp_path: Path, burundi: Country
) -> None:
    workbook = Workbook()
    workbook.active.title = "Aline Nahimana 79123456"
    for title, row in (("Aline Nahimana 79123456", ALINE), ("Musaga", MARIE)):
        page = workbook[title] if title in workbook.sheetnames else workbook.create_sheet(title)
        page.append(HEADER)
        page.append(row)
    workbook.create_sheet("empty")
    workbook.save(tmp_path / "people.xlsx")
    with pytest.raises(CountryError) as refused:
        read_people(tmp_path / "people.xlsx", burundi)
    said = "people.xlsx:1: holds rows in sheets 1 and 2 from the left: one table a file, so delete the others"
    assert refused.value.wrong == (said,)


OF_ANOTHER = (
    "Rose Hôpital",
    "Maître",
    "Rose à Kayanza",
    "Noël",
    "Sûr",
    "Où",
    "Désiré",
    "Saül",
    "HÔPITAL",
    "île",
    "Çelik",
)


@pytest.mark.parametrize("name", OF_ANOTHER)
@pytest.mark.parametrize("encoding", ["cp850", "cp437", "mac_roman"])
def test_a_table_in_the_letters_of_dos_or_of_a_mac_is_refused(
    tmp_path: Path, burundi: Country, name: str, encoding: str
) -> None:
    try:
        written = text(changed(name=name)).encode(encoding)
    except UnicodeEncodeError:
        pytest.skip("this encoding has no such letter")
    (tmp_path / "people.csv").write_bytes(written)
    with pytest.raises(CountryError) as refused:
        read_people(tmp_path / "people.csv", burundi)
    said = "people.csv:2: neither UTF-8 nor Windows-1252: save it as 'CSV UTF-8', .xlsx or .ods"
    assert refused.value.wrong == (said,)


@pytest.mark.parametrize(
    "name", ["L’Hôpital « Roi Khaled »", "Nyanza–Lac", "Sœur CŒUR", "“Rose” D’ÉTÉ…", "ŒUVRE Œil n°5", "Aliné – Noël"]
)
def test_names_of_french_in_windows_1252_are_read(tmp_path: Path, burundi: Country, name: str) -> None:
    (tmp_path / "people.csv").write_bytes(text(changed(name=name), ";").encode("cp1252"))
    assert read_people(tmp_path / "people.csv", burundi)[0].name == name


@pytest.mark.parametrize(
    "name", ["HÃ´pital", "Voil\u00c3\u00a0", "â€™", "à¤¹à¤¿", "H“pital", "H?pital", "H\ufffdpital", "H├┤pital"]
)
@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_letters_that_were_lost_before_the_file_was_saved_are_named_by_cell(
    tmp_path: Path, burundi: Country, name: str, suffix: str
) -> None:
    path = tmp_path / f"people.{suffix}"
    if suffix == "csv":
        path.write_text(text(changed(name=name)), encoding="utf-8")
    else:
        sheet(path, [[*row] for row in changed(name=name)])
    with pytest.raises(CountryError) as refused:
        read_people(path, burundi)
    assert refused.value.wrong == (f"{path.name}:2: name has lost letters by a wrong encoding: write them anew",)


BAD: dict[str, tuple[Callable[[], list[list[str]]], str]] = {
    "month before day": (lambda: changed(trained_until="12/31/2030"), "people.csv:2: trained_until is not a date"),
    "a year of two digits": (lambda: changed(trained_until="31/12/30"), "people.csv:2: trained_until is not a date"),
    "a number that Excel has cut": (lambda: changed(phone="2.57612E+10"), "people.csv:2: phone was cut by"),
    "the same number twice, written otherwise": (
        lambda: [HEADER, ALINE, [*MARIE[:4], "61 23 45 67", *MARIE[5:]]], "people.csv:3: duplicate phone: line 2",
    ),
    "a zone that nobody knows": (lambda: changed(zones="Nowhere-9"), "people.csv:2: zones: unknown place"),
    "a name of many places": (lambda: changed(zones="Centre"), "people.csv:2: zones: "),
}  # fmt: skip


@pytest.mark.parametrize("fault", BAD)
def test_what_cannot_be_read_is_named_by_line_and_column_and_nobody_is_loaded(
    tmp_path: Path, burundi: Country, fault: str
) -> None:
    rows, said = BAD[fault]
    (tmp_path / "people.csv").write_text(text(rows()), encoding="utf-8")
    with pytest.raises(CountryError) as refused:
        read_people(tmp_path / "people.csv", burundi)
    assert any(line.startswith(said) for line in refused.value.wrong)
    assert not any(hidden in str(refused.value) for hidden in ("61234567", "61 23", "Alin", "Marie", "57612"))


@pytest.mark.parametrize("name", ["people.xlsx", "people.ods", "people.csv"])
def test_a_file_that_is_something_else_is_refused_in_a_sentence(tmp_path: Path, burundi: Country, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK\x03\x04 this is no sheet")
    with pytest.raises(CountryError) as refused:
        read_people(tmp_path / name, burundi)
    assert refused.value.wrong[0].startswith(f"{name}:1: is ")


def test_the_shipped_tables_read_alike_as_text_and_as_sheet(tmp_path: Path) -> None:
    for path in sorted((COUNTRIES / "bi").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as table:
            rows: list[list[object]] = [[*row] for row in csv.reader(table)]
        sheet(tmp_path / f"{path.stem}.xlsx", rows)
        columns = [str(cell) for cell in rows[0]]
        cells = [row for _line, row in read_rows(path, columns)]
        assert [row for _line, row in read_rows(tmp_path / f"{path.stem}.xlsx", columns)] == cells


ROSTERS = {
    "mon, wed 08:00-12:00": "mon 08:00-12:00; wed 08:00-12:00",
    "lun & jeu 8h-12h": "mon 08:00-12:00; thu 08:00-12:00",
    "mon-wed, fri 8-12": "mon-wed 08:00-12:00; fri 08:00-12:00",
    "mon/fri 8:30-12": "mon 08:30-12:00; fri 08:30-12:00",
    "tous les jours 20h–6h": "mon-sun 20:00-06:00",
    "mon-fri 8-17, sat 8-12": "mon-fri 08:00-17:00; sat 08:00-12:00",
    "lun-ven 8h-17h et sam 8h-12h": "mon-fri 08:00-17:00; sat 08:00-12:00",
    "24/7": "mon-sun 00:00-24:00",
    "24h/24 et 7j/7": "mon-sun 00:00-24:00",
    "8am-5pm": "mon-sun 08:00-17:00",
    "mon-fri 8:30 a.m. to 12 p.m.": "mon-fri 08:30-12:00",
    "8:00 à 17:00": "mon-sun 08:00-17:00",
    "mon-fri 22:00-06:00; sun 00:00-24:00": "mon-fri 22:00-06:00; sun 00:00-24:00",
}
UNREAD = (
    "mon-fri 8-5", "mon-fri 8:5-17:00", "mon-fri 108:00-17:00", "mon-fri 08:00,14:00-17:00", "mon-fri 08:00-17:00 sat",
    "mon-fri-sat 08:00-12:00", "weekend 08:00-12:00", "8-17", "always",
    "mon-fri 2-5pm", "mon-fri 13pm-15pm", "mon-fri 8-17; 18:00-20:00", "mon-fri 8-17, 18-20", "31/12",
)  # fmt: skip


@pytest.mark.parametrize("written", ROSTERS)
def test_a_roster_says_neither_more_nor_less_than_was_written(written: str) -> None:
    assert cells.roster(written) == ROSTERS[written]
    assert shifts(cells.roster(written))


@pytest.mark.parametrize("written", UNREAD)
def test_a_roster_of_which_a_part_cannot_be_read_is_refused_whole(written: str) -> None:
    assert cells.roster(written) == written
    assert not shifts(written)


@pytest.mark.parametrize(
    "written", ["+257 61 23 45 67;78000001", "+25761234567 ext 5", "+25761234567#12", "1800FLOWERS"]
)
def test_what_is_more_than_one_number_is_none(written: str) -> None:
    assert cells.phone(written, "BI") == ""


def test_an_amount_that_two_people_read_differently_is_none() -> None:
    assert cells.amount("1,500") is None
    assert (cells.amount("0,025"), cells.amount("1.5")) == (0.025, 1.5)


def test_a_row_that_has_lost_a_comma_is_named(tmp_path: Path, burundi: Country) -> None:
    (tmp_path / "people.csv").write_text(text([HEADER, ALINE[:-1], MARIE]), encoding="utf-8")
    with pytest.raises(CountryError) as refused:
        read_people(tmp_path / "people.csv", burundi)
    assert "people.csv:2: 12 columns where there must be 13" in refused.value.wrong


def test_a_quotation_mark_that_is_open_in_the_header_is_a_sentence(tmp_path: Path, burundi: Country) -> None:
    (tmp_path / "people.csv").write_bytes(b'"ref,role\n' + b"x" * 140_000)
    with pytest.raises(CountryError) as refused:
        read_people(tmp_path / "people.csv", burundi)
    assert refused.value.wrong[0].startswith("people.csv:1: ")

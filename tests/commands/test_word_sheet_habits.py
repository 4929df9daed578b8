"""What people do to a sheet that no reader of cells can guess: verdicts, notes, numbers, copies, merged cells."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from flask import Flask

from bot import folder
from bot.commands.word_files import NotASheet, read
from bot.words import not_a_text
from bot.words.room import Rooms
from bot.words.sheet import Compared, Returned, SheetRow, compare
from tests.commands.test_word_sheets import (
    CORRECTED_MEANS,
    CORRECTION,
    KEY,
    NEW,
    NOTE,
    app,
    book,
    bring,
    correct,
    given,
    kept,
    office,
    sheet,
)
from tests.people.test_wordings import approve
from tests.support.office import Office
from tests.support.small_world import WORDS

TEXTS = len(WORDS.entries["rn"])  # every language has all of them

__all__ = ["app", "office"]
SAFE = "report.limits"


@pytest.mark.parametrize(
    "text",
    ["OK", "ok.", "O.K.", "oui", "Non", "idem", "ditto", "✓", "✔", "👍", "yes", "x", "same", "pareil", "ego", "Ego, ok",
     "हाँ", "ठीक है", "theek hai", "-", "?", "C’est bon", "n/a", "sawa", "no change", "Pas de changement"],
)  # fmt: skip
def test_a_verdict_is_no_text(text: str) -> None:
    for language in ("rn", "fr", "hi", "hi_Latn", "en"):
        assert not_a_text.is_verdict(text, language, "Police will not be told.", "Igipolisi ntikimenyeshwa.")


def test_the_word_for_yes_in_her_language_is_a_text_where_the_english_says_yes() -> None:
    assert not not_a_text.is_verdict("Oui", "fr", "Yes", "Oui.")
    assert not_a_text.is_verdict("OK", "fr", "Yes", "Oui")
    assert not_a_text.is_verdict("oui", "rn", "Yes", "Ego")
    assert not not_a_text.is_verdict("Vyabaye kuri nde?", "rn", "Who?", "Nde?")


@pytest.mark.parametrize(
    ("cell", "is_note"),
    [("MN", False), ("A.B.", False), ("AB CD", False), ("", False), ("OK", True), ("NON", True),
     ("not sure", True), ("ntibivuga", True), ("?", True)],
)  # fmt: skip
def test_initials_are_no_note(cell: str, is_note: bool) -> None:
    assert not_a_text.is_note(cell) == is_note


@pytest.fixture
def rooms(office: Office) -> Rooms:
    return Rooms(given(office).verifier, "rn")


def compared(office: Office, rooms: Rooms, language: str = "rn", **cells: str) -> Compared:
    """One row of a sheet as it came back, compared with today's."""
    entry = office.services.words.base[language][SAFE]
    today = SheetRow(SAFE, "", entry.source, entry.text, entry.back)
    row = {"key": SAFE, "English": entry.source, f"text {language}": entry.text}
    row |= {name.replace("_", " "): text for name, text in cells.items()}
    return compare(language, {SAFE: today}, [Returned(2, row)], rooms)


@pytest.mark.parametrize(
    ("text", "said"),
    [("OK", "'OK' is a verdict"), ("{org} {org:d}", "between braces stands a name alone"),
     ("{org!r}", "between braces stands a name alone"), ("{org.name}", "between braces stands a name alone"),
     ("{org} hamagara +257 79 11-22.33", "a phone number"), ("{org} ०७९१२३४५६७", "a phone number")],
)  # fmt: skip
def test_what_is_no_text_is_a_fault_of_its_cell(office: Office, rooms: Rooms, text: str, said: str) -> None:
    found = compared(office, rooms, your_correction=text, it_means="x")
    assert any(said in fault.what and fault.column == "your correction" for fault in found.faults), found.faults


def test_a_text_with_a_note_and_no_correction_is_not_approved(office: Office, rooms: Rooms) -> None:
    note = {"your note or initials": "not sure"}
    found = compared(office, rooms, **note)
    assert ([row.key for row in found.noted], found.texts) == ([SAFE], [])
    assert [row.key for row in compared(office, rooms, **{"your note or initials": "MN"}).texts] == [SAFE]


def test_a_correction_in_the_column_beside_its_own_approves_nothing(office: Office, rooms: Rooms) -> None:
    found = compared(office, rooms, "fr", it_means="Dites-le autrement")
    assert ([row.key for row in found.misplaced], found.texts) == ([SAFE], [])


def test_import_says_what_a_sheet_leaves_out(office: Office, app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "hi.xlsx"
    sheet(office, path, "hi")
    opened, table, at = book(path)
    table.cell(at[SAFE], NOTE).value = "kathin hai"
    table.cell(at[KEY], CORRECTED_MEANS).value = "To whom?"
    table.delete_rows(at["common.yes"])
    opened.save(path)
    done = bring(app, path)
    assert done.exit_code == 0, done.output
    assert f"1 of {TEXTS} texts are not in the sheet" in done.output
    assert f"1 rows have a note and no correction: this sheet does not approve their texts.\n  {SAFE}: kathin hai" in (
        done.output
    )
    assert f"  {KEY}: To whom?" in done.output
    assert {SAFE, KEY, "common.yes"}.isdisjoint(kept(office))
    assert f"  {folder.line('words approve ')}" in done.output
    name = done.output.split("The sheet is ")[1][:12]
    assert f"3 of {TEXTS} texts are not in the sheet" in approve(office, name, "A1").output


def test_a_sheet_made_after_an_approval_keeps_what_was_approved(office: Office, app: Flask, tmp_path: Path) -> None:
    for turn in ("first.xlsx", "second.xlsx"):
        path = tmp_path / turn
        office.services.wordings.refresh(now=True)
        sheet(office, path)
        correct(path, *((KEY,) if turn == "first.xlsx" else ("common.no", "Oya cane", "No indeed")))
        done = bring(app, path)
        assert done.exit_code == 0, done.output
        name = done.output.split("The sheet is ")[1][:12]
        assert approve(office, name, "A1").exit_code == 0
        assert approve(office, name, "K1").exit_code == 0
    office.services.wordings.refresh(now=True)
    assert office.services.words.entries["rn"][KEY].text == NEW
    assert office.services.wordings.lapsed == []
    said = app.test_cli_runner().invoke(args=["words", "say", KEY]).output
    assert NEW in said
    assert "approved, read by A1 K1" in said
    assert "the catalogue says: " in said


def small(path: Path, *, on: str, merged: bool = True, twice: bool = False) -> None:
    """A workbook with a sheet and another one; something merged and a formula `on` one of them."""
    from openpyxl import Workbook

    opened = Workbook()
    other = opened.active
    other.title = "notes"
    hers = opened.create_sheet("rn")
    opened.create_sheet("copy")
    header = ["key", "where", "English", "text rn", "means", "status", "room", "your correction", "it means", "note"]
    for name in ("rn", "copy") if twice else ("rn",):
        opened[name].append(header)
        opened[name].append(["common.yes", "", "Yes", "Ego", "Yes"])
    if merged:
        opened[on].merge_cells("H2:H3")
        opened[on]["I4"] = "=A1"
    assert hers is opened["rn"]
    opened.save(path)


def as_ods(path: Path) -> Path:
    """The same as ods, written by hand."""
    import zipfile

    from openpyxl import load_workbook

    opened, tables = load_workbook(path), ""
    for name in opened.sheetnames:
        rows = ""
        for row in opened[name].iter_rows():
            cells = ""
            for cell in row:
                spans = any(cell.coordinate == str(one).split(":")[0] for one in opened[name].merged_cells.ranges)
                span = ' table:number-rows-spanned="2" table:number-columns-spanned="1"' if spans else ""
                text = str(cell.value or "")
                formula = ' table:formula="of:=[.A1]"' if text.startswith("=") else ""
                attributes = f'office:value-type="string"{span}{formula}'
                cells += f"<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>"
            rows += f"<table:table-row>{cells}</table:table-row>"
        tables += f'<table:table table:name="{name}">{rows}</table:table>'
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"' for short in ("office", "table", "text")
    )
    content = f"<office:document-content {spaces}><office:body><office:spreadsheet>{tables}</office:spreadsheet>"
    out = path.with_suffix(".ods")
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr("content.xml", f"{content}</office:body></office:document-content>")
        manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
        file.writestr("META-INF/manifest.xml", f'<m:manifest xmlns:m="{manifest}"/>')
    return out


@pytest.mark.parametrize("ending", ["xlsx", "ods"])
@pytest.mark.parametrize(("on", "columns"), [("rn", ["your correction", "it means"]), ("notes", [])])
def test_merged_cells_and_formulas_are_looked_for_on_her_sheet(
    tmp_path: Path, ending: str, on: str, columns: list[str]
) -> None:
    path = tmp_path / "rn.xlsx"
    small(path, on=on)
    if (ending, on) == ("ods", "notes"):  # its formula has a value, so nobody could say which sheet is meant
        with pytest.raises(NotASheet, match="rows in sheets 1 and 2 from the left"):
            read(as_ods(path))
        return
    _language, _rows, faults = read(path if ending == "xlsx" else as_ods(path))
    assert [fault.column for fault in faults] == columns


@pytest.mark.parametrize("ending", ["xlsx", "ods"])
def test_two_sheets_with_the_same_columns_are_refused_by_their_place(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "rn.xlsx"
    small(path, on="rn", merged=False, twice=True)
    with pytest.raises(NotASheet, match="rows in sheets 2 and 3 from the left"):
        read(path if ending == "xlsx" else as_ods(path))


@pytest.mark.parametrize("name", ["rn.xls", "rn.xlsx"])
def test_an_old_spreadsheet_is_refused_in_one_sentence(app: Flask, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    done = bring(app, tmp_path / name)
    assert done.exit_code == 1
    assert "Save it as .xlsx or .ods" in done.output


def test_the_line_that_takes_a_sheet_runs_as_it_is_printed(office: Office, app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "her sheet; rn.csv"
    done = app.test_cli_runner().invoke(args=["words", "export", "fr", str(path)])
    assert done.exit_code == 0, done.output
    typed = shlex.split(done.output.splitlines()[-1])
    assert typed[0].endswith("ops/ijwi")
    assert typed[1:] == ["words", "import", str(path)]


def test_a_fault_names_the_column_of_the_sheet_into_which_a_reader_put_others(
    office: Office, app: Flask, tmp_path: Path
) -> None:
    path = tmp_path / "rn.xlsx"
    sheet(office, path)
    opened, table, at = book(path)
    table.insert_cols(1, 2)  # one for her numbers, one without a name
    table.cell(1, 1).value = "no."
    table.cell(at[KEY], CORRECTION + 2).value = "12.5"
    opened.save(path)
    done = bring(app, path)
    assert f"rn.xlsx:{at[KEY]}, column J (your correction): a number or a date" in done.output


def test_a_sheet_that_came_back_is_not_written_over(app: Flask, tmp_path: Path) -> None:
    for what in ("rn.xlsx", "rn.ods", "rn.csv"):
        (tmp_path / what).write_bytes(b"a reader's corrections")
        done = app.test_cli_runner().invoke(args=["words", "export", "rn", str(tmp_path / what)])
        assert (done.exit_code, "is there already" in done.output) == (1, True)
        assert (tmp_path / what).read_bytes() == b"a reader's corrections"


def test_a_sheet_into_a_folder_that_is_not_there_is_one_sentence(app: Flask) -> None:
    for what in ("x.xlsx", "x.po", "x.ods"):
        done = app.test_cli_runner().invoke(args=["words", "export", "fr", f"/nonexistent/{what}"])
        assert done.exit_code == 1
        assert f"/nonexistent/{what} cannot be written: there is no folder /nonexistent." in done.output
        assert "Errno" not in done.output
    done = app.test_cli_runner().invoke(args=["words", "booklet", "fr", "/nonexistent/x.html"])
    assert "cannot be written" in done.output
    assert "Errno" not in done.output

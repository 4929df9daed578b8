"""A reviewer's sheet as a file: written as .xlsx, .ods or .csv, and read back as LibreOffice and Excel save it.

The reader of cells is the one of the country's tables (`bot.country.table_files`), which is why this stands here and
not in `bot.words`, a room below it. What it cannot tell (merged cells, formulas, macros) is looked for first.
"""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree

from bot.commands import ods
from bot.country.table_files import Unreadable, header_name, read_rows
from bot.words.languages import BY_CODE
from bot.words.sheet import (
    CORRECTED_MEANS,
    CORRECTION,
    ENGLISH,
    KEY,
    NOTE,
    TEXT,
    WIDTHS,
    Fault,
    Returned,
    SheetRow,
    columns,
)

FORMATS = (".xlsx", ".ods", ".csv")
FOR_HER = (CORRECTION, CORRECTED_MEANS, NOTE)  # columns in which a reviewer writes
LARGEST = 20_000_000  # bytes of a part of a file that is looked into


class NotASheet(Exception):
    """A file that is no sheet of this service; the words say what to do."""


def write(path: Path, language: str, rows: Sequence[SheetRow]) -> None:
    """Write a sheet by the ending of its name. Raises ValueError for another ending, OSError where it cannot be
    written."""
    table = [columns(language), *(row.cells() for row in rows)]
    if path.suffix == ".xlsx":
        _xlsx(path, language, table)
    elif path.suffix == ".ods":
        ods.write(path, language, [*WIDTHS.values()], table)
    elif path.suffix == ".csv":  # with the mark and the separator that a French Excel wants
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file, delimiter=";").writerows(table)
    else:
        raise ValueError(f"{path.name}: a sheet is called something{', something'.join(FORMATS)}.")


def _xlsx(path: Path, language: str, table: Sequence[Sequence[str]]) -> None:
    from openpyxl import Workbook  # here: a web process never writes a table
    from openpyxl.styles import Alignment, Font, Protection
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.active
    sheet.title = language
    for number, width in enumerate(WIDTHS.values(), 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    for line, cells in enumerate(table, 1):
        for number, text in enumerate(cells, 1):
            cell = sheet.cell(line, number)
            cell.value, cell.number_format = text or None, "@"
            cell.data_type = "s" if text else cell.data_type
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.font = Font(bold=line == 1)
            if line > 1 and [*WIDTHS][number - 1] in FOR_HER:
                cell.protection = Protection(locked=False)
    sheet.freeze_panes = "B2"
    sheet.protection.sheet = True  # no password: it keeps a hand from slipping, and is taken away with two clicks
    for allowed in ("formatCells", "formatColumns", "formatRows", "autoFilter", "sort"):
        setattr(sheet.protection, allowed, False)
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"
    book.save(path)


def read(path: Path) -> tuple[str, list[Returned], list[Fault]]:
    """The language of a sheet, its rows, and what is wrong with its cells. Raises `NotASheet`."""
    wanted = [KEY, ENGLISH, *FOR_HER, *(TEXT.format(code=code) for code in BY_CODE)]
    if path.suffix.lower() in (".xlsm", ".xlsb") or _holds(path, r"vbaProject\.bin|Basic/|Scripts/"):
        raise NotASheet(f"{path.name} has macros: save it as .xlsx or .ods without them.")
    if path.suffix.lower() == ".xls" or _is_old(path):
        why = "is an old spreadsheet, or has a password: in it nobody finds merged cells and formulas"
        raise NotASheet(f"{path.name} {why}. Save it as .xlsx or .ods, without a password.")
    try:
        rows = read_rows(path, wanted)
    except Unreadable as error:
        raise NotASheet(f"{path.name}:{error.line}: {error}.") from None
    hers = _hers(path)
    if not rows:
        raise NotASheet(f"{path.name} is empty.")
    (_line, header), names = rows[0], {header_name(name): name for name in wanted}
    found = [names.get(header_name(cell), cell) or letter(number) for number, cell in enumerate(header, 1)]
    language = next((code for code in BY_CODE if TEXT.format(code=code) in found), "")
    needed = [KEY, ENGLISH, TEXT.format(code=language or "LANGUAGE"), CORRECTION, CORRECTED_MEANS]
    if missing := [name for name in needed if name not in found]:
        raise NotASheet(f"{path.name}:1: the columns {', '.join(missing)} are missing: the header must stay as it was.")
    if twice := sorted({name for name in found if name in names.values() and found.count(name) > 1}):
        raise NotASheet(f"{path.name}:1: the columns {', '.join(twice)} stand twice.")
    returned = [Returned(line, dict(zip(found, cells, strict=False))) for line, cells in rows[1:]]
    return language, returned, [*_spread(path, found, hers), *_formulas(path, found, hers)]


def _is_old(path: Path) -> bool:
    """Whether a file is of the kind of .xls, whatever it is called."""
    with path.open("rb") as file:
        return file.read(4) == b"\xd0\xcf\x11\xe0"


def _hers(path: Path) -> int:
    """Which sheet of a spreadsheet is the reviewer's, counted from 0. Raises `NotASheet` when two may be."""
    if path.suffix.lower() not in (".xlsx", ".ods"):
        return 0
    from python_calamine import CalamineWorkbook

    book, hers = CalamineWorkbook.from_path(str(path)), list[int]()
    for number, name in enumerate(book.sheet_names):
        rows = (row for row in book.get_sheet_by_name(name).to_python() if any(row))
        header = {header_name(str(cell)) for cell in next(rows, [])}
        if {header_name(name) for name in (KEY, ENGLISH, CORRECTION)} <= header:
            hers.append(number)
    if len(hers) > 1:
        names = " and ".join(repr(book.sheet_names[number]) for number in hers)
        raise NotASheet(f"{path.name} has the columns of a sheet in {names}: keep the one that was written into.")
    return hers[0] if hers else 0


def letter(column: int) -> str:
    """The letters of a column, the first being 1."""
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(column))


def _named(found: Sequence[str], column: int) -> str:
    return found[column - 1] if 0 < column <= len(found) else letter(column)


def _holds(path: Path, pattern: str) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as file:
        return any(re.search(pattern, name) for name in file.namelist())


def _spread(path: Path, found: Sequence[str], hers: int) -> Iterator[Fault]:
    """Cells that are merged: what stands in them belongs to one row, and which one nobody can tell."""
    if path.suffix.lower() == ".xlsx":
        for sheet in _xlsx_sheet(path, hers):
            for merged in sheet.iterfind(".//{*}mergeCell"):
                if at := re.match(r"([A-Z]+)(\d+)", merged.get("ref", "")):
                    yield Fault(int(at[2]), _named(found, _number(at[1])), f"merged cells ({merged.get('ref')})")
    elif path.suffix.lower() == ".ods":
        for line, column, cell in _ods_cells(path, hers):
            if {cell.get(f"{{{TABLE}}}number-{way}-spanned", "1") for way in ("columns", "rows")} != {"1"}:
                yield Fault(line, _named(found, column), "merged cells")


def _formulas(path: Path, found: Sequence[str], hers: int) -> Iterator[Fault]:
    """Formulas: their result is no text that somebody has written."""
    if path.suffix.lower() == ".xlsx":
        for sheet in _xlsx_sheet(path, hers):
            for cell in sheet.iterfind(".//{*}c"):
                if cell.find("{*}f") is not None and (at := re.match(r"([A-Z]+)(\d+)", cell.get("r", ""))):
                    yield Fault(int(at[2]), _named(found, _number(at[1])), "a formula where a text belongs")
    elif path.suffix.lower() == ".ods":
        for line, column, cell in _ods_cells(path, hers):
            if cell.get(f"{{{TABLE}}}formula"):
                yield Fault(line, _named(found, column), "a formula where a text belongs")


TABLE = f"{ods.OASIS}:table:1.0"


def _xlsx_sheet(path: Path, number: int) -> Iterator[ElementTree.Element]:
    """The part of a workbook that holds its sheet of this number, from 0: the workbook names parts in their order."""
    for book in _parts(path, r"xl/workbook\.xml"):
        ids = [value for sheet in book.iterfind(".//{*}sheet") for name, value in sheet.items() if name.endswith("}id")]
        for relations in _parts(path, r"xl/_rels/workbook\.xml\.rels"):
            for one in relations:
                if number < len(ids) and one.get("Id") == ids[number]:
                    target = one.get("Target", "")
                    whole = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
                    yield from _parts(path, re.escape(whole))


def _ods_cells(path: Path, number: int) -> Iterator[tuple[int, int, ElementTree.Element]]:
    """Every cell of the table of this number that is written, with its row and column from 1."""
    for content in _parts(path, r"content\.xml"):
        table = next(islice(content.iterfind(f".//{{*}}spreadsheet/{{{TABLE}}}table"), number, None), None)
        line = 1
        for row in table.iter(f"{{{TABLE}}}table-row") if table is not None else ():
            column = 1
            for cell in row:
                if cell.tag == f"{{{TABLE}}}table-cell":
                    yield line, column, cell
                column += int(cell.get(f"{{{TABLE}}}number-columns-repeated", "1"))
            line += int(row.get(f"{{{TABLE}}}number-rows-repeated", "1"))


def _number(letters: str) -> int:
    number = 0
    for one in letters:
        number = number * 26 + ord(one) - 64
    return number


def _parts(path: Path, pattern: str) -> Iterator[ElementTree.Element]:
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as file:
        for info in file.infolist():
            if re.fullmatch(pattern, info.filename) and info.file_size <= LARGEST:
                content = file.read(info)
                if b"<!DOCTYPE" not in content[:2000]:  # no spreadsheet has one
                    yield ElementTree.fromstring(content)  # noqa: S314  (no entities without a DOCTYPE)


def told(name: str, faults: Sequence[Fault], header: Mapping[str, int]) -> list[str]:
    """Faults as sentences, in the order of the sheet."""
    ordered = sorted(faults, key=lambda fault: (fault.line, header.get(fault.column, 0)))
    return [
        f"{name}:{one.line}, {'column ' + letter(header[one.column]) + ' ' if one.column in header else ''}"
        f"({one.column}): {one.what}."
        for one in ordered
    ]

"""Read the cells of a table file: CSV with any usual separator and encoding, or a sheet of xlsx, xls or ods.

A file gives its rows as text, each with the line on which it begins, or one sentence that says why it cannot be read.
`bot.country.tables` reads what the cells mean.
"""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, time
from io import StringIO
from pathlib import Path

SHEETS = (".xlsx", ".xls", ".xlsb", ".ods")
SEPARATORS = (",", ";", "\t", "|")
# What a text of French or English in Windows-1252 holds beyond ASCII. A file of another encoding (of a Mac, of DOS)
# shows other signs where these stand: it is refused, and not read with wrong names.
LATIN = frozenset("ÀÂÄÇÈÉÊËÎÏÔÖÙÛÜŒÆŸàâäçèéêëîïôöùûüœæÿñÑáíóúß«»‘’“”–—…°€·\xa0\xad")


class Unreadable(Exception):
    """A file that is no table; the words say what to do, `line` where."""

    def __init__(self, what: str, line: int = 1) -> None:
        super().__init__(what)
        self.line = line


def header_name(cell: str) -> str:
    """A column's name as it is compared: ` Trained until` is `trained_until`."""
    return "_".join(cell.replace("\ufeff", "").replace("-", " ").replace("_", " ").casefold().split())


def read_rows(path: Path, columns: Collection[str]) -> list[tuple[int, list[str]]]:
    """The rows that are not blank, the header first, each with its line (from 1).

    `columns` are the names that are looked for: they tell which separator and which sheet it is. Raises `Unreadable`.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise Unreadable("the file is missing") from None
    except OSError as error:
        raise Unreadable(f"cannot be read ({error.strerror})") from None
    wanted = {header_name(column) for column in columns}
    read = _sheet(path, wanted) if path.suffix.lower() in SHEETS else _text_rows(_decoded(content), wanted)
    return [(line, cells) for line, cells in read if any(cells)]


def clean(cell: str) -> str:
    """A cell without what cannot be seen: marks, joiners, hard spaces."""
    kept = "".join(
        c for c in cell.replace("\xa0", " ").replace("\u202f", " ") if c not in "\ufeff\u200b\u200e\u200f\u2060"
    )
    return kept.strip()


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    if content[:4] == b"PK\x03\x04":
        raise Unreadable("is a spreadsheet with the name of a text: call it .xlsx or .ods")
    try:
        return content.decode("utf-8-sig")  # spreadsheets put a mark before UTF-8
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
    text = content.decode("cp1252", "replace")
    odd = next((n for n, c in enumerate(text) if ord(c) > 127 and c not in LATIN), None)
    if odd is not None:
        line = text.count("\n", 0, odd) + 1
        raise Unreadable("neither UTF-8 nor Windows-1252: save it as 'CSV UTF-8', .xlsx or .ods", line)
    return text


def _text_rows(text: str, wanted: set[str]) -> Iterator[tuple[int, list[str]]]:
    """The rows of a text, by the separator under which its header names most of the wanted columns."""
    skipped = 0
    if text.lower().startswith("sep=") and "\n" in text:  # a line that Excel writes for itself
        skipped, text = 1, text.partition("\n")[2]
    tries = ({header_name(cell) for cell in _header(text, separator)} for separator in SEPARATORS)
    known = [len(wanted & names) for names in tries]
    separator = SEPARATORS[known.index(max(known))]
    reader = csv.reader(StringIO(text, newline=""), strict=True, delimiter=separator)
    while True:
        line = reader.line_num + 1 + skipped
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise Unreadable("a quotation mark is open or out of place", line) from None
        yield line, [clean(cell) for cell in cells]


def _header(text: str, separator: str) -> list[str]:
    """The first row that is not blank, under one separator."""
    with contextlib.suppress(csv.Error):  # a quotation mark is open: reading the rows says so
        for line in csv.reader(StringIO(text, newline=""), delimiter=separator):
            if any(cell.strip() for cell in line):
                return line
    return []


def _sheet(path: Path, wanted: set[str]) -> list[tuple[int, list[str]]]:
    """The sheet whose first row names most of the wanted columns."""
    from python_calamine import CalamineError, CalamineWorkbook  # here: a web process never reads a sheet

    try:
        workbook = CalamineWorkbook.from_path(str(path))
        sheets = [
            _cells(workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in workbook.sheet_names
        ]
    except CalamineError:
        raise Unreadable("is no spreadsheet that can be read, or has a password") from None
    filled = [rows for rows in sheets if rows]
    return max(filled, key=lambda rows: len(wanted & {header_name(cell) for cell in rows[0][1]}), default=[])


def _cells(rows: Sequence[Sequence[object]]) -> list[tuple[int, list[str]]]:
    written = [(line, [clean(written_as(cell)) for cell in row]) for line, row in enumerate(rows, 1)]
    return [(line, cells) for line, cells in written if any(cells)]


def written_as(cell: object) -> str:
    """What a cell of a spreadsheet reads as: a date as 2026-03-08, an hour as 08:30, 12.0 as 12, true as yes."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d}" if (cell.hour, cell.minute) == (0, 0) else f"{cell:%Y-%m-%d %H:%M}"
    if isinstance(cell, date):
        return cell.isoformat()
    return f"{cell:%H:%M}" if isinstance(cell, time) else str(cell)

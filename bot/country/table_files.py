"""Read the cells of a table file: CSV with any usual separator and encoding, or a sheet of xlsx, xls or ods.

A file gives its rows as text, each with the line on which it begins, or one sentence that says why it cannot be read.
`bot.country.tables` reads what the cells mean.
"""

from __future__ import annotations

import contextlib
import csv
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, time
from io import StringIO
from itertools import islice
from pathlib import Path

from bot.country.cells import WEEKDAYS

SHEETS = (".xlsx", ".xls", ".xlsb", ".ods")
SEPARATORS = (",", ";", "\t", "|")
# What a text of French or English in Windows-1252 holds beyond ASCII. A file of another encoding (of a Mac, of DOS)
# shows other signs where these stand: it is refused, and not read with wrong names.
LATIN = frozenset("ÀÂÄÇÈÉÊËÎÏÔÖÙÛÜŒÆŸàâäçèéêëîïôöùûüœæÿñÑáíóúß«»‘’“”–—…°€·\xa0\xad")
_LETTER = "[^\\W\\d_]"
# The bytes of letters of DOS and of a Mac that Windows-1252 has too, for signs that no text has in these places:
# `H“pital`, `maŒtre`, `HïPITAL`. A long dash may stand between two names or weekdays.
_OF_ANOTHER = re.compile(
    rf"(?<={_LETTER})[“‘”…€·](?={_LETTER})|€(?={_LETTER})|(?<={_LETTER})“|(?<![^\s,;|])”(?={_LETTER})|\s…\s|Œ(?=[lt])"
    rf"|(?<=[a-z])[À-ÞŒŸ]|(?<=[A-Z])[à-ÿœ](?=[A-Z])|(?<={_LETTER})[–—](?=[a-zà-ÿ]|\W)"
)
_WORD = re.compile(f"{_LETTER}+")
# What is left of letters that were read in a wrong encoding and saved so: `HÃ´pital`, `H“pital`, `H?pital`, `H�pital`.
_TORN = re.compile(
    rf"Ã(?![A-Za-z])|Â[^\w\s,.;:!?)'’\"-]|â€|à[¤¥]|\ufffd|[\u2500-\u259f]|\?{{4}}"
    rf"|(?<={_LETTER})[“‘”…•†‡ˆ‰?¢£¤¥](?={_LETTER})"
)
LARGEST = 20_000_000  # bytes of a file
LARGEST_SHEET = 200_000_000  # bytes of a sheet when it is unpacked: a small file can hold more than the memory
TITLE_ROWS = 3  # at most, above a header
MOST_ROWS, MOST_CELLS = 50_000, 5_000_000
_NO_ZIP = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, OSError, EOFError)
_FAR = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"[^>]*[^/]>')


_AS_TEXT = re.compile(r"(?:['’´]|=(?=\".*\"$)\"?)(?P<number>[+\d][\d\s()./+-]*)\"?")


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

    `columns` are the names that are looked for: they tell which separator it is. Raises `Unreadable`.
    """
    wanted = {header_name(column) for column in columns}
    content = _content(path)
    read = _sheet(path) if path.suffix.lower() in SHEETS else _text_rows(_decoded(content), wanted)
    found = list(islice(((line, cells) for line, cells in read if any(cells)), MOST_ROWS + 1))
    if len(found) > MOST_ROWS:
        raise Unreadable(f"has more than {MOST_ROWS} rows")
    return found[_titles([cells for _line, cells in found[: TITLE_ROWS + 1]], wanted) :]


def _titles(begins: Sequence[Sequence[str]], wanted: set[str]) -> int:
    """How many rows stand above the header: where none of them names a column, and the next names most of them."""
    named = [len(wanted & set(map(header_name, cells))) for cells in begins]
    return next((above for above, count in enumerate(named) if count), 0) if max(named, default=0) > 1 else 0


def read_text(path: Path) -> str:
    """A text file, in any usual encoding. Raises `Unreadable`."""
    content = _content(path)
    try:
        return _decoded(content)
    except Unreadable as error:
        raise Unreadable("is no text: save it anew as a text in UTF-8", error.line) from None


def _content(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():  # of a pipe, reading would never end
            raise Unreadable("is a folder" if path.is_dir() else "is no file")
        if path.exists() and path.stat().st_size > LARGEST:
            raise Unreadable(f"is larger than {LARGEST // 10**6} MB")
        return path.read_bytes()
    except FileNotFoundError:
        raise Unreadable("the file is missing") from None
    except OSError as error:
        raise Unreadable(f"cannot be read ({error.strerror})") from None


def clean(cell: str) -> str:
    """A cell without what cannot be seen, marks, joiners, hard spaces, and without a spreadsheet's sign for text before
    a number: `'+257 61…`, `="61…"`."""
    marked = _AS_TEXT.fullmatch(cell.strip())
    cell = marked["number"] if marked else cell
    kept = "".join(
        c for c in cell.replace("\xa0", " ").replace("\u202f", " ") if c not in "\ufeff\u200b\u200e\u200f\u2060"
    )
    return kept.strip()


def is_torn(cell: str) -> bool:
    """Whether letters of a cell were lost before the file was saved, so that no encoding brings them back."""
    return bool(_TORN.search(cell)) and "://" not in cell  # an address holds question marks


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    if content[:4] == b"\xd0\xcf\x11\xe0":
        raise Unreadable("is a spreadsheet with a password, or an old one with the name of a text: save it as .xlsx")
    if content[:4] == b"PK\x03\x04":
        raise Unreadable("is a spreadsheet with the name of a text: call it .xlsx or .ods")
    if b"\0" in content:
        raise Unreadable("is no text: save it as 'CSV UTF-8', .xlsx or .ods")
    try:
        return content.decode("utf-8-sig")  # spreadsheets put a mark before UTF-8
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
    text = content.decode("cp1252", "replace")
    odd = next((n for n, c in enumerate(text) if ord(c) > 127 and c not in LATIN), None)
    if odd is None:
        odd = next(
            (found.start() for found in _OF_ANOTHER.finditer(text) if not _between_days(text, found.end())), None
        )
    if odd is not None:
        line = text.count("\n", 0, odd) + 1
        raise Unreadable("neither UTF-8 nor Windows-1252: save it as 'CSV UTF-8', .xlsx or .ods", line)
    return text


def _between_days(text: str, after: int) -> bool:
    """Whether the sign that ends before `after` stands between two weekdays: `lundi–vendredi`."""
    before, behind = text[max(0, after - 20) : after - 1], text[after : after + 20]
    words = [*_WORD.findall(before)[-1:], *_WORD.findall(behind)[:1]]
    return len(words) == 2 and {word.casefold() for word in words} <= WEEKDAYS.keys()


def _text_rows(text: str, wanted: set[str]) -> Iterator[tuple[int, list[str]]]:
    """The rows of a text, by the separator under which one of its first rows names most of the wanted columns."""
    skipped = 0
    if text.lower().startswith("sep=") and "\n" in text:  # a line that Excel writes for itself
        skipped, text = 1, text.partition("\n")[2]
    known = [
        max((len(wanted & set(map(header_name, cells))) for cells in _begins(text, separator)), default=0)
        for separator in SEPARATORS
    ]
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


def _begins(text: str, separator: str) -> Iterator[list[str]]:
    """The first rows that are not blank, under one separator: the header, and a title above it."""
    with contextlib.suppress(csv.Error):  # a quotation mark is open: reading the rows says so
        filled = (
            line for line in csv.reader(StringIO(text, newline=""), delimiter=separator) if any(map(str.strip, line))
        )
        yield from islice(filled, TITLE_ROWS + 1)


def _sheet(path: Path) -> list[tuple[int, list[str]]]:
    """The one sheet that holds anything. Raises `Unreadable` where several do: nobody could say which is meant."""
    from python_calamine import CalamineError, CalamineWorkbook  # here: a web process never reads a sheet

    _unpacks(path)
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        names = workbook.sheet_names
        sheets = [_cells(workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in names]
    except (CalamineError, ValueError, OverflowError):
        raise Unreadable("is no spreadsheet that can be read, or has a password") from None
    filled = [number for number, rows in enumerate(sheets, 1) if rows]
    if len(filled) > 1:  # by number: a sheet may be called after a person
        which = f"{', '.join(map(str, filled[:-1]))} and {filled[-1]} from the left"
        raise Unreadable(f"holds rows in sheets {which}: one table a file, so delete the others")
    return next((rows for rows in sheets if rows), [])


def _unpacks(path: Path) -> None:
    """Raises `Unreadable` for a sheet that would fill the memory: a packed file of zeros, or a cell far out."""
    with contextlib.suppress(*_NO_ZIP), zipfile.ZipFile(path) as packed:
        if sum(part.file_size for part in packed.infolist()) > LARGEST_SHEET:
            raise Unreadable("holds far more than a table when it is unpacked")
        for name in packed.namelist():
            if name.startswith("xl/worksheets/") and _far(packed.read(name)):
                raise Unreadable("has something in a cell far out: delete what stands beside or below the table")


def _far(sheet: bytes) -> bool:
    """Whether the cells of a sheet of xlsx lie so far apart that the rectangle around them fills the memory."""
    rows = columns = 1
    for found in _FAR.finditer(sheet):
        rows = max(rows, int(found[2]))
        columns = max(columns, sum((letter - 64) * 26**n for n, letter in enumerate(reversed(found[1]))))
    return rows * columns > MOST_CELLS


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

"""Tables that people edit by hand, read cell by cell: whatever is wrong is noted as `file:line: what`, never guessed.

A cell that cannot be read notes why and gives a harmless value, so that one reading finds every bad row; the caller
throws all of it away if anything was noted. Nothing personal is repeated in a note.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from io import StringIO
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import phonenumbers

E = TypeVar("E", bound=StrEnum)

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_CODE = re.compile(r"[A-Z][A-Z0-9]{0,9}(-[A-Z0-9]{1,12})*|[a-z_]{2,20}")


@dataclass(frozen=True)
class Row:
    """One line of a table; every method reads one cell and notes what is wrong with it."""

    file: str
    line: int
    cells: Mapping[str, str]
    wrong: list[str]

    def note(self, what: str) -> None:
        self.wrong.append(f"{self.file}:{self.line}: {what}")

    def text(self, column: str) -> str:
        """A cell that must not be empty."""
        if not self.cells[column]:
            self.note(f"{column} is empty")
        return self.cells[column]

    def words(self, column: str) -> tuple[str, ...]:
        """The parts between `|`; () if the cell is empty."""
        return tuple(word.strip() for word in self.cells[column].split("|") if word.strip())

    def flag(self, column: str) -> bool:
        if self.cells[column] not in ("yes", "no"):
            self.note(f"{column} must be yes or no")
        return self.cells[column] == "yes"

    def one(self, column: str, choices: type[E]) -> E:
        """One of the choices; the note says `unknown role` and lists them."""
        try:
            return choices(self.cells[column])
        except ValueError:
            self.note(f"unknown {column}{_shown(self.cells[column])}: it is one of {', '.join(choices)}")
            return next(iter(choices))

    def known(self, column: str, world: Container[str], what: str) -> tuple[str, ...]:
        """The parts between `|`, each of which the world must know."""
        for word in self.words(column):
            if word not in world:
                self.note(f"{column}: unknown {what}{_shown(word)}")
        return self.words(column)

    def one_known(self, column: str, world: Container[str], what: str, *, may_be_empty: bool = False) -> str:
        """One name that the world must know."""
        cell = self.cells[column] if may_be_empty else self.text(column)
        if cell and cell not in world:
            self.note(f"{column}: unknown {what}{_shown(cell)}")
        return cell

    def day(self, column: str, *, rough: bool = False) -> date | None:
        """A date as 2026-03-08, None if empty; `rough` takes a year or a month too, and means its first day."""
        cell = self.cells[column]
        full = cell + "-01-01"[len(cell) - 4 :] if rough and len(cell) in (4, 7) else cell
        try:
            if cell and not _DAY.fullmatch(full):
                raise ValueError
            return date.fromisoformat(full) if cell else None
        except ValueError:
            self.note(f"{column} is not a date like 2026-03-08")
            return None

    def phone(self, column: str, prefix: str) -> str:
        """A number of this country written like +25778000001; the note does not repeat it."""
        cell = self.text(column)
        try:
            number = phonenumbers.parse(cell)
        except phonenumbers.NumberParseException:
            number = phonenumbers.PhoneNumber()
        written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        if cell and not (phonenumbers.is_valid_number(number) and written == cell):
            self.note(f"{column} is not a phone number written like +25778000001")
        elif cell and prefix != str(number.country_code):
            self.note(f"{column} is a number of another country: it must begin with +{prefix}")
        return cell

    def by_language(self, stem: str, languages: tuple[str, ...]) -> Mapping[str, str]:
        """The texts that are there; English must be."""
        self.text(f"{stem}_en")
        texts = {language: self.cells[f"{stem}_{language}"] for language in languages}
        return MappingProxyType({language: text for language, text in texts.items() if text})


def _text(path: Path, wrong: list[str]) -> str | None:
    """What stands in a file; None, and a note, when it is missing or not UTF-8."""
    try:
        content = path.read_bytes()
        return content.decode("utf-8-sig")  # spreadsheets put a mark before UTF-8
    except FileNotFoundError:
        wrong.append(f"{path.name}:1: the file is missing")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        wrong.append(f"{path.name}:{line}: not UTF-8")
    return None


def rows(path: Path, columns: list[str], wrong: list[str]) -> Iterator[Row]:
    """The rows of a UTF-8 table that has exactly these columns in any order; what cannot be read is noted."""
    if (text := _text(path, wrong)) is None:
        return
    lines = _lines(path.name, text, wrong)
    header = [column.strip() for column in next(lines, (1, [""]))[1]]
    faults = [f"column {column} is missing" for column in columns if column not in header]
    faults += [f"column {place} is not known or is there twice" for place in _odd(header, columns)]
    wrong.extend(f"{path.name}:1: {fault}" for fault in faults)
    if faults:
        return
    for line, cells in lines:
        if len(cells) != len(header):
            wrong.append(f"{path.name}:{line}: {len(cells)} columns where there must be {len(header)}")
        else:
            yield Row(path.name, line, dict(zip(header, (cell.strip() for cell in cells), strict=True)), wrong)


def unique(table: list[Row], column: str) -> list[Row]:
    """The rows, after noting each that repeats a value of `column`."""
    first: dict[str, int] = {}
    for row in table:
        value = row.cells[column]
        if value and first.setdefault(value, row.line) != row.line:
            row.note(f"duplicate {column}: line {first[value]} has the same")
    return table


def _lines(name: str, text: str, wrong: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line on which it begins; empty lines are left out."""
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            wrong.append(f"{name}:{line}: a quotation mark is open or out of place")
            return
        if cells:
            yield line, cells


def _odd(header: list[str], columns: list[str]) -> list[int]:
    """The positions (from 1) of columns nobody reads; their names may be somebody's data if the header is lost."""
    return [n for n, column in enumerate(header, 1) if column not in columns or column in header[: n - 1]]


def _shown(value: str) -> str:
    """The value if it looks like a code of ours; a name or a number in the wrong column is not repeated."""
    return f" {value}" if _CODE.fullmatch(value) else ""

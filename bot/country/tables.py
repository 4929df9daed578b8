"""Read tables that people edit by hand. Faults are noted as `file:line: what`, and nothing is guessed.

A cell that cannot be read notes why and gives a harmless value, so that one reading finds every bad row; the caller
must not use the rows if anything was noted. A note shows the wrong value. In a table of people it never does, since a
name or a number may stand in any column: it names the known word that is meant, where a letter or two are wrong.
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from bot.country import cells as read
from bot.country.table_files import Unreadable, header_name, is_torn, read_rows

E = TypeVar("E", bound=StrEnum)

PRIVATE = frozenset({"ref", "role", "kind", "name", "phone", "sex"})  # the columns of a table of people
LONGEST_SHOWN = 40  # characters of a bad value
LIKE = 0.8  # how alike two words are of which one is a slip of the other: a letter or two of eight
FEW = 10  # codes that a note may list
FAR_YEARS = 20  # further from today no day of a person's service lies
_SCIENTIFIC = re.compile(r"\d[.,]\d+E\+\d+", re.IGNORECASE)


class Names:
    """Codes that people may also call by name: `Buyenzi` for `BI-ZO-02-09-01`."""

    def __init__(self, named: Iterable[tuple[str, str]], *, whole: bool = True) -> None:
        """Pairs of a code and one of its names. Where the table could not be read `whole`, any code may be right."""
        self.whole = whole
        self._codes: dict[str, str] = {}
        self._named: defaultdict[str, set[str]] = defaultdict(set)
        for code, name in named:
            self._codes[code.casefold()] = code
            if name:
                self._named[folded(name)].add(code)

    def __contains__(self, code: object) -> bool:
        return isinstance(code, str) and (code.casefold() in self._codes or not self.whole)

    def find(self, word: str) -> list[str]:
        """The codes that a word can mean: one, none, or several places of one name."""
        if code := self._codes.get(word.casefold()):
            return [code]
        return sorted(self._named.get(folded(word), ())) or ([] if self.whole else [word])


def folded(name: str) -> str:
    """The name without case, accents, spaces and signs, so that `north-west` is `North West`."""
    if name.isascii():  # nearly every cell of a pack, and a tenth of the time
        return "".join(filter(str.isalnum, name.casefold()))
    plain = (c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return "".join(c for c in plain if unicodedata.category(c)[0] in "LMN")


def is_far(day: date, today: date) -> bool:
    """Whether a day lies further from today than any day of a person's service."""
    return abs(day.year - today.year) > FAR_YEARS


def shortened(value: str) -> str:
    """A bad value for a note: in one line, without signs that a terminal obeys, cut where it is long."""
    plain = "".join(sign if sign.isprintable() else " " for sign in value[: 2 * LONGEST_SHOWN]).strip()
    return plain if len(value) <= LONGEST_SHOWN else f"{plain[:LONGEST_SHOWN]}…"


@cache
def _names(choices: type[StrEnum]) -> dict[str, str]:
    return {folded(choice): choice.value for choice in choices}


@dataclass(frozen=True)
class Row:
    """One line of a table; every method reads one cell and notes what is wrong with it."""

    file: str
    line: int
    cells: Mapping[str, str]
    wrong: list[str]
    private: bool = field(default=False, compare=False)  # of people: a bad value is not repeated

    def note(self, what: str) -> None:
        self.wrong.append(f"{self.file}:{self.line}: {what}")

    def text(self, column: str) -> str:
        """A cell that must not be empty."""
        if not self.cells[column]:
            self.note(f"{column} is empty")
        return self.cells[column]

    def words(self, column: str) -> tuple[str, ...]:
        """The parts between `|`; () if the cell is empty."""
        return tuple(word.strip() for word in re.split(r"[|\n]", self.cells[column]) if word.strip())

    def codes(self, column: str) -> tuple[str, ...]:
        """The same for codes, which hold no comma: `rn|fr`, `rn, fr`, `rn; fr` and lines are alike."""
        return tuple(word.strip() for word in re.split(r"[|;,\n]", self.cells[column]) if word.strip())

    def flag(self, column: str) -> bool:
        said = read.flag(self.cells[column])
        if said is None:
            self.note(f"{column} must be yes or no{self.shown(self.cells[column])}")
        return bool(said)

    def one(self, column: str, choices: type[E]) -> E:
        """One of the choices; the note says `unknown role` and lists them."""
        found = _names(choices).get(folded(self.cells[column]))
        if found is None:
            meant = self._meant(self.cells[column], choices)
            self.note(f"unknown {column}{self.shown(self.cells[column])}: {meant}it is one of {', '.join(choices)}")
            return next(iter(choices))
        return choices(found)

    def known(self, column: str, world: Container[str], what: str) -> tuple[str, ...]:
        """The codes of a cell, each of which the world must know by its code, in any case, or by its name."""
        return tuple(code for word in self.codes(column) if (code := self._known(column, word, world, what)))

    def one_known(self, column: str, world: Container[str], what: str, *, may_be_empty: bool = False) -> str:
        """One code that the world must know, by itself or by name."""
        cell = self.cells[column] if may_be_empty else self.text(column)
        return self._known(column, cell, world, what) if cell else ""

    def _known(self, column: str, word: str, world: Container[str], what: str) -> str:
        """The code that a word means; empty, and a note, where it means none or several."""
        found = [word] if word in world else []
        if isinstance(world, Names):
            found = world.find(word)
        elif not found and isinstance(world, Collection):
            found = [code for code in world if code.casefold() == word.casefold()]
        if len(found) > 1:
            self.note(
                f"{column}: {len(found)} places are called so{self.shown(word)}: write the code, {', '.join(found)}"
            )
        elif not found:
            self.note(f"{column}: unknown {what}{self.shown(word)}{self._listed(word, world)}")
        return found[0] if len(found) == 1 else ""

    def day(self, column: str, *, rough: bool = False) -> date | None:
        """A date as 2026-03-08 or 08/03/2026, None if empty; `rough` takes a year or a month too, and means its first
        day."""
        cell = self.cells[column]
        full = cell + "-01-01"[len(cell) - 4 :] if rough and len(cell) in (4, 7) else cell
        found = read.day(full)
        if cell and found is None:
            self.note(f"{column} is not a date like 2026-03-08 or 08/03/2026: four digits a year{self.shown(cell)}")
        return found

    def near_day(self, column: str, today: date, *, past: bool = False) -> date | None:
        """A date at most 20 years from `today`, or the same of one that has been (`past`), None if empty."""
        found = self.day(column)
        if found and is_far(found, today):
            self.note(f"{column} is more than {FAR_YEARS} years from today")
        elif found and past and found > today + timedelta(days=1):  # where the clock of a zone is ahead of ours
            self.note(f"{column} lies in the future")
        return found

    def roster(self, column: str) -> str:
        """Days and hours in the form in which they are kept; what cannot be read, as it is."""
        return read.roster(self.cells[column])

    def phone(self, column: str, prefix: str, region: str) -> str:
        """A number of this country as +25778000001, however it is written; the note does not repeat it."""
        cell = self.text(column)
        number = read.phone(cell, region)
        if _SCIENTIFIC.fullmatch(cell):
            self.note(f"{column} was cut by the spreadsheet: give the column the format Text and write the number anew")
        elif cell and not number and region:  # without a region no number can be judged
            self.note(f"{column} is not a phone number written like +25778000001")
        elif number and not number.startswith(f"+{prefix}"):
            self.note(f"{column} is a number of another country: it must begin with +{prefix}")
        return number

    def shown(self, value: str) -> str:
        """The bad value for a note, if it may be repeated."""
        return f" {shortened(value)}" if value and not self.private else ""

    def _meant(self, value: str, choices: Iterable[str]) -> str:
        """The known word that a bad value means, where the value itself is not repeated."""
        words = {folded(choice): choice for choice in choices} if self.private and len(value) > 3 else {}
        return "".join(f"did you mean {words[word]}? " for word in get_close_matches(folded(value), words, 1, LIKE))

    def _listed(self, word: str, world: Container[str]) -> str:
        """The few codes that a cell may hold, where its value is not repeated."""
        if not self.private or isinstance(world, Names) or not isinstance(world, Collection) or len(world) > FEW:
            return ""
        return f": {self._meant(word, world)}it is one of {', '.join(world)}"

    def by_language(self, stem: str, languages: tuple[str, ...]) -> Mapping[str, str]:
        """The texts that are there; English must be."""
        self.text(f"{stem}_en")
        texts = {language: self.cells[f"{stem}_{language}"] for language in languages}
        return MappingProxyType({language: text for language, text in texts.items() if text})


@dataclass(frozen=True)
class Table:
    """What was read of a table. Where it is not `whole`, rows may be there that could not be read, and nobody can say
    that a code is not in it. `lost` are the cells of rows that have too many or too few of them.
    """

    file: str
    rows: list[Row] = field(default_factory=list)
    whole: bool = True
    lost: list[Mapping[str, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def knows(self) -> bool:
        """Whether a code that is not in it is unknown: of an empty table that would be said of every row of others."""
        return self.whole and bool(self.rows or self.lost)

    def note(self, what: str) -> None:
        """A fault of the whole table."""
        self.wrong.append(f"{self.file}:1: {what}")

    def codes(self, column: str) -> list[str]:
        """What the rows have in this column, those that are lost too."""
        return [code for row in (*(row.cells for row in self.rows), *self.lost) if (code := row.get(column, ""))]


def rows(path: Path, columns: list[str], wrong: list[str]) -> Iterator[Row]:
    """The rows of a table that has these columns in any order; what cannot be read is noted.

    A column with a `?` may be missing; others that nobody reads may be there. A sheet beside a missing csv is read
    instead: `people.xlsx` for `people.csv`.
    """
    yield from read_table(path, columns, wrong).rows


def read_table(path: Path, columns: list[str], wrong: list[str]) -> Table:
    """The same as a `Table`, which knows what it lacks."""
    names = [column.rstrip("?") for column in columns]
    path = next((other for other in beside(path) if other.exists()), path)
    try:
        lines = read_rows(path, names)
    except Unreadable as error:
        wrong.append(f"{path.name}:{error.line}: {error}{_called_otherwise(path)}")
        return Table(path.name, whole=False, wrong=wrong)
    header = [header_name(column) for column in lines[0][1]] if lines else []
    place = {column: header.index(header_name(column)) for column in names if header_name(column) in header}
    faults = [f"column {name} is there twice" for name in place if header.count(header_name(name)) > 1]
    if lacking := [column for column in columns if column not in place and not column.endswith("?")]:
        several = f"column names are missing: {', '.join(lacking)}" + ("" if lines else ": the file is empty")
        faults.append(several if len(lacking) > 1 else f"column {lacking[0]} is missing")
    wrong.extend(f"{path.name}:{lines[0][0] if lines else 1}: {fault}" for fault in faults)
    table = Table(path.name, whole=not faults, wrong=wrong)
    if not faults:
        _fill(table, lines[1:], place, columns, len(header))
    return table


def _fill(
    table: Table, lines: list[tuple[int, list[str]]], place: Mapping[str, int], columns: list[str], width: int
) -> None:
    """Put the lines below the header into the table; `place` is where each column stands in a row of `width` cells."""
    names = [column.rstrip("?") for column in columns]
    private = {header_name(column) for column in names} >= PRIVATE
    needed = [column for column in columns if not column.endswith("?")]
    for line, found in lines:
        cells = {name: found[place[name]] if name in place and place[name] < len(found) else "" for name in names}
        if any(found[width:]) or any(place[name] >= len(found) for name in needed):
            table.wrong.append(f"{table.file}:{line}: {len(found)} columns where there must be {width}")
            table.lost.append(cells)
        else:
            row = Row(table.file, line, cells, table.wrong, private)
            for column in filter(lambda name: is_torn(cells[name]), names):
                row.note(f"{column} has lost letters by a wrong encoding: write them anew{row.shown(cells[column])}")
            table.rows.append(row)


def _called_otherwise(path: Path) -> str:
    """Where a table is missing, a file whose name is almost right."""
    with contextlib.suppress(OSError):
        wanted = {other.name.casefold() for other in beside(path)}
        for other in sorted(path.parent.iterdir()) if not path.exists() else ():
            if other.name.casefold() in wanted or other.stem.casefold() in {path.stem, path.name}:
                return f"; {other.name} is there: call it {path.name}"
    return ""


def beside(path: Path) -> list[Path]:
    """The table itself, and the sheets that may stand for it."""
    return [path, *(path.with_suffix(suffix) for suffix in (".xlsx", ".ods", ".xls"))]


def unique(table: list[Row], column: str, same: Callable[[str], str] = str.casefold) -> list[Row]:
    """The rows, after noting each that repeats a value of `column`; values are alike if `same` makes one of them."""
    first: dict[str, int] = {}
    for row in table:
        value = same(row.cells[column])
        if value and first.setdefault(value, row.line) != row.line:
            row.note(f"duplicate {column}: line {first[value]} has the same")
    return table

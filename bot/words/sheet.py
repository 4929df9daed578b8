"""A reviewer's sheet: its columns, a row for each text, and what is wrong with a row that comes back.

Files are read and written in `bot.commands.word_files`: this module knows rows only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from bot.conversation.flow import brace_fault, placeholders
from bot.words import checks, not_a_text
from bot.words.gsm import GSM_BASIC, GSM_EXTENDED, fold
from bot.words.languages import BY_CODE
from bot.words.room import Rooms

KEY, WHERE, ENGLISH, TEXT, MEANS = "key", "where", "English", "text {code}", "means"
STATUS, ROOM = "status", "length / limit, room"
CORRECTION, CORRECTED_MEANS, NOTE = "your correction", "it means", "your note or initials"
WIDTHS = {KEY: 22, WHERE: 28, ENGLISH: 42, TEXT: 42, MEANS: 36, STATUS: 12, ROOM: 16, CORRECTION: 42,
          CORRECTED_MEANS: 36, NOTE: 24}  # fmt: skip


def columns(language: str) -> list[str]:
    """The header of a sheet in one language."""
    return [name.format(code=language) for name in WIDTHS]


@dataclass(frozen=True)
class SheetRow:
    """One text as it is given to a reviewer. `own` says in which file a correction belongs where it is no text of the
    catalogues."""

    key: str
    where: str
    english: str
    text: str
    means: str = ""
    status: str = "draft"
    room: str = ""
    own: str = ""

    def cells(self) -> list[str]:
        """The row with three empty columns for the reviewer."""
        return [self.key, self.where, self.english, self.text, self.means, self.status, self.room, "", "", ""]


@dataclass(frozen=True)
class Returned:
    """One row as it came back; `line` and the letters of its columns say where."""

    line: int
    cells: Mapping[str, str]

    def get(self, column: str) -> str:
        """A cell with line ends of Unix; empty where there is none."""
        return self.cells.get(column, "").replace("\r\n", "\n").replace("_x000D_", "").strip()


@dataclass(frozen=True)
class Proposed:
    """A text that a sheet proposes: a correction (`own`), or the words as they are."""

    key: str
    source: str
    text: str
    back: str
    note: str
    own: bool


@dataclass(frozen=True)
class Fault:
    """What is wrong in one cell."""

    line: int
    column: str
    what: str


@dataclass
class Compared:
    """What a sheet proposes for the catalogues (`texts`) and, to be written by hand, for other files; every fault by
    cell; rows that it does not speak about.

    `noted`: nothing is corrected and a note says something, or (`misplaced`) something stands under the meaning of a
    language without meanings: such a text is not approved by this sheet. `absent`: how many of `of` texts it lacks.
    """

    texts: list[Proposed] = field(default_factory=list)
    by_hand: list[Proposed] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    noted: list[Proposed] = field(default_factory=list)
    misplaced: list[Proposed] = field(default_factory=list)
    meant_anew: int = 0
    absent: int = 0
    of: int = 0


def digest(language: str, rows: Sequence[Proposed]) -> str:
    """Twelve hex digits that stand for a whole sheet: what two people approve."""
    parts = [language, *(part for row in sorted(rows, key=lambda row: row.key) for part in
                         (row.key, row.source, row.text, row.back, str(row.own)))]  # fmt: skip
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=6).hexdigest()


def compare(language: str, given: Mapping[str, SheetRow], returned: Sequence[Returned], rooms: Rooms,
            sms: frozenset[str] = frozenset()) -> Compared:  # fmt: skip
    """What a sheet proposes, what is wrong with it by cell, and what it leaves out.

    `given`: the rows as they would be exported today; `sms`: the keys of texts that are sent unasked.
    """
    seen: dict[str, int] = {}
    done = Compared()
    for row in returned:
        key = row.get(KEY)
        if found := list(_of_key(row, key, given, seen)):
            done.faults += found
            continue
        seen[key] = row.line
        today, corrected = given[key], row.get(CORRECTION)
        done.faults += _stale(language, row, today)
        if corrected and corrected != today.text:
            done.faults += _correction(language, row, today, corrected, rooms, key in sms)
        own = bool(corrected) and corrected != today.text
        back = row.get(CORRECTED_MEANS) or ("" if own else today.means)
        one = Proposed(key, today.english, corrected or today.text, back, row.get(NOTE), own)
        _sort(done, language, row, today, one)
    done.of = sum(not row.own and bool(row.text) for row in given.values())
    done.absent = sum(not row.own and bool(row.text) and row.key not in seen for row in given.values())
    return done


def _sort(done: Compared, language: str, row: Returned, today: SheetRow, one: Proposed) -> None:
    """Put one row where it belongs: spoken, written by hand, or not approved."""
    means = row.get(CORRECTED_MEANS)
    if not one.own and means and not BY_CODE[language].back_translated:
        done.misplaced.append(one)
    elif not one.own and not_a_text.is_note(one.note):
        done.noted.append(one)
    elif not today.own and one.text:
        done.texts.append(one)
        done.meant_anew += not one.own and bool(means) and means != today.means
    elif today.own and one.own:
        done.by_hand.append(one)


def _of_key(row: Returned, key: str, given: Mapping[str, SheetRow], seen: Mapping[str, int]) -> Iterator[Fault]:
    if not key:
        yield Fault(row.line, KEY, "the key is missing")
    elif key in seen:
        yield Fault(row.line, KEY, f"{key} stands twice, first in row {seen[key]}")
    elif key not in given:
        near = get_close_matches(key, [*given], 1)
        yield Fault(row.line, KEY, f"there is no text {key}" + (f"; was it {near[0]}?" if near else ""))


def _stale(language: str, row: Returned, today: SheetRow) -> Iterator[Fault]:
    if not same(row.get(ENGLISH), today.english):
        yield Fault(row.line, ENGLISH, f"is not today's English ({today.english!r}): export the sheet anew")
    if not same(row.get(text := TEXT.format(code=language)), today.text):
        yield Fault(row.line, text, f"is not the text of today: write into {CORRECTION!r}, or export the sheet anew")


def same(cell: str, text: str) -> bool:
    """Whether a cell holds a text, whatever a spreadsheet did to blanks and line ends."""
    return " ".join(cell.split()) == " ".join(text.replace("\u202f", " ").split())


def _correction(language: str, row: Returned, today: SheetRow, text: str, rooms: Rooms, sms: bool) -> Iterator[Fault]:
    def fault(what: str, column: str = CORRECTION) -> Fault:
        return Fault(row.line, column, what)

    if text.startswith(("=", "#REF", "#NAME", "#VALUE", "#N/A", "#DIV")):
        yield fault("a formula where a text belongs")
        return
    if not_a_text.is_verdict(text, language, today.english, today.text):
        yield fault(f"{text!r} is a verdict and no text that could be spoken: leave the cell empty where it is right")
        return
    if not any(c.isalpha() for c in text) and any(c.isalpha() for c in today.text):
        yield fault("a number or a date where a text belongs")
        return
    wanted, has = placeholders(today.english), placeholders(text)
    if has is None:
        yield fault(brace_fault(text))
        return
    if not_a_text.numbers(text) - not_a_text.numbers(today.english):
        yield fault("a phone number that the English does not have")
    yield from (fault(f"the placeholder {{{name}}} is lost") for name in sorted((wanted or set()) - has))
    yield from (fault(f"the placeholder {{{name}}} is not in the English") for name in sorted(has - (wanted or set())))
    if odd := sorted({c for c in fold(text) if not shown_by_every_phone(c, language)}):
        yield fault(f"no phone shows {' '.join(odd)}")
    yield from (fault(what) for what in checks.faults(language, text))
    if sms:
        yield from (fault(what) for what in checks.sms_faults(language, text))
    if BY_CODE[language].back_translated and not row.get(CORRECTED_MEANS):
        yield fault("a correction needs its literal meaning beside it", CORRECTED_MEANS)
    if has == (wanted or set()) and not today.own:
        yield from _length(today, text, rooms, fault)


def _length(today: SheetRow, text: str, rooms: Rooms, fault: Callable[[str], Fault]) -> Iterator[Fault]:
    now, then = rooms.pages(today.key, today.text or "x"), rooms.pages(today.key, text)
    if then > max(now, 1):
        most = rooms.length(today.text) + rooms.left(today.key, today.text)
        yield fault(
            f"too long: {rooms.length(text)} letters make {then} pages where {max(now, 1)} may be; at most {most}"
        )


def shown_by_every_phone(character: str, language: str) -> bool:
    """Whether phones show a character in this language's script."""
    if character in GSM_BASIC or character in GSM_EXTENDED:
        return True
    return not BY_CODE[language].gsm and bool(re.fullmatch("[\u0900-\u097f\u200c\u200d]", character))

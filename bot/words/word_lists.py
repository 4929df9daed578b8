"""Lists of words to search texts for: `locales/<list>.csv`, one word a row, in every language.

Columns: `language` (a code of `bot.words.languages`, or `all`), `word`, `match` (where in a word it may stand),
`not_after` (what must not stand directly before it, several joined by `|`), `status` (draft | reviewed | approved) and
a `note`. `despair` and `divides` are searched for in free texts of callers, without case, accents and signs; the others
in texts of this service. Every list is read and folded once a process: at every filing it took a fifth of the time.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, partial
from pathlib import Path
from typing import cast

from bot.conversation.answers import fold
from bot.settings import ROOT, ConfigError
from bot.words.languages import BY_CODE

LOCALES = ROOT / "locales"
COLUMNS = ("language", "word", "match", "not_after", "status", "note")
STATUSES = ("draft", "reviewed", "approved")
EVERY_LANGUAGE = "all"
DEVANAGARI = re.compile("[\u0900-\u097f]")  # letters and vowel signs; for `re` the latter are no letters (`\w`)


class Match(StrEnum):
    """Where in a text the word of a row may stand."""

    ANYWHERE = "anywhere"
    BEGINNING = "beginning"  # of a word: a stem
    WITHIN = "within"  # anywhere; the match is the whole word around it
    WHOLE = "whole"  # no other letter on either side


LISTS = {
    "despair": "what somebody writes who thinks of ending her life, not what another threatens her with (S55)",
    "divides": "parties, peoples and religions: nothing for a local force to read unasked (S48)",
    "promises": "what nobody can keep (S17)",
    "mediation": "bringing her together with him (S28)",
    "undated_days": "days that mean yesterday and tomorrow",
    "verdicts": "what somebody writes about a text who finds it right or wrong (OK, oui, idem), and no text",
    "kinyarwanda": "clusters and words of Kinyarwanda, which passes for Kirundi",
}
OF_EVERY_LANGUAGE = (
    "despair",
    "divides",
    "promises",
    "mediation",
)  # lists in which `bot.words.lacks` asks for rows of every language


@dataclass(frozen=True)
class ListedWord:
    """One row of a list."""

    language: str
    word: str
    match: Match
    not_after: tuple[str, ...] = ()
    status: str = "draft"


def despairs(text: str) -> bool:
    """Whether a free text speaks of ending one's own life, in any language (S55). It may be wrong: a screen too many
    harms nobody."""
    folded = f" {fold(text)} "
    return any(stem in folded for stem in stems("despair"))


def divides(text: str) -> bool:
    """Whether a free text speaks of parties, peoples or religions, in any language (S48)."""
    folded = f" {fold(text)} "
    return any(stem in folded for stem in stems("divides"))


@cache
def stems(name: str) -> tuple[str, ...]:
    """The words of a list, folded, with a blank where a word must begin or end: to be searched in ` <folded text> `."""
    before = {Match.BEGINNING: " ", Match.WHOLE: " "}
    after = {Match.WHOLE: " "}
    folded = (before.get(row.match, "") + fold(row.word) + after.get(row.match, "") for row in listed(name))
    return tuple(dict.fromkeys(folded))


@cache
def pattern(name: str, language: str = "") -> re.Pattern[str] | None:
    """A pattern of the words of a list, for a text that is not folded; of one language, or of all. None without a
    row."""
    rows = [row for row in listed(name) if language in ("", row.language) or row.language == EVERY_LANGUAGE]
    return re.compile("|".join(map(_expression, rows)), re.IGNORECASE) if rows else None


def _expression(row: ListedWord) -> str:
    word, letter = re.escape(row.word), DEVANAGARI.pattern if DEVANAGARI.search(row.word) else r"\w"
    shapes = {
        Match.ANYWHERE: word,
        Match.BEGINNING: rf"\b{word}",
        Match.WITHIN: rf"\b\w*{word}\w*",
        Match.WHOLE: rf"(?<!{letter}){word}(?!{letter})",
    }
    return "".join(f"(?<!{re.escape(before)})" for before in row.not_after) + shapes[row.match]


@cache
def listed(name: str, folder: Path = LOCALES) -> tuple[ListedWord, ...]:
    """The rows of a list. Raises `ConfigError` naming every row that cannot be read."""
    path, wrong = folder / f"{name}.csv", list[str]()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = f"cannot be read ({type(error).__name__}); it holds {LISTS[name]}"
        raise ConfigError(f"locales/{path.name} {why}.") from None
    words = [_read(f"locales/{path.name}:{line}", row, wrong) for line, row in enumerate(rows, 2)]
    if wrong:
        raise ConfigError("\n".join(wrong))
    return tuple(word for word in words if word is not None)


@cache
def not_in_sms(folder: Path = LOCALES) -> Mapping[str, Mapping[str, str]]:
    """The words that no SMS may hold (S3), `base` and `strict_extra`, by language: expressions joined by `|`. Raises
    `ConfigError` for a file that cannot be read.
    """
    path, wanted = folder / "forbidden_words.json", "an object of objects of expressions, by list and language"
    try:
        lists = json.loads(path.read_text(encoding="utf-8-sig"))
        for words in lists.values():
            for expression in words.values():
                re.compile(expression)
    except json.JSONDecodeError as error:
        raise ConfigError(f"locales/{path.name}:{error.lineno}: cannot be read from here on: it is {wanted}.") from None
    except re.error as error:
        raise ConfigError(f"locales/{path.name}: an expression cannot be read ({error}).") from None
    except (OSError, UnicodeDecodeError, AttributeError, TypeError) as error:
        raise ConfigError(f"locales/{path.name} cannot be read ({type(error).__name__}); it is {wanted}.") from None
    if not {"base", "strict_extra"} <= {*lists}:
        raise ConfigError(f"locales/{path.name} lacks base or strict_extra; it is {wanted}.")
    return cast(Mapping[str, Mapping[str, str]], lists)


def _read(where: str, row: dict[str, str], wrong: list[str]) -> ListedWord | None:
    """One row, or None once what is wrong with it has been noted."""
    if {*row} != {*COLUMNS} or None in row.values():
        wrong.append(f"{where}: the columns must be {', '.join(COLUMNS)}.")
        return None
    if faults := [*_faults(row)]:
        wrong += [f"{where}: {fault}." for fault in faults]
        return None
    before = tuple(part for part in row["not_after"].split("|") if part)
    return ListedWord(row["language"], row["word"], Match(row["match"]), before, row["status"])


def _faults(row: dict[str, str]) -> Iterator[str]:
    if row["language"] not in (*BY_CODE, EVERY_LANGUAGE):
        yield f"{row['language']!r} is no language; there are {', '.join(BY_CODE)}, {EVERY_LANGUAGE}"
    if not fold(row["word"]):
        yield "word is empty"
    if row["match"] not in [*Match]:
        yield f"match must be one of {', '.join(Match)}"
    if row["status"] not in STATUSES:
        yield f"status must be one of {', '.join(STATUSES)}"


def load() -> None:
    """Read every list at start, before the first request. Raises `ConfigError` naming all that cannot be read."""
    files: list[Callable[[], object]] = [*(partial(listed, name) for name in LISTS), not_in_sms]
    wrong = []
    for read in files:
        try:
            read()
        except ConfigError as error:
            wrong.append(str(error))
    if wrong:
        raise ConfigError("\n".join(wrong))
    for name in ("despair", "divides"):
        stems(name)  # folded now, so that the first report filed does not wait for it

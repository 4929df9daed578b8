"""Read `country.toml`: names, languages, holidays, rosters and minutes until escalation of a country.

What is not said rightly is noted by its line, and a stand-in is used for it that brings no further faults: an empty
prefix means that no number is judged by it.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from zoneinfo import available_timezones

import phonenumbers

from bot.country import cells
from bot.country.hours import shifts
from bot.country.routing_rules import ANSWERED, CATEGORIES, COUNTED, MOST_OPEN, PATIENCE, Urgency
from bot.country.rows import Numbers
from bot.country.table_files import Unreadable, read_text
from bot.country.tables import shortened
from bot.words.languages import LANGUAGES

KEYS = (
    "code", "prefix", "demo_phones", "timezone", "languages", "service_name", "holidays", "sun", "busy", "patience",
    "answered", "routing",
)  # fmt: skip
OF_ROUTING = ("most_open", "police_told_of_children")
HOLIDAY = 'a holiday is not like "07-01", or "2027-05-06" for one year only'
POINT = "is not like [-3.38, 29.36]: degrees north and east"
MINUTES = f"is not like danger = [10, 60]: one of {', '.join(Urgency)}, minutes that grow"
WITHIN = f"is not like danger = 20: one of {', '.join(Urgency)}, minutes"
ROSTER = "is not like mon-fri 08:00-17:30; sat 08:00-12:00"
OPEN = f"is not a whole number from 1 to {COUNTED}, like 8"
TOLD = f'is not a list like ["sexual"], of {", ".join(CATEGORIES)}'
LAWS: Mapping[str, tuple[str, ...]] = {"in": ("sexual",)}  # of packs that do not say it themselves: POCSO, section 19
LONGEST = 366 * 24 * 60  # minutes: what is longer is a slip of the finger, and no calendar holds it
_AT = re.compile(r"at line (\d+)")
_TABLE = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"\s*([\w.\"'-]+)\s*=")


@dataclass
class Head:
    """What `country.toml` says. `code` is in small letters; `numbers` says how numbers of the country begin."""

    code: str = ""
    numbers: Numbers = field(default_factory=lambda: Numbers("", "", ""))
    timezone: str = "UTC"
    languages: list[str] = field(default_factory=list)
    service_name: dict[str, str] = field(default_factory=dict)
    patience: Mapping[Urgency, tuple[int, int]] = field(default_factory=lambda: PATIENCE)
    answered: Mapping[Urgency, int] = field(default_factory=lambda: ANSWERED)
    holidays: list[str] = field(default_factory=list)
    sun: dict[str, tuple[float, float]] = field(default_factory=dict)
    busy: dict[str, str] = field(default_factory=dict)
    most_open: int = MOST_OPEN
    police_told_of_children: tuple[str, ...] = ()
    unknown: list[str] = field(default_factory=list)  # keys that nobody reads
    lines: dict[str, int] = field(default_factory=dict)  # where each key stands


class Toml:
    """The keys of a file, each with the line on which it stands; faults are noted as `country.toml:line: what`."""

    def __init__(self, path: Path, wrong: list[str]) -> None:
        """Raises `Unreadable` with its line when the file is no TOML."""
        self.file, self.wrong = path.name, wrong
        text = read_text(path)
        try:
            self.written: dict[str, object] = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            found = _AT.search(str(error))
            line = int(found[1]) if found else text.count("\n") + 1
            raise Unreadable(f"is not written as TOML: {error}", line) from None
        self.lines = _lines(text)

    def note(self, key: str, what: str) -> None:
        """A fault, at the line of `key` or of the table around it, or at the first where neither is there."""
        self.wrong.append(f"{self.file}:{line_of(self.lines, key)}: {what}")

    def text(self, key: str, example: str, *, may_lack: bool = False) -> str:
        """A text or whole number; empty, and a note, where it is neither or is not there."""
        value = self.written.get(key, "")
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            self.note(key, f'{key} is not a text like "{example}"{shown(value)}')
            return ""
        if not value.strip() and not may_lack:
            self.note(key, f"{key} is missing")
        return value.strip()

    def table(self, key: str, *, needed: bool = False) -> dict[str, object]:
        """A table of keys; empty, and a note, where it is none."""
        value = self.written.get(key, {})
        if not isinstance(value, dict):
            self.note(key, f"{key} is not a table{shown(value)}")
            return {}
        if needed and not value:
            self.note(key, f"{key} is missing")
        return value


def read_head(path: Path, wrong: list[str]) -> Head:
    """What `country.toml` says; a harmless stand-in, with a note in `wrong`, for what it does not say rightly."""
    try:
        toml = Toml(path, wrong)
    except Unreadable as error:
        wrong.append(f"{path.name}:{error.line}: {error}")
        return Head()
    code = _code(toml)
    languages, routing = _languages(toml), _routing(toml)
    return Head(
        code=code,
        numbers=_numbers(toml, code),
        timezone=_timezone(toml),
        languages=languages,
        service_name=_names(toml, languages),
        patience=dict(PATIENCE) | dict(_patience(toml)),
        answered=dict(ANSWERED) | dict(_answered(toml)),
        holidays=list(_holidays(toml)),
        sun=dict(_sun(toml, code)),
        busy=dict(_busy(toml)),
        most_open=_most_open(routing, toml),
        police_told_of_children=_law(routing, toml, code),
        unknown=[key for key in toml.written if key not in KEYS],
        lines=toml.lines,
    )


def line_of(lines: Mapping[str, int], key: str) -> int:
    """The line of a key, of the table around it where it is not there, or else the first."""
    return lines.get(key) or lines.get(key.partition(".")[0]) or 1


def shown(value: object) -> str:
    """A bad value for a note, cut where it is long."""
    written = shortened(str(value))
    return f": {written}" if written else ""


def _code(toml: Toml) -> str:
    code = toml.text("code", "ke").lower()
    if code and not phonenumbers.country_code_for_region(code.upper()):
        toml.note("code", f"code is not that of a country, two letters like ke{shown(code)}")
        return ""
    return code


def _numbers(toml: Toml, code: str) -> Numbers:
    """How numbers begin; empty where the code of the country and its prefix do not go together."""
    prefix, own = toml.text("prefix", "254"), phonenumbers.country_code_for_region(code.upper())
    demo = toml.text("demo_phones", "+254700000", may_lack=True).replace(" ", "")
    if not prefix:
        return Numbers("", "", "")
    if not re.fullmatch(r"[1-9][0-9]{0,3}", prefix):
        toml.note("prefix", f"prefix is not digits only, without + and blanks, like {own or 254}{shown(prefix)}")
        return Numbers("", "", "")
    if own and prefix != str(own):
        toml.note("prefix", f"prefix is not that of {code}, which is {own}{shown(prefix)}")
        return Numbers("", "", "")
    if demo and not re.fullmatch(rf"\+{prefix}[0-9]+", demo):
        toml.note("demo_phones", f"demo_phones is not +{prefix} and more digits{shown(demo)}")
        demo = ""
    return Numbers(prefix, code.upper(), demo)


def _timezone(toml: Toml) -> str:
    zone = toml.text("timezone", "Africa/Nairobi")
    if zone and zone not in available_timezones():
        toml.note("timezone", f"timezone is not known{shown(zone)}")
    return zone if zone in available_timezones() else "UTC"


def _languages(toml: Toml) -> list[str]:
    menu = toml.written.get("languages", [])
    if not isinstance(menu, list):
        toml.note("languages", f'languages is not a list like ["en", "fr"]{shown(menu)}')
        return []
    if not menu:
        toml.note("languages", "languages is missing")
    for n, language in enumerate(menu):
        if language not in LANGUAGES:
            toml.note("languages", f"unknown language {shortened(str(language))}: it is one of {', '.join(LANGUAGES)}")
        elif language in menu[:n]:
            toml.note("languages", f"languages has {language} twice")
    return [language for language in dict.fromkeys(map(str, menu)) if language in LANGUAGES]


def _names(toml: Toml, languages: list[str]) -> dict[str, str]:
    """The neutral names of the service that are texts, by language."""
    table, named = toml.table("service_name", needed=True), {}
    for language, name in table.items():
        if language not in LANGUAGES:
            toml.note(f"service_name.{language}", f"unknown language {shortened(language)}")
        elif not isinstance(name, str) or not name.strip():
            toml.note(f"service_name.{language}", f"service_name.{language} is not a text{shown(name)}")
        else:
            named[language] = name.strip()
    for language in languages if table else ():
        if language not in table:
            toml.note("service_name", f"service_name has no {language}")
    return named


def _holidays(toml: Toml) -> Iterator[str]:
    written = toml.written.get("holidays", [])
    for day in written if isinstance(written, list) else [written]:
        iso = str(day) if isinstance(day, str | date) else ""  # 2027-05-06 without quotation marks is a date of TOML
        try:
            date.fromisoformat(iso if len(iso) == 10 else f"2024-{iso}")
        except ValueError:
            toml.note("holidays", HOLIDAY + shown(day))
        else:
            yield iso


def _sun(toml: Toml, code: str) -> Iterator[tuple[str, tuple[float, float]]]:
    table = toml.table("sun")
    for place, point in table.items():
        if isinstance(point, list) and len(point) == 2 and _degrees(point[0], 90) and _degrees(point[1], 180):
            yield place, (float(point[0]), float(point[1]))
        else:
            toml.note(f"sun.{place}", f"sun.{place} {POINT}{shown(point)}")
    if code and code.upper() not in table and isinstance(toml.written.get("sun", {}), dict):
        toml.note("sun", f"sun has no point for the whole country, {code.upper()}")


def _degrees(value: object, most: int) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and abs(value) <= most  # type: ignore[arg-type]


def _busy(toml: Toml) -> Iterator[tuple[str, str]]:
    """`market` of the whole country from `[busy]`, `BI-ZO-1.market` of one place from `[busy.BI-ZO-1]`."""
    for what, written in toml.table("busy").items():
        of_place = {f"{what}.{own}": hours for own, hours in written.items()} if isinstance(written, dict) else {}
        for name, hours in (of_place or {what: written}).items():
            roster = cells.roster(hours) if isinstance(hours, str) else ""
            if shifts(roster):
                yield name, roster
            else:
                toml.note(f"busy.{name}", f"busy.{name} {ROSTER}{shown(hours)}")


def _patience(toml: Toml) -> Iterator[tuple[Urgency, tuple[int, int]]]:
    """Minutes until deputies and until oversight, for each class that is written."""
    for name, minutes in toml.table("patience").items():
        fits = isinstance(minutes, list) and [type(minute) for minute in minutes] == [int, int]
        if isinstance(minutes, list) and name in set(Urgency) and fits and 0 < minutes[0] < minutes[1] <= LONGEST:
            yield Urgency(name), (minutes[0], minutes[1])
        else:
            toml.note(f"patience.{name}", f"patience.{name} {MINUTES}{shown(minutes)}")


def _routing(toml: Toml) -> Mapping[str, object]:
    for key in (table := toml.table("routing")):
        if key not in OF_ROUTING:
            toml.note(f"routing.{key}", f"routing.{key} is none of {', '.join(OF_ROUTING)}")
    return table


def _most_open(routing: Mapping[str, object], toml: Toml) -> int:
    written = routing.get("most_open", MOST_OPEN)
    if type(written) is int and 1 <= written <= COUNTED:
        return written
    toml.note("routing.most_open", f"routing.most_open {OPEN}{shown(written)}")
    return MOST_OPEN


def _law(routing: Mapping[str, object], toml: Toml, code: str) -> tuple[str, ...]:
    """Of which categories the law wants the police to be told where a child was hurt."""
    written = routing.get("police_told_of_children", [*LAWS.get(code, ())])
    if isinstance(written, list) and all(category in CATEGORIES for category in written):
        return tuple(written)
    toml.note("routing.police_told_of_children", f"routing.police_told_of_children {TOLD}{shown(written)}")
    return ()


def _answered(toml: Toml) -> Iterator[tuple[Urgency, int]]:
    """Minutes in which something must be done for her, for each class that is written."""
    for name, minutes in toml.table("answered").items():
        if type(minutes) is int and name in set(Urgency) and 0 < minutes <= LONGEST:
            yield Urgency(name), minutes
        else:
            toml.note(f"answered.{name}", f"answered.{name} {WITHIN}{shown(minutes)}")


def _lines(text: str) -> dict[str, int]:
    """The line of each key and table, `sun.BI` for a key of the table `sun`."""
    lines: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if found := _TABLE.match(line):
            table = found[1].replace('"', "")
            lines.setdefault(table, number)
        elif found := _KEY.match(line):
            key = found[1].replace('"', "").replace("'", "")
            lines.setdefault(f"{table}.{key}" if table else key, number)
    return lines

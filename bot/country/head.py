"""Read `country.toml`: names, languages, holidays, rosters and minutes until escalation of a country."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from bot.country.hours import shifts
from bot.country.routing_rules import PATIENCE, Urgency
from bot.words.languages import LANGUAGES

NO_HEAD: Mapping[str, Any] = {
    "code": "", "prefix": "", "region": "", "demo_phones": "", "timezone": "UTC", "languages": [], "service_name": {},
    "patience": {}, "holidays": [], "sun": {}, "busy": {},
}  # fmt: skip


def read_head(path: Path, wrong: list[str]) -> dict[str, Any]:
    """What `country.toml` says; a harmless stand-in, with a note, for what it does not say rightly."""
    try:
        written: dict[str, Any] = tomllib.loads(path.read_bytes().decode())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        wrong.append(f"{path.name}:1: cannot be read ({type(error).__name__})")
        return {**NO_HEAD}
    head = {key: str(written.get(key, "")) for key in ("code", "prefix", "demo_phones", "timezone")}
    menu, named = written.get("languages"), written.get("service_name")
    languages = [str(language) for language in menu] if isinstance(menu, list) else []
    names = {language: str(name) for language, name in named.items()} if isinstance(named, dict) else {}
    faults = [f"{key} is missing" for key, value in head.items() if not value]
    faults += [f"unknown language {language}" for language in {*languages, *names} if language not in LANGUAGES]
    faults += [f"service_name has no {language}" for language in languages if not names.get(language)]
    faults += ["languages is missing"] * (not languages)
    faults += ["service_name is not a table"] * (not names)
    if head["timezone"] not in available_timezones():
        faults.append("timezone is not known")
        head["timezone"] = NO_HEAD["timezone"]
    patience, misread = _patience(written.get("patience", {}))
    days, no_days = _holidays(written.get("holidays", []))
    points, busy, no_hours = _hours(written, head["code"].upper())
    wrong.extend(f"{path.name}:1: {fault}" for fault in [*faults, *misread, *no_days, *no_hours])
    more = {"languages": languages, "service_name": names, "patience": patience, "holidays": days}
    return head | more | {"sun": points, "busy": busy, "region": head["code"].upper()}


def _hours(
    written: Mapping[str, Any], country: str
) -> tuple[dict[str, tuple[float, float]], dict[str, str], list[str]]:
    """Points for the sun, rosters of what else women do, and what is wrong with what was written."""
    points, busy, wrong = {}, {}, []
    for place, point in dict(written.get("sun", {})).items():
        if isinstance(point, list) and len(point) == 2 and all(isinstance(degrees, int | float) for degrees in point):
            points[place] = (float(point[0]), float(point[1]))
        else:
            wrong.append(f"sun.{place} is not like [-3.38, 29.36]: degrees north and east")
    for what, roster in _rosters(dict(written.get("busy", {}))):
        busy[what] = roster
        if not shifts(roster):
            wrong.append(f"busy.{what} is not like mon-fri 08:00-17:30; sat 08:00-12:00")
    return points, busy, wrong + ["sun has no point for the whole country"] * (country not in points)


def _rosters(written: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """`market` of the whole country from `[busy]`, `BI-ZO-1.market` of one place from `[busy.BI-ZO-1]`."""
    for what, roster in written.items():
        if isinstance(roster, dict):
            yield from ((f"{what}.{own}", str(hours)) for own, hours in roster.items())
        else:
            yield what, str(roster)


def _holidays(written: object) -> tuple[list[str], list[str]]:
    """The public holidays, and what is wrong with what was written."""
    days, wrong = [str(day) for day in (written if isinstance(written, list) else [written])], []
    for day in days:
        try:
            date.fromisoformat(day if len(day) == 10 else f"2024-{day}")
        except ValueError:
            wrong.append('a holiday is not like "07-01", or "2027-05-06" for one year only')
    return days, wrong


def _patience(written: Any) -> tuple[dict[Urgency, tuple[int, int]], list[str]]:
    """Minutes until deputies and until oversight, for each class; and what is wrong with what was written."""
    patience, wrong = dict(PATIENCE), []
    for name, minutes in written.items() if isinstance(written, dict) else [("", written)]:
        fits = isinstance(minutes, list) and [type(minute) for minute in minutes] == [int, int]
        if name not in set(Urgency) or not fits or not 0 < minutes[0] < minutes[1]:
            wrong.append(
                f"patience.{name} is not like danger = [10, 60]: one of {', '.join(Urgency)}, minutes that grow"
            )
        else:
            patience[Urgency(name)] = (minutes[0], minutes[1])
    return patience, wrong

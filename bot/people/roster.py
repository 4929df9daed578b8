"""The staff of now, and which zones are open because of them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from bot.country.pack import Country
from bot.country.rows import Card, PartnerKind, Place, Role
from bot.people.beginning import has_begun
from bot.people.enrolment import person_of
from bot.people.numbers import further_numbers
from bot.reports.readers import SELECT_READERS, reader_of, who_serve
from bot.reports.routing import Reader
from bot.storage.database import UNAVAILABLE
from bot.storage.outbox import SessionFactory, now
from bot.storage.switches import off, takes_reports
from bot.storage.tables.people import RECOVERY
from bot.vault.vault import Vault
from bot.words.languages import own_language


@dataclass(frozen=True)
class Opened:
    """What a country offers on a day: the zones that lack nothing (S90), the health centre named to everybody, the
    cards of rights that were signed (S83), the emergency numbers that somebody has tested by a call (S76).
    """

    day: date
    zones: tuple[Place, ...]
    health_centre: str
    cards: tuple[Card, ...] = ()
    emergency: tuple[str, ...] = ()


def opened(land: Country, day: date, demo: bool) -> Opened:
    """The served zones where somebody confirmed can answer, and the first health partner of one of them."""
    zones = tuple(zone for zone in land.served if not land.lacks(zone.code, day, demo=demo))
    partners = (p for zone in zones for p in land.people_for(zone.code, Role.PARTNER, PartnerKind.HEALTH, demo=demo))
    units = (land.units[p.unit].name for p in partners if p.unit and p.confirmed_on and p.confirmed_on <= day)
    cards = tuple(card for card in land.cards if card.may_be_served(day, drafts=demo))
    calls = tuple(service.value for service in land.numbers("emergency", land.code.upper(), day, demo=demo))
    return Opened(day, zones, next(units, ""), cards, calls)


@dataclass(frozen=True)
class Staff:
    """The digests of the numbers of staff, each with the language in which its talk begins (empty: it is asked), and
    what routing knows of these people.
    """

    opened: Opened
    numbers: Mapping[str, str] = field(default_factory=dict)
    readers: tuple[Reader, ...] = ()
    off: frozenset[str] = frozenset()  # what is switched off
    _around: dict[frozenset[str], tuple[Reader, ...]] = field(default_factory=dict, compare=False, repr=False)

    def around(self, area: frozenset[str]) -> tuple[Reader, ...]:
        """Those who can hold a copy of what happened in a zone; `area` is the zone and what it lies in."""
        if area not in self._around:
            near = (one for one in self.readers if one.role == Role.OVERSIGHT or not area.isdisjoint(one.zones))
            self._around[area] = tuple(near)
        return self._around[area]


STAFF_AGE = 15  # seconds for which the staff is kept in memory


class Roster:
    """The staff, read from the tables at most every 15 s; while the database is away the last reading stays."""

    def __init__(self, reads: SessionFactory, vault: Vault, country: Country, demo: bool) -> None:
        self.reads, self.vault, self.country, self.demo = reads, vault, country, demo
        self._read_at, self._staff = float("-inf"), Staff(opened(country, today(), demo))

    def staff(self) -> Staff:
        """The staff, at most 15 s old while the database answers."""
        if time.monotonic() - self._read_at > STAFF_AGE:
            with contextlib.suppress(*UNAVAILABLE), self.reads() as db:
                rows, further = db.execute(SELECT_READERS).all(), further_numbers(db)
                self._staff = self._found(rows, further, off(db), self.demo or has_begun(db))
            self._read_at = time.monotonic()
        return self._staff

    def refresh(self) -> None:
        """Make the next call of `staff` read the tables again."""
        self._read_at = float("-inf")

    def _found(
        self, rows: Sequence[Any], further: Sequence[tuple[str, str]], off: frozenset[str], begun: bool
    ) -> Staff:
        serving = [row for row in who_serve(rows, self.vault, today()) if row.role != RECOVERY]
        land = replace(self.country, people=tuple(person_of(row, self.country) for row in serving))
        offered = [one for one in self.country.languages if f"language:{one}" not in off]
        numbers = spoken_on([*((row.phone_digest, row.languages) for row in rows), *further], offered)
        gate = opened(land, today(), self.demo)
        if not begun:
            gate = replace(gate, zones=())
        gate = replace(gate, zones=tuple(zone for zone in gate.zones if takes_reports(zone.code, off)))
        return Staff(gate, numbers, tuple(reader_of(row) for row in serving), off)


def spoken_on(numbers: Iterable[tuple[str, str]], offered: Sequence[str]) -> Mapping[str, str]:
    """The language in which a talk of each number begins; empty for a phone of several people who do not share it."""
    found: dict[str, str] = {}
    for digest, languages in numbers:
        hers = own_language(languages.split(","), offered)
        found[digest] = hers if found.get(digest, hers) == hers else ""
    return found


def today() -> date:
    """The day for which a country is loaded (UTC: for an hour or six a test-call is a day older, never younger)."""
    return datetime.fromtimestamp(now(), UTC).date()

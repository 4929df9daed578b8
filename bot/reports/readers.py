"""The people who can hold a copy of a report, read from the tables."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Integer, String, Table, bindparam, literal_column, or_, select

from bot.country.routing_rules import COUNTED
from bot.country.rows import Role
from bot.reports.routing import Reader, Route
from bot.storage.prepared import DriverConnection, Prepared, place_in
from bot.storage.tables.people import RECOVERY, Person
from bot.vault.vault import Vault

log = logging.getLogger("ijwi")

person_table = cast(Table, Person.__table__)
# what makes a `Reader`, in the order of its fields
ROUTED = (
    "id", "role", "kind", "sex", "zones", "duty", "trained_until", "load", "away", "languages", "rung", "order", "unit",
)  # fmt: skip
SEALED_TO = (*ROUTED, "public_key", "vouch", "expires")
OPEN = "(SELECT count(*) FROM (SELECT 1 FROM request WHERE {whose} = person.id AND status = '{status}' LIMIT {most}) a)"
# both counts and the hour are read from partial indexes of migration 0026, which hold what is open and was rung; for
# oversight, which stands on every ladder and is chosen for none, nothing is counted
LOAD = " + ".join(OPEN.format(whose=w, status=s, most=COUNTED) for w, s in (("leads", "new"), ("owner", "taken")))
RUNG = "coalesce((SELECT max(alerted) FROM step WHERE step.person = person.id AND alerted > 0), 0)"
COMPUTED = {
    name: literal_column(f"CASE WHEN role IN ('champion', 'partner') THEN {value} ELSE 0 END", Integer).label(name)
    for name, value in (("load", LOAD), ("rung", RUNG))
}
UNKNOWN = {name: literal_column("0", Integer).label(name) for name in COMPUTED}  # to whoever only asks who is there


def _columns(computed: Mapping[str, ColumnElement[int]], *more: str) -> list[ColumnElement[Any]]:
    return [computed[name] if name in computed else person_table.c[name] for name in (*SEALED_TO, *more)]


SELECT_READERS = select(*_columns(UNKNOWN, "phone_digest", "confirmed_on", "demo", "ref"))
SELECT_READERS = SELECT_READERS.where(person_table.c.active)
AREA_NAMES = [f"area{number}" for number in range(6)]  # a zone and what it lies in; no country has more levels
ZONES: ColumnElement[str] = literal_column("','") + person_table.c.zones + literal_column("','")
EVERYWHERE = (person_table.c.role == Role.OVERSIGHT) | (person_table.c.role == RECOVERY)
# people who may be readers: thousands in a country, a dozen near a zone; `route` chooses among them
SELECT_READERS_NEAR = Prepared(
    select(*_columns(COMPUTED)).where(
        person_table.c.active,
        or_(EVERYWHERE, *(place_in(ZONES, bindparam(name, type_=String)) > 0 for name in AREA_NAMES)),
    ),
    AREA_NAMES,
)


def readers_near(
    connection: Connection | DriverConnection, vault: Vault, area: frozenset[str], day: date
) -> Iterator[Any]:
    """The rows of people who can be given a copy of what happened in a zone; `area` is the zone and what it lies in."""
    return who_serve(ask_readers_near(connection, area)(), vault, day)


def ask_readers_near(connection: Connection | DriverConnection, area: frozenset[str]) -> Callable[[], list[Any]]:
    """Start the query for people of an area; the result, when called, gives the rows. Who of them serves and has a key
    of the vault is checked by `who_serve`.
    """
    codes = [f",{code}," for code in area]
    return SELECT_READERS_NEAR.asked(
        connection, dict(zip(AREA_NAMES, codes + codes[:1] * len(AREA_NAMES), strict=False))
    )


def who_serve(rows: Iterable[Any], vault: Vault, day: date) -> Iterator[Any]:
    """The rows of those who can be given a copy: enrolled until at least this day, with a key that the vault has made.
    A key that it has not made is an alarm in the log.
    """
    enrolled = [r for r in rows if r.public_key and not (r.expires and r.expires < day.isoformat())]
    for row, vouched in zip(enrolled, vault.vouched([(r.id, r.public_key, r.vouch) for r in enrolled]), strict=True):
        if vouched:
            yield row
        else:
            log.error("ALARM: the key of person %s was not made by the vault: nothing is sealed to it", row.id)


def reader_of(person: Any) -> Reader:
    """What routing may know of a person; `person` is a row of one of the queries above."""
    return _reader(*(getattr(person, name) for name in ROUTED))


@lru_cache(4096)  # between two reports nearly all rows stay the same
def _reader(
    id: str, role: str, kind: str, sex: str, zones: str, duty: str, trained: str, load: int, away: str, languages: str,
    rung: int, order: int, unit: str,
) -> Reader:  # fmt: skip
    covers, speaks = frozenset(zones.split(",")), frozenset(languages.split(",")) - {""}
    return Reader(id, role, kind, sex, covers, duty, trained, load, away, speaks, rung, order, unit)


def police_bound(routed: Route, readers: Iterable[Reader]) -> bool:
    """Whether an officer is on the ladder of a report, be it beside another reader who was chosen first."""
    officers = {reader.id for reader in readers if reader.role == Role.CHAMPION}
    return any(rung.person in officers for rung in routed.ladder)

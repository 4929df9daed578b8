"""The country pack: places, help services, rights cards and people of one country, read from a folder of tables.

`load` gives all of it or raises `CountryError` naming every bad row. Only this module decides whether a number, a card
or a zone may be used on a day. It uses no database and no clock: the caller says which day it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from astral import Observer
from astral.sun import sun

from bot.country import cells as read
from bot.country.head import read_head
from bot.country.routing_rules import PATIENCE, Rule, Urgency, check_rules, read_rule
from bot.country.rows import (
    Card,
    Channel,
    Level,
    PartnerKind,
    Person,
    Place,
    Price,
    Role,
    Service,
    ServiceKind,
    Sex,
    Unit,
    UnitKind,
    Venue,
    read_card,
    read_person,
    read_place,
    read_price,
    read_service,
    read_unit,
    read_venue,
)
from bot.country.tables import Names, Row, folded, rows, unique
from bot.words.languages import BACK_TRANSLATED, TABLE_COLUMNS

__all__ = [
    "Card", "Channel", "Country", "CountryError", "Level", "PartnerKind", "Person", "Place", "Role", "Service",
    "ServiceKind", "Sex", "Unit", "UnitKind", "Venue", "load",
]  # fmt: skip


def _columns(stem: str, languages: Sequence[str]) -> str:
    return " ".join(f"{stem}_{language}" for language in languages)


COLUMNS: Mapping[str, str] = {
    "places.csv": "code level parent name name_hi variants vintage valid_from valid_to successor status? source? note?",
    "services.csv": "area kind channel value hours cost? number_status tested_on tested_by show demo "
    f"{_columns('name', TABLE_COLUMNS)} source? source_date? note?",
    "cards.csv": "id country group sms_safe status source reviewed_on reviewer "
    f"{_columns('text', TABLE_COLUMNS)} {_columns('back', BACK_TRANSLATED)}",
    "units.csv": "ref name kind place demo",
    "people.csv": "ref role kind name phone sex languages zones unit duty trained_until confirmed_on demo",
    "served.csv": "zone note?",
    "venues.csv": "ref name kind zone step_free demo",
    "routing.csv": "category kind when zone urgency first note?",
    "prices.csv": "provider prefix network? currency price source vintage demo",
}

_LEVELS = list(Level)


class CountryError(Exception):
    """The country's folder cannot be used; `wrong` lists every bad row as `file:line: what is wrong`."""

    def __init__(self, wrong: list[str]) -> None:
        super().__init__("The country's folder cannot be used:\n" + "\n".join(wrong))
        self.wrong = tuple(wrong)


@dataclass(frozen=True)
class Country:
    """One country on the day it was loaded for; load it anew each day."""

    code: str
    prefix: str
    demo_phones: str
    timezone: ZoneInfo
    languages: tuple[str, ...]
    service_name: Mapping[str, str]
    today: date
    places: Mapping[str, Place]
    services: tuple[Service, ...]
    cards: tuple[Card, ...]
    units: Mapping[str, Unit]
    people: tuple[Person, ...]
    served: tuple[Place, ...]
    patience: Mapping[Urgency, tuple[int, int]] = field(default_factory=lambda: PATIENCE)
    holidays: frozenset[str] = frozenset()  # 07-01, or 2027-05-06
    venues: Mapping[str, Venue] = field(default_factory=dict)
    sun: Mapping[str, tuple[float, float]] = field(default_factory=dict)  # degrees north and east, by place
    busy: Mapping[str, str] = field(default_factory=dict)  # rosters of what else women do, by name
    prices: tuple[Price, ...] = ()
    routing: tuple[Rule, ...] = ()

    @property
    def currency(self) -> str:
        """The currency of all prices; empty when there are none."""
        return next((price.currency for price in self.prices), "")

    def busy_in(self, zone: str) -> dict[str, str]:
        """Rosters of what else women of a zone do, by name, and of the `curfew`; that of the nearest place holds."""
        rosters = {what: roster for what, roster in self.busy.items() if "." not in what}
        for place in reversed(self.way_up(zone)):
            prefix = f"{place.code}."
            rosters |= {
                what.removeprefix(prefix): hours for what, hours in self.busy.items() if what.startswith(prefix)
            }
        return rosters

    def children(self, code: str) -> tuple[Place, ...]:
        """Today's places directly inside `code`, by name."""
        return self._inside.get(code, ())

    def way_up(self, code: str) -> tuple[Place, ...]:
        """The place itself, then what it lies in, up to the country."""
        place = self.places[code]
        return (place, *(self.way_up(place.parent) if place.parent else ()))

    def old_names(self, text: str, inside: str = "") -> tuple[Place, ...]:
        """Today's places that `text` may mean, larger first: today's names, other spellings, and names no longer used.

        One name is often several places (S80): she confirms, or chooses the parent first and `inside` narrows it.
        """
        meant = {place.code: place for named in self._named.get(folded(text), ()) for place in self._today(named)}
        found = [p for p in meant.values() if not inside or inside in {up.code for up in self.way_up(p.code)}]
        return tuple(sorted(found, key=lambda p: (_LEVELS.index(p.level), p.name, p.code)))

    def is_holiday(self, day: date) -> bool:
        """Whether that day is a public holiday of the country: then rosters are those of a Sunday."""
        return (whole := day.isoformat()) in self.holidays or whole[5:] in self.holidays

    def clock(self, at: int) -> datetime:
        """A second since 1970 as the country's own clock shows it."""
        return datetime.fromtimestamp(at, self.timezone)

    def daylight(self, place: str, day: date) -> tuple[datetime, datetime]:
        """Sunrise and sunset of a day, of the country's own clock. Raises KeyError where no point is known."""
        north, east = next(self.sun[up.code] for up in self.way_up(place) if up.code in self.sun)
        times = sun(Observer(north, east), date=day, tzinfo=self.timezone)
        return times["sunrise"], times["sunset"]

    def numbers(self, kind: str, place: str, today: date, *, demo: bool = False) -> tuple[Service, ...]:
        """The services of this kind whose number may be shown to a woman in `place`, the nearest first; may be none."""
        way = [up.code for up in self.way_up(place)]
        shown = [s for s in self.services if s.kind == kind and s.area in way and s.may_be_shown(today, demo=demo)]
        return tuple(sorted(shown, key=lambda s: way.index(s.area)))

    def card(self, id: str, today: date, *, drafts: bool = False) -> Card | None:
        """The card, if it may be served today."""
        return next((c for c in self.cards if c.id == id and c.may_be_served(today, drafts=drafts)), None)

    def cards_about(self, group: str, today: date, *, drafts: bool = False) -> tuple[Card, ...]:
        """The cards of a group that may be served today, in the order of the table."""
        return tuple(c for c in self.cards if c.group == group and c.may_be_served(today, drafts=drafts))

    def people_for(self, zone: str, role: str, kind: str | None = None, *, demo: bool = False) -> tuple[Person, ...]:
        """Who serves the zone (or what it lies in) in this role, in the order of the table."""
        way = {up.code for up in self.way_up(zone)}
        return tuple(
            p for p in self.people
            if p.role == role and kind in (None, p.kind) and not way.isdisjoint(p.zones) and (demo or not p.demo)
        )  # fmt: skip

    def lacks(self, zone: str, today: date, *, demo: bool = False) -> tuple[str, ...]:
        """What the zone still lacks before anyone is asked to tell (S90); () when it may open."""

        def on(day: date | None) -> bool:
            return day is not None and day <= today

        def confirmed(kind: PartnerKind) -> bool:
            return any(on(p.confirmed_on) for p in self.people_for(zone, Role.PARTNER, kind, demo=demo))

        everyone = [p for role in Role for p in self.people_for(zone, role, demo=demo)]
        champions = [p for p in everyone if p.role == Role.CHAMPION and p.trained_until and today <= p.trained_until]
        met = {
            "a health partner confirmed by a call": confirmed(PartnerKind.HEALTH),
            "someone to talk to confirmed by a call": confirmed(PartnerKind.TALK),
            "a women's organisation": any(p.unit and self.units[p.unit].kind == UnitKind.WOMEN for p in everyone),
            "two champions with valid training": len(champions) >= 2,
            "a woman among the champions": any(p.sex == Sex.F for p in champions),
            "an oversight contact": any(p.role == Role.OVERSIGHT for p in everyone),
        }
        return tuple(what for what, there in met.items() if not there)

    @cached_property
    def _inside(self) -> Mapping[str, tuple[Place, ...]]:
        inside = defaultdict(list)
        for place in sorted(self.places.values(), key=lambda p: (p.name, p.code)):
            if place.stands(self.today):
                inside[place.parent].append(place)
        return {code: tuple(places) for code, places in inside.items()}

    @cached_property
    def names(self) -> Names:
        """Places by code and by name, for whoever writes a table."""
        return _names(self.places, self.today)

    @cached_property
    def _named(self) -> Mapping[str, list[Place]]:
        named = defaultdict(list)
        for place in self.places.values():
            for name in {folded(name) for name in (place.name, place.name_hi, *place.variants)} - {""}:
                named[name].append(place)
        return named

    def _today(self, place: Place, seen: frozenset[str] = frozenset()) -> Iterator[Place]:
        if place.stands(self.today):
            yield place
        elif place.code not in seen:
            for code in place.successor:
                yield from self._today(self.places[code], seen | {place.code})


def load(folder: Path, today: date) -> Country:
    """The country in `folder` as it is on `today`; raises one `CountryError` with every bad row, or gives all of it."""
    wrong: list[str] = []
    head = read_head(folder / "country.toml", wrong)
    tables = {file: list(rows(folder / file, columns.split(), wrong)) for file, columns in COLUMNS.items()}
    country = _country(head, tables, today)
    check_rules(country.routing, wrong)
    if len({price.currency for price in country.prices}) > 1:
        wrong.append("prices.csv:1: all prices must be in one currency")
    if wrong:
        raise CountryError(wrong)
    return country


def _country(head: dict[str, Any], tables: Mapping[str, list[Row]], today: date) -> Country:
    """The country of these tables. What is wrong with a row is noted in the row's `wrong`."""
    places = _places(tables["places.csv"], head["code"].upper())
    codes = _names(places, today)
    refs = Names((row.cells["ref"], row.cells["name"]) for row in tables["units.csv"])
    people = _once(tables["people.csv"], head["region"])
    return Country(
        code=head["code"],
        prefix=head["prefix"],
        demo_phones=head["demo_phones"],
        timezone=ZoneInfo(head["timezone"]),
        languages=tuple(head["languages"]),
        service_name=MappingProxyType(head["service_name"]),
        today=today,
        places=MappingProxyType(places),
        services=tuple(read_service(row, codes, head) for row in tables["services.csv"]),
        cards=tuple(read_card(row, head["code"].upper()) for row in unique(tables["cards.csv"], "id")),
        units=MappingProxyType({row.cells["ref"]: read_unit(row, codes) for row in unique(tables["units.csv"], "ref")}),
        people=tuple(read_person(row, codes, refs, head) for row in people),
        served=tuple(place for place in _all_served(tables["served.csv"], places) if place.stands(today)),
        patience=MappingProxyType(head["patience"]),
        holidays=frozenset(head["holidays"]),
        venues=MappingProxyType(_venues(tables["venues.csv"], codes)),
        prices=tuple(read_price(row, head["prefix"]) for row in tables["prices.csv"]),
        routing=tuple(read_rule(row, codes) for row in tables["routing.csv"]),
        sun=MappingProxyType(head["sun"]),
        busy=MappingProxyType(head["busy"]),
    )


def _all_served(table: list[Row], places: Mapping[str, Place]) -> list[Place]:
    return [place for row in unique(table, "zone") if (place := _served(row, places))]


def _venues(table: list[Row], codes: Names) -> dict[str, Venue]:
    return {row.cells["ref"]: read_venue(row, codes) for row in unique(table, "ref")}


def read_people(path: Path, country: Country) -> tuple[Person, ...]:
    """The people in a table of the form of `people.csv`; raises one `CountryError` with every bad row."""
    wrong: list[str] = []
    table = list(rows(path, COLUMNS["people.csv"].split(), wrong))
    head = {"prefix": country.prefix, "demo_phones": country.demo_phones, "region": country.code.upper()}
    units = Names((unit.ref, unit.name) for unit in country.units.values())
    people = tuple(read_person(row, country.names, units, head) for row in _once(table, head["region"]))
    if wrong:
        raise CountryError(wrong)
    return people


def _places(table: list[Row], country: str) -> dict[str, Place]:
    codes = {row.cells["code"] for row in table}
    places = {row.cells["code"]: read_place(row, codes) for row in unique(table, "code")}
    for row in table:
        place = places[row.cells["code"]]
        above = places.get(place.parent)
        if place.level == Level.COUNTRY and (place.code != country or place.parent):
            row.note(f"the country is {country} and lies in nothing")
        elif place.level != Level.COUNTRY and not place.parent:
            row.note("parent is empty")
        elif above and _LEVELS.index(above.level) >= _LEVELS.index(place.level):
            row.note(f"a {place.level} cannot lie in a {above.level}")
    return places


def _served(row: Row, places: Mapping[str, Place]) -> Place | None:
    place = places.get(row.one_known("zone", places, "place"))
    if place and place.level not in (Level.ZONE, Level.POLICE_STATION):
        row.note("only a zone or a police station is served")
    return place


def _names(places: Mapping[str, Place], today: date) -> Names:
    """All places by code, and those of today by name."""
    named = (
        (place, (place.name, place.name_hi, *place.variants) if place.stands(today) else ("",))
        for place in places.values()
    )
    return Names((place.code, name) for place, names in named for name in names)


def _once(people: list[Row], region: str) -> list[Row]:
    """Nobody stands in a table twice, by reference or by number, however it is written."""
    return unique(unique(people, "phone", lambda cell: read.phone(cell, region) or cell), "ref")

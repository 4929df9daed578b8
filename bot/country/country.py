"""One country on one day: who and what is there, and whether a number, a card or a zone may be used on a day.

It uses no database and no clock: the caller says which day it is. `bot.country.pack` reads it from a folder of tables.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from astral import Observer
from astral.sun import sun

from bot.country.routing_rules import ANSWERED, MOST_OPEN, PATIENCE, Desk, Rule, Urgency
from bot.country.rows import Card, Level, PartnerKind, Person, Place, Price, Role, Service, Sex, Unit, UnitKind, Venue
from bot.country.tables import Names, folded

_LEVELS = list(Level)


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
    answered: Mapping[Urgency, int] = field(default_factory=lambda: ANSWERED)
    holidays: frozenset[str] = frozenset()  # 07-01, or 2027-05-06
    venues: Mapping[str, Venue] = field(default_factory=dict)
    sun: Mapping[str, tuple[float, float]] = field(default_factory=dict)  # degrees north and east, by place
    busy: Mapping[str, str] = field(default_factory=dict)  # rosters of what else women do, by name
    prices: tuple[Price, ...] = ()
    routing: tuple[Rule, ...] = ()
    most_open: int = MOST_OPEN  # open requests of a champion from which on her deputies are asked first
    police_told_of_children: frozenset[str] = frozenset()  # categories of what the law wants it to be told

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

    def leading(self, desks: Sequence[Desk]) -> Mapping[str, int]:
        """Of the units of the police those that are for one of these, by reference: at which place of `desks`."""
        return {ref: place for place, desk in enumerate(desks) for ref in self._desks.get(desk, ())}

    @cached_property
    def _desks(self) -> Mapping[Desk, list[str]]:
        desks = defaultdict(list)
        for unit in self.units.values():
            if unit.desk:
                desks[unit.desk].append(unit.ref)
        return desks

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
        return names_of(self.places, self.today)

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


def names_of(places: Mapping[str, Place], today: date, more: Iterable[str] = (), *, whole: bool = True) -> Names:
    """All places by code, and those of today by name; `more` are codes of rows that could not be read."""
    named = (
        (place, (place.name, place.name_hi, *place.variants) if place.stands(today) else ("",))
        for place in places.values()
    )
    pairs = ((place.code, name) for place, names in named for name in names)
    return Names((*pairs, *((code, "") for code in more)), whole=whole)

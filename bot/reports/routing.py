"""Who is told of a report: a pure function of the report's open part, the people and the hour.

Each service that she agreed to is one request with a ladder of its own: neither taking makes another disappear.

The reporter's choice comes first, and where nobody she chose is there nobody reads it: she is asked whom instead (S18).
Police is reached only where she chose it and said that the person is neither police nor powerful (S44), and never for a
report about police (S46) or a child (S38). Child protection is asked where she chose it; unasked, of
a child, only where the country's law wants it told. Community leaders and coordinators never receive a report (S49).
Oversight holds a copy of everything. Rungs beyond the first are alerted by the clock while nobody has taken the report.

Of those who give a service, partners too, who is on duty comes before who is not; where nobody is, the first is whose
duty begins soonest, and the route says so, because she has to know (decision 042). `rank` is the whole order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from zlib import crc32

from bot.country.hours import is_away, next_on_duty, on_duty
from bot.country.routing_rules import MOST_OPEN, PARTNERS, PATIENCE, Desk, Urgency
from bot.country.rows import Role
from bot.words.languages import same_spoken

RouteOutcome = Literal["sent", "no_woman", "parked", "nobody"]
DEPUTIES = 2


@dataclass(frozen=True)
class Reader:
    """What routing may know of somebody who can hold a copy."""

    id: str
    role: str
    kind: str
    sex: str
    zones: frozenset[str]
    duty: str
    trained_until: str
    load: int = 0  # open requests: new ones for which she was asked first, and those that she took
    away: str = ""  # 2026-12-01/2026-12-10: on leave, both days included
    languages: frozenset[str] = frozenset()
    rung: int = 0  # the hour in which an alert was last posted to her, in seconds; 0: never
    order: int = 1  # 1 is the champion, who stands before her deputies
    unit: str = ""


@dataclass(frozen=True)
class Case:
    """What routing may know of a report: never its answers in full, never her words."""

    area: frozenset[str]  # the zone and what it lies in
    services: frozenset[str]
    wishes: frozenset[str]
    power: str
    child: bool
    about_police: bool
    urgency: Urgency
    first: tuple[str, ...] = PARTNERS  # of the helpers that she chose, who leads (bot.country.routing_rules)
    language: str = ""  # in which she told it: whoever reads it well comes first
    parked: bool = False  # about parties or ethnic groups, nobody was hurt: oversight reads it first (S48)
    prefers_woman: bool = False  # it happened to her, and she has not said that any officer may read it
    units: Mapping[str, int] = field(default_factory=dict)  # units of the police that lead: the lowest number first


@dataclass(frozen=True)
class Rung:
    """One holder of a copy, alerted `after` so many minutes if nobody has taken the request; rung 0 at once."""

    person: str
    rung: int
    after: int = 0


@dataclass(frozen=True)
class Ladder:
    """Who is asked for one service: a helper's kind, police, or oversight (S46, S48)."""

    service: str
    rungs: tuple[Rung, ...]


@dataclass(frozen=True)
class OffDuty:
    """A service of which nobody is on duty, and when somebody next is, on the country's own clock; None: not within two
    weeks."""

    service: str
    until: datetime | None


@dataclass(frozen=True)
class Route:
    """The ladders of one report, who leads first, and the outcome that she reads: sent | no_woman | parked | nobody.

    `off_duty` names those of its services of which nobody is on duty: they are on a ladder all the same.
    """

    ladders: tuple[Ladder, ...]
    outcome: RouteOutcome
    off_duty: tuple[OffDuty, ...] = ()

    @property
    def ladder(self) -> tuple[Rung, ...]:
        """Everybody on any ladder once, with her lowest rung, the lowest first."""
        found: dict[str, Rung] = {}
        for rung in sorted((rung for ladder in self.ladders for rung in ladder.rungs), key=lambda rung: rung.rung):
            found.setdefault(rung.person, rung)
        return tuple(found.values())


@dataclass(frozen=True)
class Rules:
    """What a country says of routing. `patience`: minutes until deputies and oversight are alerted. `turn` is another
    one for each report: who is equal to others in everything is not always asked first or always last.
    """

    patience: Mapping[Urgency, tuple[int, int]] = field(default_factory=lambda: PATIENCE)
    law_demands_police: bool = False
    is_holiday: Callable[[date], bool] = lambda day: False
    most_open: int = MOST_OPEN  # open requests with which a champion stands before her deputies no more
    turn: str = ""


def route(case: Case, people: Iterable[Reader], at: datetime, rules: Rules | None = None) -> Route:
    """The ladders of a report filed at the local hour `at`; without one nobody may read it.

    Who is on leave gets no copy; oversight always does.
    """
    rules = rules or Rules()
    everyone = list(people)
    oversight = sorted((p for p in everyone if p.role == Role.OVERSIGHT), key=lambda p: p.id)
    if case.about_police or case.parked:
        only = Ladder("oversight", climb([], _ids(oversight), rules.patience[case.urgency]))
        said: RouteOutcome = "sent" if case.about_police else "parked"
        return Route((only,), said) if oversight else Route((), "nobody")
    near = [p for p in everyone if not case.area.isdisjoint(p.zones) and not is_away(p, at)]
    choices: dict[str, list[Reader]] = {}  # for each service that she chose, all who give it: the first, then deputies
    for kind in case.first:
        if kind in case.services or (kind == "child" and case.child and rules.law_demands_police):
            choices[kind] = [p for p in near if p.role == Role.PARTNER and serves(p, kind) and is_trained(p, at)]
    outcome: RouteOutcome = "sent"
    if "police" in case.services and case.power == "no" and not (case.child and not rules.law_demands_police):
        choices["police"], outcome = _officers(case, near, at, rules)
    there = {service: rank(case, readers, at, rules) for service, readers in choices.items() if readers}
    if not there:
        return Route((), "nobody" if outcome == "sent" else outcome)
    ladders = tuple(
        Ladder(name, climb(_ids(those), _ids(oversight), rules.patience[case.urgency])) for name, those in there.items()
    )
    return Route(ladders, outcome, tuple(_off_duty(there, at, rules)))


def _officers(case: Case, near: Iterable[Reader], at: datetime, rules: Rules) -> tuple[list[Reader], RouteOutcome]:
    """The trained officers who may read it, and the outcome. Where she wishes a woman and none is on duty nobody is
    asked: she is told so and says who may read it instead (S53).
    """
    trained = [p for p in near if p.role == Role.CHAMPION and is_trained(p, at)]
    if "woman" not in case.wishes:
        return trained, "sent"
    women, holiday = [p for p in trained if p.sex == "f"], rules.is_holiday(at.date())
    return (women, "sent") if any(on_duty(p.duty, at, holiday) for p in women) else ([], "no_woman")


def rank(case: Case, readers: Iterable[Reader], at: datetime, rules: Rules) -> list[Reader]:
    """Those who give one service, whoever is asked first standing first.

    On duty before off duty, and of those off duty who begins soonest; a woman officer where it happened to a woman; of
    the units of the police the one that the table names; who reads her language; the champion before her deputies while
    she has fewer than `most_open` requests; then fewest open requests, longest without an alert, and by turns.
    """
    holiday = rules.is_holiday(at.date())

    def key(one: Reader) -> tuple[object, ...]:
        present = on_duty(one.duty, at, holiday)
        officer, full = one.role == Role.CHAMPION, one.load >= rules.most_open
        return (
            0 if present else _seconds(next_on_duty(one, at, rules.is_holiday)),  # always in the future
            officer and case.prefers_woman and one.sex != "f",
            officer and case.units.get(one.unit, len(Desk)),
            not reads(one, case.language),
            full,
            full or one.order,
            one.load,
            one.rung,
            crc32(f"{rules.turn}{one.id}".encode()),
            one.id,
        )

    readers = list(readers)
    return sorted(readers, key=key) if len(readers) > 1 else readers


def _seconds(at: datetime | None) -> float:
    return at.timestamp() if at else float("inf")


def _off_duty(choices: Mapping[str, Sequence[Reader]], at: datetime, rules: Rules) -> Iterable[OffDuty]:
    """The services of which the first reader, and so everybody, is not on duty."""
    holiday = rules.is_holiday(at.date())
    for service, readers in choices.items():
        if not on_duty(readers[0].duty, at, holiday):
            yield OffDuty(service, next_on_duty(readers[0], at, rules.is_holiday))


def _ids(people: Iterable[Reader]) -> list[str]:
    return [one.id for one in people]


def climb(readers: Sequence[str], oversight: Sequence[str], patience: tuple[int, int]) -> tuple[Rung, ...]:
    """The first reader of a service, then her two deputies, then all of oversight; everybody once, by id."""
    deputies_after, oversight_after = patience
    rungs = [(readers[:1], 0), (readers[1 : 1 + DEPUTIES], deputies_after), (oversight, oversight_after)]
    ladder: dict[str, Rung] = {}
    for people, after in rungs:
        fresh = dict.fromkeys(who for who in people if who not in ladder)
        step = max((rung.rung for rung in ladder.values()), default=-1) + 1
        ladder |= {who: Rung(who, step, after if step else 0) for who in fresh}
    return tuple(ladder.values())


def reads(person: Reader, language: str) -> bool:
    """Whether somebody reads a language, in whatever script; a person whose languages are not known counts as reading
    it.
    """
    return not language or not person.languages or same_spoken(language) in person.languages


def serves(person: Reader, kind: str) -> bool:
    """Whether a partner gives that service; a shelter is found by a counsellor, never addressed itself (S78)."""
    return person.kind == ("talk" if kind == "shelter" else kind)


def may_act(person: Reader, at: datetime, holiday: bool = False) -> bool:
    """Whether an officer is trained, not on leave, and on duty now."""
    return is_trained(person, at) and not is_away(person, at) and on_duty(person.duty, at, holiday)


def is_trained(person: Reader, at: datetime) -> bool:
    """Whether the training of an officer or a partner is still valid on that day; without a day it needs none."""
    return not person.trained_until or person.trained_until >= at.date().isoformat()

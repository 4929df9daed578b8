"""Who is told of a report: a pure function of the report's open part, the people and the hour.

Each service that she agreed to is one request with a ladder of its own: neither taking makes another disappear.

The reporter's choice comes first, and where nobody she chose is there nobody reads it: she is asked whom instead (S18).
Police is reached only where she chose it and said that the person is neither police nor powerful (S44), and never for a
report about police (S46) or a child (S38). Community leaders and coordinators never receive a report (S49). Oversight
holds a copy of everything. Rungs beyond the first are alerted by the clock while nobody has taken the report.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.country.hours import is_away, on_duty
from bot.country.routing_rules import PARTNERS, PATIENCE, Urgency
from bot.country.rows import Role
from bot.words.languages import same_spoken

RouteOutcome = Literal["sent", "no_woman", "parked", "nobody"]


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
    load: int = 0
    away: str = ""  # 2026-12-01/2026-12-10: on leave, both days included
    languages: frozenset[str] = frozenset()


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
class Route:
    """The ladders of one report, who leads first, and the outcome that she reads: sent | no_woman | parked | nobody."""

    ladders: tuple[Ladder, ...]
    outcome: RouteOutcome

    @property
    def ladder(self) -> tuple[Rung, ...]:
        """Everybody on any ladder once, with her lowest rung, the lowest first."""
        found: dict[str, Rung] = {}
        for rung in sorted((rung for ladder in self.ladders for rung in ladder.rungs), key=lambda rung: rung.rung):
            found.setdefault(rung.person, rung)
        return tuple(found.values())


def route(
    case: Case,
    people: Iterable[Reader],
    at: datetime,
    law_demands_police: bool = False,
    patience: Mapping[Urgency, tuple[int, int]] = PATIENCE,
    holiday: bool = False,
) -> Route:
    """The ladders of a report filed at the local hour `at`; without one nobody may read it.

    `patience`: minutes until deputies and oversight are alerted. Who is on leave gets no copy; oversight always does.
    """
    everyone = sorted(people, key=lambda p: (not reads(p, case.language), p.load, p.id))
    oversight = [p for p in everyone if p.role == Role.OVERSIGHT]
    everyone = [p for p in everyone if not is_away(p, at)]
    if case.about_police:
        return _routed({"oversight": []}, oversight, "sent", patience[case.urgency])
    if case.parked:
        return _routed({"oversight": []}, oversight, "parked", patience[case.urgency])
    near = [p for p in everyone if not case.area.isdisjoint(p.zones)]
    choices: dict[str, list[Reader]] = {}  # for each service that she chose, all who give it: the first, then deputies
    for kind in case.first:
        if kind in case.services or (kind == "child" and case.child):
            choices[kind] = [p for p in near if p.role == Role.PARTNER and serves(p, kind)]
    outcome: RouteOutcome = "sent"
    if "police" in case.services and case.power == "no" and not (case.child and not law_demands_police):
        champions = [p for p in near if p.role == Role.CHAMPION and may_act(p, at, holiday)]
        asked = [p for p in champions if p.sex == "f"] if "woman" in case.wishes else champions
        choices["police"] = asked
        if not asked and "woman" in case.wishes:
            outcome = "no_woman"  # S53: never silently a man
    there = {service: readers for service, readers in choices.items() if readers}
    if not there:
        return Route((), "nobody" if outcome == "sent" else outcome)
    return _routed(there, oversight, outcome, patience[case.urgency])


def _routed(
    choices: Mapping[str, Sequence[Reader]],
    oversight: Sequence[Reader],
    outcome: RouteOutcome,
    patience: tuple[int, int],
) -> Route:
    """One ladder for each service; nobody may read the report when all of them are empty."""
    ladders = [Ladder(service, _climb(readers, oversight, patience)) for service, readers in choices.items()]
    made = tuple(ladder for ladder in ladders if ladder.rungs)
    return Route(made, outcome if made else "nobody")


def _climb(readers: Sequence[Reader], oversight: Sequence[Reader], patience: tuple[int, int]) -> tuple[Rung, ...]:
    """The first reader of a service, then her deputy, then all of oversight; everybody once."""
    deputies_after, oversight_after = patience
    rungs = [(readers[:1], 0), (readers[1:2], deputies_after), (oversight, oversight_after)]
    ladder: dict[str, Rung] = {}
    for people, after in rungs:
        fresh = dict.fromkeys(p.id for p in people if p.id not in ladder)
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
    trained = not person.trained_until or person.trained_until >= at.date().isoformat()
    return trained and not is_away(person, at) and on_duty(person.duty, at, holiday)

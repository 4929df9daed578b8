"""Who is told of a report: a pure function of the report's open part, the people and the hour.

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
    """One holder of a copy, alerted `after` so many minutes if nobody has taken the report; rung 0 at once."""

    person: str
    rung: int
    after: int = 0


@dataclass(frozen=True)
class Route:
    """The ladder of one report, and the outcome that the reporter reads: sent | no_woman | parked | nobody."""

    ladder: tuple[Rung, ...]
    destination: str
    outcome: RouteOutcome


def route(
    case: Case,
    people: Iterable[Reader],
    at: datetime,
    law_demands_police: bool = False,
    patience: Mapping[Urgency, tuple[int, int]] = PATIENCE,
    holiday: bool = False,
) -> Route:
    """The holders of a report filed at the local hour `at`; with an empty ladder nobody may read it.

    `patience`: minutes until deputies and oversight are alerted. Who is on leave gets no copy; oversight always does.
    """
    everyone = sorted(people, key=lambda p: (not reads(p, case.language), p.load, p.id))
    oversight = [p for p in everyone if p.role == Role.OVERSIGHT]
    everyone = [p for p in everyone if not is_away(p, at)]
    if case.about_police:
        return _climb([], oversight, "oversight", "sent", patience[case.urgency])
    if case.parked:
        return _climb([], oversight, "oversight", "parked", patience[case.urgency])
    near = [p for p in everyone if not case.area.isdisjoint(p.zones)]
    choices: list[list[Reader]] = []  # for each service that she chose, all who give it: the first, then deputies
    destination = ""
    for kind in case.first:
        if kind in case.services or (kind == "child" and case.child):
            partners = [p for p in near if p.role == Role.PARTNER and serves(p, kind)]
            choices.append(partners)
            destination = destination or (kind if partners else "")
    outcome: RouteOutcome = "sent"
    if "police" in case.services and case.power == "no" and not (case.child and not law_demands_police):
        champions = [p for p in near if p.role == Role.CHAMPION and may_act(p, at, holiday)]
        asked = [p for p in champions if p.sex == "f"] if "woman" in case.wishes else champions
        choices.append(asked)
        if asked:
            destination = destination or "police"
        elif "woman" in case.wishes:
            outcome = "no_woman"  # S53: never silently a man
    if not any(choices):
        return Route((), "", "nobody" if outcome == "sent" else outcome)
    return _climb(choices, oversight, destination, outcome, patience[case.urgency])


def _climb(
    choices: Sequence[Sequence[Reader]],
    oversight: Sequence[Reader],
    destination: str,
    outcome: RouteOutcome,
    patience: tuple[int, int],
) -> Route:
    """The ladder: the first reader of each service that was chosen, then their deputies, then all of oversight;
    everybody once.
    """
    deputies_after, oversight_after = patience
    rungs = [
        ([readers[0] for readers in choices if readers], 0),
        ([readers[1] for readers in choices if len(readers) > 1], deputies_after),
        (oversight, oversight_after),
    ]
    ladder: dict[str, Rung] = {}
    for people, after in rungs:
        fresh = dict.fromkeys(p.id for p in people if p.id not in ladder)
        step = max((rung.rung for rung in ladder.values()), default=-1) + 1
        ladder |= {who: Rung(who, step, after if step else 0) for who in fresh}
    return Route(tuple(ladder.values()), destination, outcome if ladder else "nobody")


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

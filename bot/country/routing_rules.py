"""The routing table of a country: for each kind of report how soon a human must answer, and which helper comes first.

It sets urgency and order only, of helpers and of units of the police; it adds no reader whom she did not choose and
removes none (bot.reports.routing). Two rules go before it: what happens now is `danger`, and words of despair are at
least `medicine`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.country.tables import Row

PARTNERS = ("health", "talk", "legal", "shelter", "child")  # police is no partner and never first (S20)


class Desk(StrEnum):
    """What a unit of the police is for."""

    GENERAL = "general"
    WOMEN = "women"  # violence against women, violence at home
    CHILD = "child"
    SEXUAL = "sexual"
    COMMUNITY = "community"


class Urgency(StrEnum):
    """How soon a human must answer."""

    DANGER = "danger"  # it happens now
    MEDICINE = "medicine"  # sexual violence of the last five days, or despair: an hour counts
    PERSON = "person"  # a child, or a woman who asks for a human
    PLACE = "place"  # a dark road, a theft: nobody is being hurt


# Minutes after which deputies, and then oversight, are alerted if nobody has taken the report. Proposals, which a
# country pack may change.
PATIENCE: Mapping[Urgency, tuple[int, int]] = {
    Urgency.DANGER: (10, 60),
    Urgency.MEDICINE: (60, 120),
    Urgency.PERSON: (24 * 60, 3 * 24 * 60),
    Urgency.PLACE: (3 * 24 * 60, 7 * 24 * 60),
}
MOST_OPEN = 8  # open requests of a champion from which on her deputies are asked first; a proposal, too
COUNTED = 50  # open requests of one person that are counted: whoever has more is taken for one who has as many
# Minutes in which whoever has opened a report takes it, and whoever has taken it does something for her: replies, asks,
# refers, tells the police. Else it goes on. Proposals, which a country pack may change.
ANSWERED: Mapping[Urgency, int] = {
    Urgency.DANGER: 20,
    Urgency.MEDICINE: 120,
    Urgency.PERSON: 2 * 24 * 60,
    Urgency.PLACE: 7 * 24 * 60,
}
ANY = "*"
CATEGORIES = ("hurt", "sexual", "denied", "other", "skip")
KINDS = ("sv1", "sv2", "de", "fm", "cr", "di", "ps", "ch", "cv", "ph", "po", "st", "skip")
TIMES = ("now", "days3", "days5", "older", "skip")  # the options of the screen `when` of flows.report


@dataclass(frozen=True)
class Rule:
    """One row of the table; an empty field fits anything. The first row that fits a report holds."""

    categories: tuple[str, ...]
    kinds: tuple[str, ...]
    times: tuple[str, ...]
    zones: tuple[str, ...]
    urgency: Urgency
    first: tuple[str, ...]  # the kinds of helpers that lead, if she chose them
    units: tuple[Desk, ...] = ()  # the units of the police that lead, if she chose the police

    def fits(self, category: str, kind: str, when: str, area: Container[str]) -> bool:
        """Whether this row fits a report; `area` holds the codes of its zone and of the places in which that lies."""
        cells = ((self.categories, category), (self.kinds, kind), (self.times, when))
        return all(not of or one in of for of, one in cells) and (not self.zones or any(z in area for z in self.zones))

    @property
    def order(self) -> tuple[str, ...]:
        """All helpers, those that lead first."""
        return (*self.first, *(kind for kind in PARTNERS if kind not in self.first))


def rule_for(rules: Iterable[Rule], category: str, kind: str, when: str, area: Container[str]) -> Rule:
    """The first row that fits; a country's last row fits everything."""
    return next(rule for rule in rules if rule.fits(category, kind, when, area))


def read_rule(row: Row, places: Container[str]) -> Rule:
    """One row of `routing.csv`."""
    return Rule(
        categories=_some(row, "category", CATEGORIES),
        kinds=_some(row, "kind", KINDS),
        times=_some(row, "when", TIMES),
        zones=_some(row, "zone", places),
        urgency=row.one("urgency", Urgency),
        first=row.known("first", PARTNERS, "helper"),
        units=tuple(Desk(desk) for desk in row.known("unit", tuple(Desk), "unit of the police")),
    )


def check_rules(rules: tuple[Rule, ...], wrong: list[str]) -> None:
    """Note in `wrong` unless the last row, and no other, fits everything: then every report finds a row and every row
    can be found."""
    whole = [n for n, rule in enumerate(rules, 1) if not (rule.categories or rule.kinds or rule.times or rule.zones)]
    if whole != [len(rules)]:
        wrong.append("routing.csv:1: the last row, and no other, has * in category, kind, when and zone")


def _some(row: Row, column: str, world: Container[str]) -> tuple[str, ...]:
    return () if row.text(column) == ANY else row.known(column, world, column)

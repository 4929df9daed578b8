"""Where something happened: the served zones first, any other place step by step (S80)."""

from __future__ import annotations

from bot.conversation import Answers, Row, _
from flows.world import World

ELSEWHERE = "elsewhere"
WHERE = _("report.where.title", "Where did it happen?")


def served_zones(world: World, answers: Answers) -> list[Row]:
    """The zones where somebody answers reports, and a row that leads to all other places."""
    return [*world.places.served(), Row(ELSEWHERE, _("report.where.other", "Somewhere else"))]


def provinces(world: World, answers: Answers) -> list[Row]:
    """The provinces or police districts of the country."""
    return list(world.places.within(""))


def communes(world: World, answers: Answers) -> list[Row]:
    """The communes of the chosen province."""
    return list(world.places.within(answers["province"]))


def zones(world: World, answers: Answers) -> list[Row]:
    """The zones of the chosen commune, at most 20 (S80: a place is only matched inside its parent)."""
    return list(world.places.within(answers["commune"]))


def has_communes(world: World, answers: Answers) -> str:
    """Whether the chosen province has communes: some countries have one level less. yes | no."""
    return "yes" if world.places.within(answers["province"]) else "no"

"""Every case and everybody that routing can be asked about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import product

from bot.country.routing_rules import Urgency
from bot.reports.routing import Case, Reader

NOON = datetime(2026, 11, 23, 12)  # noqa: DTZ001  (a local hour, as routing takes it)
SERVICES = ("health", "talk", "legal", "shelter", "child", "police")
PEOPLE = [
    Reader(f"{role}-{kind}-{sex}", role, kind, sex, frozenset({"Z1"}), "", "", 0)
    for role, kind in [
        ("champion", ""), ("leader", ""), ("advocate", ""), ("coordinator", ""), ("oversight", ""),
        *(("partner", kind) for kind in ("health", "talk", "legal", "child")),
    ]
    for sex in "fm"
]  # fmt: skip


def every_case() -> Iterator[Case]:
    """Every combination of one or two services with power, child, police and wish."""
    flags = (False, True)
    for services in product(SERVICES, SERVICES):
        for power, child, about, woman in product(("no", "yes", "skip"), flags, flags, flags):
            wishes = frozenset({"woman"} if woman else ())
            yield Case(frozenset({"Z1"}), frozenset(services), wishes, power, child, about, Urgency.PERSON)

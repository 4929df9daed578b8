"""What messages cost: counted in segments as the networks count them, by the price table of the country.

A month's budget stops notices. It never stops an alert, an answer, or the news that a meeting is moved or cancelled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.country.pack import Country
from bot.storage.counters import add
from bot.storage.tables.delivery import Spent
from bot.words.gsm import segments

MILLION = 1_000_000


@dataclass(frozen=True)
class Quote:
    """What a broadcast will cost at most, and what the month still holds (None without a budget)."""

    segments: int
    millionths: int
    left: int | None


def month_of(country: Country, at: int) -> str:
    """The month on the country's own clock."""
    return f"{country.clock(at):%Y-%m}"


def price(country: Country, provider: str, phone: str, *, demo: bool) -> int:
    """Millionths for one segment to that number: the longest prefix that is known, 0 when none is.

    Without a number the dearest: a forecast is not to be too low.
    """
    known = [p for p in country.prices if p.provider == provider and (demo or not p.demo)]
    if not phone:
        return max((p.millionths for p in known), default=0)
    fitting = [p for p in known if phone.startswith("+" + p.prefix)]
    return max(fitting, key=lambda p: len(p.prefix)).millionths if fitting else 0


def spend(
    db: Session, country: Country, provider: str, phones: Iterable[str], text: str, at: int, *, demo: bool
) -> None:
    """Write down what a text to these numbers costs. Taken in doubt is counted: the provider may ask for it."""
    each, longest = segments(text), max((len("+" + p.prefix) for p in country.prices), default=0)
    heads = Counter(phone[: max(1, longest)] for phone in phones)  # a price is of a prefix: hundreds share a few
    if heads:
        costs = sum(price(country, provider, head, demo=demo) * each * count for head, count in heads.items())
        key = {"month": month_of(country, at), "provider": provider}
        add(db, Spent, key, segments=each * heads.total(), millionths=costs)


def left(db: Session, country: Country, budget: float, at: int) -> int | None:
    """Millionths that the month's budget still holds, never below 0; None when there is no budget."""
    if not budget:
        return None
    of_month = select(func.sum(Spent.millionths)).where(Spent.month == month_of(country, at))
    return max(0, int(budget * MILLION) - int(db.scalar(of_month) or 0))


def quote(db: Session, services: Any, people: Mapping[str, int], texts: Mapping[str, str], at: int) -> Quote:
    """What it costs to send each language's text to so many people, through the first provider, at its dearest."""
    parts = sum(count * segments(texts[language]) for language, count in people.items())
    dearest = price(services.country, services.providers[0], "", demo=services.settings.is_demo)
    return Quote(parts, parts * dearest, left(db, services.country, services.settings.month_budget, at))


def written(country: Country, millionths: int) -> str:
    """An amount for people: `12.50 USD`, without cents from a thousand on."""
    amount = millionths / MILLION
    return f"{amount:.0f} {country.currency}" if amount >= 1000 else f"{amount:.2f} {country.currency}"

"""Prices of messages: segments as networks count them, times the price table of the country (`prices.csv`).

Amounts are millionths of the country's currency. A month's budget stops notices of meetings; it never stops an alert,
an answer, or the news that a meeting is moved or cancelled (S71).
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
    """What a broadcast costs at most, in segments and millionths, and the millionths `left` of the month's budget (None
    without a budget)."""

    segments: int
    millionths: int
    left: int | None


def month_of(country: Country, at: int) -> str:
    """The month of `at` on the country's own clock, like 2026-11."""
    return f"{country.clock(at):%Y-%m}"


def price(country: Country, provider: str, phone: str, *, demo: bool) -> int:
    """Millionths for one segment to `phone`: of the longest prefix that fits, 0 when none does.

    Without a number it is the highest price, so that a forecast is never too low. Demo prices count in a demo only.
    """
    prices = [p for p in country.prices if p.provider == provider and (demo or not p.demo)]
    if not phone:
        return max((p.millionths for p in prices), default=0)
    fitting = [p for p in prices if phone.startswith("+" + p.prefix)]
    return max(fitting, key=lambda p: len(p.prefix)).millionths if fitting else 0


def spend(
    db: Session, country: Country, provider: str, phones: Iterable[str], text: str, at: int, *, demo: bool
) -> None:
    """Add the cost of a text to these numbers to the month's sum. Messages in doubt count too: the provider may charge
    them."""
    each, longest = segments(text), max((len("+" + p.prefix) for p in country.prices), default=0)
    heads = Counter(phone[: max(1, longest)] for phone in phones)  # a price is of a prefix: hundreds share a few
    if heads:
        costs = sum(price(country, provider, head, demo=demo) * each * count for head, count in heads.items())
        key = {"month": month_of(country, at), "provider": provider}
        add(db, Spent, key, segments=each * heads.total(), millionths=costs)


def left(db: Session, country: Country, budget: float, at: int) -> int | None:
    """Millionths left of the month's budget (in whole currency units; 0: none), never below 0; None without a
    budget."""
    if not budget:
        return None
    of_month = select(func.sum(Spent.millionths)).where(Spent.month == month_of(country, at))
    return max(0, int(budget * MILLION) - int(db.scalar(of_month) or 0))


def quote(db: Session, services: Any, people: Mapping[str, int], texts: Mapping[str, str], at: int) -> Quote:
    """The `Quote` for sending `texts` to the number of `people` in each language, at the first provider's highest
    price."""
    parts = sum(count * segments(texts[language]) for language, count in people.items())
    dearest = price(services.country, services.providers[0], "", demo=services.settings.is_demo)
    return Quote(parts, parts * dearest, left(db, services.country, services.settings.month_budget, at))


def written(country: Country, millionths: int) -> str:
    """Millionths as an amount to read: `12.50 USD`, without cents from a thousand on."""
    amount = millionths / MILLION
    return f"{amount:.0f} {country.currency}" if amount >= 1000 else f"{amount:.2f} {country.currency}"

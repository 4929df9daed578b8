"""Prices that cannot be read are named before anything is spent."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.country.pack import Country
from tests.support.country_tables import append, change, wrong


def test_the_shipped_prices_are_made_up_and_say_so(shipped: Country) -> None:
    assert shipped.prices
    assert all(price.demo for price in shipped.prices)


@pytest.mark.parametrize(
    ("cells", "note"),
    [
        ({"price": "cheap"}, "price is not an amount like 0.025"),
        ({"currency": "dollars"}, "currency is not three letters"),
        ({"prefix": "+25"}, "prefix is not digits that begin as the country's"),
        ({"prefix": "91"}, "prefix is not digits that begin as the country's"),
        ({"source": ""}, "source is empty"),
    ],
)
def test_a_price_that_cannot_be_read_is_named(folder: Path, cells: dict[str, str], note: str) -> None:
    line = change(folder, "prices.csv", "twilio", cells)
    assert any(one.startswith(f"prices.csv:{line}: {note}") for one in wrong(folder))


def test_prices_in_two_currencies_are_refused(folder: Path) -> None:
    row = {"provider": "twilio", "prefix": "25768", "currency": "EUR", "price": "1", "source": "x", "demo": "yes"}
    append(folder, "prices.csv", {**row, "vintage": "2026-01-01"})
    assert "prices.csv:1: all prices must be in one currency" in wrong(folder)

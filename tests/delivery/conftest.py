"""Providers that fail as a test wants, and clocks that it moves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.storage import outbox
from tests.support.delivery_house import TAKEN, House
from tests.support.office import Office
from tests.support.provider import Provider, provider
from tests.support.timed_provider import TimedProvider


@pytest.fixture
def ends() -> Iterator[tuple[Provider, Provider]]:
    """Where Africa's Talking stands, and where Twilio does."""
    with provider() as first, provider() as second:
        second.usual = TAKEN
        yield first, second


@pytest.fixture
def house(office: Office, ends: tuple[Provider, Provider], monkeypatch: pytest.MonkeyPatch) -> House:
    """The office of a test that is marked with `TWO_PROVIDERS`, and its clock."""
    house = House(office, *ends)
    monkeypatch.setattr(outbox, "now", lambda: house.at)
    return house


@pytest.fixture
def world(office: Office) -> TimedProvider:
    """The only provider of the office, on a played clock."""
    world = TimedProvider()
    office.services._channels = {"africastalking": world}
    return world

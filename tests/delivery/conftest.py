"""The office of `house`, and the clock that a test moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import workers
from bot.storage import outbox
from tests.support.delivery_house import TAKEN, TWILIO, House
from tests.support.office import Office
from tests.support.provider import Provider, provider


@pytest.fixture
def ends() -> Iterator[tuple[Provider, Provider]]:
    with provider() as first, provider() as second:
        second.usual = TAKEN
        yield first, second


@pytest.fixture
def office(tmp_path: Path, ends: tuple[Provider, Provider]) -> Iterator[Office]:
    office = Office(tmp_path, at_base_url=ends[0].url, twilio_base_url=ends[1].url, **TWILIO)
    workers.SERVICES[:] = [office.services]
    yield office
    workers.SERVICES.clear()
    office.services.engine.dispose()


@pytest.fixture
def house(office: Office, ends: tuple[Provider, Provider], monkeypatch: pytest.MonkeyPatch) -> House:
    house = House(office, *ends)
    monkeypatch.setattr(outbox, "now", lambda: house.at)
    return house

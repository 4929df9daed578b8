"""Meetings that are called already, hosts in all zones, and a provider that a test plays."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from bot.country.pack import Country
from bot.storage.tables.meetings import Meeting
from tests.support.country_tables import BUYENZI
from tests.support.host_zones import HOST_ZONES
from tests.support.meetings import call_and_release
from tests.support.office import Office
from tests.support.planned import ROHINI
from tests.support.subscribers import PlayedProvider


@pytest.fixture(params=HOST_ZONES)
def host(request: pytest.FixtureRequest) -> Iterator[str]:
    """The zone that the machine believes to be in."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    del os.environ["TZ"]
    os.environ |= {"TZ": before} if before else {}
    time.tzset()


@pytest.fixture
def network(office: Office) -> PlayedProvider:
    """Every provider of the office is this one."""
    network = PlayedProvider()
    office.services._channels = {name: network for name in office.services.providers}
    return network


@pytest.fixture
def before(office: Office, clock: time_machine.Traveller) -> Meeting:
    """She has called one at that place already."""
    meeting = call_and_release(office)
    clock.shift(timedelta(minutes=11))
    return meeting


@pytest.fixture(params=["bi", "in"])
def here(request: pytest.FixtureRequest) -> tuple[Country, str]:
    """A country and one of its zones."""
    land = request.getfixturevalue("burundi" if request.param == "bi" else "delhi")
    return land, BUYENZI if request.param == "bi" else ROHINI

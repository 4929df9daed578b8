"""Options of the tests, the PostgreSQL that they can run on, and what tests of several rooms use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from hypothesis import HealthCheck, settings
from sqlalchemy import delete

import workers
from bot.country.pack import Country, load
from bot.people.enrolment import enrol
from bot.storage.tables.people import Person
from ops.load.running import postgres
from tests.support.country_tables import COUNTRIES, TODAY
from tests.support.meetings import MONDAY
from tests.support.office import Office
from tests.support.provider import Provider, provider
from tests.support.valkey import store

os.environ.setdefault("MODE", "demo")  # what tests start is a demonstration, unless they say otherwise
# what is green is green for everybody, on a slow machine too
settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("same")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update` rewrites the golden conversations: read the difference before you commit it."""
    parser.addoption("--update", action="store_true", help="rewrite tests/talks and tests/stories")
    parser.addoption("--postgres", action="store_true", help="use PostgreSQL, not SQLite, started and stopped here")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "office(**settings): settings of the `office` of this test, see the fixture")
    config.addinivalue_line("markers", "shared_office: its `office` is one for all tests of the file")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--postgres`, what uses a database, and one case of each: the others ask for the same SQL. Whoever names
    tests with `-k` gets them all."""
    if not config.getoption("--postgres") or config.getoption("keyword"):
        return
    seen: set[str] = set()
    chosen = []
    for item in items:
        name = item.nodeid.partition("[")[0]
        if "office" in getattr(item, "fixturenames", ()) and name not in seen:
            chosen.append(item)
            seen.add(name)
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


@pytest.fixture(scope="session", autouse=True)
def database(request: pytest.FixtureRequest) -> Iterator[None]:
    """With `--postgres`, a server for this run; every `Office` makes itself a database on it."""
    if not request.config.getoption("--postgres"):
        yield
        return
    with postgres("fsync = off", "max_connections = 300") as server:  # the power does not fail during a test
        os.environ["TEST_POSTGRES"] = server.url
        yield
        del os.environ["TEST_POSTGRES"]


@pytest.fixture
def stand_in() -> Iterator[Provider]:
    """A provider's REST end that remembers what it was asked."""
    with provider() as stands:
        yield stands


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[str]:
    """The URL of a Valkey that runs for this test."""
    with store(tmp_path) as url:
        yield url


class Fixtures(dict[str, object]):
    """The fixtures of a test by name, each made when it is asked for."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        super().__init__()
        self.request = request

    def __missing__(self, name: str) -> object:
        return self.request.getfixturevalue(name)


@pytest.fixture
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """A whole service in this process, with a provider to send to.

    `@pytest.mark.office(name="value")` gives it another setting; `{fixture}` in a value stands for that fixture.
    """
    if request.node.get_closest_marker("shared_office"):
        yield request.getfixturevalue("shared_office")
        return
    given = {"at_base_url": "{stand_in.url}"}
    for mark in reversed([*request.node.iter_markers("office")]):  # the nearest comes last
        given |= mark.kwargs
    fixtures = Fixtures(request)
    office = Office(tmp_path, **{name: value.format_map(fixtures) for name, value in given.items()})
    workers.SERVICES[:] = [office.services]
    yield office
    workers.SERVICES.clear()
    office.services.engine.dispose()


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """It is Monday, nine in the morning in Bujumbura; a test moves on."""
    with time_machine.travel(MONDAY, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def people_of_the_country(office: Office) -> None:
    """Not the demo people of Burundi, but those of the country of the settings."""
    with office.services.sessions.begin() as db:
        db.execute(delete(Person))
        enrol(db, office.services.country, office.services.vault)


@pytest.fixture(scope="module")
def burundi() -> Country:
    return load(COUNTRIES / "bi", TODAY)


@pytest.fixture(scope="module")
def delhi() -> Country:
    return load(COUNTRIES / "in", TODAY)

"""Options of the tests, and the PostgreSQL that they can run on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import workers
from bot.country.pack import Country, load
from ops.load.running import postgres
from tests.support.country_tables import COUNTRIES, TODAY
from tests.support.office import Office
from tests.support.provider import Provider, provider

settings.register_profile("same", derandomize=True, deadline=None)  # what is green is green for everybody
settings.load_profile("same")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update` rewrites the golden conversations: read the difference before you commit it."""
    parser.addoption("--update", action="store_true", help="rewrite tests/talks and tests/stories")
    parser.addoption("--postgres", action="store_true", help="use PostgreSQL, not SQLite, started and stopped here")


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
def office(tmp_path: Path, stand_in: Provider) -> Iterator[Office]:
    """A whole service in this process, with a provider to send to."""
    office = Office(tmp_path, at_base_url=stand_in.url)
    workers.SERVICES[:] = [office.services]
    yield office
    workers.SERVICES.clear()
    office.services.engine.dispose()


@pytest.fixture(scope="module")
def burundi() -> Country:
    return load(COUNTRIES / "bi", TODAY)


@pytest.fixture(scope="module")
def delhi() -> Country:
    return load(COUNTRIES / "in", TODAY)

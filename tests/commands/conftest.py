"""An application without a store, to give commands to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from tests.support.doors import NO_REDIS
from tests.support.office import Office


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    office = Office(tmp_path, redis_url=NO_REDIS)
    yield create_app(office.settings, office.services)
    office.services.engine.dispose()

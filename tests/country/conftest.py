"""The shipped countries, and a copy that a test may spoil."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.country.pack import Country
from tests.support.country_tables import COUNTRIES


@pytest.fixture(params=["bi", "in"])
def shipped(request: pytest.FixtureRequest, burundi: Country, delhi: Country) -> Country:
    return {"bi": burundi, "in": delhi}[request.param]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of Burundi that a test may spoil."""
    return Path(shutil.copytree(COUNTRIES / "bi", tmp_path / "bi"))

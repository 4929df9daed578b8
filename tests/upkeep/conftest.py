"""A service in order, a key for backups, another machine."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.orm import sessionmaker

from bot.services import Services
from bot.storage import outbox
from bot.storage.database import database
from bot.storage.tables.runtime import Lease
from bot.upkeep import backup
from tests.support.office import Office, administer, named


@pytest.fixture
def running_clock(office: Office) -> None:
    """A clock has the lease, and the folder is closed to others."""
    office.settings.data_dir.chmod(0o700)
    with office.services.sessions.begin() as db:
        db.merge(Lease(name="clock", holder="me", until=outbox.now() + 10))


@pytest.fixture
def key(tmp_path: Path) -> tuple[str, str]:
    """The key's public half and the key."""
    public = backup.new_key(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    return public, (tmp_path / "key").read_text().strip()


@pytest.fixture
def elsewhere(office: Office, tmp_path: Path) -> Iterator[Services]:
    """Another machine: an empty database, the same vault."""
    if server := os.environ.get("TEST_POSTGRES"):
        name = f"elsewhere_{secrets.token_hex(6)}"
        administer(server, f"CREATE DATABASE {name}")
        url = named(server, name)
    else:
        url = f"sqlite:///{tmp_path / 'elsewhere.sqlite'}"
    engine = database(url)
    reads = sessionmaker(engine.execution_options(reads=True), expire_on_commit=False)
    yield replace(office.services, engine=engine, sessions=sessionmaker(engine, expire_on_commit=False), reads=reads)
    engine.dispose()

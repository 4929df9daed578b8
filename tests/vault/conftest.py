"""A vault in a process of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.vault.client import RemoteVault
from tests.support.vault_process import vault_process


@pytest.fixture
def far(tmp_path: Path) -> Iterator[RemoteVault]:
    with vault_process(tmp_path / "vault", tmp_path / "v.sock"):
        yield RemoteVault(tmp_path / "v.sock")


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Path]:
    """Where a vault listens."""
    with vault_process(tmp_path / "vault", tmp_path / "v.sock"):
        yield tmp_path / "v.sock"


def waited(until: Callable[[], object], seconds: float = 20) -> None:
    """Wait until something is so; fails when it is not in time."""
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end
        time.sleep(0.1)

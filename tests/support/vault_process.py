"""A vault in its own process."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.settings import ROOT
from bot.vault.client import RemoteVault, ask_as
from bot.vault.guard import Caller
from bot.vault.vault import Vault


@contextmanager
def vault_process(folder: Path, at: Path, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A vault in its own process."""
    with subprocess.Popen([sys.executable, "-m", "bot.vault.server", str(folder), str(at), *more], cwd=ROOT) as server:
        for _ in range(600):
            if at.exists():
                break
            time.sleep(0.05)
        try:
            yield server
        finally:
            server.kill()


@contextmanager
def asking_as(vault: Vault, caller: Caller) -> Iterator[Vault]:
    """The vault of an office, asked for a while as another kind of process asks."""
    former = vault._caller if isinstance(vault, RemoteVault) else caller
    ask_as(vault, caller)
    try:
        yield vault
    finally:
        ask_as(vault, former)

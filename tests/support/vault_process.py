"""A vault in its own process."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.settings import ROOT


@contextmanager
def vault_process(folder: Path, at: Path, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A vault in its own process."""
    with subprocess.Popen([sys.executable, "-m", "bot.vault.server", str(folder), str(at), *more], cwd=ROOT) as server:
        for _ in range(100):
            if at.exists():
                break
            time.sleep(0.05)
        try:
            yield server
        finally:
            server.kill()

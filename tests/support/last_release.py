"""The release before this one, out of the history of this repository."""

from __future__ import annotations

import subprocess

from bot.settings import ROOT

BEFORE = "7a0424a"
NOBODY = "http://127.0.0.1:9"  # where nobody listens


def git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    """In this repository, whoever owns its files."""
    return subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", str(ROOT), *arguments], capture_output=True, check=False
    )

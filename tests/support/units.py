"""The units of systemd that are shipped."""

from __future__ import annotations

import shlex

from bot.settings import ROOT

UNITS = ROOT / "ops" / "systemd"
UNIT_NAMES = sorted(unit.name for unit in UNITS.glob("*.service"))


def what_runs(command: str) -> list[str]:
    """The arguments of a command, without the interpreter and what ties it to its parent."""
    words = shlex.split(command)
    return words[4:] if words[1:3] == ["-m", "ops.tied"] else words[1:]

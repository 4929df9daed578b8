"""The units of systemd that are shipped."""

from __future__ import annotations

import shlex

from bot.settings import ROOT

UNITS = ROOT / "ops" / "systemd"
UNIT_NAMES = sorted(unit.name for unit in UNITS.glob("*.service"))


def what_runs(command: str) -> list[str]:
    """The arguments of a command, without the interpreter, what ties it to its parent and what looks at a port."""
    words = shlex.split(command)
    words = words[3:] if words[1:3] == ["-m", "ops.tied"] else words
    return words[6:] if words[1:3] in (["-m", "ops.alone"], ["-m", "ops.after_web"]) else words[1:]

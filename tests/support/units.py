"""The units of systemd that are shipped."""

from __future__ import annotations

from bot.settings import ROOT

UNITS = ROOT / "ops" / "systemd"
UNIT_NAMES = sorted(unit.name for unit in UNITS.glob("*.service"))

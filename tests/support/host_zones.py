"""Zones that a machine may believe to be in."""

from __future__ import annotations

HOST_ZONES = ("UTC", "Africa/Bujumbura", "Asia/Kolkata", "America/New_York", "Pacific/Auckland")

"""What somebody who answers can bring about for herself or for her zone; fields are named after the screens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SwitchZone:
    """An advocate closes a zone, or opens it again (S91)."""

    pin_handle: str
    closing: str


@dataclass(frozen=True)
class GoAway:
    """Whoever answers is not on duty from today until a day (ISO), both included."""

    pin_handle: str
    until_handle: str


@dataclass(frozen=True)
class ComeBack:
    """Whoever answers is on duty again."""

    pin_handle: str

"""Actions of staff for themselves or their zone. Fields are named after the screens that fill them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SwitchZone:
    """An advocate closes the zone with that code, or opens it again (S91)."""

    pin_handle: str
    closing: str


@dataclass(frozen=True)
class GoAway:
    """A member of staff is on leave from today until a day (ISO), both included."""

    pin_handle: str
    until_handle: str


@dataclass(frozen=True)
class ComeBack:
    """A member of staff is on duty again."""

    pin_handle: str


@dataclass(frozen=True)
class AgreeProposal:
    """The second of two confirms the proposal of that number, as she has seen it."""

    pin_handle: str
    which: str
    seen_handle: str


@dataclass(frozen=True)
class RefuseProposal:
    """She says no to it."""

    pin_handle: str
    which: str
    seen_handle: str

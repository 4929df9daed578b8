"""The handle with which a talk that has filed a report may add to it, take it back or ask for a code.

It is the report's id and the key of its answers. It lies in the sealed session of that one talk, dies with it, and
stands in no row, no log and no job.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.vault.sealing import Unsealable

KEY = 64  # hex digits


@dataclass(frozen=True)
class HeldReport:
    """A report that was filed in this very talk."""

    id: str
    key: bytes = field(repr=False)

    @property
    def handle(self) -> str:
        """What the session keeps."""
        return self.id + self.key.hex()


def held_report(handle: str) -> HeldReport:
    """The inverse of `HeldReport.handle`. Raises `Unsealable` for anything else."""
    try:
        held = HeldReport(handle[:-KEY], bytes.fromhex(handle[-KEY:]))
    except ValueError:
        held = HeldReport("", b"")
    if not held.id or len(held.key) * 2 != KEY:
        raise Unsealable("this is no handle of a report")
    return held

"""How far the clock of a demonstration has been moved on: one number that all its processes share.

Whoever tries Ijwi cannot wait ten minutes for a hold or a day for a reminder. Everything that asks what time it is asks
`bot.storage.outbox.now`, which adds `ahead()`. The number lies in a file of the data folder that each process maps into
its memory, so web, worker, clock and commands see a move at once. In production no file is mapped, whatever lies in
the folder: there `ahead()` is 0 and `move` raises.

Time-outs, leases of sockets and pauses do not ask here: they are measured by the machine's monotonic clock.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path

from bot.settings import Settings

FILE = "demo-clock"
SIZE = 8  # bytes: seconds, unsigned, little end first
FARTHEST = 366 * 86400  # seconds; the demo people's training and terms end some time

_moved: mmap.mmap | None = None  # of this process's demonstration


def keep(settings: Settings, *, makes: bool = True) -> None:
    """Follow the clock of this demonstration from now on; in production, the machine's alone. A command that only looks
    makes no file."""
    global _moved
    _moved = _mapped(settings.data_dir / FILE, makes) if settings.is_demo else None


def is_followed() -> bool:
    """Whether this process follows the clock of a demonstration."""
    return _moved is not None


def ahead() -> int:
    """Whole seconds by which the clock has been moved on; 0 in production."""
    return int.from_bytes(_moved[:SIZE], "little") if _moved else 0


def move(seconds: int) -> None:
    """Move the clock on for all processes of this demonstration. Raises RuntimeError in production, ValueError for a
    way back or for more than a year: a clock goes back only when everything begins anew (`reset`)."""
    if seconds < 0 or ahead() + seconds > FARTHEST:
        raise ValueError("the clock is moved on only, and a year at most")
    _write(ahead() + seconds)


def reset() -> None:
    """Back to the machine's time. Raises RuntimeError in production."""
    _write(0)


def _write(seconds: int) -> None:
    if _moved is None:
        raise RuntimeError("The clock of a service cannot be moved.")
    _moved[:SIZE] = seconds.to_bytes(SIZE, "little")


def _mapped(path: Path, makes: bool) -> mmap.mmap | None:
    """The file in memory; None where there is none and it is not to be made, with 0 in it."""
    if not makes and not path.exists():
        return None
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.ftruncate(descriptor, SIZE)
        return mmap.mmap(descriptor, SIZE)
    finally:
        os.close(descriptor)

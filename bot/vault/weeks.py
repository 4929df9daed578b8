"""Keys of weeks: everything that is sealed to a report's readers is wrapped once more under one, which dies in time."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.vault.digests import Digests
from bot.vault.disk import made_once
from bot.vault.sealing import Shredded, box, unbox

WEEK = re.compile(r"[0-9]{4}-W[0-9]{2}")


def this_week(ahead: int = 0) -> str:
    """The ISO week of now by the vault's own clock, or of so many days later."""
    year, week, _day = (datetime.fromtimestamp(time.time(), UTC) + timedelta(days=ahead)).isocalendar()
    return f"{year}-W{week:02d}"


class Weeks(Digests):
    """The keys of weeks: `weeks` for reports, `words` for their free text."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._weeks, self._words, self._since = (folder / name for name in ("weeks", "words", "since"))
        for inside in (self._weeks, self._words, self._since):
            inside.mkdir(exist_ok=True, mode=0o700)

    def wrap(self, week: str, sealed: Sequence[bytes], words: bool = False) -> list[bytes]:
        """Sealed keys or lines, wrapped once more under the key of an ISO week, which is made on its first use.
        `words`: under another key of that week, for free text, which is destroyed sooner.

        Raises `Shredded` for a week whose key was destroyed: no key is made for a week that is older than another one.
        """
        path = self._week(week, words)
        try:
            key = path.read_bytes()
        except FileNotFoundError:
            if any(other.name > week for other in path.parent.glob("*-W??")):
                raise Shredded from None
            key = made_once(path)
        return [box(key, one) for one in sealed]

    def unwrap(self, week: str, wrapped: Sequence[bytes], words: bool = False) -> list[bytes]:
        """The inverse of `wrap`. Raises `Shredded` when the key of the week was destroyed: nobody can open it again.

        What was filed before there were keys of weeks has an empty `week` and is given back as it is.
        """
        if not week:
            return [*wrapped]
        try:
            key = self._week(week, words).read_bytes()
        except FileNotFoundError:
            raise Shredded from None
        return [unbox(key, one) for one in wrapped]

    def shred(self, before: str, words: bool = False) -> list[str]:
        """Destroy the keys of all weeks before that one; their names. Their reports (`words`: only their free text)
        cannot be opened any more, in no backup either.
        """
        for path in [] if words else [*self._since.iterdir()]:
            if path.name < before:
                path.unlink()
        gone = [path for path in sorted((self._words if words else self._weeks).iterdir()) if path.name < before]
        for path in gone:
            path.write_bytes(os.urandom(32))
            path.unlink()
        return [path.name for path in gone]

    def _week(self, week: str, words: bool = False) -> Path:
        if not WEEK.fullmatch(week):
            raise ValueError("a week is like 2026-W48")
        return (self._words if words else self._weeks) / week

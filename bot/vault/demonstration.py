"""What a demonstration's vault does when everything begins anew; a vault of a service refuses it.

It is the vault that looks, in its own folder: whoever holds the administrator's socket of a service cannot
have it done.
"""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

from bot.folder import mode_of_vault
from bot.vault.boxes import Boxes
from bot.vault.sealing import Unsealable, unbox
from bot.vault.weeks import WAITING

ALL_WEEKS = "9999-W99"  # later than any


class Demonstration(Boxes):
    """Forgetting, in the vault of a demonstration only."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._beginning = threading.Lock()

    def begin_anew(self) -> None:
        """Forget the keys of all weeks, the journal, the head of the record and all tries. Raises `PermissionError` in
        a vault that was not made for a demonstration.
        """
        self._only_in_a_demonstration()
        with self._beginning:  # two visitors may begin at once
            self.shred(ALL_WEEKS)  # a clock that was ahead has made later ones, beside which none is made for today
            self.shred(ALL_WEEKS, True)
            (self._folder / WAITING).unlink(missing_ok=True)  # an erasure of what is gone altogether
            self.replace_head("")
            for count in [*(self._folder / "tries").iterdir(), *(self._folder / "codes").iterdir()]:
                if count.is_dir():
                    shutil.rmtree(count, ignore_errors=True)
                else:
                    count.unlink(missing_ok=True)
            self._counted.begin_anew()
            self._forget_boxes()

    def opens(self, person: str, wrapped: bytes, pin: str) -> bool:
        """Whether this PIN opens a person's newest key; no try is counted. Raises `PermissionError` as `begin_anew`."""
        self._only_in_a_demonstration()
        try:
            private = unbox(self._pin_key(person, pin), self._peeled(wrapped))
        except Unsealable:
            return False
        return self._is_newest(person, private)

    def _only_in_a_demonstration(self) -> None:
        if mode_of_vault(self._folder) != "demo":
            raise PermissionError("this is no demonstration's vault")

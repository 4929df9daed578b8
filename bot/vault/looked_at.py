"""A vault whose folder is only read, to find out whether a database is of this vault."""

from __future__ import annotations

from pathlib import Path

from bot.vault.vault import Vault


class LookedAt(Vault):
    """Its digests and words (`chain`, `vouched`), and nothing that is counted or kept: no file is made or touched."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._pepper = folder, (folder / "pepper").read_bytes()
        self._keys, self._vouched = {}, set()

"""Files of the vault: keys that are made once, and counters of tries."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from bot.folder import VAULT_MODE


class Tries:
    """Counts tries in a folder, one byte a try, on disk before the count is given. A file is named by the `digest` of
    who tried; `most` is the count from which on nothing more is written.

    With a `day` the count is of that day only, in a folder which is deleted on the next day. Only the vault says which
    day it is: nothing that comes from outside is ever part of a path.
    """

    def __init__(self, folder: Path, digest: Callable[[str, str], str], most: int) -> None:
        folder.mkdir(exist_ok=True, mode=0o700)
        self._folder, self._digest, self._most = folder, digest, most

    def spend(self, who: str, day: str = "") -> int:
        """Count a try; how many there are now, at most `most` + 1. Two tries at once are counted as two for both."""
        if (spent := self.spent(who, day)) >= self._most:
            return spent + 1
        descriptor = os.open(self._path(who, day), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, b"x")
            os.fsync(descriptor)
            return os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)

    def spent(self, who: str, day: str = "") -> int:
        """How many tries are counted."""
        try:
            return self._path(who, day).stat().st_size
        except FileNotFoundError:
            return 0

    def take_back(self, who: str, day: str = "") -> None:
        """Count one try less."""
        with contextlib.suppress(OSError):
            os.truncate(self._path(who, day), max(0, self.spent(who, day) - 1))

    def forget(self, who: str, day: str = "") -> None:
        """Set the count to 0."""
        self._path(who, day).unlink(missing_ok=True)

    def _path(self, who: str, day: str) -> Path:
        folder = self._folder / day if day else self._folder
        if day and not folder.exists():
            folder.mkdir(exist_ok=True, mode=0o700)
            for other in self._folder.glob("*/"):
                if other.name != day:
                    shutil.rmtree(other, ignore_errors=True)
        return folder / self._digest("tries", who)


def write(path: Path, value: bytes, whole: bool = True) -> Path:
    """A file of this user's only, on disk before this returns, in place of the one that was there if `whole`."""
    new = path.with_suffix(f".{secrets.token_hex(4)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(value)
        file.flush()
        os.fsync(file.fileno())
    return new.replace(path) if whole else new


def note_mode(folder: Path, mode: str) -> None:
    """Write down for which mode a vault was made, unless that stands there already."""
    if not (folder / VAULT_MODE).exists():
        write(folder / VAULT_MODE, mode.encode("ascii"))


def made_once(path: Path) -> bytes:
    """32 random bytes, made once, readable by this user only; two processes that start together agree."""
    if not path.exists():
        new = write(path, os.urandom(32), whole=False)
        with contextlib.suppress(FileExistsError):
            os.link(new, path)  # atomic: the second of two processes reads the key of the first
        new.unlink()
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)  # what is sealed under the key is committed next, and a power cut must not lose the key alone
        os.close(folder)
    return path.read_bytes()

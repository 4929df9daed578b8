"""The files of weeks' trees: made, and replaced by what is left after an erasure, so that nothing that happens in
between brings an erased key back or loses another.

A new state is written beside the old one and on the disk before it takes its name. What was there is overwritten then:
its blocks are free, and who reads a disk block by block would find the erased key. (On a disk that moves what it
writes, as flash does, they may stay for a while; that is why disks are encrypted.) What a crash leaves beside a file
holds no key that the file does not, and the next state is written over it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from bot.vault.tree import Damaged, Tree, dump, load, new_tree

SUFFIX, NEW, LOCK = ".tree", ".new", ".lock"
TIMES = 3  # a file is read again when it was replaced and overwritten in the middle of reading


class Disk:
    """What is done to files, one step each; tests count the steps, and let the power fail after any of them."""

    def write(self, path: Path, content: bytes) -> None:
        """Write a file of this user's only, in place of what is in it."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)

    def sync(self, path: Path) -> None:
        """Bring a file, or the names in a folder, to the disk."""
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def rename(self, path: Path, to: Path) -> None:
        """Give a file the name of another, which loses it."""
        path.replace(to)

    def blank(self, descriptor: int) -> None:
        """Overwrite an open file with zeros, on the disk too."""
        os.pwrite(descriptor, bytes(os.fstat(descriptor).st_size), 0)
        os.fsync(descriptor)

    def unlink(self, path: Path) -> None:
        """Take a name away."""
        path.unlink(missing_ok=True)


def replace(disk: Disk, path: Path, content: bytes) -> None:
    """Put a new state of a file in its place, on the disk before this returns, and overwrite the old one. Two at once
    must be kept apart by the caller.
    """
    new = path.with_name(path.name + NEW)
    disk.write(new, content)
    disk.sync(new)
    with _opened(path) as old:
        disk.rename(new, path)
        disk.sync(path.parent)
        if old is not None:
            disk.blank(old)


def destroy(disk: Disk, path: Path) -> None:
    """Overwrite a file and take its name away, on the disk before this returns."""
    with _opened(path) as old:
        if old is not None:
            disk.blank(old)
    disk.unlink(path)
    disk.sync(path.parent)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int | None]:
    """An open file, to overwrite it when it has lost its name; None when there is none."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _state(found: os.stat_result) -> tuple[int, ...]:
    """What changes whenever another file takes a name, or a file is written."""
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


class TreeFiles:
    """The trees of weeks in a folder, a file each; any number of processes may work with it."""

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        folder.mkdir(exist_ok=True, mode=0o700)
        self.folder, self._disk = folder, disk or Disk()
        self._known: dict[str, tuple[tuple[int, ...], Tree]] = {}

    def weeks(self) -> list[str]:
        """The weeks that have a tree."""
        return sorted(path.name.removesuffix(SUFFIX) for path in self.folder.glob("*" + SUFFIX))

    def read(self, week: str) -> Tree | None:
        """The tree of a week as it is now; None where there is none. Raises `Damaged`."""
        for _time in range(TIMES):
            with contextlib.suppress(FileNotFoundError, Damaged):
                return self._read(week)
        try:
            return self._read(week)
        except FileNotFoundError:
            return None

    def _read(self, week: str) -> Tree:
        known, path = self._known.get(week), f"{self.folder}/{week}{SUFFIX}"
        if known and known[0] == _state(os.stat(path)):
            return known[1]
        with open(path, "rb") as file:
            state, tree = _state(os.fstat(file.fileno())), load(file.read())
        self._known[week] = (state, tree)
        return tree

    def made(self, week: str, may: Callable[[], bool]) -> Tree | None:
        """The tree of a week, made now if there is none and it `may`; else None. Raises `Damaged`."""
        if tree := self.read(week):
            return tree
        with self.locked():
            if (tree := self.read(week)) is None and may():
                replace(self._disk, self.path(week), dump(tree := new_tree()))
            return tree

    def erase(self, week: str, reports: Iterable[str]) -> int:
        """Erase the keys of reports, on the disk before this returns; how many there still were. Raises `Damaged`."""
        with self.locked():
            if (tree := self.read(week)) is None:
                return 0
            left = tree.without(reports)
            if left is not tree:
                self._put(week, left)
            return left.erased - tree.erased

    def erase_like(self, week: str, other: Tree) -> bool:
        """Erase what another state of the tree of a week has erased; whether there was anything. Raises `Damaged`."""
        with self.locked():
            if (tree := self.read(week)) is None or (left := tree.common(other)) is tree:
                return False
            self._put(week, left)
            return True

    def restore(self, week: str, tree: Tree) -> None:
        """Put a tree in place of one whose file is damaged; a whole one stays."""
        with self.locked():
            try:
                self.read(week)
            except Damaged:
                self._put(week, tree)

    def bring_back(self, week: str, tree: Tree) -> bool:
        """Put a tree in the place of one whose file is gone; whether it still was. Raises `Damaged`."""
        with self.locked():
            if gone := self.read(week) is None:
                self._put(week, tree)
            return gone

    def destroy(self, week: str) -> None:
        """Destroy all keys of a week: its tree, the one key of releases before, and what a crash has left of them."""
        with self.locked():
            self._known.pop(week, None)
            for path in sorted(self.folder.glob(f"{week}*")):
                destroy(self._disk, path)

    def _put(self, week: str, left: Tree) -> None:
        self._known.pop(week, None)
        replace(self._disk, self.path(week), dump(left))

    def path(self, week: str) -> Path:
        """The file of a week."""
        return self.folder / (week + SUFFIX)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else changes a tree of this folder, in no process and no thread."""
        lock = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

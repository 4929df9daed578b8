"""The mirror of the vault's folder: one copy at a second holder, overwritten and never versioned.

An erasure is done when the mirror has it; until then it waits, and since when stands in a file of the vault's folder.
A key that is erased in one of the two folders is erased in both after the next copying, so that a folder that somebody
put back from an old disk opens nothing again. What is gone from the vault's folder though nobody destroyed it is put
back from the mirror. `KEPT_HERE` is not copied.

The folder must hold a file `MARK` before anything is copied into it: else a mirror that is not mounted would be made
anew on this machine's own disk. The first copying writes into it whose mirror it is.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.vault.place import LOCK as HELD
from bot.vault.rings import RINGS
from bot.vault.tree import Damaged, dump, load
from bot.vault.tree_files import LOCK, NEW, SUFFIX, Disk, TreeFiles, destroy, replace
from bot.vault.vault import Vault
from bot.vault.weeks import COPIED, WAITING, WEEK, shredded

MARK = "ijwi-mirror"
KEPT_HERE = frozenset({WAITING, COPIED, MARK, HELD, LOCK})
EVERY = 60.0  # seconds between two copyings, when nothing was erased
AGAIN = 5.0  # seconds after one that failed
SAID_EVERY = 600.0  # seconds between two lines of the log about it


class NoMirror(Exception):
    """Nothing was copied; says why."""


class Mirror:
    """Copies the folder of a vault, after each erasure and every minute."""

    def __init__(self, vault: Vault, folder: Path, to: Path, disk: Disk | None = None) -> None:
        self._vault, self._folder, self._to, self._disk = vault, folder, to, disk or Disk()
        self._copied: dict[Path, tuple[int, ...]] = {}

    def run(self, done: threading.Event, say: Callable[[str], object]) -> None:
        """Copy until `done`. What goes wrong is said now and then, and tried again."""
        said = -SAID_EVERY
        while not done.is_set():
            pause = EVERY
            try:
                if back := self.copy():
                    say(f"ALARM: gone from the vault's folder, put back from the mirror: {', '.join(back)}")
            except Exception as error:  # whatever it is, the next erasure must be copied
                pause = AGAIN
                if time.monotonic() - said >= SAID_EVERY:
                    said = time.monotonic()
                    why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
                    say(f"ALARM: nothing is copied to the mirror {self._to}: {why}")
            self._vault._to_mirror.wait(pause)
            self._vault._to_mirror.clear()

    def copy(self) -> list[str]:
        """Make the mirror as the folder is; the names of what was lost here and put back from it. Raises `NoMirror` for
        a folder that is not this vault's, OSError when it cannot be read or written; and at the end `Damaged` when the
        keys of a week are.
        """
        self._is_ours()
        before = self._vault._erasures
        back = [str(path) for path in self._lost() if self._put_back(path)]
        whole = all([self._both_ways(trees) for trees in (self._vault._trees, self._vault._word_trees)])
        here = {path.relative_to(self._folder) for path in _files(self._folder)}
        for path in sorted(here):
            self._one(path)
        for path in sorted({path.relative_to(self._to) for path in _files(self._to)} - here - {*self._lost()}):
            destroy(self._disk, self._to / path)
        self._vault._mirrored(before)
        if not whole:
            raise Damaged
        return back

    def _lost(self) -> list[Path]:
        """What the mirror has, and the folder has no more though nobody has destroyed it: keys and the journal of weeks
        that were not shredded, and the newest of the keys that are rotated.
        """
        found = [path.relative_to(self._to) for path in _files(self._to)]
        return sorted(path for path in found if not (self._folder / path).exists() and self._is_kept(path))

    def _is_kept(self, path: Path) -> bool:
        here = self._folder / path.parent
        if path.parent.name in RINGS:
            keys = [key.name for ring in (here, self._to / path.parent) for key in ring.iterdir()]
            return path.name == max(name for name in keys if name[0].isdigit())
        weeks = self._vault._weeks if here == self._vault._since else here  # the journal goes with the keys of reports
        return bool(WEEK.fullmatch(path.name.removesuffix(SUFFIX))) and path.name[:8] >= shredded(weeks)

    def _put_back(self, path: Path) -> bool:
        """Whether it could be: the keys of a week may be damaged in the mirror."""
        content = (self._to / path).read_bytes()
        if path.suffix != SUFFIX:
            replace(self._disk, self._folder / path, content)
            return True
        trees = self._vault._word_trees if path.parent.name == self._vault._words.name else self._vault._trees
        try:
            return trees.bring_back(path.name.removesuffix(SUFFIX), load(content))
        except Damaged:
            return False

    def _is_ours(self) -> None:
        here, there = self._folder.resolve(), self._to.resolve()
        if there.is_relative_to(here) or here.is_relative_to(there):
            raise NoMirror("it and the vault's folder lie in one another")
        mark, ours = self._to / MARK, self._vault._made("mirror", "").encode()
        try:
            found = mark.read_bytes().strip()
        except FileNotFoundError:
            raise NoMirror(f"it holds no file {MARK}: is it mounted?") from None
        if not found:
            replace(self._disk, mark, ours)
        elif found != ours:
            raise NoMirror("it is the mirror of another vault")

    def _both_ways(self, trees: TreeFiles) -> bool:
        """Erase here what the mirror has erased; then bring the mirror, trees first, to the same. False when the keys
        of a week are damaged in both, or the mirror's are of another tree: these stay as they are.
        """
        there = self._to / trees.folder.relative_to(self._folder)
        there.mkdir(exist_ok=True, mode=0o700)
        return all([self._week(trees, week, there / trees.path(week).name) for week in trees.weeks()])

    def _week(self, trees: TreeFiles, week: str, path: Path) -> bool:
        kept = None
        with contextlib.suppress(FileNotFoundError, Damaged):
            kept = load(path.read_bytes())
        try:
            if kept:
                trees.restore(week, kept)
                trees.erase_like(week, kept)
            tree = trees.read(week)
        except Damaged:
            return False
        if tree and kept != tree:
            replace(self._disk, path, dump(tree))
        return True

    def _one(self, path: Path) -> None:
        """Copy a file unless it is as it was at the last copying; trees are copied before."""
        if path.suffix == SUFFIX:
            return
        try:
            found = (self._folder / path).stat()
            state = (found.st_ino, found.st_size, found.st_mtime_ns)
            if self._copied.get(path) == state and (self._to / path).exists():
                return
            content = (self._folder / path).read_bytes()
        except FileNotFoundError:  # gone in the meantime
            return
        to = self._to / path
        to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not to.exists() or to.read_bytes() != content:
            replace(self._disk, to, content)
        self._copied[path] = state


def _files(folder: Path) -> Iterator[Path]:
    """All files that belong into a mirror."""
    for path in folder.rglob("*"):
        if path.name not in KEPT_HERE and path.suffix != NEW and path.is_file():
            yield path

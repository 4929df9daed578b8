"""Keys of weeks: everything that is sealed to a report's readers is wrapped once more under a key of its own, which a
tree of the week gives (`bot.vault.tree`). It dies with the week, or sooner when the report is erased.

Weeks of releases before had one key for all their reports. It opens what they wrapped until it is destroyed in time.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.vault.digests import Digests
from bot.vault.disk import made_once, write
from bot.vault.sealing import Shredded, Unsealable, box, unbox
from bot.vault.tree import Damaged
from bot.vault.tree_files import TreeFiles

MOST_OF_BEFORE = 20_000  # remembered at once
WEEK = re.compile(r"[0-9]{4}-W[0-9]{2}")
WAITING, COPIED = "mirror-waiting", "mirror-copied"  # files: since when an erasure waits; when the mirror was whole
SHREDDED = "shredded"  # a file beside the keys of weeks: all before the week that it names were destroyed on purpose


def this_week(ahead: int = 0) -> str:
    """The ISO week of now by the vault's own clock, or of so many days later."""
    year, week, _day = (datetime.fromtimestamp(time.time(), UTC) + timedelta(days=ahead)).isocalendar()
    return f"{year}-W{week:02d}"


class Weeks(Digests):
    """The keys of weeks: `weeks` for reports, `words` for their free text."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._weeks, self._words, self._since = (folder / name for name in ("weeks", "words", "since"))
        self._since.mkdir(exist_ok=True, mode=0o700)
        self._trees, self._word_trees = TreeFiles(self._weeks), TreeFiles(self._words)
        self._to_mirror, self._counting = threading.Event(), threading.Lock()
        self._erasing, self._erasures = 0, 0  # now, and since the start
        self._of_before: set[tuple[str, str]] = set()  # reports of a release before, in a week that has a tree too

    def wrap(self, week: str, report: str, sealed: Sequence[bytes], words: bool = False) -> list[bytes]:
        """Sealed keys or lines of a report, wrapped once more under its key of an ISO week, whose tree is made on its
        first use. `words`: under another key, for free text, which is destroyed sooner.

        A report that was read under the one key of its week is answered under it, so that the release before can read
        the answer. Raises `Shredded` for a report that was erased and for a week whose keys were destroyed: no tree is
        made for a week that is older than another one.
        """
        of_week, trees = self._of(week, words)
        tree = trees.made(week, lambda: not any(other > week for other in _weeks_in(trees.folder)))
        one_key = tree is None or (week, report) in self._of_before
        key = _read(of_week) if one_key else tree and tree.key(report)
        if not key:
            raise Shredded
        return [box(key, one) for one in sealed]

    def unwrap(self, week: str, report: str, wrapped: Sequence[bytes], words: bool = False) -> list[bytes]:
        """The inverse of `wrap`. Raises `Shredded` when the key was destroyed, with its week or alone: nobody can open
        it again; `Unsealable` for what another key has wrapped.

        What was filed before there were keys of weeks has an empty `week` and is given back as it is.
        """
        if not week:
            return [*wrapped]
        of_week, trees = self._of(week, words)
        own = tree.key(report) if (tree := trees.read(week)) else None
        if own:
            with contextlib.suppress(Unsealable):
                return [unbox(own, one) for one in wrapped]
        if not (one_key := _read(of_week)):
            raise Unsealable("sealed under another key, or damaged") if own else Shredded
        opened = [_opened(one, own, one_key) for one in wrapped]
        plain = [one for one in opened if one is not None]
        if len(plain) < len(opened):
            raise Shredded if tree and not own else Unsealable("sealed under another key, or damaged")
        self._note_of_before(week, report)
        return plain

    def _note_of_before(self, week: str, report: str) -> None:
        if len(self._of_before) < MOST_OF_BEFORE:
            self._of_before.add((week, report))

    def _wrap_with_one_key(self, week: str, sealed: Sequence[bytes], words: bool = False) -> list[bytes]:
        """What a process of the release before wraps while it is replaced, under a key that it can read with."""
        of_week, trees = self._of(week, words)
        if not of_week.exists() and any(other > week for other in _weeks_in(trees.folder)):
            raise Shredded
        return [box(made_once(of_week), one) for one in sealed]

    def _unwrap_with_one_key(self, week: str, wrapped: Sequence[bytes], words: bool = False) -> list[bytes]:
        """What such a process unwraps. Raises LookupError for what it cannot read: it says *not now*, not *erased*."""
        of_week, trees = self._of(week, words) if week else (None, self._trees)
        if of_week is None:
            return [*wrapped]
        try:
            return [unbox(of_week.read_bytes(), one) for one in wrapped]
        except (FileNotFoundError, Unsealable) as error:
            if trees.read(week):
                raise LookupError(week) from None
            raise Shredded from error

    def erase(self, week: str, reports: Sequence[str]) -> int:
        """Destroy the keys of reports of a week, and those of their free text, on the disk before this returns; how
        many reports still had one. What releases before have wrapped opens until its week is destroyed.
        """
        try:
            if not week or not (held := self._held(week, reports)):
                return 0
        except Damaged:  # nobody opens them now; when the mirror has mended the week, the clock erases again
            return 0
        with self._counting:
            self._erasing += 1
            if not (waiting := self._folder / WAITING).exists():
                write(waiting, str(int(time.time())).encode())
        try:
            return max([trees.erase(week, held) for trees in (self._trees, self._word_trees)])
        finally:
            with self._counting:
                self._erasing, self._erasures = self._erasing - 1, self._erasures + 1
            self._to_mirror.set()

    def _held(self, week: str, reports: Sequence[str]) -> list[str]:
        """Those reports that still have a key. Raises ValueError for what is no week."""
        found = [self._of(week, words)[1].read(week) for words in (False, True)]
        return [report for report in reports if any(tree and tree.holds(report) for tree in found)]

    def mirrored(self) -> tuple[int, int]:
        """Two seconds since 1970: since when an erasure waits for the mirror, 0 when none does; when the mirror was
        last like this folder, 0 for never.
        """
        return _second(self._folder / WAITING), _second(self._folder / COPIED)

    def _mirrored(self, erasures: int) -> None:
        """Note that the mirror is like this folder after so many erasures."""
        with self._counting:
            if not self._erasing and erasures == self._erasures:
                (self._folder / WAITING).unlink(missing_ok=True)
        write(self._folder / COPIED, str(int(time.time())).encode())

    def shred(self, before: str, words: bool = False) -> list[str]:
        """Destroy the keys of all weeks before that one; their names. Their reports (`words`: only their free text)
        cannot be opened any more, in no backup either.
        """
        journal = [] if words else [path for path in self._since.iterdir() if path.name < before]
        trees = self._word_trees if words else self._trees
        gone = [week for week in _weeks_in(trees.folder) if week < before]
        if (journal or gone) and before > shredded(
            trees.folder
        ):  # noted first: what else is gone comes from the mirror
            write(trees.folder / SHREDDED, before.encode())
        for path in journal:
            path.unlink()
        for week in gone:
            trees.destroy(week)
        return gone

    def _of(self, week: str, words: bool) -> tuple[Path, TreeFiles]:
        """The file of a week's one key, and the trees. Raises ValueError for what is no week."""
        if not WEEK.fullmatch(week):
            raise ValueError("a week is like 2026-W48")
        trees = self._word_trees if words else self._trees
        return trees.folder / week, trees


def _weeks_in(folder: Path) -> list[str]:
    """The weeks that have keys in a folder, of either kind."""
    return sorted({path.name[:8] for path in folder.glob("*-W??*") if WEEK.fullmatch(path.name[:8])})


def shredded(folder: Path) -> str:
    """The week before which all keys of this folder were destroyed on purpose; "" where none were."""
    return _read(folder / SHREDDED).decode()


def _opened(wrapped: bytes, *keys: bytes | None) -> bytes | None:
    """What one of these keys has wrapped; None where none has."""
    for key in filter(None, keys):
        with contextlib.suppress(Unsealable):
            return unbox(key, wrapped)
    return None


def _read(path: Path) -> bytes:
    """The bytes of a file; none where there is no file."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _second(path: Path) -> int:
    with contextlib.suppress(ValueError):
        return int(_read(path) or b"0")
    return 0

"""The power fails, or the process is killed, at any step of an erasure: what was erased stays so, nothing else is lost.

`Lost` writes down every step. From its list all states are made that a disk may be in after the power has failed: what
was synced is there; what was not is there, or not, or in part; a new name is there or not until its folder was synced.
"""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.vault.tree import Damaged, Tree, dump, new_tree
from bot.vault.tree_files import SUFFIX, Disk, TreeFiles

WEEK, ERASED, KEPT = "2026-W48", "report-1", "report-2"


class PowerCut(Exception):
    """The machine is off."""


class Lost(Disk):
    """A disk whose steps are written down, and whose power fails before step `at`."""

    def __init__(self, at: int = 10**6) -> None:
        self.at, self.steps = at, list[tuple[str, str, bytes | str]]()

    def _step(self, what: str, path: Path, value: bytes | str = b"") -> None:
        if len(self.steps) >= self.at:
            raise PowerCut
        self.steps.append((what, path.name, value))

    def write(self, path: Path, content: bytes) -> None:
        self._step("write", path, content)
        super().write(path, content)

    def sync(self, path: Path) -> None:
        self._step("folder" if path.is_dir() else "sync", path)
        super().sync(path)

    def rename(self, path: Path, to: Path) -> None:
        self._step("rename", path, to.name)
        super().rename(path, to)

    def blank(self, descriptor: int) -> None:
        self._step("blank", Path())
        super().blank(descriptor)

    def unlink(self, path: Path) -> None:
        self._step("unlink", path)
        super().unlink(path)


def states(before: dict[str, bytes], steps: list[tuple[str, str, bytes | str]]) -> Iterator[dict[str, bytes]]:
    """All contents of the folder after a power cut behind these steps. A file is its number; names point to numbers."""
    files = dict(enumerate(before.values()))
    names = {name: number for number, name in enumerate(before)}
    loose: dict[int, tuple[bytes, ...]] = {}  # what an unsynced file may hold
    pending: list[tuple[str, str]] = []  # changes of names that are not on the disk
    durable, old = dict(names), -1
    for what, name, value in steps:
        if what == "write" and isinstance(value, bytes):
            if name not in names:
                names[name] = max(files, default=-1) + 1
                pending.append(("new", name))
            number = names[name]
            loose[number] = (files.get(number, b""), b"", value[: len(value) // 2], bytes(len(value)), value)
            files[number] = value
        elif what == "sync":
            loose.pop(names[name], None)
        elif what == "rename" and isinstance(value, str):
            old = names.get(value, -1)
            names[value] = names.pop(name)
            pending.append((name, value))
        elif what == "folder":
            durable, pending = dict(names), []
        elif what == "blank":
            files[old] = bytes(len(files[old]))
    for count in range(len(pending) + 1):
        seen = dict(durable)
        for first, name in pending[:count]:
            if first == "new":
                seen[name] = names.get(name, max(files))
            else:
                seen[name] = seen.pop(first, max(files))
        choices = [loose.get(number, (files[number],)) for number in seen.values()]
        for contents in itertools.product(*choices):
            yield dict(zip(seen, contents, strict=True))


def laid(folder: Path, contents: dict[str, bytes]) -> TreeFiles:
    folder.mkdir()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return TreeFiles(folder)


def steps_of(folder: Path, tree: Tree, at: int) -> tuple[Lost, bool]:
    """The steps of an erasure until the power failed before step `at`, and whether it was said to be done."""
    laid(folder, {WEEK + SUFFIX: dump(tree)})
    disk = Lost(at)
    try:
        return disk, TreeFiles(folder, disk).erase(WEEK, [ERASED]) == 1
    except PowerCut:
        return disk, False


@pytest.mark.parametrize("at", range(6))
def test_whenever_the_power_fails_what_was_said_to_be_erased_is_and_nothing_else(tmp_path: Path, at: int) -> None:
    tree, number = new_tree().without(["another"]), 0
    disk, said = steps_of(tmp_path / "live", tree, at)
    assert said == (at == 5), disk.steps
    for number, contents in enumerate(states({WEEK + SUFFIX: dump(tree)}, disk.steps), 1):
        found = laid(tmp_path / f"after-{number}", contents)
        left = found.read(WEEK)
        assert left is not None
        assert left.key(KEPT) == tree.key(KEPT)
        assert left.key("another") is None
        assert left.key(ERASED) in ((None,) if said else (None, tree.key(ERASED)))
        assert found.erase(WEEK, [ERASED]) == (left.key(ERASED) is not None)  # asked again, it goes on
        again = TreeFiles(tmp_path / f"after-{number}").read(WEEK)
        assert again is not None
        assert (again.key(ERASED), again.key(KEPT)) == (None, tree.key(KEPT))
    assert number


@pytest.mark.parametrize("forgotten", ["sync", "folder"])
def test_without_any_one_of_its_syncs_a_key_would_be_lost_or_come_back(tmp_path: Path, forgotten: str) -> None:
    tree = new_tree()
    disk, said = steps_of(tmp_path / "live", tree, 10**6)
    assert said
    steps = [step for step in disk.steps if step[0] != forgotten]
    wrong = 0
    for number, contents in enumerate(states({WEEK + SUFFIX: dump(tree)}, steps)):
        try:
            left = laid(tmp_path / f"after-{number}", contents).read(WEEK)
        except Damaged:
            left = None
        wrong += left is None or left.key(ERASED) is not None or left.key(KEPT) != tree.key(KEPT)
    assert wrong


@pytest.mark.parametrize("at", range(4))
def test_when_the_power_fails_as_a_week_begins_there_is_a_whole_tree_or_none(tmp_path: Path, at: int) -> None:
    (tmp_path / "live").mkdir()
    disk, key = Lost(at), None
    try:
        made = TreeFiles(tmp_path / "live", disk).made(WEEK, lambda: True)
        key = made.key(KEPT) if made else None
    except PowerCut:
        pass
    assert (key is not None) == (at >= 4 or len(disk.steps) == 4)
    for number, contents in enumerate(states({}, disk.steps)):
        files = laid(tmp_path / f"after-{number}", contents)
        found = files.read(WEEK)
        if key is not None:  # something was sealed under it
            assert found
            assert found.key(KEPT) == key
        assert files.made(WEEK, lambda: True)


KILLED = """
import os, signal, sys
from pathlib import Path
from bot.vault.tree_files import Disk, TreeFiles
class Killed(Disk):
    def __getattribute__(self, name):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__getattribute__(name)
left = int(sys.argv[2])
TreeFiles(Path(sys.argv[1]), Killed()).erase("2026-W48", ["report-1"])
print("erased", flush=True)
"""


@pytest.mark.parametrize("left", range(6))
def test_a_process_that_is_killed_at_any_step_loses_nothing(tmp_path: Path, left: int) -> None:
    tree = new_tree()
    files = laid(tmp_path / "weeks", {WEEK + SUFFIX: dump(tree)})
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "weeks"), str(left)],
        capture_output=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    said = done.stdout == b"erased\n"
    assert done.returncode == (0 if said else -signal.SIGKILL), done.stderr
    assert said == (left >= 5)
    found = files.read(WEEK)
    assert found is not None
    assert found.key(KEPT) == tree.key(KEPT)
    assert found.key(ERASED) in ((None,) if said else (None, tree.key(ERASED)))
    files.erase(WEEK, [ERASED])
    found = files.read(WEEK)
    assert found is not None
    assert found.key(ERASED) is None


def test_what_was_there_is_overwritten_before_its_blocks_are_free(tmp_path: Path) -> None:
    tree = new_tree()
    files = laid(tmp_path / "weeks", {WEEK + SUFFIX: dump(tree)})
    os.link(tmp_path / "weeks" / (WEEK + SUFFIX), tmp_path / "blocks")  # keeps what else would be free
    files.erase(WEEK, [ERASED])
    assert not any((tmp_path / "blocks").read_bytes())
    os.link(tmp_path / "weeks" / (WEEK + SUFFIX), tmp_path / "later")
    files.destroy(WEEK)
    assert not any((tmp_path / "later").read_bytes())
    assert files.read(WEEK) is None


def test_two_that_erase_at_once_both_do(tmp_path: Path) -> None:
    files = laid(tmp_path / "weeks", {WEEK + SUFFIX: dump(new_tree())})
    others = [TreeFiles(tmp_path / "weeks") for _ in range(4)]
    threads = [
        threading.Thread(target=lambda one=one, who=who: [one.erase(WEEK, [f"{who}-{n}"]) for n in range(10)])
        for who, one in enumerate(others)
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert files.read(WEEK)  # never half a file
    found = files.read(WEEK)
    assert found
    assert found.erased == 40

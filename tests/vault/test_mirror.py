"""The vault's folder has one mirror; what was erased in one of the two opens in neither."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from bot.settings import ROOT
from bot.vault.client import RemoteVault
from bot.vault.guard import Caller
from bot.vault.mirror import KEPT_HERE, MARK, Mirror, NoMirror
from bot.vault.sealing import Shredded
from bot.vault.tree import Damaged
from bot.vault.tree_files import Disk
from bot.vault.vault import Vault
from tests.vault.conftest import waited

WEEK = "2026-W48"


def mirrored(tmp_path: Path, name: str = "mirror") -> tuple[Vault, Mirror]:
    """A vault, and a folder that is marked as its mirror."""
    vault = Vault(tmp_path / "vault")
    (tmp_path / name).mkdir()
    (tmp_path / name / MARK).touch()
    return vault, Mirror(vault, tmp_path / "vault", tmp_path / name)


def contents(folder: Path) -> dict[str, bytes]:
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if path.name not in KEPT_HERE}


def test_the_mirror_is_the_folder_and_goes_on_to_be(tmp_path: Path) -> None:
    vault, mirror = mirrored(tmp_path)
    vault.wrap(WEEK, "hers", [b"key"])
    vault.remember(WEEK, "out 00")
    mirror.copy()
    assert contents(tmp_path / "mirror") == contents(tmp_path / "vault")
    vault.remember(WEEK, "out 01")
    vault.erase(WEEK, ["hers"])
    vault.wrap("2026-W49", "another", [b"key"])
    vault.shred("2026-W49")
    mirror.copy()
    assert contents(tmp_path / "mirror") == contents(tmp_path / "vault")
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "mirror").rglob("*") if path.name != MARK} == {0}


def test_an_erasure_waits_until_the_mirror_has_it(tmp_path: Path) -> None:
    vault, mirror = mirrored(tmp_path)
    hers = vault.wrap(WEEK, "hers", [b"key"])
    assert vault.mirrored() == (0, 0)
    mirror.copy()
    (tmp_path / "mirror").rename(tmp_path / "away")
    vault.erase(WEEK, ["hers"])
    since, copied = vault.mirrored()
    assert 0 < copied <= since <= time.time()
    with pytest.raises(NoMirror, match="mounted"):
        mirror.copy()
    (tmp_path / "mirror").mkdir()  # the place is there, and the mirror is not
    with pytest.raises(NoMirror, match="mounted"):
        mirror.copy()
    assert Vault(tmp_path / "vault").mirrored()[0] == since  # whoever starts it anew knows it too
    assert list((tmp_path / "mirror").iterdir()) == []
    (tmp_path / "mirror").rmdir()
    (tmp_path / "away").rename(tmp_path / "mirror")
    mirror.copy()
    assert vault.mirrored()[0] == 0
    with pytest.raises(Shredded):
        restored(tmp_path).unwrap(WEEK, "hers", hers)


def restored(tmp_path: Path) -> Vault:
    """A vault on a folder that was put back from the mirror, as the runbook says."""
    shutil.rmtree(tmp_path / "vault")
    shutil.copytree(tmp_path / "mirror", tmp_path / "vault")
    return Vault(tmp_path / "vault")


def test_what_comes_from_the_mirror_opens_all_that_was_not_erased(tmp_path: Path) -> None:
    vault, mirror = mirrored(tmp_path)
    hers, another = (vault.wrap(WEEK, who, [b"key"]) for who in ("hers", "another"))
    vault.remember(WEEK, "erased hers")
    vault.erase(WEEK, ["hers"])
    mirror.copy()
    found = restored(tmp_path)
    assert found.unwrap(WEEK, "another", another) == [b"key"]
    assert found.remembered() == ["erased hers"]
    assert found.digest("staff", "1") == vault.digest("staff", "1")
    with pytest.raises(Shredded):
        found.unwrap(WEEK, "hers", hers)
    Mirror(found, tmp_path / "vault", tmp_path / "mirror").copy()  # and goes on


def test_an_old_folder_that_is_put_back_learns_from_the_mirror_what_was_erased(tmp_path: Path) -> None:
    vault, mirror = mirrored(tmp_path)
    hers, another = (vault.wrap(WEEK, who, [b"key"]) for who in ("hers", "another"))
    words = vault.wrap(WEEK, "hers", [b"words"], True)
    shutil.copytree(tmp_path / "vault", tmp_path / "old")
    vault.erase(WEEK, ["hers"])
    mirror.copy()
    shutil.rmtree(tmp_path / "vault")
    (tmp_path / "old").rename(tmp_path / "vault")
    old = Vault(tmp_path / "vault")
    assert old.unwrap(WEEK, "hers", hers) == [b"key"]
    Mirror(old, tmp_path / "vault", tmp_path / "mirror").copy()
    for wrapped, of_words in ((hers, False), (words, True)):
        with pytest.raises(Shredded):
            old.unwrap(WEEK, "hers", wrapped, of_words)
    assert old.unwrap(WEEK, "another", another) == [b"key"]
    assert contents(tmp_path / "mirror") == contents(tmp_path / "vault")


def test_a_damaged_file_of_keys_comes_back_from_the_mirror(tmp_path: Path) -> None:
    vault, mirror = mirrored(tmp_path)
    hers = vault.wrap(WEEK, "hers", [b"key"])
    mirror.copy()
    for folder in ("vault", "mirror", "vault"):
        (tmp_path / folder / "weeks" / f"{WEEK}.tree").write_bytes(b"damaged")
        mirror.copy()
        assert Vault(tmp_path / "vault").unwrap(WEEK, "hers", hers) == [b"key"]
        assert contents(tmp_path / "mirror") == contents(tmp_path / "vault")


@pytest.mark.parametrize("gone", ["weeks/2026-W47.tree", "words/2026-W48.tree", "since/2026-W47", "senders/0001"])
def test_what_is_gone_though_nobody_destroyed_it_comes_back_from_the_mirror(tmp_path: Path, gone: str) -> None:
    vault, mirror = mirrored(tmp_path)
    for week in ("2026-W46", "2026-W47", WEEK):
        vault.wrap(week, "hers", [b"key"])
        vault.wrap(week, "hers", [b"words"], True)
        vault.remember(week, "out 00")
    vault.fresh_keys()
    number = vault.seal_to_sender("+25779123456")
    mirror.copy()
    vault.shred("2026-W47")
    vault.shred("2026-W48", True)
    vault.retire_keys()
    before = contents(tmp_path / "vault")
    (tmp_path / "vault" / gone).unlink()
    assert mirror.copy() == [gone]
    assert contents(tmp_path / "vault") == contents(tmp_path / "mirror") == before  # and nothing that was destroyed
    assert Vault(tmp_path / "vault").open_for_sender(number) == "+25779123456"
    assert mirror.copy() == []


def test_a_damaged_mirror_gives_nothing_back_and_keeps_nothing_else_from_being_copied(tmp_path: Path) -> None:
    vault, mirror = mirrored(tmp_path)
    vault.wrap("2026-W47", "hers", [b"key"])
    another = vault.wrap(WEEK, "another", [b"key"])
    mirror.copy()
    (tmp_path / "vault" / "weeks" / "2026-W47.tree").unlink()
    (tmp_path / "mirror" / "weeks" / "2026-W47.tree").write_bytes(b"damaged")
    vault.erase(WEEK, ["another"])
    assert mirror.copy() == []
    with pytest.raises(Shredded):
        Vault(tmp_path / "mirror").unwrap(WEEK, "another", another)


def test_keys_that_are_damaged_in_both_keep_nothing_else_from_being_copied(tmp_path: Path) -> None:
    vault, mirror = mirrored(tmp_path)
    hers = vault.wrap("2026-W47", "hers", [b"key"])
    vault.wrap(WEEK, "another", [b"key"])
    mirror.copy()
    for folder in ("vault", "mirror"):
        (tmp_path / folder / "weeks" / f"{WEEK}.tree").write_bytes(b"damaged")
    vault.erase("2026-W47", ["hers"])
    with pytest.raises(Damaged):
        mirror.copy()
    assert vault.mirrored()[0] == 0
    with pytest.raises(Shredded):
        Vault(tmp_path / "mirror").unwrap("2026-W47", "hers", hers)


def test_a_tree_that_was_lost_and_made_anew_does_not_overwrite_the_one_in_the_mirror(tmp_path: Path) -> None:
    vault, mirror = mirrored(tmp_path)
    hers = vault.wrap(WEEK, "hers", [b"key"])
    mirror.copy()
    (tmp_path / "vault" / "weeks" / f"{WEEK}.tree").unlink()
    vault.wrap(WEEK, "another", [b"key"])
    with pytest.raises(Damaged):
        mirror.copy()
    assert Vault(tmp_path / "mirror").unwrap(WEEK, "hers", hers) == [b"key"]


def test_a_new_vault_does_not_take_another_ones_mirror(tmp_path: Path) -> None:
    vault, mirror = mirrored(tmp_path)
    vault.wrap(WEEK, "hers", [b"key"])
    mirror.copy()
    before = contents(tmp_path / "mirror")
    another = Vault(tmp_path / "new")
    with pytest.raises(NoMirror, match="another vault"):
        Mirror(another, tmp_path / "new", tmp_path / "mirror").copy()
    assert contents(tmp_path / "mirror") == before


class PowerCut(Exception):
    """The mirror's holder is off."""


class Cut(Disk):
    """A disk that fails before its step number `left`."""

    left = 10**6

    def _step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise PowerCut

    def write(self, path: Path, content: bytes) -> None:
        self._step()
        super().write(path, content)

    def rename(self, path: Path, to: Path) -> None:
        self._step()
        super().rename(path, to)

    def blank(self, descriptor: int) -> None:
        self._step()
        super().blank(descriptor)


@pytest.mark.parametrize("left", range(8))
def test_wherever_copying_stops_the_erasure_waits_or_is_there_and_the_next_one_ends_it(
    tmp_path: Path, left: int
) -> None:
    vault, mirror = mirrored(tmp_path)
    hers, another = (vault.wrap(WEEK, who, [b"key"]) for who in ("hers", "another"))
    vault.wrap(WEEK, "hers", [b"words"], True)
    mirror.copy()
    vault.erase(WEEK, ["hers"])
    disk = Cut()
    disk.left = left
    try:
        Mirror(vault, tmp_path / "vault", tmp_path / "mirror", disk).copy()
    except PowerCut:
        assert vault.mirrored()[0]
    else:
        assert left >= 6
        assert not vault.mirrored()[0]
    assert Vault(tmp_path / "mirror").unwrap(WEEK, "another", another) == [b"key"]  # at no moment is it half a mirror
    mirror.copy()
    assert not vault.mirrored()[0]
    with pytest.raises(Shredded):
        Vault(tmp_path / "mirror").unwrap(WEEK, "hers", hers)


def test_the_vaults_process_copies_after_an_erasure_and_says_when_it_cannot(tmp_path: Path) -> None:
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / MARK).touch()
    environment = {**os.environ, "VAULT_MIRROR": str(tmp_path / "mirror")}
    command = [sys.executable, "-m", "bot.vault.server", str(tmp_path / "vault"), str(tmp_path / "v.sock")]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE) as server:
        try:
            waited((tmp_path / "v.sock").exists)
            web = RemoteVault(tmp_path / "v.sock")
            hers = web.wrap(WEEK, "hers", [b"key"])
            administrator = RemoteVault(tmp_path / "v.sock", Caller.ADMIN)
            waited(lambda: administrator.mirrored()[1] > 0)
            assert web.erase(WEEK, ["hers"]) == 1
            waited(lambda: administrator.mirrored()[0] == 0)
            with pytest.raises(Shredded):
                Vault(tmp_path / "mirror").unwrap(WEEK, "hers", hers)
            (tmp_path / "mirror").rename(tmp_path / "away")
            assert web.erase(WEEK, ["another"]) == 1
            assert server.stderr
            assert (
                server.stderr.readline()
                == (
                    f"ALARM: nothing is copied to the mirror {tmp_path / 'mirror'}: it holds no file ijwi-mirror: "
                    "is it mounted?\n"
                ).encode()
            )
            assert administrator.mirrored()[0]
            (tmp_path / "away").rename(tmp_path / "mirror")
            waited(lambda: administrator.mirrored()[0] == 0, 12)
        finally:
            server.kill()


@pytest.mark.parametrize("place", ["vault", "vault/mirror", "."])
def test_a_mirror_inside_the_folder_is_none(tmp_path: Path, place: str) -> None:
    vault = Vault(tmp_path / "vault")
    to = tmp_path / place
    to.mkdir(exist_ok=True)
    (to / MARK).touch()
    with pytest.raises(NoMirror, match="one another"):
        Mirror(vault, tmp_path / "vault", to).copy()


def test_who_is_erased_while_it_is_copied_waits_for_the_next_copying(tmp_path: Path) -> None:
    vault, mirror = mirrored(tmp_path)
    vault.wrap(WEEK, "hers", [b"key"])
    vault.remember(WEEK, "out 00")

    class Meanwhile(Disk):
        def write(self, path: Path, content: bytes) -> None:
            super().write(path, content)
            if path.parent.name == "since":  # the trees are copied before
                vault.erase(WEEK, ["hers"])

    Mirror(vault, tmp_path / "vault", tmp_path / "mirror", Meanwhile()).copy()
    assert vault.mirrored()[0]
    mirror.copy()
    assert not vault.mirrored()[0]


def test_an_erasure_that_has_begun_waits_though_a_copying_ends_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault, mirror = mirrored(tmp_path)
    vault.wrap(WEEK, "hers", [b"key"])

    before = vault._trees.erase

    def erase(week: str, reports: Iterable[str]) -> int:
        mirror.copy()  # as the thread of the mirror may, just before the tree changes
        return before(week, reports)

    monkeypatch.setattr(vault._trees, "erase", erase)
    vault.erase(WEEK, ["hers"])
    assert vault.mirrored()[0]
    mirror.copy()
    assert not vault.mirrored()[0]

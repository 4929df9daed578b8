"""A report's key dies with its week, or alone; what a release before has wrapped opens until its week is over."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.vault import before
from bot.vault.sealing import Shredded, Unsealable
from bot.vault.vault import Vault
from bot.vault.weeks import SHREDDED

WEEK = "2026-W48"


def test_what_was_erased_is_opened_by_nobody_and_its_neighbour_by_everybody(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    hers, words = vault.wrap(WEEK, "hers", [b"key", b"line"]), vault.wrap(WEEK, "hers", [b"words"], True)
    another = vault.wrap(WEEK, "another", [b"key"])
    assert vault.erase(WEEK, ["hers"]) == 1
    for one in (vault, Vault(tmp_path)):  # and after it was started anew
        with pytest.raises(Shredded):
            one.unwrap(WEEK, "hers", hers)
        with pytest.raises(Shredded):
            one.unwrap(WEEK, "hers", words, True)
        with pytest.raises(Shredded):
            one.wrap(WEEK, "hers", [b"again"])
        assert one.unwrap(WEEK, "another", another) == [b"key"]
    assert vault.erase(WEEK, ["hers"]) == 0
    assert vault.erase("", ["hers"]) == 0


def test_a_key_opens_its_own_report_only(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    wrapped = vault.wrap(WEEK, "hers", [b"key"])
    vault.wrap(WEEK, "hers", [b"words"], True)
    with pytest.raises(Unsealable, match="another key"):
        vault.unwrap(WEEK, "another", wrapped)
    with pytest.raises(Unsealable, match="another key"):
        vault.unwrap(WEEK, "hers", wrapped, True)


def test_weeks_of_the_release_before_keep_opening_and_take_answers(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    for week in ("2026-W40", WEEK):
        (tmp_path / "weeks" / week).write_bytes(b"k" * 32)
    old = {week: before.answer(vault, "wrap", [week, [b"key"]]) for week in ("2026-W40", WEEK)}
    for week in old:
        assert vault.unwrap(week, "hers", old[week]) == [b"key"]
        answered = [*old[week], *vault.wrap(week, "hers", [b"line"])]
        assert vault.unwrap(week, "hers", answered) == [b"key", b"line"]
        assert before.answer(vault, "unwrap", [week, answered]) == [b"key", b"line"]  # by who goes back to it, too
    vault.wrap(WEEK, "new", [b"key"])
    assert (tmp_path / "weeks" / f"{WEEK}.tree").exists()  # what is told now can be erased
    assert not (tmp_path / "weeks" / "2026-W40.tree").exists()
    new = vault.wrap(WEEK, "new", [b"key"])
    vault.erase(WEEK, ["new", "hers"])
    assert vault.unwrap(WEEK, "hers", old[WEEK]) == [b"key"]  # until its week is over
    with pytest.raises(Shredded):
        vault.unwrap(WEEK, "new", new)
    assert vault.shred("2026-W49") == ["2026-W40", WEEK]
    assert {path.name for path in (tmp_path / "weeks").iterdir()} == {".lock", SHREDDED}
    for week in old:
        with pytest.raises(Shredded):
            vault.unwrap(week, "hers", old[week])


def test_a_process_of_the_release_before_is_told_not_now_of_what_it_cannot_read(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    new = vault.wrap(WEEK, "hers", [b"key"])
    assert before.is_old("unwrap", [WEEK, new])
    assert not before.is_old("unwrap", [WEEK, "hers", new])
    with pytest.raises(LookupError):
        before.answer(vault, "unwrap", [WEEK, new])
    kept = before.answer(vault, "wrap", [WEEK, [b"key"]])
    assert before.answer(vault, "unwrap", [WEEK, kept, False]) == [b"key"]
    assert vault.unwrap(WEEK, "any", kept) == [b"key"]


def test_what_a_crash_of_an_older_release_has_left_of_a_key_goes_with_its_week(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    vault.wrap(WEEK, "hers", [b"x"])
    (tmp_path / "weeks" / f"{WEEK}.0a1b2c3d").write_bytes(b"k" * 32)
    assert vault.shred("2026-W49") == [WEEK]
    assert {path.name for path in (tmp_path / "weeks").iterdir()} == {".lock", SHREDDED}


@pytest.mark.parametrize("week", ["../pepper", "2026-W1", "2026-W48/..", "W01", "2026-W48.tree"])
def test_a_week_is_a_week_and_no_path(tmp_path: Path, week: str) -> None:
    with pytest.raises(ValueError, match="a week is like"):
        Vault(tmp_path).erase(week, ["hers"])


def test_keys_that_are_damaged_hinder_nobody_who_takes_back(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    hers = vault.wrap(WEEK, "hers", [b"key"])
    path = tmp_path / "weeks" / f"{WEEK}.tree"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(Unsealable, match="damaged"):
        vault.unwrap(WEEK, "hers", hers)
    assert vault.erase(WEEK, ["hers"]) == 0
    path.write_bytes(whole)  # mended from the mirror
    assert vault.erase(WEEK, ["hers"]) == 1

"""What the administrator's socket gives, and what a command reads of a vault that may be another's."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from bot.vault.client import RemoteVault, VaultRefused, as_administrator
from bot.vault.guard import ADMIN, Busy, Guard
from bot.vault.looked_at import LookedAt
from bot.vault.vault import Vault
from bot.vault.weeks import WAITING
from tests.support.vault_process import vault_process

PIN = "246810"


def test_a_demonstration_begins_anew_and_nobody_has_a_services_vault_forget_anything(tmp_path: Path) -> None:
    keys, asked = {}, {}
    for mode in ("demo", "production"):
        at = tmp_path / f"{mode}.sock"
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MODE", mode)
            with vault_process(tmp_path / mode, at):
                web, admin = RemoteVault(at), as_administrator(RemoteVault(at))
                keys[mode] = admin.enrol("a", PIN)
                for _ in range(5):
                    web.unlock("a", keys[mode].wrapped, "111111")
                with pytest.raises(VaultRefused, match="Refused"):
                    web.begin_anew()
                with pytest.raises(VaultRefused, match="Refused"):
                    web.opens("a", keys[mode].wrapped, PIN)
                waiting = tmp_path / mode / WAITING
                waiting.touch()
                with contextlib.suppress(VaultRefused):
                    admin.begin_anew()
                    assert not waiting.exists()
                    assert not admin.opens("a", keys[mode].wrapped, "111111")
                    assert admin.opens("a", keys[mode].wrapped, PIN)
                asked[mode] = web.unlock("a", keys[mode].wrapped, PIN).outcome
    assert asked == {"demo": "open", "production": "locked"}
    for refused in (lambda: Vault(tmp_path / "production").opens("a", keys["production"].wrapped, PIN),
                    Vault(tmp_path / "production").begin_anew):  # fmt: skip
        with pytest.raises(PermissionError):
            refused()


def test_who_may_forgive_tries_no_pins_but_a_few_at_a_prompt() -> None:
    now, passed = [0.0], 0
    guard = Guard(str, lambda: now[0])
    for second in range(3600):
        now[0] = second
        with contextlib.suppress(Busy):
            guard.admit(ADMIN, "unlock", ["a", b"", "111111"])
            passed += 1
    assert 0 < passed <= 20


def test_a_vault_that_may_be_anothers_is_looked_at_and_nothing_in_its_folder_changes(tmp_path: Path) -> None:
    Vault(tmp_path / "whole")
    folder = tmp_path / "ours"
    folder.mkdir()
    (folder / "pepper").write_bytes((tmp_path / "whole" / "pepper").read_bytes())  # as the first release left it
    looked, vault = LookedAt(folder), Vault(tmp_path / "whole")
    assert looked.chain("", ["row"]) == vault.chain("", ["row"])
    word = vault.vouch("a", b"key")
    assert looked.vouched([("a", b"key", word), ("b", b"key", word)]) == [True, False]
    assert [path.name for path in folder.iterdir()] == ["pepper"]

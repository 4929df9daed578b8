"""The vault: holds the pepper (its secret), the keys made of it and the counters of tries; makes digests and keys.

It is given numbers to digest, ciphertexts, and PINs, which it stretches into keys. In service it is a process of its
own (`bot.vault.server`, asked through `bot.vault.client`), so that it can move to another organisation's machine, and a
guard stands before it (`bot.vault.guard`). Tests open its folder themselves; commands do while no process serves it
(`bot.vault.local`).

One class, in parts: `bot.vault.digests`, `weeks`, `record`, `rings`, `secrets`, `receipts`, `boxes`, `demonstration`.
"""

from __future__ import annotations

from bot.vault.demonstration import Demonstration


class Vault(Demonstration):
    """All of the vault, on a folder of its own, mode 0700."""

    def refused(self) -> list[tuple[str, str, int]]:
        """(caller, method, times) of what was refused since this vault was started; empty where nobody guards it."""
        return []

"""The vault for commands: they open its folder themselves while no process serves it, and ask that process as the
administrator while one does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from bot.vault.client import RemoteVault
from bot.vault.guard import Caller
from bot.vault.place import shared
from bot.vault.vault import Vault
from bot.vault.wire import LOCAL, METHODS


class LocalVault(Vault):
    """A vault whose folder is held for each question: a server may start, or stop, at any time between two."""

    _far: RemoteVault | None = None

    def _served(self, named: Path) -> RemoteVault:
        """The process that serves this folder, asked as the administrator."""
        if self._far is None or self._far._named != named:
            self._far = RemoteVault(named, Caller.ADMIN)
        return self._far


def _held(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def ask(self: LocalVault, *given: Any) -> Any:
        with shared(self._folder) as named:
            if named is None:
                return method(self, *given)
            far = self._served(named)
        return getattr(far.of(self._session), method.__name__)(*given)

    return ask


for _name in METHODS - LOCAL:
    setattr(LocalVault, _name, _held(getattr(Vault, _name)))

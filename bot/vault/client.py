"""The vault at the other end of a unix socket, with the same methods. Keys of digests are lent once and kept."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bot.vault.sealing import Shredded, Unsealable
from bot.vault.vault import LENT, Vault
from bot.vault.wire import LONGEST, METHODS, dump, load

PAUSES = (0, 0, 0.1, 0.3, 0.6, 1.0)  # seconds before each attempt: a vault that was killed is back within two
WAIT = 5.0  # seconds; Argon2 takes a tenth of one


class VaultAway(OSError):
    """Nobody answers at the vault's socket: nothing that it should have sealed may be confirmed."""


class RemoteVault(Vault):
    """A vault that lives in another process; each thread has a connection of its own."""

    def __init__(self, path: Path) -> None:
        self._socket, self._keys, self._mine = path, {}, threading.local()
        self._vouched: set[tuple[str, bytes, bytes]] = set()

    def _key_of(self, purpose: str) -> bytes:
        return self.lend(purpose)

    def vouched(self, people: Sequence[tuple[str, bytes, bytes]]) -> list[bool]:
        """As the vault says. With nobody to vouch for, it is asked all the same: that tells whether it is there."""
        return super().vouched(people) if people else self._given(people)

    def _given(self, people: Sequence[tuple[str, bytes, bytes]]) -> list[bool]:
        answers: list[bool] = self.ask("vouched", people)
        return answers

    def borrow(self, patience: float = 20.0) -> None:
        """Have all lent keys before the first request: who asks again whether her report has arrived must be answered
        even while the vault is away. Raises `VaultAway` after so many seconds."""
        until = time.monotonic() + patience
        for purpose in sorted(LENT):
            while purpose not in self._keys:
                try:
                    self.digest(purpose, "")
                except VaultAway:
                    if time.monotonic() > until:
                        raise

    def ask(self, *question: object) -> Any:
        """Ask again on a new line when the old one is dead: what is asked twice is at worst counted twice."""
        for pause in PAUSES:
            if pause:
                time.sleep(pause)  # not even for nothing: another thread would have the processor
            with contextlib.suppress(OSError):
                return self._told(self._say(dump(question)))
            self._mine.line = None
        raise VaultAway("the vault does not answer")

    def _say(self, question: bytes) -> bytes:
        line = getattr(self._mine, "line", None)
        if line is None:
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(WAIT)
            connection.connect(str(self._socket))
            line = self._mine.line = connection.makefile("rwb")
            connection.close()  # the file keeps it open
        line.write(question)
        line.flush()
        answer: bytes = line.readline(LONGEST)
        if not answer.endswith(b"\n"):
            raise OSError("half an answer")
        return answer

    def _told(self, answer: bytes) -> Any:
        told = load(answer)
        if "unsealable" in told:
            raise Shredded if told["unsealable"] == str(Shredded()) else Unsealable(told["unsealable"])
        if "error" in told:
            raise VaultRefused(told["error"])
        return told["value"]


class VaultRefused(Exception):
    """The vault was asked what it does not do: a mistake of ours."""


def _asking(method: str) -> Callable[..., Any]:
    return lambda self, *given: self.ask(method, *given)


for _method in METHODS - {"digest", "kept_at", "vouched"}:
    setattr(RemoteVault, _method, _asking(_method))

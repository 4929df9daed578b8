"""A client of the vault's process over a unix socket, with the methods of `Vault`.

The keys of digests that every request needs (`LENT`) are asked for once and stay in memory.
"""

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
WAIT = 5.0  # seconds for an answer; Argon2 takes a tenth of one


class VaultAway(OSError):
    """The vault does not answer: nothing that it should have sealed may be confirmed to a caller."""


class RemoteVault(Vault):
    """A vault that lives in another process; each thread has a connection of its own."""

    def __init__(self, path: Path) -> None:
        self._socket, self._keys, self._of_thread = path, {}, threading.local()
        self._vouched: set[tuple[str, bytes, bytes]] = set()

    def _key_of(self, purpose: str) -> bytes:
        return self.lend(purpose)

    def vouched(self, people: Sequence[tuple[str, bytes, bytes]]) -> list[bool]:
        """As `Vault.vouched`. It asks the vault even with nobody to vouch for: `VaultAway` then shows that it is
        away."""
        return super().vouched(people) if people else self._are_vouched(people)

    def _are_vouched(self, people: Sequence[tuple[str, bytes, bytes]]) -> list[bool]:
        answers: list[bool] = self.ask("vouched", people)
        return answers

    def borrow(self, patience: float = 20.0) -> None:
        """Ask for all lent keys before the first request, because whoever asks again whether her report has arrived
        must be answered even while the vault is away. Raises `VaultAway` after `patience` seconds."""
        until = time.monotonic() + patience
        for purpose in sorted(LENT):
            while purpose not in self._keys:
                try:
                    self.digest(purpose, "")
                except VaultAway:
                    if time.monotonic() > until:
                        raise

    def ask(self, *question: object) -> Any:
        """The vault's answer; asked again on a new connection when the old one is dead. A try that is asked twice is at
        worst counted twice. Raises `VaultAway`, `Unsealable`, `VaultRefused`."""
        for pause in PAUSES:
            if pause:
                time.sleep(pause)  # not called for 0: even that would give the processor to another thread
            with contextlib.suppress(OSError):
                return self._value(self._exchange(dump(question)))
            self._of_thread.stream = None
        raise VaultAway("the vault does not answer")

    def _exchange(self, question: bytes) -> bytes:
        """Send a line and read one. Raises OSError."""
        stream = getattr(self._of_thread, "stream", None)
        if stream is None:
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(WAIT)
            connection.connect(str(self._socket))
            stream = self._of_thread.stream = connection.makefile("rwb")
            connection.close()  # the file keeps it open
        stream.write(question)
        stream.flush()
        answer: bytes = stream.readline(LONGEST)
        if not answer.endswith(b"\n"):
            raise OSError("half an answer")
        return answer

    def _value(self, answer: bytes) -> Any:
        """The value in an answer. Raises the error in it."""
        fields = load(answer)
        if "unsealable" in fields:
            raise Shredded if fields["unsealable"] == str(Shredded()) else Unsealable(fields["unsealable"])
        if "error" in fields:
            raise VaultRefused(fields["error"])
        return fields["value"]


class VaultRefused(Exception):
    """The vault refused a question, which is a mistake in this program; the message is the name of the vault's
    error."""


def _asking(method: str) -> Callable[..., Any]:
    return lambda self, *given: self.ask(method, *given)


for _method in METHODS - {"digest", "kept_at", "vouched"}:
    setattr(RemoteVault, _method, _asking(_method))

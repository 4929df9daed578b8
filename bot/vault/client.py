"""A client of the vault's process over a unix socket, with the methods of `Vault`.

The keys of digests that every request needs (`LENT`) are asked for once and stay in memory.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bot.vault import before
from bot.vault.digests import LENT, NUMBERS
from bot.vault.guard import Caller
from bot.vault.place import socket_for
from bot.vault.sealing import Shredded, Unsealable
from bot.vault.vault import Vault
from bot.vault.wire import LOCAL, LONGEST, METHODS, dump, load

PAUSES = (0, 0, 0.1, 0.3, 0.6, 1.0)  # seconds before each attempt: a vault that was killed is back within two
WAIT = 5.0  # seconds for an answer; Argon2 takes a tenth of one
OF_A_SESSION = frozenset(
    {"unlock", "try_first", "choose_pin", "private", "issue", "issued", "try_receipt", "receipt", "try_referral"}
)  # whose last value is the session
WITH_WORDS = frozenset({"wrap", "unwrap"})  # asked with all four values: a vault of the release before knows three
NUMBERS_KEPT = 2000  # digests of numbers that dialled lately: each is asked for about once a talk


class VaultAway(OSError):
    """The vault does not answer, or not now: nothing that it should have sealed may be confirmed to a caller."""


class VaultRefused(Exception):
    """The vault refused a question, which is a mistake in this program; the message is the name of the vault's
    error.
    """


class RemoteVault(Vault):
    """A vault that lives in another process, asked as one kind of caller; each thread has a connection of its own."""

    def __init__(self, named: Path, caller: Caller = Caller.WEB) -> None:
        self._named, self._keys = named, {}
        self._vouched: set[tuple[str, bytes, bytes]] = set()
        self._numbers: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._asks_as(caller)

    def _asks_as(self, caller: Caller) -> None:
        """From now on ask as another kind of caller, on its socket."""
        self._caller, self._socket, self._of_thread = caller, socket_for(self._named, caller), threading.local()

    def _key_of(self, purpose: str) -> bytes:
        return self.lend(purpose)

    def digest(self, purpose: str, value: str) -> str:
        """As `Vault.digest`, for purposes whose key is lent and for numbers."""
        if purpose not in NUMBERS:
            return super().digest(purpose, value)
        key = (purpose, super().digest("request", f"number:{value}"))
        if (known := self._numbers.get(key)) is None:
            known = self._numbers[key] = self.number(purpose, value)
            while len(self._numbers) > NUMBERS_KEPT:
                with contextlib.suppress(KeyError):
                    self._numbers.popitem(last=False)
        return known

    def vouched(self, people: Sequence[tuple[str, bytes, bytes]]) -> list[bool]:
        """As `Vault.vouched`. It asks the vault even with nobody to vouch for: `VaultAway` then shows that it is
        away.
        """
        return super().vouched(people) if people else self._are_vouched(people)

    def _are_vouched(self, people: Sequence[tuple[str, bytes, bytes]]) -> list[bool]:
        answers: list[bool] = self.ask("vouched", people)
        return answers

    def borrow(self, patience: float = 20.0) -> None:
        """Ask for all lent keys before the first request, because whoever asks again whether her report has arrived
        must be answered even while the vault is away. Raises `VaultAway` after `patience` seconds.
        """
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
        worst counted twice. Raises `VaultAway`, `Unsealable`, `VaultRefused`.
        """
        for pause in PAUSES:
            if pause:
                time.sleep(pause)  # not called for 0: even that would give the processor to another thread
            try:
                return self._value(self._exchange(dump(question)))
            except VaultBusy:
                raise
            except OSError:
                self._of_thread.stream = None
        raise VaultAway("the vault does not answer")

    def _exchange(self, question: bytes) -> bytes:
        """Send a line and read one. Raises OSError."""
        stream = getattr(self._of_thread, "stream", None)
        if stream is None:
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(WAIT)
            try:
                connection.connect(str(self._socket))
            except FileNotFoundError:  # a vault of the release before has one socket for all
                connection.connect(str(self._named))
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
        if fields.get("error") == "Busy":
            raise VaultBusy("the vault was asked too often")
        if "error" in fields:
            raise VaultRefused(fields["error"])
        return fields["value"]

    def _asked(self, method: str, given: tuple[object, ...]) -> Any:
        """The answer to a method; where the vault is one of the release before, what it says to the like of it."""
        try:
            return self.ask(method, *given)
        except VaultRefused as refusal:
            if str(refusal) not in ("TypeError", "PermissionError"):
                raise
        try:
            return before.asked(self.ask, method, *given)
        except LookupError:
            raise VaultRefused("PermissionError") from None


class VaultBusy(VaultAway):
    """The vault was asked too often, and says no more for now."""


def ask_as(vault: Vault, caller: Caller) -> None:
    """Let this process ask as another kind of caller; nothing changes for a vault that is not asked over a socket."""
    if isinstance(vault, RemoteVault):
        vault._asks_as(caller)


def as_administrator(vault: Vault) -> Vault:
    """The same vault, asked as the administrator; this process goes on to ask for everything else as what it is."""
    return RemoteVault(vault._named, Caller.ADMIN) if isinstance(vault, RemoteVault) else vault


def _asking(method: str) -> Callable[..., Any]:
    if method in OF_A_SESSION:
        return lambda self, *given: self._asked(method, (*given, self._session))
    if method in WITH_WORDS:
        return lambda self, week, report, boxes, words=False: self._asked(method, (week, report, boxes, words))
    return lambda self, *given: self._asked(method, given)


for _method in METHODS - LOCAL - {"vouched"}:
    setattr(RemoteVault, _method, _asking(_method))

"""The vault: keeps the pepper and the try counters, turns numbers into digests and PINs into keys.

It sees digests and ciphertext only. Today it is called in-process; its protocol is that of a process of its own, so
that it can move to another organisation's machine without a change outside this folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nacl.public import PrivateKey
from nacl.pwhash import argon2id

from bot.sealing import Unsealable, box, derive, unbox

MOST_TRIES = 5  # S59: five wrong tries lock
PIN_OPS, PIN_MEMORY = 2, 19 * 2**20  # Argon2id t=2, 19 MiB: 23 ms here (OWASP's minimum); the pepper does the rest


@dataclass(frozen=True)
class Keys:
    """A person's key pair: the public half, and the private half wrapped under her PIN and the pepper."""

    public: bytes
    wrapped: bytes


@dataclass(frozen=True)
class Unlocked:
    """What a PIN gave: a handle for this session only, or why not."""

    outcome: Literal["open", "wrong", "locked"]
    handle: str = ""


class Vault:
    """Holds its own directory (mode 0700): `pepper`, and `tries`, fsynced before an answer is given."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._tries = folder / "tries"
        self._tries.mkdir(exist_ok=True, mode=0o700)
        self._pepper = _kept(folder / "pepper")
        self._keys: dict[str, bytes] = {}

    def digest(self, purpose: str, value: str) -> str:
        """A keyed digest, 32 hex digits: the same value gives the same digest only for the same purpose."""
        key = self._keys.get(purpose) or self._keys.setdefault(purpose, derive(self._pepper, "digest:" + purpose))
        return hmac.digest(key, value.encode("utf-8", "surrogatepass"), "sha256")[:16].hex()

    def enrol(self, person: str, pin: str) -> Keys:
        """A new key pair whose private half only this PIN (with this vault's pepper) unwraps."""
        private = PrivateKey.generate()
        wrapped = box(self._pin_key(person, pin), bytes(private))
        return Keys(bytes(private.public_key), wrapped)

    def unlock(self, person: str, wrapped: bytes, pin: str) -> Unlocked:
        """Try a PIN. A wrong one is counted, and the count is on disk, before the answer is given."""
        count = self._count(person)
        if count >= MOST_TRIES:
            return Unlocked("locked")
        self._write_count(person, count + 1)
        try:
            private = unbox(self._pin_key(person, pin), wrapped)
        except Unsealable:
            return Unlocked("locked" if count + 1 >= MOST_TRIES else "wrong")
        self._write_count(person, 0)
        return Unlocked("open", box(derive(self._pepper, "handle"), person.encode() + b":" + private).hex())

    def private(self, person: str, handle: str) -> bytes:
        """The private key behind a handle of that person. Raises `Unsealable`."""
        opened = unbox(derive(self._pepper, "handle"), bytes.fromhex(handle))
        name, private = opened[:-33], opened[-32:]
        if name != person.encode():
            raise Unsealable("this handle belongs to somebody else")
        return private

    def seal_to_sender(self, value: str) -> bytes:
        """A number or a text that only the sender process opens again."""
        return box(derive(self._pepper, "sender"), value.encode())

    def open_for_sender(self, sealed: bytes) -> str:
        """The inverse of `seal_to_sender`."""
        return unbox(derive(self._pepper, "sender"), sealed).decode()

    def _pin_key(self, person: str, pin: str) -> bytes:
        salt = bytes.fromhex(self.digest("salt", person))
        secret = hmac.new(derive(self._pepper, "pin"), pin.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
        return argon2id.kdf(32, secret, salt, opslimit=PIN_OPS, memlimit=PIN_MEMORY)

    def _count(self, person: str) -> int:
        try:
            return int((self._tries / self.digest("tries", person)).read_text() or MOST_TRIES)
        except FileNotFoundError:
            return 0

    def _write_count(self, person: str, count: int) -> None:
        path = self._tries / self.digest("tries", person)
        new = path.with_suffix(f".{os.getpid()}")
        with new.open("w") as file:
            file.write(str(count))
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)


def _kept(path: Path) -> bytes:
    """32 random bytes, made once, readable by this user only; two processes that start together agree."""
    if not path.exists():
        new = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(32))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(new, path)  # whole or not at all: the second of two processes reads the first one's
        new.unlink()
    return path.read_bytes()

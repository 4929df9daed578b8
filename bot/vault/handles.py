"""Handles: what a process holds of a key while somebody is signed in. Only the vault opens one, for the session to
which it was given, and only as long as that talk goes on.

A handle dies ten minutes after its last use, as the talk itself does, and an hour after it was made, however often it
is used. When the vault is started anew, the ten minutes count from the making of a handle: then somebody may have to
give her PIN again, and nobody has longer.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
import threading
import time
from enum import Enum

from bot.vault.sealing import Unsealable, box, unbox

IDLE = 600  # seconds without a use after which a handle is dead; as long as a talk is kept (S11)
LONGEST_TALK = 3600  # seconds after which it is dead in any case
MOST_USED = 10_000  # handles whose last use is remembered at once
HEAD = struct.Struct(">cd16s32s")  # kind, second of making, session, secret; who follows


class ForeignHandle(Unsealable):
    """A handle of somebody else, another session or another kind, or none at all: no program of ours shows one."""


class HandleOver(Unsealable):
    """A handle whose time is over, as at the end of a talk that was long."""


class Kind(Enum):
    """What a handle is for: one kind never opens as another."""

    PERSON = b"p"
    FIRST_CODE = b"f"
    RECEIPT = b"r"
    NEW_RECEIPT = b"n"


class Handles:
    """Makes and opens handles under one key of the vault."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._used: dict[bytes, float] = {}
        self._lock = threading.Lock()

    def make(self, kind: Kind, who: str, secret: bytes, session: str) -> str:
        """A handle on 32 secret bytes of `who`, for one session."""
        head = HEAD.pack(kind.value, time.time(), _session(session), secret)
        return box(self._key, head + who.encode()).hex()

    def opened(self, kind: Kind, handle: str, session: str) -> tuple[str, bytes]:
        """(who, the secret bytes). Raises `ForeignHandle` for another kind or session, and `HandleOver` for a handle
        whose time is over.
        """
        try:
            sealed = bytes.fromhex(handle)
            plain = unbox(self._key, sealed)
            found, made, bound, secret = HEAD.unpack_from(plain)
        except (ValueError, struct.error, Unsealable):
            raise ForeignHandle("this is no handle") from None
        if found != kind.value or not hmac.compare_digest(bound, _session(session)):
            raise ForeignHandle("this handle was given for something else, or to another session")
        self._use(hashlib.blake2b(sealed, digest_size=16).digest(), made)
        return plain[HEAD.size :].decode(), secret

    def _use(self, name: bytes, made: float) -> None:
        """Note that a handle is used now. Raises `HandleOver` when its time is over."""
        at = time.time()
        with self._lock:
            last = max(made, self._used.get(name, 0.0))
            if at - last > IDLE or at - made > LONGEST_TALK:
                self._used.pop(name, None)
                raise HandleOver("the time of this handle is over")
            if len(self._used) >= MOST_USED:
                self._used = {known: then for known, then in self._used.items() if at - then <= IDLE}
            self._used[name] = at


def _session(session: str) -> bytes:
    return hashlib.blake2b(session.encode("utf-8", "surrogatepass"), digest_size=16).digest()

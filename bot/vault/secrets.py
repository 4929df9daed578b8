"""Short secrets: PINs of staff and first codes; those of reporters are in `bot.vault.receipts`.

Every try is counted, on disk, before it is answered, under names and days that are the vault's own: whoever asks can
neither reset a count nor choose it. Argon2 has a semaphore of its own, so that nothing else waits for it.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from nacl.public import PrivateKey
from nacl.pwhash import argon2id

from bot.vault.answers import Keys, Unlocked
from bot.vault.disk import Tries, write
from bot.vault.handles import ForeignHandle, Handles, Kind
from bot.vault.rings import Rings
from bot.vault.sealing import Unsealable, box, derive, unbox

MOST_TRIES = 5  # S59: five wrong tries lock a PIN
MOST_COUNTED = 15  # tries in one file: more than any bound here
PIN_OPS, PIN_MEMORY = 2, 19 * 2**20  # Argon2id t=2, 19 MiB: 23 ms here (OWASP's minimum); the pepper does the rest
STRETCHING = threading.BoundedSemaphore(4)  # runs of Argon2 at once: 19 MiB each, and the machine must not swap
SPENT_AFTER = 600  # seconds after its first use in which a first code still serves, should the database have been away


class Secrets(Rings):
    """Tries of secrets, and the keys that they open."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._tries = Tries(folder / "tries", self.digest, MOST_COUNTED)
        self._newest, self._spent = folder / "newest", folder / "spent"
        for inside in (self._newest, self._spent):
            inside.mkdir(exist_ok=True, mode=0o700)
        self._handles = Handles(derive(self._pepper, "handles of sessions"))

    # -- staff ---------------------------------------------------------------------------------------------------------
    def enrol(self, person: str, pin: str) -> Keys:
        """A new key pair whose private half only this PIN (with this vault's pepper) unwraps, and the vault's word for
        the public half.
        """
        private = PrivateKey.generate()
        public = bytes(private.public_key)
        write(self._newest / self.digest("newest", person), hashlib.sha256(public).digest())
        (wrapped,) = self.relayer([box(self._pin_key(person, pin), bytes(private))])
        return Keys(public, wrapped, self.vouch(person, public))

    def choose_pin(self, person: str, pin: str, handle: str, session: str = "") -> Keys:
        """The same for somebody who has shown her first code in this session. Raises `Unsealable` for another's handle,
        and for a code that has made keys more than ten minutes ago.
        """
        who, kept = self._handles.opened(Kind.FIRST_CODE, handle, session or self._session)
        spent = self._spent_code(person, kept)
        if who != person:
            raise ForeignHandle("this handle belongs to somebody else")
        if _is_old(spent):
            raise Unsealable("its code was used")
        if not spent.exists():
            write(spent, b"")
        return self.enrol(person, pin)

    def unlock(self, person: str, wrapped: bytes, pin: str, session: str = "") -> Unlocked:
        """Try a PIN. A wrong one is counted, and the count is on disk, before the answer is given.

        A right one sets the count back; with an older key than her newest it is only not counted itself: who has such a
        key, and knows its PIN, could try others for ever.
        """
        if self._tries.spend(person) > MOST_TRIES:
            return Unlocked("locked")
        try:
            private = unbox(self._pin_key(person, pin), self._peeled(wrapped))
        except Unsealable:
            return self._wrong(person)
        if self._is_newest(person, private):
            self._tries.forget(person)
        else:
            self._tries.take_back(person)
        return Unlocked("open", self._handles.make(Kind.PERSON, person, private, session or self._session))

    def _is_newest(self, person: str, private: bytes) -> bool:
        newest = self._newest / self.digest("newest", person)
        public = hashlib.sha256(bytes(PrivateKey(private).public_key)).digest()
        return not newest.exists() or hmac.compare_digest(newest.read_bytes(), public)

    def _wrong(self, person: str) -> Unlocked:
        left = MOST_TRIES - self._tries.spent(person)
        return Unlocked("wrong", left=left) if left > 0 else Unlocked("locked")

    def try_first(self, person: str, code: str, kept: str, session: str = "") -> Unlocked:
        """Try the code that lets somebody choose her PIN; `kept` is its digest, empty when there is none any more."""
        if self._tries.spend(person) > MOST_TRIES:
            return Unlocked("locked")
        right = kept and hmac.compare_digest(self.first_code(person, code), kept)
        if not right or _is_old(self._spent_code(person, _of(kept))):
            return self._wrong(person)
        self._tries.forget(person)
        return Unlocked("open", self._handles.make(Kind.FIRST_CODE, person, _of(kept), session or self._session))

    def first_code(self, person: str, code: str) -> str:
        """The digest of a first code."""
        return self.digest("first code", f"{person}:{code}")

    def _spent_code(self, person: str, kept: bytes) -> Path:
        return self._spent / self.digest("spent", f"{person}:{kept.hex()}")

    def forgive(self, person: str) -> None:
        """Set the count of a person's tries to 0, which two other people have decided."""
        self._tries.forget(person)

    def private(self, person: str, handle: str, session: str = "") -> bytes:
        """The private key behind a handle of that person. Raises `Unsealable` for another's handle, another session's,
        and one whose time is over.
        """
        who, private = self._handles.opened(Kind.PERSON, handle, session or self._session)
        if who != person:
            raise ForeignHandle("this handle belongs to somebody else")
        return private

    # -- stretching ----------------------------------------------------------------------------------------------------
    def _pin_key(self, person: str, pin: str) -> bytes:
        return self._stretched("pin", person, pin)

    def _receipt_key(self, code: str, pin: str) -> PrivateKey:
        return PrivateKey(self._stretched("receipt pin", code, pin))

    def _stretched(self, purpose: str, who: str, secret: str) -> bytes:
        """Argon2id over the pepper's digest of a short secret: whoever steals the database alone can try nothing."""
        salt = bytes.fromhex(self.digest("salt" if purpose == "pin" else purpose + " salt", who))
        keyed = hmac.digest(derive(self._pepper, purpose), secret.encode("utf-8", "surrogatepass"), "sha256")
        with STRETCHING:
            return argon2id.kdf(32, keyed, salt, opslimit=PIN_OPS, memlimit=PIN_MEMORY)


def today() -> str:
    """The day by the vault's own clock, in UTC, like 2026-11-27."""
    return datetime.fromtimestamp(time.time(), UTC).date().isoformat()


def _is_old(path: Path) -> bool:
    """Whether a file was written more than `SPENT_AFTER` seconds ago."""
    return path.exists() and time.time() - path.stat().st_mtime > SPENT_AFTER


def _of(kept: str) -> bytes:
    return hashlib.sha256(kept.encode("utf-8", "surrogatepass")).digest()

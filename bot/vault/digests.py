"""The pepper (the vault's secret), and the digests and keys that are made of it."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from bot.vault.disk import made_once, write
from bot.vault.sealing import box, derive, unbox

LENT = frozenset({"session", "request"})  # purposes of digests that each request needs: their keys may leave the vault
NUMBERS = frozenset({"staff", "opt-out"})  # digests of numbers by which tables are searched at the beginning of a talk
MARKS = frozenset({"subscriber", "coming"})  # digests that are made in the vault only
MOST_VOUCHED = 20_000  # remembered at once; more than a country has staff


class Digests:
    """Digests and lent keys. `folder` is made, mode 0700, with a `pepper` of its own, when it is not there."""

    __slots__ = ("__dict__", "_session")  # the session is the only thing that views of one vault do not share
    _session: str

    def __new__(cls, *_given: object, **_named: object) -> Self:
        """A vault that is asked for no session in particular."""
        made = super().__new__(cls)
        made._session = ""
        return made

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._since_guard(folder)
        self._pepper = made_once(folder / "pepper")
        self._keys: dict[str, bytes] = {}
        self._vouched: set[tuple[str, bytes, bytes]] = set()

    @staticmethod
    def _since_guard(folder: Path) -> None:
        """Note the second in which a vault of an earlier release was first opened by one that guards it; 0 for a new
        one.
        """
        if not (mark := folder / "guarded").exists():
            write(mark, str(int(time.time()) if (folder / "pepper").exists() else 0).encode())

    def of(self, session: str) -> Self:
        """A view of this vault, asked for one session: handles that it gives open for that session only."""
        view = self.__class__.__new__(self.__class__)
        view.__dict__, view._session = self.__dict__, session
        return view

    def digest(self, purpose: str, value: str) -> str:
        """A keyed digest, 32 hex digits: the same value gives the same digest only for the same purpose."""
        return _digest(self._lent(purpose), value)

    def kept_at(self, session: str) -> tuple[str, bytes]:
        """The name under which a session is stored and the key that seals it; the store alone gives neither.

        Both are made of the provider's session id and a key of the vault, in one hash because every page needs them.
        """
        name, key = session.encode("utf-8", "surrogatepass"), self._lent("session")
        both = hashlib.blake2b(name, key=key, digest_size=64).digest()
        return both[:16].hex(), both[32:]

    def keep_number(self, phone: str) -> bytes:
        """A number, sealed for the talk in which it dials: processes that answer talks open it again, and nobody who
        has the database. It is not what is stored of a number (`seal_to_sender`), which no such process opens.
        """
        return box(derive(self._lent("session"), "number of a talk"), phone.encode())

    def kept_number(self, sealed: bytes) -> str:
        """The inverse of `keep_number`. Raises `Unsealable`."""
        return unbox(derive(self._lent("session"), "number of a talk"), sealed).decode()

    def _lent(self, purpose: str) -> bytes:
        return self._keys.get(purpose) or self._keys.setdefault(purpose, self._key_of(purpose))

    def _key_of(self, purpose: str) -> bytes:
        return derive(self._pepper, "digest:" + purpose)

    def mark(self, purpose: str, value: str) -> str:
        """A digest that nobody outside the vault can make. Raises ValueError for a purpose that is none of `MARKS`."""
        if purpose not in MARKS:
            raise ValueError("this digest is not given")
        return self._made(purpose, value)

    def ping(self, report: str) -> str:
        """The digest of a report's id under which the number lies that wants to hear of an answer."""
        return self._made("ping", report)

    def number(self, purpose: str, phone: str) -> str:
        """The digest of a number by which a table is searched. Raises ValueError for a purpose that is none of
        `NUMBERS`.
        """
        return self._numbers_of(purpose, [phone])[0]

    def numbers(self, purpose: str, phones: Sequence[str]) -> list[str]:
        """The same for many, asked for at once: a batch of notices is one question. Raises as `number` does."""
        return self._numbers_of(purpose, phones)

    def _numbers_of(self, purpose: str, phones: Sequence[str]) -> list[str]:
        if purpose not in NUMBERS:
            raise ValueError("this digest is not given")
        key = self._key_of(purpose)
        return [_digest(key, phone) for phone in phones]

    def _made(self, purpose: str, value: str) -> str:
        return _digest(self._key_of(purpose), value)

    def lend(self, purpose: str) -> bytes:
        """The key of a digest that every request needs. Raises ValueError for one that stays in the vault."""
        if purpose not in LENT:
            raise ValueError("this key is not lent")
        return self._key_of(purpose)

    def vouch(self, person: str, public: bytes) -> bytes:
        """A code that proves that the vault made this key for this person: with access to the database alone nobody can
        put another key in its place.
        """
        return _word(derive(self._pepper, "vouch"), person, public)

    def vouched(self, people: Sequence[tuple[str, bytes, bytes]]) -> list[bool]:
        """Whether `vouch` gave that code, for each (person, public key, code). A yes is remembered, since it never
        changes.
        """
        vouched, people = self._vouched, [(who, public, word) for who, public, word in people]  # the socket gives lists
        if not vouched.issuperset(people):
            new = {triple for triple, yes in zip(people, self._are_vouched(people), strict=True) if yes}
            vouched = self._vouched = new if len(vouched) > MOST_VOUCHED else vouched | new
        return [triple in vouched for triple in people]

    def _are_vouched(self, people: Sequence[tuple[str, bytes, bytes]]) -> list[bool]:
        key = derive(self._pepper, "vouch")
        return [hmac.compare_digest(_word(key, person, public), word) for person, public, word in people]


def _word(key: bytes, person: str, public: bytes) -> bytes:
    return hmac.digest(key, person.encode() + b":" + public, "sha256")[:16]


def _digest(key: bytes, value: str) -> str:
    return hmac.digest(key, value.encode("utf-8", "surrogatepass"), "sha256")[:16].hex()

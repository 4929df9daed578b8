"""The vault: holds the pepper (its secret), the keys made of it and the counters of tries; makes digests and keys.

It is given numbers to digest, ciphertexts, and PINs, which it stretches into keys. In service it is a process of its
own (`bot.vault.server`, asked through `bot.vault.client`), so that it can move to another organisation's machine; tests
and commands open its folder themselves.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nacl.public import PrivateKey
from nacl.pwhash import argon2id

from bot.vault.disk import Tries, made_once, write
from bot.vault.sealing import Shredded, Unsealable, box, derive, unbox

LENT = frozenset(
    {"session", "request", "staff", "opt-out"}
)  # purposes of digests that each request needs: their keys may leave the vault
WEEK = re.compile(r"\d{4}-W\d\d")
HEAD = re.compile(r"\d+ [0-9a-f]{32}")
LINE = re.compile(r"[a-z]+( [a-zA-Z0-9-]{1,64}){1,2}")
MOST_VOUCHED = 20_000  # remembered at once; more than a country has staff
MOST_TRIES = 5  # S59: five wrong tries lock a PIN; the code of a receipt until the day is over
MOST_OF_A_CALLER = 8  # tries of receipts from one number in a day
RINGS = {"senders": "sender", "pins": "pin layer"}  # keys that are rotated: folder, and what the first is made for
PIN_OPS, PIN_MEMORY = 2, 19 * 2**20  # Argon2id t=2, 19 MiB: 23 ms here (OWASP's minimum); the pepper does the rest


@dataclass(frozen=True)
class Keys:
    """A person's key pair: the public half, and the private half wrapped under her PIN and the pepper."""

    public: bytes
    wrapped: bytes


@dataclass(frozen=True)
class Unlocked:
    """The result of trying a secret: `open` with a handle for this session only, or wrong | locked."""

    outcome: Literal["open", "wrong", "locked"]
    handle: str = ""
    left: int = 0  # tries that are left, after a wrong one of a member of staff


@dataclass(frozen=True)
class Issued:
    """A new receipt: the code, the public half of the key that code and PIN make, and the vault's word for it."""

    code: str
    public: bytes
    word: bytes


class Vault:
    """Holds its own directory (mode 0700): `pepper`, and `tries`, fsynced before an answer is given."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._tries = Tries(folder / "tries", self.digest, max(MOST_TRIES, MOST_OF_A_CALLER))
        self._weeks = folder / "weeks"
        self._weeks.mkdir(exist_ok=True, mode=0o700)
        self._words = folder / "words"
        self._words.mkdir(exist_ok=True, mode=0o700)
        self._rings = {name: folder / name for name in RINGS}
        for ring in self._rings.values():
            ring.mkdir(exist_ok=True, mode=0o700)
        self._since = folder / "since"
        self._since.mkdir(exist_ok=True, mode=0o700)
        self._head = folder / "head"
        self._pepper = made_once(folder / "pepper")
        self._keys: dict[str, bytes] = {}
        self._callers: tuple[str, dict[str, int]] = ("", {})
        self._lock = threading.Lock()
        self._vouched: set[tuple[str, bytes, bytes]] = set()

    def digest(self, purpose: str, value: str) -> str:
        """A keyed digest, 32 hex digits: the same value gives the same digest only for the same purpose."""
        return hmac.digest(self._lent(purpose), value.encode("utf-8", "surrogatepass"), "sha256")[:16].hex()

    def kept_at(self, session: str) -> tuple[str, bytes]:
        """The name under which a session is stored and the key that seals it; the store alone gives neither.

        Both are made of the provider's session id and a key of the vault, in one hash because every page needs them.
        """
        name, key = session.encode("utf-8", "surrogatepass"), self._lent("session")
        both = hashlib.blake2b(name, key=key, digest_size=64).digest()
        return both[:16].hex(), both[32:]

    def _lent(self, purpose: str) -> bytes:
        return self._keys.get(purpose) or self._keys.setdefault(purpose, self._key_of(purpose))

    def mark(self, purpose: str, value: str) -> str:
        """A digest that nobody outside the vault can make. Raises ValueError for one whose key is lent."""
        if purpose in LENT:
            raise ValueError("this digest is made outside")
        return hmac.digest(self._key_of(purpose), value.encode(), "sha256")[:16].hex()

    def lend(self, purpose: str) -> bytes:
        """The key of a digest that every request needs. Raises ValueError for one that stays in the vault."""
        if purpose not in LENT:
            raise ValueError("this key is not lent")
        return self._key_of(purpose)

    def enrol(self, person: str, pin: str) -> Keys:
        """A new key pair whose private half only this PIN (with this vault's pepper) unwraps."""
        private = PrivateKey.generate()
        wrapped = box(self._pin_key(person, pin), bytes(private))
        return Keys(bytes(private.public_key), *self.relayer([wrapped]))

    def relayer(self, wrapped: Sequence[bytes]) -> list[bytes]:
        """Private keys wrapped under PINs, wrapped once more under the newest key: a copy of the vault that was stolen
        before that key was made cannot be used to try PINs."""
        return [box(self._ring("pins")[0], self._peeled(one)) for one in wrapped]

    def _peeled(self, wrapped: bytes) -> bytes:
        for key in self._ring("pins"):
            with contextlib.suppress(Unsealable):
                return unbox(key, wrapped)
        return wrapped  # written before there was this layer

    def unlock(self, person: str, wrapped: bytes, pin: str) -> Unlocked:
        """Try a PIN. A wrong one is counted, and the count is on disk, before the answer is given."""
        if self._tries.spend(person) > MOST_TRIES:
            return Unlocked("locked")
        try:
            private = unbox(self._pin_key(person, pin), self._peeled(wrapped))
        except Unsealable:
            return self._wrong(person)
        self._tries.forget(person)
        return self._opened(person, private)

    def _wrong(self, person: str) -> Unlocked:
        left = MOST_TRIES - self._tries.spent(person)
        return Unlocked("wrong", left=left) if left > 0 else Unlocked("locked")

    def locator(self, code: str) -> str:
        """The digest by which the receipt with that code is found."""
        return self.digest("receipt", code)

    def issue(self, code: str, pin: str) -> str:
        """A handle on a new receipt: its code, and the public half of the key that code and PIN make together."""
        public = bytes(self._receipt_key(code, pin).public_key)
        return box(derive(self._pepper, "receipt"), code.encode() + b":" + public).hex()

    def issued(self, handle: str) -> Issued:
        """What is behind the handle of a receipt. Raises `Unsealable`."""
        opened = unbox(derive(self._pepper, "receipt"), bytes.fromhex(handle))
        code, public = opened[:-33].decode(), opened[-32:]
        return Issued(code, public, self.vouch(self.locator(code), public))

    def try_receipt(self, code: str, pin: str, public: bytes, caller: str, day: str) -> Unlocked:
        """Try a code and a PIN; `public` is empty when nobody has that code, and the work is the same.

        At most `MOST_TRIES` wrong tries a code, counted on disk before the answer is given, and `MOST_OF_A_CALLER` a
        caller in a day, counted in memory, because which numbers asked is stored nowhere.
        """
        locator = self.locator(code)
        of_code = f"{day}/{locator}"
        if self._of_caller(day, caller, 1) > MOST_OF_A_CALLER or self._tries.spend(of_code) > MOST_TRIES:
            return Unlocked("locked")
        private = self._receipt_key(code, pin)
        if not hmac.compare_digest(bytes(private.public_key), public):
            over = self._tries.spent(of_code) >= MOST_TRIES or self._of_caller(day, caller, 0) >= MOST_OF_A_CALLER
            return Unlocked("locked" if over else "wrong")
        self._tries.forget(of_code)
        self._of_caller(day, caller, -1)
        return self._opened(locator, bytes(private))

    def _opened(self, who: str, private: bytes) -> Unlocked:
        return Unlocked("open", box(derive(self._pepper, "handle"), who.encode() + b":" + private).hex())

    def chain(self, before: str, rows: Sequence[str]) -> list[str]:
        """The links of a chain of rows that follow the link `before`, 32 hex digits each."""
        links = []
        for row in rows:
            before = self.digest("record", f"{before}|{row}")
            links.append(before)
        return links

    def witness(self, head: str = "") -> str:
        """The last row of the audit record that was given here, like `17 0a1b…`, or empty; `head` replaces it.

        Raises ValueError for a head of another form.
        """
        if head:
            if not HEAD.fullmatch(head):
                raise ValueError("a head is a number and a link")
            write(self._head, head.encode("ascii"))
        return self._head.read_text("ascii") if self._head.exists() else ""

    def wrap(self, week: str, sealed: Sequence[bytes], words: bool = False) -> list[bytes]:
        """Sealed keys or lines, wrapped once more under the key of an ISO week, which is made on its first use.
        `words`: under another key of that week, for free text, which is destroyed sooner.

        Raises `Shredded` for a week whose key was destroyed: no key is made for a week that is older than another one.
        """
        path = self._week(week, words)
        try:
            key = path.read_bytes()
        except FileNotFoundError:
            if any(other.name > week for other in path.parent.glob("*-W??")):
                raise Shredded from None
            key = made_once(path)
        return [box(key, one) for one in sealed]

    def unwrap(self, week: str, wrapped: Sequence[bytes], words: bool = False) -> list[bytes]:
        """The inverse of `wrap`. Raises `Shredded` when the key of the week was destroyed: nobody can open it again.

        What was filed before there were keys of weeks has an empty `week` and is given back as it is.
        """
        if not week:
            return [*wrapped]
        try:
            key = self._week(week, words).read_bytes()
        except FileNotFoundError:
            raise Shredded from None
        return [unbox(key, one) for one in wrapped]

    def shred(self, before: str, words: bool = False) -> list[str]:
        """Destroy the keys of all weeks before that one; their names. Their reports (`words`: only their free text)
        cannot be opened any more, in no backup either.
        """
        for path in [] if words else [*self._since.iterdir()]:
            if path.name < before:
                path.unlink()
        gone = [path for path in sorted((self._words if words else self._weeks).iterdir()) if path.name < before]
        for path in gone:
            path.write_bytes(os.urandom(32))
            path.unlink()
        return [path.name for path in gone]

    def remember(self, week: str, line: str) -> None:
        """Append a line to the journal (`bot.vault.journal`), on disk before this returns. Lines hold digests and ids.

        Raises ValueError for a week or a line of another form.
        """
        if not WEEK.fullmatch(week) or not LINE.fullmatch(line):
            raise ValueError("a line is a few words of small letters and digits")
        with open(self._since / week, "ab+") as file:
            file.seek(-min(1, file.tell()), os.SEEK_END)
            cut = file.read(1) not in (b"", b"\n")  # a power cut left half a line, which must not spoil the next one
            file.write((b"?\n" if cut else b"") + line.encode("ascii") + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def remembered(self) -> list[str]:
        """All lines of the journal, oldest first, without a half line that a power cut left."""
        whole = (line for path in sorted(self._since.iterdir()) for line in path.read_text("ascii").split("\n")[:-1])
        return [line for line in whole if LINE.fullmatch(line)]

    def _week(self, week: str, words: bool = False) -> Path:
        if not WEEK.fullmatch(week):
            raise ValueError("a week is like 2026-W48")
        return (self._words if words else self._weeks) / week

    def vouch(self, person: str, public: bytes) -> bytes:
        """A code that proves that the vault made this key for this person: with access to the database alone nobody can
        put another key in its place."""
        return _word(derive(self._pepper, "vouch"), person, public)

    def vouched(self, people: Sequence[tuple[str, bytes, bytes]]) -> list[bool]:
        """Whether `vouch` gave that code, for each (person, public key, code). A yes is remembered, since it never
        changes."""
        vouched, people = self._vouched, [(who, public, word) for who, public, word in people]  # the socket gives lists
        if not vouched.issuperset(people):
            new = {triple for triple, yes in zip(people, self._are_vouched(people), strict=True) if yes}
            vouched = self._vouched = new if len(vouched) > MOST_VOUCHED else vouched | new
        return [triple in vouched for triple in people]

    def _are_vouched(self, people: Sequence[tuple[str, bytes, bytes]]) -> list[bool]:
        key = derive(self._pepper, "vouch")
        return [hmac.compare_digest(_word(key, person, public), word) for person, public, word in people]

    def try_first(self, person: str, code: str, kept: str) -> Unlocked:
        """Try the code that lets somebody choose her PIN; `kept` is its digest, empty when there is none any more."""
        if self._tries.spend(person) > MOST_TRIES:
            return Unlocked("locked")
        if not kept or not hmac.compare_digest(self.first_code(person, code), kept):
            return self._wrong(person)
        self._tries.forget(person)
        return self._opened(person, bytes(32))

    def first_code(self, person: str, code: str) -> str:
        """The digest of a first code."""
        return self.digest("first code", f"{person}:{code}")

    def forgive(self, person: str) -> None:
        """Set the count of a person's tries to 0, which two other people have decided."""
        self._tries.forget(person)

    def private(self, person: str, handle: str) -> bytes:
        """The private key behind a handle of that person. Raises `Unsealable`."""
        opened = unbox(derive(self._pepper, "handle"), bytes.fromhex(handle))
        name, private = opened[:-33], opened[-32:]
        if name != person.encode():
            raise Unsealable("this handle belongs to somebody else")
        return private

    def seal_to_sender(self, value: str) -> bytes:
        """A number or a text that only the sender process opens again."""
        return box(self._ring("senders")[0], value.encode())

    def open_for_sender(self, sealed: bytes) -> str:
        """The inverse of `seal_to_sender`. Raises `Unsealable` for what was sealed under a key that is retired."""
        return self.open_all([sealed])[0]

    def open_all(self, sealed: Sequence[bytes]) -> list[str]:
        """The same for many, asked for at once: a batch of notices is one question. Raises `Unsealable` for any."""
        keys = self._ring("senders")
        return [_under_one_of(keys, one) for one in sealed]

    def fresh_keys(self) -> None:
        """From now on numbers, and what PINs unwrap, are sealed under fresh keys; what is under older ones opens."""
        for name, ring in self._rings.items():
            names = [path.name for path in ring.iterdir()]
            if not names:  # until the first rotation the key is made from the pepper
                first = ring / ".0000"
                first.write_bytes(derive(self._pepper, RINGS[name]))
                first.rename(ring / "0000")
                names = ["0000"]
            made_once(ring / f"{int(max(names)) + 1:04d}")

    def retire_keys(self) -> int:
        """Destroy all but the newest of each kind; how many. Call it when everything is sealed under the newest."""
        gone = [path for ring in self._rings.values() for path in sorted(ring.glob("[0-9]*"))[:-1]]
        for path in gone:
            path.write_bytes(os.urandom(32))
            path.unlink()
        return len(gone)

    def _ring(self, name: str) -> list[bytes]:
        """The keys of a kind, the newest first; read each time, because another process may have rotated them."""
        ring = self._rings[name]
        names = sorted((name for name in os.listdir(ring) if name[0].isdigit()), reverse=True)
        return [(ring / name).read_bytes() for name in names] or [derive(self._pepper, RINGS[name])]

    def _pin_key(self, person: str, pin: str) -> bytes:
        return self._stretched("pin", person, pin)

    def _receipt_key(self, code: str, pin: str) -> PrivateKey:
        return PrivateKey(self._stretched("receipt pin", code, pin))

    def _stretched(self, purpose: str, who: str, secret: str) -> bytes:
        """Argon2id over the pepper's digest of a short secret: whoever steals the database alone can try nothing."""
        salt = bytes.fromhex(self.digest("salt" if purpose == "pin" else purpose + " salt", who))
        keyed = hmac.digest(derive(self._pepper, purpose), secret.encode("utf-8", "surrogatepass"), "sha256")
        return argon2id.kdf(32, keyed, salt, opslimit=PIN_OPS, memlimit=PIN_MEMORY)

    def _of_caller(self, day: str, caller: str, more: int) -> int:
        """Add to the tries of a number on a day; how many there are. The numbers of other days are forgotten."""
        with self._lock:
            if self._callers[0] != day:
                self._callers = (day, {})
            tries = self._callers[1]
            tries[caller] = tries.get(caller, 0) + more
            return tries[caller]

    def _key_of(self, purpose: str) -> bytes:
        return derive(self._pepper, "digest:" + purpose)


def _word(key: bytes, person: str, public: bytes) -> bytes:
    return hmac.digest(key, person.encode() + b":" + public, "sha256")[:16]


def _under_one_of(keys: Sequence[bytes], sealed: bytes) -> str:
    for key in keys:
        with contextlib.suppress(Unsealable):
            return unbox(key, sealed).decode()
    raise Unsealable("sealed under another key, or damaged")

"""Short secrets of reporters: code and PIN of a receipt, the six digits of a referral.

The code of a receipt and its four digits are counted so that somebody who knows the code neither guesses the digits nor
keeps her out (decision 035): `Counted` has the figures.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from bot.conversation import answers
from bot.vault.answers import Arrival, Holder, Issued, NewReceipt, Unlocked
from bot.vault.disk import Tries
from bot.vault.handles import ForeignHandle, Kind
from bot.vault.secrets import MOST_TRIES, Secrets, today

MOST_OF_A_CALLER = 8  # tries of receipts from one number in a day; of one code `MOST_TRIES`
MOST_OF_A_CODE = 13  # wrong tries of one code at any time of a day, from whatever numbers
SLOW = 7200  # seconds: in each such part of a day one more, from a number that has tried the code once today at most
MOST_AT_ANY_TIME = 400  # wrong tries of one code in all; from then on only the slower way is open
MOST_EVER = 1000  # wrong tries of one code in all: a tenth of all PINs
FORGOTTEN = 5 * 86400  # seconds for each try in a count, after which it is deleted if nobody has tried that code since
MOST_OF_A_PARTNER = 10  # wrong digits of referrals from one person in a day; of one report `MOST_TRIES`


class Counted:
    """Tries of receipts. Those of a code lie on the disk; those of a number in memory only, under a key of the day,
    because which numbers asked is stored nowhere.

    A number has five wrong tries of one code in a day and eight of all codes. A code has 13 in a day, so that it takes
    three numbers to use them up, and then one in each two hours: 25 in all. After 400 wrong tries only these twelve a
    day are left, and after 1,000 none. A right try is not counted, and sets back no other. Nothing here knows whether
    anybody has that code.
    """

    def __init__(self, folder: Path, tries: Tries, digest: Callable[[str, str], str]) -> None:
        self._folder, self._tries, self._codes = folder, tries, Tries(folder, digest, MOST_EVER)
        self._lock = threading.Lock()
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget what is in memory."""
        self._day, self._key = "", b""
        self._numbers: Counter[bytes] = Counter()

    def spend(self, locator: str, caller: str) -> str:
        """Count a try of a code from a number; under which name of the day, or empty: it may not be made now, and the
        number is none the worse.
        """
        day = today()
        if not (mine := self._of_number(day, locator, caller, 1)):
            return ""
        if (name := self._of_code(day, locator, mine)) and self._codes.spend(locator) <= MOST_EVER:
            return name
        self._of_number(day, locator, caller, -1)
        return ""

    def right(self, name: str, locator: str, caller: str) -> None:
        """Take back a try that was right, which `spend` has counted under that name."""
        self._tries.take_back(name, today())
        self._codes.take_back(locator)
        self._of_number(today(), locator, caller, -1)

    def is_over(self, locator: str, caller: str) -> bool:
        """Whether that number may not try that code again now, but for the slower way."""
        day = today()
        if not self._of_number(day, locator, caller, 1):
            return True
        self._of_number(day, locator, caller, -1)
        return not self._is_open(locator) or self._tries.spent(locator, day) >= MOST_OF_A_CODE

    def _is_open(self, locator: str) -> bool:
        """Whether a code may be tried at any time."""
        return self._codes.spent(locator) < MOST_AT_ANY_TIME

    def _of_code(self, day: str, locator: str, mine: int) -> str:
        """Count a try of a code, the number's `mine`th of it today; under which name, or empty: it may not be made."""
        if self._is_open(locator) and self._tries.spend(locator, day) <= MOST_OF_A_CODE:
            return locator
        slowly = f"{locator} {int(time.time()) % 86400 // SLOW}"
        return slowly if mine <= 2 and self._tries.spend(slowly, day) <= 1 else ""

    def _of_number(self, day: str, locator: str, caller: str, more: int) -> int:
        """Add to the tries of a number; how many there are of that code, or 0, and nothing is added, when there would
        be too many.
        """
        with self._lock:
            if day != self._day:
                self._day, self._key, self._numbers = day, os.urandom(16), Counter()
                self._prune()
            both, one = self._named(caller, locator), self._named(caller, "")
            if more > 0 and (self._numbers[both] >= MOST_TRIES or self._numbers[one] >= MOST_OF_A_CALLER):
                return 0
            self._numbers.update({both: more, one: more})
            return self._numbers[both]

    def _named(self, caller: str, locator: str) -> bytes:
        name = f"{caller} {locator}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(name, key=self._key, digest_size=16).digest()

    def _prune(self) -> None:
        """Delete the counts of codes that nobody has tried for long, so that guessers fill no disk."""
        for count in self._folder.iterdir():
            with contextlib.suppress(FileNotFoundError):
                known = count.stat()
                if time.time() - known.st_mtime > FORGOTTEN * known.st_size:
                    count.unlink()


class Receipts(Secrets):
    """Receipts and referrals, and the keys that they open."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._counted = Counted(folder / "codes", self._tries, self.digest)

    # -- receipts ------------------------------------------------------------------------------------------------------
    def locator(self, code: str, caller: str = "") -> str:
        """The digest by which the receipt with that code is found; `caller` is the digest of who asks, and is
        counted by who serves this.
        """
        return self.digest("receipt", code)

    def issue(self, pin: str, session: str = "") -> NewReceipt:
        """A new receipt with a code that the vault chooses, of which only the filing learns (`issued`), within an
        hour.
        """
        code = answers.new_code()
        public = bytes(self._receipt_key(code, pin).public_key)
        handle = self._handles.make(Kind.NEW_RECEIPT, code, public, session or self._session)
        return NewReceipt(handle, self.locator(code))

    def issued(self, handle: str, session: str = "") -> Issued:
        """What is behind the handle of a new receipt. Raises `Unsealable` for another session's handle, and for one
        whose time is over.
        """
        code, public = self._handles.opened(Kind.NEW_RECEIPT, handle, session or self._session)
        locator = self.locator(code)
        return Issued(code, public, self.vouch(locator, public), locator)

    def try_receipt(self, code: str, pin: str, public: bytes, caller: str, session: str = "") -> Unlocked:
        """Try a code and a PIN; `public` is empty when nobody has that code, and the work is the same.

        Each wrong one is counted, on disk before the answer is given (`Counted`). A day is one of UTC.
        """
        locator = self.locator(code)
        if not (name := self._counted.spend(locator, caller)):
            return Unlocked("locked")
        private = self._receipt_key(code, pin)
        if not hmac.compare_digest(bytes(private.public_key), public):
            return Unlocked("locked" if self._counted.is_over(locator, caller) else "wrong")
        self._counted.right(name, locator, caller)
        handle = self._handles.make(Kind.RECEIPT, locator, bytes(private), session or self._session)
        return Unlocked("open", handle)

    def receipt(self, code: str, handle: str, session: str = "") -> Holder:
        """Who opened the receipt with that code in this session. Raises `Unsealable` as `private` does."""
        locator, private = self._handles.opened(Kind.RECEIPT, handle, session or self._session)
        if not hmac.compare_digest(locator, self.locator(code)):
            raise ForeignHandle("this handle belongs to another receipt")
        return Holder(locator, private)

    # -- referrals -----------------------------------------------------------------------------------------------------
    def new_referral(self, report: str) -> Arrival:
        """The six digits with which a partner confirms that the reporter came, and what is stored of them: a digest
        with a salt of its own, so that no other referral of that report shows which digits it stands for.
        """
        code, salt = f"{secrets.randbelow(10**6):06d}", secrets.token_hex(8)
        return Arrival(code, salt + self._made("referral", f"{report}:{code}:{salt}"))

    def try_referral(self, person: str, handle: str, report: str, code: str, kept: str, session: str = "") -> bool:
        """Whether these are the digits of a referral of that report, by what is stored, tried by the person to whom the
        handle belongs; False after `MOST_TRIES` wrong ones of the report, or `MOST_OF_A_PARTNER` of hers, in a day.

        Raises `Unsealable` as `private` does.
        """
        self.private(person, handle, session)
        hers, of_report, day = f"referrals of {person}", f"referral {report}", today()
        if self._tries.spend(hers, day) > MOST_OF_A_PARTNER or self._tries.spend(of_report, day) > MOST_TRIES:
            return False
        salt = kept[:-32]  # none in what the release before has stored
        if not hmac.compare_digest(salt + self._made("referral", ":".join(filter(None, [report, code, salt]))), kept):
            return False
        self._tries.forget(of_report, day)
        self._tries.take_back(hers, day)
        return True

"""What each kind of process may ask of the vault, and how often: the table `MAY`, and the guard that holds to it.

A question that is in nobody's row is refused, and so is a method that has no row. What is refused is counted by caller
and method, without a word of what was asked (`Guard.counts`); doctor and the clock's alarms show the counts.

Rates are counted in memory, so that a vault that is started anew begins them anew. Tries of PINs and codes are no
rates: they lie on the disk (`bot.vault.disk.Tries`), and only the administrator, for two people, sets one back.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.vault.weeks import this_week


class Caller(StrEnum):
    """A kind of process; each has a socket of its own (`bot.vault.place`)."""

    WEB = "web"  # talks with everybody who dials
    DESK = "desk"  # staff who read and answer in a browser
    WORKER = "worker"  # sends: the only one in service that opens numbers
    CLOCK = "clock"  # what is due, what expires, the head of the record
    ADMIN = "admin"  # commands that people type on the machine


WEB, DESK, WORKER, CLOCK, ADMIN = Caller


@dataclass(frozen=True)
class Limit:
    """How often one kind of caller may ask a question; 0: as often as it likes."""

    second: int
    hour: int = 0
    day: int = 0
    of_one: int = 0  # an hour, about one subject: the person, code or report that is named first
    items: int = 1000  # in a list of one question


OFTEN, SELDOM = Limit(2000), Limit(20)
ROW = Limit(500, items=1)  # one row of the record
NUMBER = Limit(500, hour=200_000, day=500_000)  # of 16 million numbers: all of them would take a month of alarms
PIN = Limit(20, hour=5_000, of_one=600)
TYPED = Limit(1, hour=60, of_one=20)  # PINs at a prompt; the administrator can forgive tries: a PIN would take years
CODE = Limit(50, hour=5_000, day=20_000)  # of nine million codes: all of them would take more than a year
NEW_CODE = Limit(100, hour=20_000, day=50_000)  # with their locators: to collect half of them would take four months
DIGITS = Limit(20, hour=500, day=2_000)  # of a million, and five a day for one report
LINES = Limit(200, hour=20_000, day=100_000)  # of the journal, which lies on a disk
ERASED = Limit(20, hour=200, day=1000, items=1)  # for ever: who captures a process does not erase all in one night
TABLE = Limit(200)  # for each person of a table
ANSWERED = Limit(20, hour=2_000, of_one=20)
ANY: Mapping[Caller, Limit] = dict.fromkeys(Caller, Limit(500))

MAY: Mapping[str, Mapping[Caller, Limit]] = {
    # digests and words
    "lend": ANY,
    "mark": {WEB: NUMBER, WORKER: OFTEN, CLOCK: OFTEN, ADMIN: OFTEN},
    "ping": {WEB: OFTEN, CLOCK: OFTEN, ADMIN: OFTEN},  # who has this opens no number, and the other way round
    "number": {WEB: NUMBER, DESK: SELDOM, WORKER: OFTEN, ADMIN: OFTEN},
    "numbers": {WORKER: Limit(200, items=5000)},
    "vouched": dict.fromkeys(Caller, Limit(2000, items=20_000)),
    "vouch": {ADMIN: TABLE},
    # a report is sealed and read
    "wrap": {WEB: OFTEN, DESK: SELDOM, ADMIN: OFTEN},
    "unwrap": {WEB: OFTEN, DESK: SELDOM, ADMIN: OFTEN},
    "erase": {WEB: ERASED, CLOCK: Limit(100, hour=5000), ADMIN: OFTEN},
    "mirrored": {WORKER: SELDOM, CLOCK: SELDOM, ADMIN: TABLE},
    "shred": {CLOCK: SELDOM, ADMIN: SELDOM},
    # the boxes of a report: who files seals them, who sends opens numbers that were answered, the clock publishes
    "seal_boxes": {WEB: OFTEN},
    "answered": {WEB: ANSWERED, DESK: ANSWERED, CLOCK: ANSWERED},  # the clock: of what was closed days ago
    "unanswered": {WEB: SELDOM, DESK: SELDOM, CLOCK: OFTEN, ADMIN: OFTEN},
    "open_contacts": {WORKER: Limit(2, hour=60)},
    "gather": {CLOCK: Limit(50)},
    "publish": {CLOCK: Limit(2, hour=200, items=100_000)},
    "published": {ADMIN: SELDOM},
    # numbers
    "seal_to_sender": {WEB: OFTEN, DESK: SELDOM, ADMIN: OFTEN},
    "open_for_sender": {WORKER: OFTEN, ADMIN: OFTEN},
    "open_all": {WORKER: Limit(200, items=5000)},
    "fresh_keys": {ADMIN: SELDOM},
    "retire_keys": {ADMIN: SELDOM},
    "relayer": {ADMIN: OFTEN},
    # staff
    "unlock": {WEB: PIN, DESK: PIN, ADMIN: TYPED},
    "private": {WEB: OFTEN, DESK: OFTEN},
    "try_first": {WEB: PIN, DESK: PIN},
    "choose_pin": {WEB: PIN, DESK: PIN},
    "enrol": {ADMIN: TABLE},
    "first_code": {ADMIN: TABLE},
    "forgive": {ADMIN: TABLE},
    "begin_anew": {ADMIN: SELDOM},  # these two in a demonstration's vault only (`bot.vault.demonstration`)
    "opens": {ADMIN: TABLE},
    # reporters
    "locator": {WEB: CODE},
    "issue": {WEB: NEW_CODE},
    "issued": {WEB: OFTEN},
    "try_receipt": {WEB: CODE},
    "receipt": {WEB: OFTEN},
    "new_referral": {WEB: DIGITS, DESK: DIGITS},
    "try_referral": {WEB: DIGITS, DESK: DIGITS},
    # the record of who did what, and the journal
    "chain": {WEB: ROW, DESK: ROW, WORKER: Limit(500), CLOCK: Limit(500), ADMIN: OFTEN},
    "witness": {WORKER: SELDOM, CLOCK: SELDOM, ADMIN: SELDOM},
    "append_head": {CLOCK: SELDOM},
    "replace_head": {ADMIN: Limit(1)},
    "remember": {WEB: LINES, WORKER: OFTEN, CLOCK: OFTEN, ADMIN: OFTEN},
    "remembered": {ADMIN: SELDOM},
    "refused": {WORKER: SELDOM, CLOCK: SELDOM, ADMIN: SELDOM},
    # done by each process itself, with what is lent to it
    "digest": {}, "kept_at": {}, "keep_number": {}, "kept_number": {}, "of": {},
}  # fmt: skip

NOT_YET = frozenset({"wrap", "remember"})  # of a week, which must have begun: a later key shuts those before it
SPANS = {"second": 1, "hour": 3600, "day": 86400}  # seconds
LATE = "late handle"  # counted as a method, and no alarm: a talk of staff that was long ends so
LONGEST_TEXT = 2000  # characters of one value
MOST_SUBJECTS = 50_000  # counted at once
SAID_EVERY = 60  # seconds between two lines of the log about one caller and one method


class Refused(Exception):
    """A question that is not answered; the caller is told no more than that."""


class Busy(Exception):
    """A question that may be asked, but was asked too often: later."""


class Guard:
    """Decides about questions, and counts those that it refuses. `clock` gives seconds; `jumps`: this is the vault of a
    demonstration, whose weeks are not the vault's own, because its clock is moved on.
    """

    def __init__(
        self, say: Callable[[str], object] = print, clock: Callable[[], float] = time.monotonic, *, jumps: bool = False
    ) -> None:
        self._say, self._clock, self._jumps = say, clock, jumps
        self._asked: dict[tuple[str, ...], tuple[int, int]] = {}
        self._refused: Counter[tuple[str, str]] = Counter()
        self._said: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def admit(self, caller: Caller, method: str, given: Sequence[object]) -> None:
        """Let a question pass. Raises `Refused` or `Busy`, and counts it."""
        limit = MAY.get(method, {}).get(caller)
        waits = method in NOT_YET and not self._jumps and not _has_begun(given)
        if limit is None or not _fits(given, limit) or waits:
            self.refuse(caller, method, "which it may not ask" if limit is None else "with more than it may")
            raise Refused
        with self._lock:
            too_often = any([self._over(key, span, most) for key, span, most in _counted(caller, method, given, limit)])
        if too_often:
            self.refuse(caller, method, "too often")
            raise Busy

    def _over(self, key: tuple[str, ...], span: int, most: int) -> bool:
        """Count a question under a key; whether there were too many in this span."""
        window = int(self._clock() // span)
        began, times = self._asked.get(key, (window, 0))
        times = times + 1 if began == window else 1
        if key not in self._asked and len(self._asked) >= MOST_SUBJECTS:
            self._asked = {known: value for known, value in self._asked.items() if known[-1] in SPANS}
        self._asked[key] = (window, times)
        return times > most

    def refuse(self, caller: Caller, method: str, why: str) -> None:
        """Count a question that is refused, under the name of a method of the vault or `?`; and say so in the log,
        once a minute.
        """
        key = (caller.value, method if method in MAY else "?")
        with self._lock:
            self._refused[key] += 1
            at = self._clock()
            if at - self._said.get(key, -SAID_EVERY) < SAID_EVERY:
                return
            self._said[key] = at
        self._say(f"ALARM: {key[0]} asked the vault for {key[1]}, {why}: refused")

    def late(self, caller: Caller) -> None:
        """Count a handle whose time was over; nothing is said of it."""
        with self._lock:
            self._refused[caller.value, LATE] += 1

    def counts(self) -> list[tuple[str, str, int]]:
        """(caller, method, times) of all that was refused since the start."""
        with self._lock:
            return sorted((caller, method, times) for (caller, method), times in self._refused.items())


def _fits(given: Sequence[object], limit: Limit) -> bool:
    """Whether no list has more items than it may, and no text is longer than any that is asked for here."""
    lists = [value for value in given if isinstance(value, list)]
    texts = [value for value in given if isinstance(value, str)]
    return all(len(one) <= limit.items for one in lists) and all(len(one) <= LONGEST_TEXT for one in texts)


def _has_begun(given: Sequence[object]) -> bool:
    """Whether the week that is named first has begun anywhere in the world."""
    return not given or str(given[0]) <= this_week(ahead=1)


def _counted(
    caller: Caller, method: str, given: Sequence[object], limit: Limit
) -> list[tuple[tuple[str, ...], int, int]]:
    """The counts to which a question adds: key, span in seconds, and the most that it may reach. A subject is kept as a
    digest: whatever is named, a count takes as little memory as another.
    """
    spans = {"second": limit.second, "hour": limit.hour, "day": limit.day}
    counted: list[tuple[tuple[str, ...], int, int]] = [
        ((caller.value, method, name), SPANS[name], most) for name, most in spans.items() if most
    ]
    if limit.of_one and given:
        subject = hashlib.blake2b(str(given[0]).encode(errors="replace"), digest_size=16).hexdigest()
        counted.append(((caller.value, method, f"of {subject}"), SPANS["hour"], limit.of_one))
    return counted

"""The two boxes of a report: what is counted of it, and the number that hears of an answer.

Both are always there and always as long, so that the tables do not say who agreed to be counted, what she told, or who
left a number. Nobody opens them but the vault: numbers of reports that were answered, once a report and day; counts
when their month is over, all of a month at once, and what leaves is a table without small cells (`bot.vault.figures`).
"""

from __future__ import annotations

import base64
import json
import re
import secrets
import shutil
import threading
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bot.folder import mode_of_vault
from bot.vault.disk import Tries, write
from bot.vault.figures import partition
from bot.vault.receipts import Receipts
from bot.vault.sealing import Unsealable, box, derive, pad, unbox, unpad
from bot.vault.weeks import this_week

LENGTH = 128  # bytes of what lies in a box: the longest contents have 90
DAY, MONTH = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), re.compile(r"[0-9]{4}-[0-9]{2}")
HOURS = ("morning", "evening")  # in which an SMS about an answer may come
FARTHEST_EAST = 14 * 3600  # seconds before UTC
MOST_SMS = 3  # of one report, in all
COUNTED_FOR = 400 * 86400  # seconds for which it is known how many there were: longer than any report lives
MOST_TOLD = 2000  # numbers that are opened in one go; the others wait until the next day
Row = tuple[str, str, str, int]  # month, place, what, number


class Boxes(Receipts):
    """Boxes are sealed at filing and rewritten, never read by who files."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._waiting, self._told_now, self._tables = (folder / name for name in ("answered", "told-now", "published"))
        for inside in (self._waiting, self._told_now, self._tables):
            inside.mkdir(exist_ok=True, mode=0o700)
        self._told = Tries(folder / "told", self.digest, 1)
        self._ever = Tries(folder / "told-ever", self.digest, MOST_SMS)
        self._of_boxes = threading.Lock()  # its own: opening hundreds of boxes must keep nobody else waiting
        self._gathered: dict[str, dict[str, tuple[str, str] | None]] = {}
        if not (since := folder / "boxes-since").exists():
            write(since, _month_of_now().encode())

    def seal_boxes(self, report: str, week: str, counted: Sequence[str], contact: Sequence[str]) -> list[bytes]:
        """The boxes `tally` and `contact` of a report, equally long whatever lies in them.

        `counted`: month, zone, what; empty when nothing is to be counted. `contact`: number, hours, language; empty
        when she wants no SMS. Raises ValueError for contents that are too long, `Shredded` for a week that is over.
        """
        contents = [json.dumps([report, *values]).encode() for values in (counted, contact)]
        padded = [pad(one, LENGTH) for one in contents]
        if any(len(one) != LENGTH for one in padded):
            raise ValueError("too long for its box")
        kinds = zip(("tally", "contact"), padded, strict=True)
        return self.wrap(week, report, [box(self._box_key(kind), one) for kind, one in kinds])

    def _opened(self, kind: str, report: str, week: str, sealed: bytes) -> list[str]:
        """What lies in the box of a report. Raises `Unsealable` for a box of another report, too."""
        (boxed,) = self.unwrap(week, report, [sealed])
        whose, *values = json.loads(unpad(unbox(self._box_key(kind), boxed)))
        if whose != report:
            raise Unsealable("this box belongs to another report")
        return [str(value) for value in values]

    def _box_key(self, kind: str) -> bytes:
        return derive(self._pepper, f"box of a report: {kind}")

    # -- numbers -------------------------------------------------------------------------------------------------------
    def answered(self, report: str, week: str, contact: bytes, older: Sequence[str] = ()) -> None:
        """A report was answered: if a number lies in its box, it will be told. `older`: number sealed to the sender, as
        hex, hours and language, of a report that was filed before there were boxes.
        """
        values = self._opened("contact", report, week, contact) if contact else []
        if older:
            values = [self.open_for_sender(bytes.fromhex(older[0])), *older[1:3]]
        if len(values) == 3 and values[1] in HOURS:
            kept_under = week or this_week()
            sealed = base64.b64encode(self.seal_boxes(report, kept_under, [], values)[1]).decode()
            line = json.dumps([report, kept_under, values[1], sealed])
            write(self._waiting / self.digest("answered", report), line.encode())

    def unanswered(self, report: str) -> None:
        """A report was erased: nobody is told of its answer any more."""
        (self._waiting / self.digest("answered", report)).unlink(missing_ok=True)

    def open_contacts(self, hours: str, day: str) -> list[tuple[bytes, bytes]]:
        """Number and language, sealed to the sender, of those who are to be told in these hours of a day, in no order.

        They are opened once: the same answer for the same day and hours, and for each report once a day of the vault's
        own clock and `MOST_SMS` times in all. Raises ValueError for hours or a day of another form.
        """
        if hours not in HOURS or not DAY.fullmatch(day):
            raise ValueError("hours are morning or evening, a day is like 2026-11-28")
        with self._of_boxes:
            given = self._told_now / hours
            if given.exists() and (kept := json.loads(given.read_text()))[0] == day:
                return [(bytes.fromhex(phone), bytes.fromhex(language)) for phone, language in kept[1]]
            self._forget_counts()
            found = self._due(hours)
            secrets.SystemRandom().shuffle(found)
            told = [(self.seal_to_sender(phone), self.seal_to_sender(language)) for _path, phone, language in found]
            write(given, json.dumps([day, [[one.hex() for one in both] for both in told]]).encode())
            for path, _phone, _language in found:
                path.unlink(missing_ok=True)
            return told

    def _due(self, hours: str) -> list[tuple[Path, str, str]]:
        """File, number and language of the answers that are to be told now; each is counted before it is given."""
        found: list[tuple[Path, str, str]] = []
        for path in self._waiting.iterdir():
            if len(path.name) != 32 or len(found) == MOST_TOLD:
                continue
            report, week, wanted, sealed = json.loads(path.read_text())
            if self._ever.spent(report) >= MOST_SMS:
                path.unlink(missing_ok=True)
                continue
            if wanted != hours or not (self._jumps() or self._told.spend(report, _day_of_now()) == 1):
                continue
            try:
                phone, _hours, language = self._opened("contact", report, week, base64.b64decode(sealed))
            except Unsealable:  # the key of its week is gone, and the report with it
                path.unlink(missing_ok=True)
                continue
            self._ever.spend(report)
            found.append((path, phone, language))
        return found

    def _forget_counts(self) -> None:
        """Delete the counts of reports that are gone."""
        for count in (self._folder / "told-ever").iterdir():
            if time.time() - count.stat().st_mtime > COUNTED_FOR:
                count.unlink(missing_ok=True)

    def _jumps(self) -> bool:
        """Whether this is a demonstration, whose clock is moved on: days and months are not the vault's own there."""
        return mode_of_vault(self._folder) == "demo"

    # -- counts --------------------------------------------------------------------------------------------------------
    def gather(self, month: str, boxes: Sequence[tuple[str, str, bytes]]) -> int:
        """Take boxes `tally` (report, week, box) of a month, until it is published; how many reports of that month were
        taken. A report counts once, however often and by however many it is handed over.
        """
        with self._of_boxes:
            taken = self._gathered.setdefault(_is_month(month), {})
            for report, week, sealed in boxes:
                try:
                    values = self._opened("tally", report, week, sealed)
                except Unsealable:
                    values = []
                counts = len(values) == 3 and values[0] == month
                taken[self.digest("counted", report)] = (values[1], values[2]) if counts else None
            return len(taken)

    def publish(
        self, month: str, reports: int, older: Sequence[tuple[str, str, int]], way_up: Sequence[tuple[str, list[str]]]
    ) -> list[Row]:
        """The table of a month that is over: made once, of all boxes that were gathered, and remembered; afterwards the
        same again, whatever is asked.

        `reports` is how many must have been gathered; `older` are counts (zone, what, number) of the table of an
        earlier release, for months that began before this vault had boxes; `way_up` gives each zone's places,
        itself first.

        Raises ValueError for a month that is not over, and when boxes are missing: then all are gathered anew.
        """
        with self._of_boxes:
            if (table := self._tables / _is_month(month)).exists():
                return _rows(table)
            taken = self._gathered.get(month, {})
            if month >= _month_of_now() and not self._jumps():
                raise ValueError("this month is not over")
            if len(taken) < reports:
                raise ValueError("boxes are missing: gather them anew")
            places = {zone: [*way] for zone, way in way_up}
            cells: Counter[tuple[str, str, str]] = Counter()
            cells.update((month, *counted) for counted in taken.values() if counted)
            if month <= (self._folder / "boxes-since").read_text():
                cells.update({(month, zone, what): int(number) for zone, what, number in older})
            shown = partition({key: number for key, number in cells.items() if key[1] in places}, places)
            write(table, json.dumps([[*key, number] for key, number in sorted(shown.items())]).encode())
            self._gathered.pop(month, None)
            return _rows(table)

    def published(self) -> list[Row]:
        """The rows of all tables that were published."""
        return [row for table in sorted(self._tables.iterdir()) if MONTH.fullmatch(table.name) for row in _rows(table)]

    def _forget_boxes(self) -> None:
        """Forget all answers and tables: a demonstration begins anew."""
        for folder in (self._waiting, self._told_now, self._tables, self._folder / "told-ever"):
            for path in folder.iterdir():
                path.unlink(missing_ok=True)
        for day in (self._folder / "told").glob("*/"):
            shutil.rmtree(day, ignore_errors=True)
        self._gathered.clear()


def _rows(table: Path) -> list[Row]:
    return [(month, place, what, number) for month, place, what, number in json.loads(table.read_text())]


def _is_month(month: str) -> str:
    if not MONTH.fullmatch(month):
        raise ValueError("a month is like 2026-11")
    return month


def _day_of_now() -> str:
    return f"{datetime.fromtimestamp(time.time(), UTC):%Y-%m-%d}"


def _month_of_now() -> str:
    """The month by the vault's own clock where it is latest on earth: there a month is over first."""
    return f"{datetime.fromtimestamp(time.time() + FARTHEST_EAST, UTC):%Y-%m}"

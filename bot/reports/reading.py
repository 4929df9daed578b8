"""What a reader's key opens: what was told, and the lines that were said since."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.reports.copies import IS_HELD
from bot.storage.tables.reports import Copy, Reply, Report, ReportStatus
from bot.vault.sealing import Shredded, Unsealable, open_line, open_report, unbox, unpad
from bot.vault.vault import Vault

log = logging.getLogger("ijwi")

ReadingState = Literal["open", "erased", "broken"]


@dataclass(frozen=True)
class Reading:
    """The answers of a report by screen (none for her), and the lines in their order: `node` and `value` they were
    chosen by, `day`.
    """

    told: Mapping[str, str]
    said: tuple[Mapping[str, str], ...]


def read(db: Session, vault: Vault, report: Report, copy: Copy | None, private: bytes) -> Reading:
    """All that a reader may read, she with her receipt where there is no copy; the vault is asked once, or twice where
    there are words. Raises `Shredded` for what was erased, by her or in time, and `Unsealable` for whoever has no key
    to it and for whatever was changed.
    """
    if report.status == ReportStatus.ERASED:
        raise Shredded
    reader = copy.person if copy else ""
    rows = lines_for(db, report, reader)
    held = select(Copy.sealed_key).where(Copy.report == report.id, IS_HELD).limit(1)
    keys = [copy.sealed_key] if copy else db.scalars(held).all()  # of anybody: it opens while its week lives
    found = vault.unwrap(report.week, [*keys, *(row.sealed for row in rows)])
    told = told_under(found[0], vault, report, copy.person, private) if copy else {}
    return Reading(told, tuple(plain(rows, found[len(keys) :], private)))


def told_in(vault: Vault, report: Report, copy: Copy, private: bytes) -> Mapping[str, str]:
    """Only what was told. Raises as `read` does."""
    (key,) = vault.unwrap(report.week, [copy.sealed_key])
    return told_under(key, vault, report, copy.person, private)


def told_under(key: bytes, vault: Vault, report: Report, reader: str, private: bytes) -> Mapping[str, str]:
    """What was told, under a key sealed to the reader; without her words when their time is over."""
    told: dict[str, str] = json.loads(open_report(report.sealed, key, report.id, reader, private))
    if words_key := told.pop("words_key", ""):
        with contextlib.suppress(Unsealable):
            (words,) = vault.unwrap(report.week, [report.words], True)
            told["words"] = unpad(unbox(bytes.fromhex(words_key), words)).decode()
    return told


def said_in(db: Session, vault: Vault, report: Report, reader: str, private: bytes) -> list[Mapping[str, str]]:
    """Only the lines. Raises as `read` does."""
    rows = lines_for(db, report, reader)
    return list(plain(rows, vault.unwrap(report.week, [row.sealed for row in rows]), private)) if rows else []


def lines_for(db: Session, report: Report, reader: str) -> list[Reply]:
    """The lines for a reader (no name: her receipt) in their order."""
    lines = select(Reply).where(Reply.report == report.id, Reply.reader == reader).order_by(Reply.number)
    return list(db.scalars(lines))


def plain(rows: Iterable[Reply], sealed: Iterable[bytes], private: bytes) -> Iterable[Mapping[str, str]]:
    """The lines, opened."""
    for row, line in zip(rows, sealed, strict=True):
        yield json.loads(open_line(line, row.report, row.number, row.reader, private))


class Readings:
    """What one caller's keys open in one request: the vault is asked once for each key and once for each report."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        self._keys: dict[tuple[str, str], bytes] = {}
        self._read: dict[str, Reading] = {}

    def private(self, who: str, handle: str) -> bytes:
        """The private key of a person, or of a receipt by its locator. Raises `Unsealable`."""
        if (who, handle) not in self._keys:
            self._keys[who, handle] = self.vault.private(who, handle)
        return self._keys[who, handle]

    def read(self, db: Session, report: Report, copy: Copy | None, private: bytes) -> Reading:
        """All that she may read of a report. Raises as `read` does."""
        if report.id not in self._read:
            self._read[report.id] = read(db, self.vault, report, copy, private)
        return self._read[report.id]

    def state(self, db: Session, report: Report, copy: Copy | None, private: bytes) -> ReadingState:
        """Whether it opens: open | erased, by her or in time | broken, which is an alarm: somebody else than we has
        written to the database.
        """
        try:
            self.read(db, report, copy, private)
        except Shredded:
            return "erased"
        except Unsealable:
            whose = f"person {copy.person}" if copy else "a receipt"
            log.error("ALARM: what was sealed to %s does not open: it was changed in the database", whose)
            return "broken"
        return "open"

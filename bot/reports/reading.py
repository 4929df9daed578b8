"""Reading with a reader's private key: the answers of a report, and the messages since."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.storage.tables.reports import Copy, Reply, Report, ReportStatus, Request, RequestStatus
from bot.vault.answers import Holder
from bot.vault.sealing import Shredded, Unsealable, open_line, open_report, unbox, unpad
from bot.vault.vault import Vault

log = logging.getLogger("ijwi")

ReadingState = Literal["open", "erased", "broken"]
IN_HAND = (RequestStatus.NEW, RequestStatus.TAKEN)


@dataclass(frozen=True)
class Reading:
    """`told`: the answers of a report by screen (empty for the reporter, who holds no copy). `said`: the messages in
    their order, each with the `node` and `value` by which it was chosen, and the `day`.
    """

    told: Mapping[str, str]
    said: tuple[Mapping[str, str], ...]


def read(db: Session, vault: Vault, report: Report, copy: Copy | None, private: bytes) -> Reading:
    """All that a reader may read of a report; without a copy, what the reporter may read with her receipt. The vault is
    asked once, or twice where there are free words.

    Raises `Shredded` for what was erased, by her or in time, and `Unsealable` for whoever has no key to it and for
    whatever was changed in the database.
    """
    if report.status == ReportStatus.ERASED:
        raise Shredded
    reader = copy.person if copy else ""
    rows = lines_for(db, report, reader)
    held = select(Copy.sealed_key).where(Copy.report == report.id).limit(1)
    # for the reporter the key of any copy: it unwraps as long as the key of the week exists
    keys = [copy.sealed_key] if copy else db.scalars(held).all()
    unwrapped = vault.unwrap(report.week, report.id, [*keys, *(row.sealed for row in rows)])
    answers = told_under(unwrapped[0], vault, report, copy.person, private) if copy else {}
    return Reading(answers, tuple(plain(rows, unwrapped[len(keys) :], private)))


def told_in(vault: Vault, report: Report, copy: Copy, private: bytes) -> Mapping[str, str]:
    """Only the answers of a report. Raises as `read` does."""
    (key,) = vault.unwrap(report.week, report.id, [copy.sealed_key])
    return told_under(key, vault, report, copy.person, private)


def told_under(key: bytes, vault: Vault, report: Report, reader: str, private: bytes) -> Mapping[str, str]:
    """The answers of a report, by a key sealed to the reader; without the free words when their time is over."""
    answers: dict[str, str] = json.loads(open_report(report.sealed, key, report.id, reader, private))
    if words := old_words(vault, report, answers):
        answers["words"] = words
    answers.pop("words_key", "")
    return answers


def old_words(vault: Vault, report: Report, answers: Mapping[str, str]) -> str:
    """Her words that are stored, by the key among her opened answers; empty where there are none or their time is
    over."""
    if words_key := answers.get("words_key", ""):
        with contextlib.suppress(Unsealable):
            (words,) = vault.unwrap(report.week, report.id, [report.words], True)
            return unpad(unbox(bytes.fromhex(words_key), words)).decode()
    return ""


def said_in(db: Session, vault: Vault, report: Report, reader: str, private: bytes) -> list[Mapping[str, str]]:
    """Only the messages of a report. Raises as `read` does."""
    rows = lines_for(db, report, reader)
    if not rows:
        return []
    return list(plain(rows, vault.unwrap(report.week, report.id, [row.sealed for row in rows]), private))


def lines_for(db: Session, report: Report, reader: str) -> list[Reply]:
    """The rows of messages for a reader, in their order; `reader` is a person's id, empty for the receipt."""
    lines = select(Reply).where(Reply.report == report.id, Reply.reader == reader).order_by(Reply.number)
    return list(db.scalars(lines))


def open_question(db: Session, report: Report, lines: Iterable[tuple[Reply, Mapping[str, str]]]) -> Reply | None:
    """The row of the last question to the reporter that no message of its request follows; `lines` are the messages
    sealed to her, each with what it says. None when nothing is asked.
    """
    numbers = select(Reply.request, func.max(Reply.number)).where(Reply.report == report.id).group_by(Reply.request)
    last = {request: number for request, number in db.execute(numbers)}
    over = select(Request.id).where(Request.report == report.id, Request.status.not_in(IN_HAND))
    closed = {*db.scalars(over)}  # nobody waits for the answer to what was asked before the closing
    asked = [
        row
        for row, said in lines
        if said["node"] == "ask" and row.number == last[row.request] and row.request not in closed
    ]
    return asked[-1] if asked else None


def plain(rows: Iterable[Reply], sealed: Iterable[bytes], private: bytes) -> Iterable[Mapping[str, str]]:
    """The opened messages, in the order of the rows."""
    for row, message in zip(rows, sealed, strict=True):
        yield json.loads(open_line(message, row.report, row.number, row.reader, private))


class Readings:
    """The keys and reports that one caller opens in one request, kept so that the vault is asked once for each."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        self._keys: dict[tuple[str, str], bytes] = {}
        self._holders: dict[tuple[str, str], Holder] = {}
        self._read: dict[str, Reading] = {}

    def private(self, who: str, handle: str) -> bytes:
        """The private key of a person. Raises `Unsealable`."""
        if (who, handle) not in self._keys:
            self._keys[who, handle] = self.vault.private(who, handle)
        return self._keys[who, handle]

    def receipt(self, code: str, handle: str) -> Holder:
        """Who opened the receipt of that code: its locator and private key. Raises `Unsealable`."""
        if (code, handle) not in self._holders:
            self._holders[code, handle] = self.vault.receipt(code, handle)
        return self._holders[code, handle]

    def read(self, db: Session, report: Report, copy: Copy | None, private: bytes) -> Reading:
        """All that she may read of a report. Raises as `read` does."""
        if report.id not in self._read:
            self._read[report.id] = read(db, self.vault, report, copy, private)
        return self._read[report.id]

    def state(self, db: Session, report: Report, copy: Copy | None, private: bytes) -> ReadingState:
        """Whether a report opens: open | erased (by the reporter or in time) | broken (somebody else has changed the
        database: an alarm in the log).
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

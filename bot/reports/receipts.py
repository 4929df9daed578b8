"""Her code and PIN: the receipt with which she reads the answer."""

from __future__ import annotations

import hmac
import json
import logging
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from sqlalchemy import Connection, Table, bindparam, select
from sqlalchemy.exc import SQLAlchemyError

from bot.conversation import answers
from bot.reports.reading import Readings
from bot.storage.base import random_id
from bot.storage.outbox import SessionFactory
from bot.storage.prepared import DriverConnection, Prepared, PreparedInsert
from bot.storage.tables.reports import Reply, Report, ReportReceipt, ReportStatus
from bot.storage.unit_of_work import Work
from bot.vault.sealing import seal_line
from bot.vault.vault import Vault

log = logging.getLogger("ijwi")
RECEIPT_PIN_DIGITS = 4

SELECT_RECEIPT = Prepared(select(ReportReceipt.locator).where(ReportReceipt.locator == bindparam("code")), ["code"])
INSERT_RECEIPT, INSERT_LINE = (
    PreparedInsert(cast(Table, ReportReceipt.__table__)),
    PreparedInsert(cast(Table, Reply.__table__)),
)


class CodeTaken(SQLAlchemyError):
    """One code in nine million was given twice within minutes: nothing is kept, she is asked to come again."""


@dataclass(frozen=True)
class WantedReceipt:
    """What she chose before she files: a code and PIN, and whether she wants to hear that there is an answer."""

    handle: str = field(repr=False)  # of the code and PIN, as the vault issued them (`Vault.issue`)
    word: str = field(default="", repr=False)  # hers, read back first: it shows that it is us
    notice: str = ""  # when an SMS may come: morning | evening; anything else: never
    number_handle: str = field(default="", repr=False)  # the number it goes to, sealed to the sender process


@dataclass(frozen=True)
class MadeReceipt:
    """A receipt that is to be kept: its code, its row and, if she wants one, her word as a line of her report."""

    code: str = field(repr=False)
    row: dict[str, Any] = field(repr=False)
    words: list[dict[str, Any]] = field(repr=False)

    @property
    def spaced(self) -> str:
        """The code as she reads it: two times four digits."""
        return f"{self.code[:4]} {self.code[4:]}"


@dataclass(frozen=True)
class ReceiptHolder:
    """She who has shown code and PIN of a receipt. Only `holder_of` makes one; services see neither of the two.

    `key_handle` opens her private key in the vault as long as her talk lasts.
    """

    locator: str
    key_handle: str = field(repr=False)


@dataclass(frozen=True)
class ChosenPin:
    """What came of the digits that she chose; with `made` the handle of a new code, which nothing holds yet."""

    outcome: Literal["made", "wrong", "easy"]
    handle: str = field(default="", repr=False)


@dataclass(frozen=True)
class TriedReceipt:
    """What came of a code and a PIN; unless it is wrong or locked, a handle on the key that they make together."""

    outcome: Literal["open", "erased", "broken", "wrong", "locked"]
    handle: str = field(default="", repr=False)


def holder_of(work: Work, code: str, key_handle: str) -> ReceiptHolder:
    """She who opened the receipt of a code earlier in this talk. Raises `Unsealable` for a handle that is not of it."""
    locator = work.vault.locator(code)
    work.vault.private(locator, key_handle)
    return ReceiptHolder(locator, key_handle)


def make_receipt(reads: SessionFactory, vault: Vault, pin: str) -> ChosenPin:
    """A code that nobody has, and four digits of hers, to read the answer with: made | wrong | easy (to guess).

    Nothing is written: it is kept with her report, if she sends it.
    """
    pin = answers.plain_digits(pin)
    if len(pin) != RECEIPT_PIN_DIGITS or not (pin.isascii() and pin.isdecimal()):
        return ChosenPin("wrong")
    if answers.easy(pin):
        return ChosenPin("easy")
    code = answers.new_code()
    with reads() as db:
        while db.get(ReportReceipt, vault.locator(code)) is not None:
            code = answers.new_code()
    return ChosenPin("made", vault.issue(code, pin))


def open_receipt(reads: SessionFactory, readings: Readings, code: str, pin: str, caller: str, day: str) -> TriedReceipt:
    """Try her PIN: open | erased | broken | wrong | locked; the same work for a code that nobody has (S8).

    `caller` is the digest of whoever tries and `day` the ISO day: tries are counted by code and by caller, each day.
    """
    vault, pin = readings.vault, answers.plain_digits(pin)
    if not pin or not pin.isascii():
        return TriedReceipt("wrong")
    with reads() as db:
        row = db.get(ReportReceipt, vault.locator(code))
    tried = vault.try_receipt(code, pin, receipt_key(vault, row) if row else b"", caller, day)
    if tried.outcome != "open":
        return TriedReceipt(tried.outcome)
    if row is None:  # never: no key fits an empty one
        return TriedReceipt("wrong")
    private = readings.private(row.locator, tried.handle)
    with reads() as db:
        return TriedReceipt(readings.state(db, db.get_one(Report, row.report), None, private), tried.handle)


def made_receipt(wanted: WantedReceipt, report: str, week: str, vault: Vault) -> MadeReceipt:
    """The receipt that she made a minute ago belongs to this report from now on. Raises `Unsealable`.

    Her word, if she wants one, is the line before all others, sealed to nobody but her receipt (S7).
    """
    new, words = vault.issued(wanted.handle), []
    if wanted.word:
        said = json.dumps({"node": "word", "value": wanted.word}, ensure_ascii=False).encode()
        (sealed,) = vault.wrap(week, [seal_line(said, report, 0, "", new.public)])
        words.append({"id": random_id(), "report": report, "number": 0, "reader": "", "sealed": sealed})
    row = {"locator": vault.locator(new.code), "report": report, "public_key": new.public + new.word}
    return MadeReceipt(new.code, row, words)


def keep_receipt(line: Connection | DriverConnection, receipt: MadeReceipt) -> None:
    """Write it down. Raises `CodeTaken`."""
    if SELECT_RECEIPT.rows(line, {"code": receipt.row["locator"]}):
        raise CodeTaken("another woman was given this code a moment ago")
    INSERT_RECEIPT.run(line, receipt.row)
    INSERT_LINE.run_all(line, receipt.words)


def receipt_key(vault: Vault, receipt: ReportReceipt) -> bytes:
    """The public half of her receipt's key; empty, and an alarm, when it is not the one that the vault has made."""
    public, word = receipt.public_key[:32], receipt.public_key[32:]
    if hmac.compare_digest(vault.vouch(receipt.locator, public), word):
        return public
    log.error("ALARM: the key of a receipt was not made by the vault: nothing is sealed to it")
    return b""


def report_by_receipt(work: Work, holder: ReceiptHolder) -> Report | None:
    """The report of a receipt, locked; none when it was erased."""
    mine = select(ReportReceipt.report).where(ReportReceipt.locator == holder.locator)
    there = select(Report).where(Report.id.in_(mine), Report.status != ReportStatus.ERASED)
    return work.db.scalar(there.with_for_update())

"""The receipt of a report: a code and a PIN with which its reporter reads the answer."""

from __future__ import annotations

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
    """A new code (one of nine million) was given twice within minutes: nothing is stored, and she is asked to come
    again.
    """


@dataclass(frozen=True)
class WantedReceipt:
    """What the reporter chose before she files: code and PIN, and whether she wants to hear that there is an answer."""

    handle: str = field(repr=False)  # of the code and PIN, as the vault issued them (`Vault.issue`)
    word: str = field(default="", repr=False)  # shown to her first: it proves that this service answers
    notice: str = ""  # when an SMS may come: morning | evening; anything else: never
    number_handle: str = field(default="", repr=False)  # the number it goes to, sealed for this talk


@dataclass(frozen=True)
class MadeReceipt:
    """A receipt that is to be stored: its code, its row and, if she chose a word, the row of its message."""

    code: str = field(repr=False)
    row: dict[str, Any] = field(repr=False)
    words: list[dict[str, Any]] = field(repr=False)

    @property
    def spaced(self) -> str:
        """The code as it is shown: two times four digits."""
        return f"{self.code[:4]} {self.code[4:]}"


@dataclass(frozen=True)
class ReceiptHolder:
    """A reporter who has shown code and PIN of her receipt. Only `holder_of` makes one; services see neither of the
    two.

    `private` is the key that reads what is sealed to her.
    """

    locator: str
    private: bytes = field(repr=False)


@dataclass(frozen=True)
class ChosenPin:
    """The result of choosing a PIN; with `made` the handle of a new code, which is not yet stored anywhere."""

    outcome: Literal["made", "wrong", "easy"]
    handle: str = field(default="", repr=False)


@dataclass(frozen=True)
class TriedReceipt:
    """The result of trying a code and a PIN; unless it is wrong or locked, with the handle of the key that
    they make.
    """

    outcome: Literal["open", "erased", "broken", "wrong", "locked"]
    handle: str = field(default="", repr=False)


def holder_of(work: Work, code: str, key_handle: str) -> ReceiptHolder:
    """The reporter who opened the receipt of a code earlier in this talk. Raises `Unsealable` for another code's
    handle.
    """
    holder = work.vault.receipt(code, key_handle)
    return ReceiptHolder(holder.locator, holder.private)


def make_receipt(reads: SessionFactory, vault: Vault, pin: str) -> ChosenPin:
    """Have the vault make a code that is not in use, for the four digits that the reporter chose: made | wrong (not
    four digits) | easy (to guess).

    Nothing is written: the receipt is stored with her report, if she sends it.
    """
    pin = answers.plain_digits(pin)
    if len(pin) != RECEIPT_PIN_DIGITS or not (pin.isascii() and pin.isdecimal()):
        return ChosenPin("wrong")
    if answers.easy(pin):
        return ChosenPin("easy")
    new = vault.issue(pin)
    with reads() as db:
        while db.get(ReportReceipt, new.locator) is not None:
            new = vault.issue(pin)
    return ChosenPin("made", new.handle)


def open_receipt(reads: SessionFactory, readings: Readings, code: str, pin: str, caller: str) -> TriedReceipt:
    """Try code and PIN: open | erased | broken | wrong | locked; a code that is not in use takes the same work (S8).

    `caller` is the digest of the number that dials: tries are counted by code and by caller, each day of the vault's
    own clock.
    """
    vault, pin = readings.vault, answers.plain_digits(pin)
    if not pin or not pin.isascii():
        return TriedReceipt("wrong")
    with reads() as db:
        row = db.get(ReportReceipt, vault.locator(code, caller))
    tried = vault.try_receipt(code, pin, receipt_key(vault, row) if row else b"", caller)
    if tried.outcome != "open":
        return TriedReceipt(tried.outcome)
    if row is None:  # cannot happen: no key fits an empty public key
        return TriedReceipt("wrong")
    private = readings.receipt(code, tried.handle).private
    with reads() as db:
        return TriedReceipt(readings.state(db, db.get_one(Report, row.report), None, private), tried.handle)


def made_receipt(wanted: WantedReceipt, report: str, week: str, vault: Vault) -> MadeReceipt:
    """The rows of the receipt that she made a minute ago, for this report. Raises `Unsealable`.

    Her word, if she chose one, is message number 0, sealed to nobody but her receipt (S7).
    """
    new, words = vault.issued(wanted.handle), []
    if wanted.word:
        content = json.dumps({"node": "word", "value": wanted.word}, ensure_ascii=False).encode()
        (sealed,) = vault.wrap(week, report, [seal_line(content, report, 0, "", new.public)])
        words.append({"id": random_id(), "report": report, "number": 0, "reader": "", "sealed": sealed})
    row = {"locator": new.locator, "report": report, "public_key": new.public + new.word}
    return MadeReceipt(new.code, row, words)


def keep_receipt(connection: Connection | DriverConnection, receipt: MadeReceipt) -> None:
    """Insert the rows of a receipt. Raises `CodeTaken`."""
    if SELECT_RECEIPT.rows(connection, {"code": receipt.row["locator"]}):
        raise CodeTaken("another woman was given this code a moment ago")
    INSERT_RECEIPT.run(connection, receipt.row)
    INSERT_LINE.run_all(connection, receipt.words)


def receipt_key(vault: Vault, receipt: ReportReceipt) -> bytes:
    """The public key of a receipt; empty, with an alarm in the log, when it is not the one that the vault has made."""
    public, word = receipt.public_key[:32], receipt.public_key[32:]
    if vault.vouched([(receipt.locator, public, word)]) == [True]:
        return public
    log.error("ALARM: the key of a receipt was not made by the vault: nothing is sealed to it")
    return b""


def key_to_her(work: Work, report: str) -> bytes | Literal["no_receipt", "broken"]:
    """The public key of the receipt of a report, to which is sealed what she may read; or why there is none: she has no
    code | it was changed in the database.
    """
    receipt = work.db.scalar(select(ReportReceipt).where(ReportReceipt.report == report))
    return "no_receipt" if receipt is None else receipt_key(work.vault, receipt) or "broken"


def report_by_receipt(work: Work, holder: ReceiptHolder) -> Report | None:
    """The report of a receipt, locked until the transaction ends; None when it was erased."""
    report_id = select(ReportReceipt.report).where(ReportReceipt.locator == holder.locator)
    not_erased = select(Report).where(Report.id.in_(report_id), Report.status != ReportStatus.ERASED)
    return work.db.scalar(not_erased.with_for_update(key_share=True))

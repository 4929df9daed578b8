"""What the reporter writes with her code to a report that is open: a chosen line, or her own words.

It is sealed to everybody on the ladders of her open requests, not to her receipt: whoever forces her to give code and
PIN reads the answers and nothing that she told. It is not joined to the sealed answers, because their key would have
to lie under her four digits then (decision 044). Whoever has her request hears of it by the alert of a task, which says
nothing; danger rings at once, and a class only rises.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Literal

from sqlalchemy import select

from bot.country.routing_rules import Urgency
from bot.reports.care import add_line, keys_of
from bot.reports.receipts import ReceiptHolder, report_by_receipt
from bot.reports.rising import OPEN, raise_class, tell
from bot.storage.audit import AuditAction, note
from bot.storage.tables.reports import Report, Request, Step
from bot.storage.unit_of_work import Outcome, Work
from bot.vault.sealing import HER_LINE
from bot.words.word_lists import despairs


class Again(StrEnum):
    """What she may choose. Messages hold these names: a value is never changed."""

    DANGER = "danger"
    WORSE = "worse"
    NO_CALL = "no_call"
    MOVED = "moved"
    OVER = "over"
    WORDS = "words"  # her own, which follow


def write_again(
    work: Work, holder: ReceiptHolder, what: Again, words: str = ""
) -> Outcome[Literal["done", "closed", "gone"]]:
    """Seal what she says to everybody who can read an open request of hers, and let its phones ring.

    Outcomes: done | closed (nothing is open any more) | gone (the report is erased).
    """
    report = report_by_receipt(work, holder)
    if report is None:
        return Outcome("gone")
    hers = select(Request).where(Request.report == report.id, Request.status.in_(OPEN)).order_by(Request.id)
    requests = work.db.scalars(hers.with_for_update()).all()
    if not requests:
        return Outcome("closed")
    _seal(work, report, requests, what, words)
    urgent = what == Again.DANGER
    rises = Urgency.DANGER if urgent else Urgency.MEDICINE if despairs(words) else None
    tasks = [*raise_class(work, report.id, rises)[1]] if rises else []
    for request in requests:
        note(work.db, work.vault, work.at, "", AuditAction.WROTE_AGAIN, request.id)
        tasks += tell(work, request, urgent=urgent)
    return Outcome("done", {}, tuple(tasks))


def _seal(work: Work, report: Report, requests: Sequence[Request], what: Again, words: str) -> None:
    """Whatever she says, every line of hers has the same length."""
    on_ladders = select(Step.person).where(Step.request.in_([one.id for one in requests])).distinct()
    said = {"node": "words", "value": words} if what == Again.WORDS else {"node": "tell_more", "value": what}
    add_line(work, report, "", said, keys_of(work, work.db.scalars(on_ladders)), HER_LINE)

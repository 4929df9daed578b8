"""A report is erased: she takes it back, or its time is over."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from bot.reports import reply_notice
from bot.reports.copies import revoke_copies
from bot.reports.filing import OVERDUE
from bot.reports.receipts import ReceiptHolder, report_by_receipt
from bot.storage.audit import AuditAction, note
from bot.storage.tables.reports import Copy, Referral, Reply, Report, ReportReceipt, ReportStatus
from bot.storage.tables.runtime import Task
from bot.storage.unit_of_work import Outcome, Work
from bot.vault import journal
from bot.vault.vault import Vault


def take_back(work: Work, holder: ReceiptHolder) -> Outcome[Literal["done", "gone"]]:
    """She takes all of it back (S22): the words, every key to them, the talk, her receipt, the alerts not yet sent.

    Outcomes: done | gone (it is erased already).
    """
    report = report_by_receipt(work, holder)
    if report is None:
        return Outcome("gone")
    erase(work.db, work.vault, report, work.at)
    note(work.db, work.vault, work.at, "", AuditAction.ERASED, report.id)
    return Outcome("done")


def erase(db: Session, vault: Vault, report: Report, at: int) -> None:
    """Nothing of a report is left but that there was one; with her code nobody learns even that."""
    erase_content(db, vault, report, at)
    db.execute(delete(ReportReceipt).where(ReportReceipt.report == report.id))


def erase_content(db: Session, vault: Vault, report: Report, at: int) -> None:
    """The same, but that she still reads with her code and PIN that it is erased."""
    journal.append(vault, at, journal.ERASED, report.id)
    report.status, report.sealed, report.words, report.wishes = ReportStatus.ERASED, b"", b"", ""
    db.execute(revoke_copies(Copy.report == report.id))
    db.execute(delete(Reply).where(Reply.report == report.id))
    reply_notice.forget(db, vault, report.id)
    db.execute(delete(Referral).where(Referral.report == report.id))
    waiting = Task.key.startswith(f"route:{report.id}:") | (Task.key == OVERDUE + report.id)
    db.execute(update(Task).where(waiting, Task.done_at.is_(None)).values(done_at=at))


def erase_expired(db: Session, vault: Vault, before: str, at: int) -> int:
    """Empty what was filed before an ISO week; how many reports. Their keys are the vault's to shred."""
    old = (Report.week != "") & (Report.week < before) & (Report.status != ReportStatus.ERASED)
    reports = db.scalars(select(Report).where(old).with_for_update()).all()
    for report in reports:
        erase_content(db, vault, report, at)
        note(db, vault, at, "", AuditAction.EXPIRED, report.id)
    return len(reports)


def delete_expired_receipts(db: Session, before: str) -> None:
    """The codes of what was filed before an ISO week open nothing any more, not even that it is erased."""
    old = select(Report.id).where(Report.week != "", Report.week < before, Report.status == ReportStatus.ERASED)
    db.execute(delete(ReportReceipt).where(ReportReceipt.report.in_(old)))


def erase_free_text(db: Session, before: str) -> None:
    """The free words of what was filed before an ISO week are gone; the rest stays until its own time."""
    there = func.length(Report.words) > 0
    db.execute(update(Report).where(Report.week != "", Report.week < before, there).values(words=b""))


def erase_messages(db: Session, before: str) -> None:
    """The lines of talks about what was filed before an ISO week are gone; the reports stay until their own time."""
    old = select(Report.id).where(Report.week != "", Report.week < before)
    db.execute(delete(Reply).where(Reply.report.in_(old)))

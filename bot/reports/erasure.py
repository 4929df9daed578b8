"""Erasure of reports: at the reporter's wish, or when their time is over."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from bot.reports import reply_notice, transfers
from bot.reports.filing import OVERDUE
from bot.reports.receipts import ReceiptHolder, report_by_receipt
from bot.storage.audit import AuditAction, note
from bot.storage.sqlite_journal import truncate_after_commit
from bot.storage.tables.reports import (
    Copy,
    Referral,
    Reply,
    Report,
    ReportReceipt,
    ReportStatus,
    Request,
    RequestStatus,
)
from bot.storage.tables.runtime import Task
from bot.storage.unit_of_work import Outcome, Work
from bot.vault import journal
from bot.vault.sealing import HER_LINE
from bot.vault.vault import Vault

MOST_AT_ONCE = 1000  # reports in one question to the vault


def take_back(work: Work, holder: ReceiptHolder) -> Outcome[Literal["done", "gone"]]:
    """The reporter takes her report back (S22): erased are the words, every key to them, the messages, her receipt and
    the alerts not yet sent. No backup opens it any more.

    Outcomes: done | gone (it is erased already).
    """
    report = report_by_receipt(work, holder)
    if report is None:
        return Outcome("gone")
    erase(work.db, work.vault, report, work.at)
    note(work.db, work.vault, work.at, "", AuditAction.ERASED, report.id)
    return Outcome("done")


def erase(db: Session, vault: Vault, report: Report, at: int) -> None:
    """Erase the content of a report and its receipt: the row stays, and the code leads to nothing any more.

    Its key goes before this is committed: if the commit fails she is asked to come again, and nobody can read it
    meanwhile.
    """
    vault.erase(report.week, [report.id])
    erase_content(db, vault, report, at)
    truncate_after_commit(db)
    db.execute(delete(ReportReceipt).where(ReportReceipt.report == report.id))


def erase_content(db: Session, vault: Vault, report: Report, at: int) -> None:
    """Erase the content of a report. The receipt stays: with code and PIN one still reads that the report is erased."""
    journal.append(vault, at, journal.ERASED, report.id)
    report.status, report.sealed, report.words, report.wishes = ReportStatus.ERASED, b"", b"", ""
    report.tally, report.contact = b"", b""
    ended = update(Request).where(Request.report == report.id).values(status=RequestStatus.ERASED, owner="", rating=0)
    requests = db.scalars(ended.returning(Request.id)).all()
    db.execute(delete(Copy).where(Copy.report == report.id))
    db.execute(delete(Reply).where(Reply.report == report.id))
    reply_notice.forget(db, vault, report.id)
    db.execute(delete(Referral).where(Referral.request.in_(requests)))
    transfers.forget(db, requests)
    waiting = or_(
        Task.key == OVERDUE + report.id,
        *(Task.key.startswith(f"{of}:{id}:") for id in requests for of in ("route", "answered")),
    )
    db.execute(update(Task).where(waiting, Task.done_at.is_(None)).values(done_at=at))


def erase_again(db: Session, vault: Vault, since: str) -> int:
    """Destroy the keys of reports that are erased and still have one, because somebody has put an old folder of the
    vault back; how many. Weeks before `since` have no keys any more.
    """
    erased = select(Report.week, Report.id).where(Report.status == ReportStatus.ERASED, Report.week >= since)
    of_weeks: dict[str, list[str]] = {}
    for week, report in db.execute(erased):
        of_weeks.setdefault(week, []).append(report)
    few = [
        (week, of[at : at + MOST_AT_ONCE]) for week, of in of_weeks.items() for at in range(0, len(of), MOST_AT_ONCE)
    ]
    return sum(vault.erase(week, reports) for week, reports in few)


def erase_expired(db: Session, vault: Vault, before: str, at: int) -> int:
    """Erase the content of reports filed before an ISO week; how many there were. The caller lets the vault destroy the
    keys of these weeks.
    """
    old = (Report.week != "") & (Report.week < before) & (Report.status != ReportStatus.ERASED)
    reports = db.scalars(select(Report).where(old).with_for_update()).all()
    for report in reports:
        erase_content(db, vault, report, at)
        note(db, vault, at, "", AuditAction.EXPIRED, report.id)
    return len(reports)


def delete_expired_receipts(db: Session, before: str) -> None:
    """Delete the receipts of erased reports that were filed before an ISO week: their codes lead to nothing
    any more.
    """
    old = select(Report.id).where(Report.week != "", Report.week < before, Report.status == ReportStatus.ERASED)
    db.execute(delete(ReportReceipt).where(ReportReceipt.report.in_(old)))


def erase_free_text(db: Session, before: str) -> None:
    """Delete the free words of reports filed before an ISO week, also those that she has written later, and what
    was to go to another zone; the answers stay until their own time.
    """
    has_words = func.length(Report.words) > 0
    db.execute(update(Report).where(Report.week != "", Report.week < before, has_words).values(words=b""))
    old = select(Report.id).where(Report.week != "", Report.week < before)
    db.execute(delete(Reply).where(Reply.report.in_(old), func.length(Reply.sealed) > HER_LINE))
    transfers.forget(db, db.scalars(select(Request.id).where(Request.report.in_(old))).all())


def erase_messages(db: Session, before: str) -> None:
    """Delete the messages of reports filed before an ISO week; the reports stay until their own time."""
    old = select(Report.id).where(Report.week != "", Report.week < before)
    db.execute(delete(Reply).where(Reply.report.in_(old)))

"""Whoever works here opens a report, and it is written down that she did."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Select, select

from bot.reports.copies import IS_HELD
from bot.reports.reading import Readings
from bot.reports.referral import referred_to
from bot.storage.audit import AuditAction, note
from bot.storage.tables.reports import Copy, Report, ReportStatus
from bot.storage.unit_of_work import Actor, Work


def copy_open_to(person: str, number: int) -> Select[Copy]:
    """Somebody's copy of a report by her number for it, if it is new, taken by her or given on to her."""
    mine = (Report.owner == person) & (Report.status == ReportStatus.TAKEN)
    hers = (Copy.person == person) & (Copy.number == number) & IS_HELD
    open_to_her = (Report.status == ReportStatus.NEW) | mine | referred_to(person)
    return select(Copy).join(Report, Report.id == Copy.report).where(hers, open_to_her)


def open_report(
    work: Work, actor: Actor, readings: Readings, number: int, why: str
) -> Literal["open", "gone", "erased", "broken"]:
    """Open a report that is new or her own, and write to the record who did and why ("" for a helper): open | gone |
    erased, by her who told or in time | broken (what was sealed was changed).
    """
    found = work.db.scalar(copy_open_to(actor.id, number))
    if found is None:
        return "gone"
    private = readings.private(actor.id, actor.key_handle)
    state = readings.state(work.db, work.db.get_one(Report, found.report), found, private)
    if state == "open":
        action = AuditAction.OPENED_BECAUSE if why else AuditAction.OPENED
        note(work.db, work.vault, work.at, actor.id, action, found.report, why)
    return state

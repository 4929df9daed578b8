"""A member of staff opens a report; the audit record keeps that she did."""

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
    """The query for a person's copy by her task number, if the report is new, owned by her or referred to her."""
    mine = (Report.owner == person) & (Report.status == ReportStatus.TAKEN)
    hers = (Copy.person == person) & (Copy.number == number) & IS_HELD
    open_to_her = (Report.status == ReportStatus.NEW) | mine | referred_to(person)
    return select(Copy).join(Report, Report.id == Copy.report).where(hers, open_to_her)


def open_report(
    work: Work, actor: Actor, readings: Readings, number: int, why: str
) -> Literal["open", "gone", "erased", "broken"]:
    """Open a report that is new, her own or referred to her; the audit record keeps who did and why (`why` is empty for
    those who need no reason).

    Gives open | gone (no such report is open to her) | erased (by its reporter or in time) | broken (what was sealed
    was changed in the database).
    """
    copy = work.db.scalar(copy_open_to(actor.id, number))
    if copy is None:
        return "gone"
    private = readings.private(actor.id, actor.key_handle)
    state = readings.state(work.db, work.db.get_one(Report, copy.report), copy, private)
    if state == "open":
        action = AuditAction.OPENED_BECAUSE if why else AuditAction.OPENED
        note(work.db, work.vault, work.at, actor.id, action, copy.report, why)
    return state

"""The task that alerts one rung of a report: whom the reporter chose, then deputies, then oversight. Alerts say nothing
of it.

A rung is alerted only while nobody has taken the report: escalation is stopped by a person who takes it, never by a
delivery report (S51).
"""

from __future__ import annotations

from sqlalchemy import select

from bot.delivery.staff_alerts import post_alert
from bot.reports.copies import IS_HELD, has_passed, keep_ringing
from bot.services import Services
from bot.storage import outbox
from bot.storage.audit import AuditAction, note
from bot.storage.outbox import Claim
from bot.storage.tables.delivery import MessageKind
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Report, ReportStatus


def route(services: Services, claim: Claim, at: int) -> tuple[str, ...]:
    """Post messages, their tasks and `done` in one transaction, so that every alert is exactly once in the outbox."""
    keys: list[str] = []
    rung = int(claim.args["rung"])
    with services.sessions.begin() as db:
        if not outbox.done(db, claim, at):
            return ()
        report = db.scalars(select(Report).where(Report.id == claim.args["report"]).with_for_update()).one()
        if report.status != ReportStatus.NEW:
            return ()
        kind = MessageKind.URGENT if report.urgent else MessageKind.NEW
        holders = select(Copy).join(Person, Person.id == Copy.person).where(Person.active, IS_HELD, ~has_passed())
        for copy in db.scalars(holders.where(Copy.report == report.id, Copy.rung == rung)):
            keys += post_alert(db, kind, copy.person, copy.number, at, outbox.ALERT)
        if rung and keys:
            note(db, services.vault, at, "", AuditAction.ESCALATED, report.id)
        if not keys:  # everybody on this rung has left, lost the copy or passed it on: escalation must go on
            keys += keep_ringing(db, services.vault, [report.id], at)
    return tuple(keys)

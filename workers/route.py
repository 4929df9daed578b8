"""A report finds its readers, rung by rung: whom she chose, then deputies, then oversight. Alerts say nothing.

A rung whose time has come is alerted only while nobody has taken the report: what stops the clock is a human who
takes it, never a delivery receipt (S51).
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
    """Messages, their tasks and `done` in one transaction: every alert exactly once in the outbox."""
    keys: list[str] = []
    rung = int(claim.args["rung"])
    with services.sessions.begin() as db:
        if not outbox.done(db, claim, at):
            return ()
        report = db.scalars(select(Report).where(Report.id == claim.args["report"]).with_for_update()).one()
        if report.status != ReportStatus.NEW:
            return ()
        kind = MessageKind.URGENT if report.urgent else MessageKind.NEW
        there = select(Copy).join(Person, Person.id == Copy.person).where(Person.active, IS_HELD, ~has_passed())
        for copy in db.scalars(there.where(Copy.report == report.id, Copy.rung == rung)):
            keys += post_alert(db, kind, copy.person, copy.number, at, outbox.ALERT)
        if rung and keys:
            note(db, services.vault, at, "", AuditAction.ESCALATED, report.id)
        if not keys:  # whoever stood there has left, holds it no more or has passed it on: it must not end here
            keys += keep_ringing(db, services.vault, [report.id], at)
    return tuple(keys)

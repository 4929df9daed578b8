"""The task that is due when a day has passed and nobody has said that the police was told of a child's case (S39)."""

from __future__ import annotations

import logging

from sqlalchemy import select

from bot.country.rows import Role
from bot.reports.copies import IS_HELD, alert
from bot.services import Services
from bot.storage import outbox
from bot.storage.audit import AuditAction, note
from bot.storage.outbox import Claim
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Report, ReportStatus

log = logging.getLogger("ijwi")


def overdue(services: Services, claim: Claim, at: int) -> tuple[str, ...]:
    """Alert each oversight member and the owner of the report, unless the duty was fulfilled or the report erased."""
    keys: list[str] = []
    with services.sessions.begin() as db:
        if not outbox.done(db, claim, at):
            return ()
        report = db.scalars(select(Report).where(Report.id == claim.args["report"])).one()
        if report.status == ReportStatus.ERASED:
            return ()
        holders = (
            select(Copy).join(Person, Person.id == Copy.person).where(Copy.report == report.id, Person.active, IS_HELD)
        )
        for copy in db.scalars(holders.where((Person.role == Role.OVERSIGHT) | (Person.id == report.owner))):
            keys += alert(db, copy.person, copy.number, at)
        note(db, services.vault, at, "", AuditAction.POLICE_NOT_TOLD, report.id)
    log.error("ALARM: a duty of the law is a day old: ops/ijwi record shows which report")
    return tuple(keys)

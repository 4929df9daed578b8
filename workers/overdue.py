"""The task that is due when a day has passed and nobody has said that the police was told of a child's case (S39)."""

from __future__ import annotations

import logging

from sqlalchemy import select

from bot.country.rows import Role
from bot.reports.ladders import ring
from bot.services import Services
from bot.storage import outbox
from bot.storage.audit import AuditAction, note
from bot.storage.outbox import Claim
from bot.storage.tables.delivery import MessageKind
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Report, ReportStatus, Request, Step

log = logging.getLogger("ijwi")


def overdue(services: Services, claim: Claim, at: int) -> tuple[str, ...]:
    """Alert each oversight member and every owner of a request, unless the duty was fulfilled or the report erased."""
    keys: list[str] = []
    with services.sessions.begin() as db:
        if not outbox.done(db, claim, at):
            return ()
        report = db.scalars(select(Report).where(Report.id == claim.args["report"])).one()
        if report.status == ReportStatus.ERASED:
            return ()
        ladders = select(Step).join(Person, Person.id == Step.person).join(Request, Request.id == Step.request)
        ladders = ladders.where(Step.report == report.id, Person.active).order_by(
            Person.id == Request.owner, Step.number.desc()
        )
        told = ladders.where((Person.role == Role.OVERSIGHT) | (Person.id == Request.owner))
        for step in {step.person: step for step in db.scalars(told)}.values():  # once, however many ladders she is on
            keys += ring(db, MessageKind.NEW, step, at)
        note(db, services.vault, at, "", AuditAction.POLICE_NOT_TOLD, report.id)
    log.error("ALARM: a duty of the law is a day old: ops/ijwi record shows which report")
    return tuple(keys)

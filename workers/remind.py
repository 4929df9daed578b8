"""The task that reminds the owner of a report once, if she has done nothing since she took it; the SMS means nothing to
a stranger.
"""

from __future__ import annotations

from sqlalchemy import func, select

from bot.delivery.staff_alerts import post_alert
from bot.services import Services
from bot.storage import outbox
from bot.storage.audit import AuditAction
from bot.storage.outbox import Claim
from bot.storage.tables.delivery import MessageKind
from bot.storage.tables.reports import Report, ReportStatus
from bot.storage.tables.runtime import Event


def remind(services: Services, claim: Claim, at: int) -> tuple[str, ...]:
    """An SMS to the owner, if she is that still and has neither answered nor asked since she took it."""
    report, person = claim.args["report"], claim.args["person"]
    with services.sessions.begin() as db:
        if not outbox.done(db, claim, at):
            return ()
        events_of_hers = select(func.max(Event.id)).where(Event.report == report, Event.person == person)
        taken = db.scalar(events_of_hers.where(Event.what == AuditAction.TAKEN)) or 0
        acted = (db.scalar(events_of_hers.where(Event.what == AuditAction.REPLIED)) or 0) > taken
        owned = select(Report.id).where(Report.id == report, Report.owner == person)
        if acted or db.scalar(owned.where(Report.status == ReportStatus.TAKEN)) is None:
            return ()
        number = int(claim.args["number"])
        return tuple(post_alert(db, MessageKind.OVERDUE, person, number, at, outbox.REMINDER))

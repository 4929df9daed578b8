"""Whoever has taken a report and done nothing since is reminded once, in words that say nothing to a stranger."""

from __future__ import annotations

from sqlalchemy import func, select

from bot.services import Services
from bot.storage import outbox
from bot.storage.base import random_id
from bot.storage.outbox import Claim
from bot.storage.tables.delivery import Message
from bot.storage.tables.reports import Report, ReportStatus
from bot.storage.tables.runtime import Event


def remind(services: Services, claim: Claim, at: int) -> tuple[str, ...]:
    """An SMS to the owner, if she is that still and has neither answered nor asked since she took it."""
    report, person = claim.args["report"], claim.args["person"]
    with services.sessions.begin() as db:
        if not outbox.done(db, claim, at):
            return ()
        hers = select(func.max(Event.id)).where(Event.report == report, Event.person == person)
        taken = db.scalar(hers.where(Event.what == "taken")) or 0
        acted = (db.scalar(hers.where(Event.what == "replied")) or 0) > taken
        owned = select(Report.id).where(Report.id == report, Report.owner == person)
        if acted or db.scalar(owned.where(Report.status == ReportStatus.TAKEN)) is None:
            return ()
        message = Message(id=random_id(), kind="overdue", person=person, number=claim.args["number"], created=at)
        db.add(message)
        alert = outbox.task(f"deliver:{message.id}", "deliver", {"message": message.id}, at, outbox.REMINDER)
        return tuple(outbox.post(db, alert))

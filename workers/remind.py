"""The task that reminds the owner of a request once, if she has done nothing since she took it; the SMS means nothing
to a stranger.
"""

from __future__ import annotations

from sqlalchemy import func, select

from bot.reports.ladders import held, request_of, ring
from bot.services import Services
from bot.storage import outbox
from bot.storage.audit import AuditAction
from bot.storage.outbox import Claim
from bot.storage.tables.delivery import MessageKind
from bot.storage.tables.reports import Request, RequestStatus
from bot.storage.tables.runtime import Event


def remind(services: Services, claim: Claim, at: int) -> tuple[str, ...]:
    """An SMS to the owner, if she is that still and has neither answered nor asked since she took it."""
    request, person = request_of(claim.args), claim.args["person"]
    with services.sessions.begin() as db:
        if not outbox.done(db, claim, at):
            return ()
        events_of_hers = select(func.max(Event.id)).where(Event.report == request, Event.person == person)
        taken = db.scalar(events_of_hers.where(Event.what == AuditAction.TAKEN)) or 0
        acted = (db.scalar(events_of_hers.where(Event.what == AuditAction.REPLIED)) or 0) > taken
        owned = select(Request.id).where(Request.id == request, Request.owner == person)
        step = db.scalar(held(person, int(claim.args["number"])))
        if acted or step is None or db.scalar(owned.where(Request.status == RequestStatus.TAKEN)) is None:
            return ()
        return tuple(ring(db, MessageKind.OVERDUE, step, at, outbox.REMINDER))

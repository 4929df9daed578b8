"""The task that alerts one rung of a request: whom the reporter chose, then deputies, then oversight. Alerts say
nothing of it.

A rung is alerted only while nobody has taken the request: escalation is stopped by a person who takes it, never by a
delivery report (S51). Whoever has opened it has a time to take it, in which the next rung waits (`bot.reports.clocks`).
"""

from __future__ import annotations

from sqlalchemy import select

from bot.country.routing_rules import Urgency
from bot.reports import clocks
from bot.reports.ladders import has_passed, keep_ringing, request_of, ring
from bot.services import Services
from bot.storage import outbox
from bot.storage.audit import AuditAction, note
from bot.storage.outbox import Claim
from bot.storage.tables.delivery import MessageKind
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Request, RequestStatus, Step


def route(services: Services, claim: Claim, at: int) -> tuple[str, ...]:
    """Post messages, their tasks and `done` in one transaction, so that every alert is exactly once in the outbox."""
    keys: list[str] = []
    rung = int(claim.args["rung"])
    with services.sessions.begin() as db:
        request = db.get_one(Request, request_of(claim.args), with_for_update=True)
        if request.status == RequestStatus.NEW and (until := clocks.held_until(db, request.id, at)):
            outbox.put_back(db, claim, until)  # somebody has opened it and has time to take it
            return ()
        if not outbox.done(db, claim, at):
            return ()
        if request.status != RequestStatus.NEW:
            return ()
        kind = MessageKind.URGENT if request.urgency == Urgency.DANGER else MessageKind.NEW
        ladder = select(Step).join(Person, Person.id == Step.person).where(Person.active, ~has_passed())
        for step in db.scalars(ladder.where(Step.request == request.id, Step.rung == rung)).all():
            keys += ring(db, kind, step, at)
        if rung and keys:
            note(db, services.vault, at, "", AuditAction.ESCALATED, request.id)
        if keys:
            clocks.climb(db, services.country, request, rung, at)
        else:  # everybody on this rung has left, lost the copy or passed it on: escalation must go on
            keys += keep_ringing(db, services.vault, [request.id], at)
    return tuple(keys)

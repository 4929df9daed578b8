"""The task that alerts one rung of a request: whom the reporter chose, then deputies, then oversight. Alerts say
nothing of it.

A rung is alerted only while nobody has taken the request: escalation is stopped by a person who takes it, never by a
delivery report (S51). Whoever has opened it has a time to take it, in which the next rung waits (`bot.reports.clocks`).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.country.routing_rules import Urgency
from bot.delivery.staff_alerts import has_too_many
from bot.reports import clocks
from bot.reports.ladders import (
    bring_forward,
    has_living,
    has_passed,
    is_dead,
    keep_ringing,
    request_of,
    ring,
    serves,
)
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
        steps = _to_ring(db, request, rung)
        for step in steps:
            keys += ring(db, kind, step, at)
        if rung and steps:
            note(db, services.vault, at, "", AuditAction.ESCALATED, request.id)
        if steps:
            clocks.climb(db, services.country, request, rung, at)
            if kind == MessageKind.URGENT and any(has_too_many(db, step.person, at) for step in steps):
                keys += bring_forward(db, request.id, at)  # she may not find it among so many
        else:  # everybody on this rung has left, lost the copy or passed it on: escalation must go on
            keys += bring_forward(db, request.id, at) or keep_ringing(db, services.vault, [request.id], at)
    return tuple(keys)


def _to_ring(db: Session, request: Request, rung: int) -> Sequence[Step]:
    """The steps of those on a rung who serve and have not passed it on, in an order that is the same for all; without
    those whose phone takes no SMS, unless nobody else is left on the whole ladder.
    """
    ladder = select(Step, is_dead()).join(Person, Person.id == Step.person).where(serves(), ~has_passed())
    there = db.execute(ladder.where(Step.request == request.id, Step.rung == rung).order_by(Step.person)).all()
    living = [step for step, dead in there if not dead]
    return living if living or has_living(db, request.id) else [step for step, _dead in there]

"""A training that is over: its officer or partner is not rung, takes nothing and keeps nothing, from the day after
its last until it is renewed.

What she had taken goes to the next reader, and she is told; a new request of which nobody else was rung rings the next
at once. She keeps her copies, because she may be trained again tomorrow; oversight needs no training, so that somebody
is always left.
"""

from __future__ import annotations

import logging
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.country.rows import Role
from bot.reports import clocks
from bot.reports.ladders import bring_forward, hand_on, has_passed, is_dead, ring, serves
from bot.storage import outbox
from bot.storage.audit import AuditAction, note
from bot.storage.tables.delivery import MessageKind
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Request, RequestStatus, Step
from bot.storage.unit_of_work import Actor, Work
from bot.vault.vault import Vault

log = logging.getLogger("ijwi")
NEEDED = (Role.CHAMPION, Role.PARTNER)


def is_trained(work: Work, actor: Actor) -> bool:
    """Whether the actor may take a request today: her role needs no training, or it is valid, its last day included."""
    until = work.db.get_one(Person, actor.id).trained_until
    return actor.role not in NEEDED or not until or until >= work.local.date().isoformat()


def end(db: Session, vault: Vault, today: date, at: int) -> list[str]:
    """Notice whose training is over by `today`, and let go on what waits for them; the keys of the tasks that do it.

    A request that nobody else can read stays with who has taken it, and that is an alarm.
    """
    over = (Person.trained_until != "") & (Person.trained_until < today.isoformat()) & Person.role.in_(NEEDED)
    fresh = select(Person).where(Person.active, over, Person.training_over != Person.trained_until)
    people = {person.id: person for person in db.scalars(fresh.order_by(Person.id))}
    stands = select(Step.request).where(Step.person.in_(people))
    still = Request.status.in_((RequestStatus.NEW, RequestStatus.TAKEN))
    waiting = select(Request).where(Request.id.in_(stands), still).order_by(Request.id).with_for_update()
    requests = db.scalars(waiting).all() if people else []  # locked before the record, as everywhere
    for person in people.values():
        person.training_over = person.trained_until
    db.flush()
    tasks: list[str] = []
    for request in requests:
        if request.status == RequestStatus.NEW:
            tasks += _ring_another(db, vault, request, at)
        elif request.owner in people:
            tasks += _let_go(db, vault, request, at)
    return tasks


def _ring_another(db: Session, vault: Vault, request: Request, at: int) -> list[str]:
    """Ring the next of a new request, unless somebody else was rung who may take it."""
    rung = select(Step.person).join(Person, Person.id == Step.person).where(Step.request == request.id)
    if db.scalar(rung.where(Step.alerted > 0, serves(), ~has_passed(), ~is_dead()).limit(1)) is not None:
        return []
    return bring_forward(db, request.id, at) or hand_on(db, vault, request.id, at)


def _let_go(db: Session, vault: Vault, request: Request, at: int) -> list[str]:
    """Hand a taken request to its next reader and tell who had it."""
    owner = request.owner
    tasks = hand_on(db, vault, request.id, at, but=owner)
    if not tasks:
        log.error("ALARM: a training is over, and nobody else can read a request that was taken")
        return []
    request.status, request.owner = RequestStatus.NEW, ""
    clocks.stop(db, request.id)
    note(db, vault, at, owner, AuditAction.NOT_TRAINED, request.id)
    step = db.get(Step, (request.id, owner))
    return tasks + (ring(db, MessageKind.OVERDUE, step, at, outbox.REMINDER) if step else [])

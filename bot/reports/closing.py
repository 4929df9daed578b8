"""How a request ends: its owner closes it and says why; where she could not help, oversight has the last word.

"I cannot" never ends a request (`care.pass_on`, `care.hand_over`): an officer buried a report with two keys, *it is
finished, I cannot*, and nobody was told.
"""

from __future__ import annotations

from typing import Literal

from sqlalchemy import select

from bot.country.routing_rules import Urgency
from bot.country.rows import Role
from bot.reports import clocks
from bot.reports.care import owned_request
from bot.reports.ladders import hand_on, locked, ring
from bot.storage.audit import AuditAction, note
from bot.storage.tables.delivery import MessageKind
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Closing, Request, RequestStatus, Step
from bot.storage.unit_of_work import Actor, Outcome, Work


def close(work: Work, actor: Actor, number: int, reason: Closing) -> Outcome[Literal["done", "overseen", "gone"]]:
    """The owner closes a request and says why. One that could not be helped goes to oversight, whose phones ring, of
    danger as of danger, whenever that was said; a trial or a mistake is counted in no figure.

    Outcomes: done | overseen (it waits for the word of oversight) | gone (she does not own it).
    """
    request = owned_request(work, actor, number)
    if request is None:
        return Outcome("gone")
    request.status, request.closing, request.closed = RequestStatus.CLOSED, reason, today(work)
    note(work.db, work.vault, work.at, actor.id, AuditAction.CLOSED, request.id, reason)
    clocks.stop(work.db, request.id)
    if reason != Closing.UNHELPED or not (steps := oversight_of(work, request, actor.id)):
        return Outcome("done")
    request.status, request.closed = RequestStatus.UNHELPED, ""
    kind = MessageKind.URGENT if request.urgency == Urgency.DANGER else MessageKind.NEW
    return Outcome("overseen", {}, tuple(key for step in steps for key in ring(work.db, kind, step, work.at)))


def today(work: Work) -> str:
    """The day on the country's own clock, as it stands in rows."""
    return work.local.date().isoformat()


def oversight_of(work: Work, request: Request, but: str) -> list[Step]:
    """The steps of those of oversight who serve and can read a request, without one person."""
    steps = select(Step).join(Person, Person.id == Step.person).where(Step.request == request.id, Step.person != but)
    return list(work.db.scalars(steps.where(Person.role == Role.OVERSIGHT, Person.active).order_by(Person.id)))


def accept(work: Work, actor: Actor, number: int) -> Outcome[Literal["done", "gone"]]:
    """Oversight agrees that nobody could help: the request is closed. Outcomes: done | gone (it waits no longer for a
    word of hers).
    """
    request = unhelped_request(work, actor, number)
    if request is None:
        return Outcome("gone")
    request.status, request.closed = RequestStatus.CLOSED, today(work)
    note(work.db, work.vault, work.at, actor.id, AuditAction.CLOSING_ACCEPTED, request.id)
    return Outcome("done")


def give_on(work: Work, actor: Actor, number: int) -> Outcome[Literal["done", "gone", "last"]]:
    """Oversight gives a request that could not be helped to its next reader, as new.

    Outcomes: done | gone (it waits no longer for a word of hers) | last (nobody else can read it).
    """
    request = unhelped_request(work, actor, number)
    if request is None:
        return Outcome("gone")
    tasks = hand_on(work.db, work.vault, request.id, work.at, but=actor.id)
    if not tasks:
        return Outcome("last")
    request.status, request.owner, request.closing = RequestStatus.NEW, "", ""
    note(work.db, work.vault, work.at, actor.id, AuditAction.GIVEN_ON, request.id)
    return Outcome("done", {}, tuple(tasks))


def unhelped_request(work: Work, actor: Actor, number: int) -> Request | None:
    """The request that oversight has under that task number and whose owner could not help, locked until the
    transaction ends; else None.
    """
    found = locked(work.db, actor.id, number)
    waits = found is not None and found[1].status == RequestStatus.UNHELPED and actor.role == Role.OVERSIGHT
    return found[1] if found and waits else None

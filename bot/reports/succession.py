"""Succession: a reader who leaves gives all requests that she has taken to a colleague whom she names, sealed anew with
her own key (S52).

Nobody can do it for her, because her key opens only with her PIN. The colleague is alerted, and escalation goes on
until she takes each of them herself. A report that its reporter kept from that colleague goes to the next reader.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from sqlalchemy import select

from bot.country.hours import is_away
from bot.country.routing_rules import Urgency
from bot.country.rows import Role
from bot.reports import clocks
from bot.reports.copies import grant_copy
from bot.reports.ladders import alert_rung, hand_on, join, leave, ring
from bot.reports.readers import SELECT_READERS, who_serve
from bot.reports.routing import is_trained
from bot.storage import outbox
from bot.storage.audit import AuditAction, note
from bot.storage.base import random_id
from bot.storage.tables.delivery import MessageKind
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Report, Request, RequestStatus, Step
from bot.storage.unit_of_work import Actor, Outcome, Work
from bot.vault.sealing import seal_anew


def heirs(work: Work, person: str) -> list[Any]:
    """The rows of colleagues of the same role and kind, with a zone in common, who serve now; ordered by station."""
    me = work.db.get_one(Person, person)
    zones = set(me.zones.split(","))
    same = work.db.execute(SELECT_READERS.where(Person.role == me.role, Person.kind == me.kind))
    serving = who_serve(same, work.vault, work.local.date())
    others = [row for row in serving if row.id != person and zones & set(row.zones.split(","))]
    return sorted(
        (row for row in others if not is_away(row, work.local) and is_trained(row, work.local)),
        key=lambda row: (row.unit, row.id),
    )


def hand_all(work: Work, actor: Actor, heir_id: str) -> Outcome[Literal["done", "none", "gone"]]:
    """Hand all requests that the actor has taken to the colleague, or where she may not read one to its next reader.

    Outcomes: done | none (the actor has taken none) | gone (that colleague does not serve any more, or is none of
    `heirs`).
    """
    heir = next((row for row in heirs(work, actor.id) if row.id == heir_id), None)
    if heir is None:
        return Outcome("gone")
    mine = (Request.owner == actor.id) & (Request.status == RequestStatus.TAKEN)
    requests = work.db.scalars(select(Request).where(mine).order_by(Request.id).with_for_update()).all()
    private = work.vault.private(actor.id, actor.key_handle)
    tasks = [task for request in requests for task in _hand(work, actor, request, private, heir)]
    return Outcome("done" if requests else "none", {}, tuple(tasks))


def _hand(work: Work, actor: Actor, request: Request, private: bytes, heir: Any) -> Iterable[str]:
    """Hand over one request, to the colleague or to its next reader; the keys of the tasks to run now, empty when the
    actor is the last who can read it and keeps it.
    """
    if may_read(heir, work.db.get_one(Report, request.report)):
        tasks = _to_heir(work, actor, request, private, heir)
    elif not (tasks := hand_on(work.db, work.vault, request.id, work.at, but=actor.id)):
        return ()  # the last who can read it keeps it
    leave(work.db, request, actor.id)
    clocks.stop(work.db, request.id)
    note(work.db, work.vault, work.at, actor.id, AuditAction.HANDED_TO_SUCCESSOR, request.id)
    return tasks


def _to_heir(work: Work, actor: Actor, request: Request, private: bytes, heir: Any) -> list[str]:
    """Seal a copy to the colleague and post her alert, whose task keys are given; later rungs are alerted in their
    turn.
    """
    report, mine = request.report, work.db.get_one(Copy, (request.report, actor.id))
    week = work.db.get_one(Report, report).week
    (key,) = work.vault.unwrap(week, report, [mine.sealed_key])
    anew = seal_anew(key, report, mine.person, private, heir.id, heir.public_key)
    grant_copy(work.db, report, heir.id, *work.vault.wrap(week, report, [anew]))
    tasks = ring(work.db, MessageKind.NEW, join(work.db, request, heir.id), work.at)
    later, _ = work.country.patience[Urgency(request.urgency)]
    others = select(Step.rung).join(Person, Person.id == Step.person).where(Step.request == request.id)
    for rung in sorted(set(work.db.scalars(others.where(Person.active, Person.id.not_in((actor.id, heir.id)))))):
        when = work.at + later * 60 * (rung + 1)
        outbox.post(work.db, alert_rung(report, request.id, rung, when, key=random_id()))
    return tasks


def may_read(person: Any, report: Report) -> bool:
    """Whether the reporter has not kept her report from an officer like this one (S45, S53)."""
    if person.role != Role.CHAMPION:
        return True
    wishes = set(report.wishes.split(","))
    man = person.sex != "f" and wishes & {"woman", "no_men"}
    return not man and not wishes & {"no_police", f"no_unit-{person.unit}"}

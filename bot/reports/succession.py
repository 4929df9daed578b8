"""Succession: a reader who leaves gives all reports that she has taken to a colleague whom she names, sealed anew with
her own key (S52).

Nobody can do it for her, because her key opens only with her PIN. The colleague is alerted, and escalation goes on
until she takes each report herself. A report that its reporter kept from that colleague goes to the next holder of a
copy.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from sqlalchemy import select

from bot.country.hours import is_away
from bot.country.routing_rules import Urgency
from bot.country.rows import Role
from bot.reports.copies import IS_HELD, RECOVERY_RUNG, alert, grant_copy, hand_on, revoke_copies
from bot.reports.readers import SELECT_READERS, who_serve
from bot.storage import outbox
from bot.storage.audit import AuditAction, note
from bot.storage.base import random_id
from bot.storage.outbox import TaskName
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Report, ReportStatus
from bot.storage.unit_of_work import Actor, Outcome, Work
from bot.vault.sealing import seal_anew


def heirs(work: Work, person: str) -> list[Any]:
    """The rows of colleagues of the same role and kind, with a zone in common, who serve now; ordered by station."""
    me = work.db.get_one(Person, person)
    zones = set(me.zones.split(","))
    same = work.db.execute(SELECT_READERS.where(Person.role == me.role, Person.kind == me.kind))
    serving = who_serve(same, work.vault, work.local.date())
    others = [row for row in serving if row.id != person and zones & set(row.zones.split(","))]
    return sorted((row for row in others if not is_away(row, work.local)), key=lambda row: (row.unit, row.id))


def hand_all(work: Work, actor: Actor, heir_id: str) -> Outcome[Literal["done", "none", "gone"]]:
    """Hand all reports that the actor has taken to the colleague, or where she may not read one to its next holder.

    Outcomes: done | none (the actor has taken none) | gone (that colleague does not serve any more, or is none of
    `heirs`).
    """
    heir = next((row for row in heirs(work, actor.id) if row.id == heir_id), None)
    if heir is None:
        return Outcome("gone")
    mine = (Report.owner == actor.id) & (Report.status == ReportStatus.TAKEN)
    reports = work.db.scalars(select(Report).where(mine).order_by(Report.id).with_for_update()).all()
    private = work.vault.private(actor.id, actor.key_handle)
    tasks = [task for report in reports for task in _hand(work, actor, report, private, heir)]
    return Outcome("done" if reports else "none", {}, tuple(tasks))


def _hand(work: Work, actor: Actor, report: Report, private: bytes, heir: Any) -> Iterable[str]:
    """Hand over one report, to the colleague or to its next holder; the keys of the tasks to run now, empty when the
    actor is the last who can read it and keeps it.
    """
    if may_read(heir, report):
        tasks = _to_heir(work, actor, report, private, heir)
    elif not (tasks := hand_on(work.db, work.vault, report.id, work.at, but=actor.id)):
        return ()  # the last who can read it keeps it
    work.db.execute(revoke_copies(Copy.report == report.id, Copy.person == actor.id))
    report.status, report.owner = ReportStatus.NEW, ""
    note(work.db, work.vault, work.at, actor.id, AuditAction.HANDED_TO_SUCCESSOR, report.id)
    return tasks


def _to_heir(work: Work, actor: Actor, report: Report, private: bytes, heir: Any) -> list[str]:
    """Seal a copy to the colleague and post her alert, whose task keys are given; later rungs are alerted in their
    turn.
    """
    mine = work.db.get_one(Copy, (report.id, actor.id))
    (key,) = work.vault.unwrap(report.week, [mine.sealed_key])
    anew = seal_anew(key, report.id, mine.person, private, heir.id, heir.public_key)
    number = grant_copy(work.db, report, heir.id, *work.vault.wrap(report.week, [anew]))
    tasks = alert(work.db, heir.id, number, work.at)
    later, _ = work.country.patience[Urgency.DANGER if report.urgent else Urgency.PERSON]
    others = select(Copy.rung).join(Person, Person.id == Copy.person).where(Copy.report == report.id, IS_HELD)
    others = others.where(Person.active, Copy.rung < RECOVERY_RUNG, Person.id.not_in((actor.id, heir.id)))
    for step in sorted(set(work.db.scalars(others))):
        name, args = f"route:{report.id}:{step}:{random_id()}", {"report": report.id, "rung": step}
        when = work.at + later * 60 * (step + 1)
        outbox.post(work.db, outbox.task(name, TaskName.ROUTE, args, when, outbox.ALERT))
    return tasks


def may_read(person: Any, report: Report) -> bool:
    """Whether the reporter has not kept her report from an officer like this one (S45, S53)."""
    if person.role != Role.CHAMPION:
        return True
    wishes = set(report.wishes.split(","))
    man = person.sex != "f" and wishes & {"woman", "no_men"}
    return not man and not wishes & {"no_police", f"no_unit-{person.unit}"}

"""Whoever leaves gives all that she has taken to a colleague whom she names, sealed anew with her own key (S52).

Nobody can do it for her: her key opens only with her PIN. The colleague's phone rings, and the clock goes on until she
takes each report herself. What a woman kept from that colleague goes to the next who holds a copy instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.actions.reports import HandAll
from bot.country.hours import is_away
from bot.country.routing_rules import Urgency
from bot.reports.copies import IS_HELD, RECOVERY_RUNG, alert, grant_copy, hand_on, revoke_copies
from bot.reports.readers import SELECT_READERS, who_serve
from bot.storage import outbox
from bot.storage.audit import note
from bot.storage.base import random_id
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Report, ReportStatus
from bot.storage.unit_of_work import Office, Outcome
from bot.vault.sealing import seal_anew


def heirs(db: Session, office: Office, person: str, local: datetime) -> list[Any]:
    """Colleagues of the same role and kind with a zone in common who serve now, by their reference."""
    me = db.get_one(Person, person)
    zones = set(me.zones.split(","))
    same = db.execute(SELECT_READERS.where(Person.role == me.role, Person.kind == me.kind))
    there = who_serve(same, office.vault, local.date())
    fit = [row for row in there if row.id != person and zones & set(row.zones.split(",")) and not is_away(row, local)]
    return sorted(fit, key=lambda row: (row.unit, row.id))


def hand_all(db: Session, effect: HandAll, office: Office, at: int) -> Outcome[str]:
    """All reports that the caller has taken go to the colleague, or where that may not be to the next holder.

    Outcomes: done | none (she has taken none) | gone (that colleague serves no more).
    """
    private = office.vault.private(office.caller, effect.pin_handle)
    local = datetime.fromtimestamp(at, office.country.timezone)
    heir = next((row for row in heirs(db, office, office.caller, local) if row.id == effect.heirs), None)
    if heir is None:
        return Outcome("gone")
    mine = (Report.owner == office.caller) & (Report.status == ReportStatus.TAKEN)
    reports = db.scalars(select(Report).where(mine).order_by(Report.id).with_for_update()).all()
    tasks = [task for report in reports for task in _hand(db, office, report, private, heir, at)]
    return Outcome("done" if reports else "none", {}, tuple(tasks))


def _hand(db: Session, office: Office, report: Report, private: bytes, heir: Any, at: int) -> Iterable[str]:
    """One report: a copy for the heir and an alert, and a clock that rings the others if she does not take it."""
    mine = db.get_one(Copy, (report.id, office.caller))
    if not may_read(heir, report):
        if not (tasks := hand_on(db, office.vault, report.id, at, but=office.caller)):
            return ()  # the last who can read it keeps it
        rung = tasks
    else:
        (key,) = office.vault.unwrap(report.week, [mine.sealed_key])
        anew = seal_anew(key, report.id, mine.person, private, heir.id, heir.public_key)
        number = grant_copy(db, report, heir.id, *office.vault.wrap(report.week, [anew]))
        rung = alert(db, heir.id, number, at)
        later, _ = office.country.patience[Urgency.DANGER if report.urgent else Urgency.PERSON]
        others = select(Copy.rung).join(Person, Person.id == Copy.person).where(Copy.report == report.id, IS_HELD)
        others = others.where(Person.active, Copy.rung < RECOVERY_RUNG, Person.id.not_in((office.caller, heir.id)))
        for step in sorted(set(db.scalars(others))):
            args = {"report": report.id, "rung": step}
            when = at + later * 60 * (step + 1)
            outbox.post(db, outbox.task(f"route:{report.id}:{step}:{random_id()}", "route", args, when, outbox.ALERT))
    db.execute(revoke_copies(Copy.report == report.id, Copy.person == office.caller))
    report.status, report.owner = ReportStatus.NEW, ""
    note(db, office.vault, at, office.caller, "handed to a successor", report.id)
    return rung


def may_read(person: Any, report: Report) -> bool:
    """Whether a woman has not kept her report from an officer like this one (S45, S53)."""
    if person.role != "champion":
        return True
    wishes = set(report.wishes.split(","))
    man = person.sex != "f" and wishes & {"woman", "no_men"}
    return not man and not wishes & {"no_police", f"no_unit-{person.unit}"}

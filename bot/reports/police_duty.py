"""India, a child and sexual violence: whoever takes such a report has a day to tell the police (POCSO s.19, S39).

She reads of that law before the first question. The duty is a task in the clear, because a clock has to see it; who
fulfils it says so with one key, and when nobody has within a day oversight hears of it. What exactly a service that
knows no names must tell is for a lawyer of the country to say.
"""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.actions.reports import TellPolice
from bot.reports.care import owned_report
from bot.reports.filing import OVERDUE
from bot.storage.audit import note
from bot.storage.tables.runtime import Task
from bot.storage.unit_of_work import Office, Outcome


def waits(db: Session, report: str) -> bool:
    """Whether the police has still to be told of a report."""
    return db.scalar(select(Task.key).where(Task.key == OVERDUE + report, Task.done_at.is_(None))) is not None


def tell_police(db: Session, effect: TellPolice, office: Office, at: int) -> Outcome[str]:
    """The owner says that the police has been told. Outcomes: done | gone."""
    office.vault.private(office.caller, effect.pin_handle)
    report = owned_report(db, effect.mine, office)
    if report is None or not waits(db, report.id):
        return Outcome("gone")
    db.execute(update(Task).where(Task.key == OVERDUE + report.id).values(done_at=at))
    note(db, office.vault, at, office.caller, "police told", report.id)
    return Outcome("done")

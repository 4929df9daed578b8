"""The duty to tell the police within a day of sexual violence against a child, in India (POCSO s.19, S39).

The reporter reads of that law before the first question. The duty is a task that is not sealed, because the clock has
to see it; the owner of a request says with one key that she has told the police, and when nobody has within a day
oversight is alerted. What exactly a service that knows no names must tell is for a lawyer of the country to say.
"""

from __future__ import annotations

from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.reports.care import owned_request
from bot.reports.filing import OVERDUE
from bot.storage.audit import AuditAction, note
from bot.storage.tables.runtime import Task
from bot.storage.unit_of_work import Actor, Outcome, Work


def waits(db: Session, report: str) -> bool:
    """Whether the police must still be told of a report."""
    return db.scalar(select(Task.key).where(Task.key == OVERDUE + report, Task.done_at.is_(None))) is not None


def say_told(work: Work, actor: Actor, number: int) -> Outcome[Literal["done", "gone"]]:
    """The owner says that the police has been told (S39).

    Outcomes: done | gone (she does not own an open request of that number, or the police need not be told of it).
    """
    request = owned_request(work, actor, number)
    if request is None or not waits(work.db, request.report):
        return Outcome("gone")
    work.db.execute(update(Task).where(Task.key == OVERDUE + request.report).values(done_at=work.at))
    note(work.db, work.vault, work.at, actor.id, AuditAction.POLICE_TOLD, request.id)
    return Outcome("done")

"""A class only rises: what waits is brought forward, and in danger whoever has been rung already is rung anew.

She says what makes it urgent in the talk that filed it (`bot.reports.adding`) or later, with her code
(`bot.reports.writing_again`).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select

from bot.country.routing_rules import Urgency
from bot.country.rows import Role
from bot.reports import clocks
from bot.reports.closing import oversight_of
from bot.reports.filing import alert_at
from bot.reports.ladders import has_passed, keep_ringing, ring, serves, waiting_alerts
from bot.storage.tables.delivery import MessageKind
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Request, RequestStatus, Step
from bot.storage.tables.runtime import Task
from bot.storage.unit_of_work import Work

RISING = tuple(reversed(Urgency))  # from the class that can wait to danger
OPEN = (RequestStatus.NEW, RequestStatus.TAKEN, RequestStatus.UNHELPED)


def raise_class(work: Work, report: str, urgency: Urgency) -> tuple[Sequence[Request], tuple[str, ...]]:
    """Give the open requests of a report at least this class, and bring forward what waits of those that rise: these,
    and the keys of the tasks that are due at once.
    """
    lower = RISING[: RISING.index(urgency)]
    there = select(Request).where(Request.report == report, Request.urgency.in_(lower), Request.status.in_(OPEN))
    fresh = there.order_by(Request.id).with_for_update().execution_options(populate_existing=True)
    risen = work.db.scalars(fresh).all()
    for request in risen:
        request.urgency = urgency
    work.db.flush()
    return risen, tuple(key for request in risen for key in _brought_forward(work, request.id, urgency))


def _brought_forward(work: Work, request: str, urgency: Urgency) -> list[str]:
    """The waiting alerts of a request leave as early as those of a new one of that class; the keys of those due."""
    deputies, oversight = work.country.patience[urgency]
    roles: dict[int, str] = dict(
        work.db.execute(
            select(Step.rung, Person.role).join(Person, Person.id == Step.person).where(Step.request == request)
        ).all()
    )
    due: list[str] = []
    for task in work.db.scalars(select(Task).where(waiting_alerts(request)).order_by(Task.key)):
        rung = int(task.args["rung"])
        after = 0 if not rung else oversight if roles.get(rung) == Role.OVERSIGHT else deputies
        if (at := alert_at(work.at, after)) < task.due_at:
            task.due_at = at
        if task.due_at <= work.at:
            due.append(task.key)
    return due


def tell(work: Work, request: Request, *, urgent: bool) -> list[str]:
    """Ring whoever has a request, or, while nobody has, those who were rung; the keys of the tasks to run now."""
    work.db.refresh(request)
    kind = MessageKind.URGENT if urgent else MessageKind.NEW
    steps: Sequence[Step]
    if request.status == RequestStatus.UNHELPED:
        steps = oversight_of(work, request, "")
    elif request.status == RequestStatus.TAKEN:
        steps = _steps(work, request, Step.person == request.owner)
        clocks.her_turn(work.db, work.country, request, request.owner, work.at)
    else:
        steps = _steps(work, request, (Step.alerted > 0) & ~has_passed())
    tasks = [key for step in steps for key in ring(work.db, kind, step, work.at)]
    if urgent and request.status == RequestStatus.NEW:
        clocks.stop(work.db, request.id)  # nobody who has opened it holds the next one back
        tasks += keep_ringing(work.db, work.vault, [request.id], work.at)
    return tasks


def _steps(work: Work, request: Request, which: ColumnElement[bool]) -> Sequence[Step]:
    serve = select(Step).join(Person, Person.id == Step.person).where(Step.request == request.id, serves())
    return work.db.scalars(serve.where(which).order_by(Step.rung, Step.person)).all()

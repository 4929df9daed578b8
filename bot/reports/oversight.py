"""What oversight watches: what waits, what was closed without help, who opened what. Nothing that was told, no name.

Oversight stands on the ladder of every request, so each has a task number of its own there (S60, S89).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from bot.country.routing_rules import Urgency
from bot.country.rows import Role
from bot.reports import statistics
from bot.storage.audit import AuditAction
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Closing, Report, Request, RequestStatus, Step
from bot.storage.tables.runtime import Event
from bot.storage.unit_of_work import Actor, Work

MOST = 8  # lines: what is read on a basic phone; the table of `flask record` has all
DAYS = 30  # for how long a closing is shown


class NotOversight(PermissionError):
    """Somebody else asked. The message says nothing of what is watched."""


@dataclass(frozen=True)
class Watched:
    """One request by the task number that it has for the member of oversight who asks.

    `filed` is the day on which it was told; `taken`: whether somebody has it.
    """

    number: int
    service: str
    filed: date
    urgent: bool
    taken: bool


@dataclass(frozen=True)
class Opening:
    """That somebody opened a task on a day: `who` is `police`, the kind of a partner, or `oversight`."""

    number: int
    day: date
    who: str


def waiting(work: Work, actor: Actor) -> Sequence[Watched]:
    """The requests that are open, at most `MOST`: those of danger first, then the oldest. Raises `NotOversight`."""
    open_ = Request.status.in_((RequestStatus.NEW, RequestStatus.TAKEN))
    danger = (Request.urgency == Urgency.DANGER).desc()
    return _watched(work, _hers(actor).where(open_).order_by(danger, Report.filed, Step.number))


def unhelped(work: Work, actor: Actor) -> Sequence[Watched]:
    """The requests told within `DAYS` that were closed without help, the last first, at most `MOST`.

    Raises `NotOversight`.
    """
    since = (work.local.date() - timedelta(days=DAYS)).isoformat()
    closed = (Request.closing == Closing.UNHELPED) & (Report.filed >= since)
    return _watched(work, _hers(actor).where(closed).order_by(Report.filed.desc(), Step.number.desc()))


def openings(work: Work, actor: Actor) -> Sequence[Opening]:
    """The last openings of reports by anybody, the last first, at most `MOST`. Raises `NotOversight`."""
    _must_oversee(actor)
    reader, hers = aliased(Person), aliased(Step)
    opened = select(hers.number, Event.at, reader.role, reader.kind).join(reader, reader.id == Event.person)
    opened = opened.join(hers, (hers.request == Event.report) & (hers.person == actor.id))
    opened = opened.where(Event.what.startswith(AuditAction.OPENED)).order_by(Event.id.desc()).limit(MOST)
    return [
        Opening(number, work.country.clock(at).date(), _known_as(role, kind))
        for number, at, role, kind in work.db.execute(opened)
    ]


def service(work: Work, actor: Actor) -> Sequence[statistics.Figures]:
    """The figures of the service, a row for each month that is over, the oldest first: `statistics.service`.

    Raises `NotOversight`.
    """
    _must_oversee(actor)
    this = f"{work.local:%Y-%m}"
    return [row for row in statistics.service(statistics.heard(work.db)) if str(row["month"]) < this]


def helped(work: Work, actor: Actor) -> Sequence[tuple[str, str]]:
    """`statistics.helped` of the months that are over. Raises `NotOversight`."""
    _must_oversee(actor)
    return statistics.helped(work.db, f"{work.local:%Y-%m}")


def _known_as(role: str, kind: str) -> str:
    return "police" if role == Role.CHAMPION else kind if role == Role.PARTNER else "oversight"


def _must_oversee(actor: Actor) -> None:
    if actor.role != Role.OVERSIGHT:
        raise NotOversight("only oversight watches")


def _hers(actor: Actor) -> Select[*tuple[Any, ...]]:
    """The query for requests on whose ladder this member of oversight stands."""
    _must_oversee(actor)
    columns = select(Step.number, Request.service, Report.filed, Request.urgency, Request.status)
    columns = columns.join(Request, Request.id == Step.request).join(Report, Report.id == Request.report)
    return columns.where(Step.person == actor.id)


def _watched(work: Work, query: Select[*tuple[Any, ...]]) -> Sequence[Watched]:
    return [
        Watched(number, service, date.fromisoformat(filed), urgency == Urgency.DANGER, status == RequestStatus.TAKEN)
        for number, service, filed, urgency, status in work.db.execute(query.limit(MOST))
    ]

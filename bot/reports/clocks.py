"""The two clocks of a request, in minutes of the country pack.

*Seen by*: whose phone rang opens it with her PIN in time, else the next rung is rung (`workers.route`); an SMS or a
delivery report stops nothing. *Answered by*: who has opened it takes or passes it, and who has taken it replies, asks,
refers or tells the police in time, else it goes on (`workers.answered`). No clock stops at *taken*: a report that was
taken and forgotten rang nobody ever after.

Tasks are due at full minutes or hours, because a task that waits must not tell when she called.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from bot.country.pack import Country
from bot.country.routing_rules import Urgency
from bot.reports.filing import alert_at
from bot.reports.ladders import alert_rung, hand_on, has_passed, is_dead, keep_ringing, ring, serves, waiting_alerts
from bot.storage import outbox
from bot.storage.audit import AuditAction, note
from bot.storage.base import random_id
from bot.storage.outbox import TaskName
from bot.storage.tables.delivery import MessageKind
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Report, Request, RequestStatus, Step
from bot.storage.tables.runtime import Event, Task
from bot.vault.vault import Vault

LONG = timedelta(days=14)
ACTED = (AuditAction.REPLIED, AuditAction.REFERRED, AuditAction.POLICE_TOLD, AuditAction.ARRIVED)


def start(db: Session, country: Country, request: Request, person: str, at: int) -> None:
    """From now on this person has a time in which she must do something for the reporter; an earlier time of hers for
    the same request is over.
    """
    stop(db, request.id, person)
    since = db.scalar(select(func.max(Event.id)).where(Event.report == request.id)) or 0
    args = {"request": request.id, "report": request.report, "person": person, "since": since}
    due = alert_at(at, country.answered[Urgency(request.urgency)])
    outbox.post(
        db, outbox.task(f"answered:{request.id}:{person}:{random_id()}", TaskName.ANSWERED, args, due, outbox.ALERT)
    )


def her_turn(db: Session, country: Country, request: Request, person: str, at: int) -> None:
    """The reporter has written: its owner has a time in which she must do something, unless one runs that is over
    sooner and in which she has done nothing yet. So what is urgent hurries her, and nothing that is written gives her
    more time.
    """
    due = alert_at(at, country.answered[Urgency(request.urgency)])
    runs = Task.key.startswith(f"answered:{request.id}:{person}:") & Task.done_at.is_(None) & (Task.due_at <= due)
    sooner = db.execute(select(Task.args).where(runs)).scalars().all()
    if all(acted(db, request.id, person, int(args["since"])) for args in sooner):
        start(db, country, request, person, at)


def opened(db: Session, country: Country, request: Request, person: str, at: int) -> None:
    """Whoever opens a new request for the first time has a time to take it or to pass it on, in which the next rung is
    not rung.
    """
    of_hers = Task.key.startswith(f"answered:{request.id}:{person}:")
    if request.status == RequestStatus.NEW and db.scalar(select(Task.key).where(of_hers).limit(1)) is None:
        start(db, country, request, person, at)


def stop(db: Session, request: str, person: str = "") -> None:
    """No time runs any more for a request, or for one person with it."""
    runs = Task.key.startswith(f"answered:{request}:{person and person + ':'}") & Task.done_at.is_(None)
    db.execute(update(Task).where(runs).values(done_at=Task.due_at))


def begin_anew(db: Session, request: str, at: int) -> None:
    """A request that was closed is open again: no alert of before waits, nobody's time has begun, and nobody was
    reminded.
    """
    reminders = Task.key.startswith(f"remind:{request}:") & Task.done_at.is_(None)
    db.execute(update(Task).where(waiting_alerts(request) | reminders).values(done_at=at))
    db.execute(delete(Task).where(Task.key.startswith(f"answered:{request}:")))
    db.execute(update(Step).where(Step.request == request).values(reminded=False))


def held_until(db: Session, request: str, at: int) -> int:
    """Until when somebody who has opened a new request and still stands on its ladder has time to take it; 0 when
    nobody has.
    """
    waits = Task.key.startswith(f"answered:{request}:") & Task.done_at.is_(None) & (Task.due_at > at)
    found = {str(args["person"]): due for args, due in db.execute(select(Task.args, Task.due_at).where(waits))}
    there = select(Step.person).join(Person, Person.id == Step.person).where(Step.request == request, serves())
    return max((found[who] for who in db.scalars(there.where(Step.person.in_(found), ~has_passed()))), default=0)


def climb(db: Session, country: Country, request: Request, rung: int, at: int) -> None:
    """After a rung was rung: make sure that the next one will be, in its time; nobody whose phone takes no SMS."""
    if db.scalar(select(Task.key).where(waiting_alerts(request.id)).limit(1)) is not None:
        return
    above = select(func.min(Step.rung)).join(Person, Person.id == Step.person)
    above = above.where(Step.request == request.id, Step.rung > rung, serves(), ~has_passed(), ~is_dead())
    if (following := db.scalar(above)) is not None:
        deputies, _oversight = country.patience[Urgency(request.urgency)]
        outbox.post(db, alert_rung(request.report, request.id, following, alert_at(at, deputies), key=random_id()))


def is_over(db: Session, vault: Vault, country: Country, request: Request, person: str, at: int) -> list[str]:
    """The time of a person is over and she has done nothing: the request is new again and its next reader is alerted,
    and she is told; the keys of the tasks to run now. The last who can read it keeps it, with a new time.
    """
    if request.status == RequestStatus.NEW:  # opened and left
        note(db, vault, at, person, AuditAction.NOT_ANSWERED, request.id)
        return keep_ringing(db, vault, [request.id], at)
    if request.status != RequestStatus.TAKEN or request.owner != person:
        return []
    note(db, vault, at, person, AuditAction.NOT_ANSWERED, request.id)
    tasks = hand_on(db, vault, request.id, at, but=person)
    if tasks:
        request.status, request.owner = RequestStatus.NEW, ""
    else:
        start(db, country, request, person, at)
    step = db.get(Step, (request.id, person))
    return tasks + (ring(db, MessageKind.OVERDUE, step, at, outbox.REMINDER) if step else [])


def acted(db: Session, request: str, person: str, since: int) -> bool:
    """Whether a person has done something for the reporter after that row of the record."""
    hers = (Event.report == request) & (Event.person == person) & (Event.id > since)
    return db.scalar(select(Event.id).where(hers, Event.what.in_(ACTED)).limit(1)) is not None


def start_missing(db: Session, country: Country, at: int) -> int:
    """Start the clock of what was taken under a release that had none, and nobody has done anything for; how many."""
    taken = db.scalars(select(Request).where(Request.status == RequestStatus.TAKEN).order_by(Request.id)).all()
    without = [request for request in taken if not _has_clock(db, request)]
    for request in without:
        start(db, country, request, request.owner, at)
    return len(without)


def _has_clock(db: Session, request: Request) -> bool:
    any_of = select(Task.key).where(Task.key.startswith(f"answered:{request.id}:")).limit(1)
    return db.scalar(any_of) is not None or acted(db, request.id, request.owner, 0)


def not_answered(at_least: int) -> ColumnElement[bool]:
    """The condition on `Event` that a request went on because nobody had answered in time, since that second."""
    return (Event.what == AuditAction.NOT_ANSWERED) & (Event.at >= at_least)


def open_long(db: Session, day: date) -> list[tuple[str, str, int]]:
    """What stays open long, for oversight's weekly list: service, month in which it was filed, and how many requests
    that was at least `LONG` ago.
    """
    still = (RequestStatus.NEW, RequestStatus.TAKEN, RequestStatus.UNHELPED)
    found = select(Request.service, Report.month, func.count()).join(Report, Report.id == Request.report)
    found = found.where(Request.status.in_(still), Report.filed <= (day - LONG).isoformat())
    grouped = found.group_by(Report.month, Request.service).order_by(Report.month, Request.service)
    return [(service, month, number) for service, month, number in db.execute(grouped)]

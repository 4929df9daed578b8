"""The ladders of requests: who stands on one, is rung when her turn comes, and leaves it.

Whoever stands on a ladder holds a copy (`Step` hangs on `Copy`): who was shut out, handed over or lost her key can
neither take a request nor be rung for it, and what she had taken is new again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    Table,
    bindparam,
    case,
    delete,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from bot.country.routing_rules import Urgency
from bot.country.rows import Role
from bot.delivery.staff_alerts import post_or_count
from bot.reports.readers import person_table
from bot.reports.routing import Rung
from bot.storage import outbox
from bot.storage.audit import AuditAction, note
from bot.storage.base import hour_of, random_id
from bot.storage.outbox import TaskName
from bot.storage.prepared import DriverConnection, Prepared, PreparedInsert
from bot.storage.tables.delivery import Message, MessageKind
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Closing, Copy, Request, RequestStatus, Step
from bot.storage.tables.runtime import Event, Task
from bot.vault.vault import Vault

step_table = cast(Table, Step.__table__)
INSERT_REQUEST = PreparedInsert(cast(Table, Request.__table__))
COULD_NOT_HELP = AuditAction.CLOSED + Closing.UNHELPED
PASSED = (AuditAction.PASSED, COULD_NOT_HELP)  # what whoever cannot help has done
NOT_ANSWERED = (AuditAction.NOT_ANSWERED,)
GIVEN_STEP = ("request", "person", "rung", "before")  # the parameters of one step in `_insert_steps`


@dataclass(frozen=True)
class MadeRequest:
    """A request that is to be stored, with everybody on its ladder."""

    id: str
    service: str
    urgency: Urgency
    steps: tuple[Rung, ...]


# -- when a report is filed --------------------------------------------------------------------------------------------
def keep_requests(connection: Connection | DriverConnection, report: str, requests: Sequence[MadeRequest]) -> None:
    """Insert the requests of a report and their ladders, each step with the next task number of its reader.

    Everybody on a ladder must hold a copy by then.
    """
    kept = [(one, {"id": one.id, "report": report, "service": one.service}) for one in requests]
    rows = [row | {"class": one.urgency.value, "leads": one.steps[0].person} for one, row in kept]
    INSERT_REQUEST.run_all(connection, rows)
    steps = [(one.id, step) for one in requests for step in one.steps]
    left: dict[str, int] = {}
    for _request, step in steps:
        left[step.person] = left.get(step.person, 0) + 1
    more_tasks(connection, left)
    given: dict[str, Any] = {"report": report}
    for place, (request, step) in enumerate(steps):
        left[step.person] -= 1
        values = (request, step.person, step.rung, left[step.person])
        given |= {f"{name}{place}": value for name, value in zip(GIVEN_STEP, values, strict=True)}
    _insert_steps(len(steps)).run(connection, given)


def more_tasks(connection: Connection | DriverConnection, more: dict[str, int]) -> None:
    """Count new tasks of people, by person id; their rows stay locked until the transaction ends."""
    given: dict[str, Any] = {f"person{place}": who for place, who in enumerate(more)}
    if {*more.values()} == {1}:
        return _one_task_more(len(more)).run(connection, given)
    given |= {f"more{place}": number for place, number in enumerate(more.values())}
    return _tasks_more(len(more)).run(connection, given)


@cache
def _one_task_more(people: int) -> Prepared:
    """The statement that adds one to the task numbers of so many people.

    Rows are locked one after the other in the order of their ids, so that two reports share no number and 64 filed at
    once do not lock each other out (PostgreSQL ended half of them).
    """
    names = [f"person{place}" for place in range(people)]
    return Prepared(_locked(names).values(tasks=person_table.c.tasks + 1), names)


@cache
def _tasks_more(people: int) -> Prepared:
    """The same, with a number for each of them."""
    names, more = ([f"{name}{place}" for place in range(people)] for name in ("person", "more"))
    id = person_table.c.id
    numbers = [
        (id == bindparam(who), bindparam(number, type_=Integer)) for who, number in zip(names, more, strict=True)
    ]
    return Prepared(_locked(names).values(tasks=person_table.c.tasks + case(*numbers, else_=0)), [*names, *more])


def _locked(names: Iterable[str]) -> Any:
    id = person_table.c.id
    rows = select(id).where(or_(*(id == bindparam(name) for name in names))).order_by(id)
    rows = rows.with_for_update(key_share=True)  # whoever files holds the key shares of her copies already
    return update(person_table).where(id.in_(rows))


@cache
def _insert_steps(steps: int) -> Prepared:
    """The statement that inserts so many steps. The task number is read inside it, which saves a round trip to the
    database; `before` is how many later steps of the same statement are that person's.
    """
    tasks = person_table.c.tasks
    rows = [
        {
            "request": bindparam(f"request{place}"),
            "report": bindparam("report"),
            "person": bindparam(f"person{place}"),
            "rung": bindparam(f"rung{place}"),
            "number": select(tasks - bindparam(f"before{place}", type_=Integer))
            .where(person_table.c.id == bindparam(f"person{place}"))
            .scalar_subquery(),
            "alerted": literal(0, BigInteger),
            "reminded": false(),
        }
        for place in range(steps)
    ]
    names = ["report", *(f"{name}{place}" for place in range(steps) for name in GIVEN_STEP)]
    return Prepared(insert(step_table).values(rows), names)


# -- who is rung -------------------------------------------------------------------------------------------------------
def alert_rung(report: str, request: str, rung: int, at: int, priority: int = outbox.ALERT, key: str = "") -> Any:
    """The task that alerts one rung of a request. `key` makes it another one than that of the filing."""
    args = {"report": report, "request": request, "rung": rung}
    return outbox.task(f"route:{request}:{rung}" + (key and f":{key}"), TaskName.ROUTE, args, at, priority)


def request_of(args: Mapping[str, Any]) -> str:
    """The id of the request that a task is about; a task of before there were requests names its report alone."""
    return str(args.get("request", args["report"]))


def waiting_alerts(request: str) -> ColumnElement[bool]:
    """The condition on `Task` that it alerts a rung of a request, and is still to be done."""
    return Task.key.startswith(f"route:{request}:") & Task.done_at.is_(None)


def hand_on(db: Session, vault: Vault, request: str, at: int, but: str = "") -> list[str]:
    """Post an alert to the lowest rung of a request on which somebody serves; the keys of its task, empty when there is
    nobody.

    `but` is the id of a person to leave out. Whoever has let her time go by is asked after all others; who has passed
    it on only when nobody else is left, oversight first; and whose phone takes no SMS last of all, so that no request
    is without a reader who was alerted.
    """
    lowest = select(func.min(Step.rung)).join(Person, Person.id == Step.person)
    reachable = lowest.where(Step.request == request, Step.person != but, serves())
    living = reachable.where(~is_dead())
    rung = _lowest(db, living.where(~has_passed(), ~has_passed(NOT_ANSWERED)), living.where(~has_passed()))
    if rung is None:
        overseen = Person.role == Role.OVERSIGHT
        rung = _lowest(db, living.where(overseen), living, reachable.where(overseen), reachable)
        if rung is None:
            return []
        note(db, vault, at, "", AuditAction.ASKED_AGAIN, request)
    report = db.get_one(Request, request).report
    return outbox.post(db, alert_rung(report, request, rung, at, key=random_id()))


def _lowest(db: Session, *queries: Select[Any]) -> int | None:
    """The first rung that one of these queries finds, asked one after the other."""
    return next((rung for query in queries if (rung := db.scalar(query)) is not None), None)


def bring_forward(db: Session, request: str, at: int) -> list[str]:
    """The alert of a request that waits for its time leaves now, the next one only; its key, empty when none waits."""
    following = db.scalar(select(Task.key).where(waiting_alerts(request)).order_by(Task.due_at).limit(1))
    if following is None:
        return []
    db.execute(update(Task).where(Task.key == following).values(due_at=at, enqueued_at=0))
    return [following]


def keep_ringing(db: Session, vault: Vault, requests: Iterable[str], at: int) -> list[str]:
    """For those of these requests that are new: alert the next reader, unless an alert waits already. The keys of the
    new tasks.
    """
    new = select(Request.id).where(Request.id.in_([*requests]), Request.status == RequestStatus.NEW)
    return [
        key
        for request in db.scalars(new.order_by(Request.id)).all()
        if db.scalar(select(Task.key).where(waiting_alerts(request)).limit(1)) is None
        for key in hand_on(db, vault, request, at)
    ]


@cache
def has_passed(what: tuple[str, ...] = PASSED) -> ColumnElement[bool]:
    """The condition on `Step` that its person has passed the request on (or, with `NOT_ANSWERED`, has let her time go
    by), and has not been asked again since. Where the reporter has opened it again all that is over, but for who had
    said that she could not help.
    """
    again = aliased(Event)
    reopened = (again.what == AuditAction.REOPENED) & (Event.what != COULD_NOT_HELP)
    asked = (again.report == Step.request) & ((again.what == AuditAction.ASKED_AGAIN) | reopened)
    last = select(func.coalesce(func.max(again.id), 0)).where(asked).correlate(Step, Event).scalar_subquery()
    passed = (Event.person == Step.person) & (Event.report == Step.request) & Event.what.in_(what)
    return select(Event.id).where(passed, Event.id > last).correlate(Step).exists()


def serves() -> ColumnElement[bool]:
    """The condition on `Person` that she may be rung: nobody has stopped her, and it was not noticed that her training
    is over (`bot.reports.training`).
    """
    return Person.active & ((Person.trained_until == "") | (Person.training_over != Person.trained_until))


def is_dead() -> ColumnElement[bool]:
    """The condition on `Step` that an alert of its request reached nobody at its person's phone, and that she has done
    nothing with the request since.
    """
    lost, later = aliased(Event), aliased(Event)
    hers = (later.person == Step.person) & (later.report == Step.request)
    since = select(later.id).where(hers, later.id > lost.id, later.what != AuditAction.NOT_REACHED)
    since = since.correlate(Step, lost)
    dead = (lost.person == Step.person) & (lost.report == Step.request) & (lost.what == AuditAction.NOT_REACHED)
    return select(lost.id).where(dead, ~since.exists()).correlate(Step).exists()


def has_living(db: Session, request: str) -> bool:
    """Whether anybody who serves stands on the ladder of a request whose phone takes an SMS, as far as is known."""
    there = select(Step.person).join(Person, Person.id == Step.person).where(Step.request == request, serves())
    return db.scalar(there.where(~is_dead()).limit(1)) is not None


def ring(db: Session, kind: MessageKind, step: Step, at: int, priority: int = outbox.ALERT) -> list[str]:
    """Post the SMS that tells a person of her task; the keys of the task that sends it, none where she has had too many
    in this hour (`post_or_count`): the task stands in her list, and its clock runs, all the same.
    """
    step.alerted, step.reminded = step.alerted or hour_of(at), step.reminded or kind == MessageKind.OVERDUE
    return post_or_count(db, kind, step.person, step.number, at, priority)


def is_hers(db: Session, alert: Message) -> bool:
    """Whether what an alert tells of is still a task of that person: whoever was shut out is not rung. Alerts that are
    not about a request are everybody's.
    """
    if alert.kind not in (MessageKind.NEW, MessageKind.URGENT, MessageKind.OVERDUE):
        return True
    return db.scalar(held(alert.person, alert.number).with_only_columns(Step.request)) is not None


# -- who comes and goes ------------------------------------------------------------------------------------------------
def held(person: str, number: int) -> Select[Step]:
    """The query for the step that a person has under one of her task numbers."""
    return select(Step).where(Step.person == person, Step.number == number)


def locked(db: Session, person: str, number: int) -> tuple[Step, Request] | None:
    """The step of that number and its request, which is locked until the transaction ends; None when she has none.

    The step is read again under the lock: whoever takes her copy away has waited for it, or has done so by then.
    """
    step = db.scalar(held(person, number))
    if step is None:
        return None
    request = db.get_one(Request, step.request, with_for_update=True, populate_existing=True)
    again = db.scalar(held(person, number).execution_options(populate_existing=True))
    return (again, request) if again is not None else None


def join(db: Session, request: Request, person: str) -> Step:
    """Put a person who holds a copy on the last rung of a ladder, unless she stands on it; her step."""
    step = db.get(Step, (request.id, person))
    if step is not None:
        return step
    last = db.scalar(select(func.max(Step.rung)).where(Step.request == request.id))
    more_tasks(db.connection(), {person: 1})
    number = db.scalar(select(Person.tasks).where(Person.id == person)) or 0
    rung = 0 if last is None else last + 1
    step = Step(request=request.id, report=request.report, person=person, rung=rung, number=number)
    db.add(step)
    db.flush()
    return step


def leave(db: Session, request: Request, person: str) -> None:
    """Take a person from one ladder: with the last one of a report that she stands on, her copy goes too."""
    db.execute(delete(Step).where(Step.request == request.id, Step.person == person))
    stands = select(Step.person).where(Step.report == request.report, Step.person == person).exists()
    db.execute(delete(Copy).where(Copy.report == request.report, Copy.person == person, ~stands))
    disown(db, Request.id == request.id)


def revoke_copies(db: Session, *which: ColumnElement[bool]) -> tuple[list[str], list[str]]:
    """Delete these copies: they are not hidden but gone, and their holders stand on no ladder of those reports.

    Two lists of requests: those that their owner lost so, which are new again, and all others that lost a reader.
    """
    holders = select(Copy.report, Copy.person).where(*which).subquery()
    stood = (Step.report == holders.c.report) & (Step.person == holders.c.person)
    touched = sorted(db.scalars(select(Step.request).join(holders, stood).distinct()).all())
    db.execute(select(Request.id).where(Request.id.in_(touched)).order_by(Request.id).with_for_update())
    db.execute(delete(Copy).where(*which).execution_options(synchronize_session=False))
    db.expire_all()
    lost = disown(db, Request.id.in_(touched))
    return lost, [request for request in touched if request not in lost]


def disown(db: Session, *which: ColumnElement[bool]) -> list[str]:
    """Make new again those of these requests that are taken by somebody who does not stand on their ladder; their
    ids.
    """
    stands = select(Step.person).where(Step.request == Request.id, Step.person == Request.owner).exists()
    lost = update(Request).where(*which, Request.status == RequestStatus.TAKEN, ~stands)
    new = lost.values(status=RequestStatus.NEW, owner="").returning(Request.id)
    return sorted(db.scalars(new.execution_options(synchronize_session="fetch")).all())

"""The copies of a report, one for each reader: made, granted later, revoked; and the alerts to those who hold one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Table, Update, bindparam, func, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from bot.delivery.staff_alerts import post_alert
from bot.reports.readers import person_table
from bot.storage import outbox
from bot.storage.audit import AuditAction, note
from bot.storage.base import random_id
from bot.storage.outbox import TaskName
from bot.storage.prepared import DriverConnection, Prepared
from bot.storage.tables.delivery import MessageKind
from bot.storage.tables.people import RECOVERY, Person
from bot.storage.tables.reports import Copy, Report
from bot.storage.tables.runtime import Event, Task
from bot.vault.vault import Vault

copy_table = cast(Table, Copy.__table__)
GIVEN_COPY = ("person", "rung", "public_key", "sealed_key")  # the parameters of one copy in `_insert_copies`
SELECT_LAST_NUMBER = Prepared(
    select(person_table.c.tasks).where(person_table.c.id == bindparam("person0")), ["person0"]
)
RECOVERY_RUNG = 99  # never alerted: the rung of the copy for the recovery key on paper


def keep_copies(
    connection: Connection | DriverConnection, report: str, copies: Sequence[tuple[str, int, bytes, bytes]]
) -> None:
    """Insert copies of a report, each with the next task number of its reader.

    `copies` are (person id, rung, public key, the report's key sealed to it). Raises an integrity error (a copy without
    a number) if somebody has by now another key than the one to which it was sealed.
    """
    _more_tasks(len(copies)).run(connection, {f"person{place}": copy[0] for place, copy in enumerate(copies)})
    given: dict[str, Any] = {"report": report}
    for place, copy in enumerate(copies):
        given |= {f"{name}{place}": value for name, value in zip(GIVEN_COPY, copy, strict=True)}
    _insert_copies(len(copies)).run(connection, given)


def next_number(connection: Connection | DriverConnection, person: str) -> int:
    """Take the next task number of a person; her row stays locked until the transaction ends."""
    _more_tasks(1).run(connection, {"person0": person})
    (row,) = SELECT_LAST_NUMBER.rows(connection, {"person0": person})
    return int(row.tasks)


@cache
def _more_tasks(people: int) -> Prepared:
    """The statement that adds one to the task numbers of so many people.

    Rows are locked one after the other in the order of their ids, so that two reports share no number and 64 filed at
    once do not lock each other out (PostgreSQL ended half of them).
    """
    names = [f"person{place}" for place in range(people)]
    rows = select(person_table.c.id).where(or_(*(person_table.c.id == bindparam(name) for name in names)))
    locked = rows.order_by(person_table.c.id).with_for_update()
    return Prepared(
        update(person_table).where(person_table.c.id.in_(locked)).values(tasks=person_table.c.tasks + 1), names
    )


@cache
def _insert_copies(people: int) -> Prepared:
    """The statement that inserts so many copies. The task number is read inside it, which saves a round trip to the
    database.
    """
    rows = [
        {
            "report": bindparam("report"),
            "person": bindparam(f"person{place}"),
            "rung": bindparam(f"rung{place}"),
            "number": select(person_table.c.tasks)
            .where(
                person_table.c.id == bindparam(f"person{place}"),
                person_table.c.public_key == bindparam(f"public_key{place}"),
            )
            .scalar_subquery(),
            "sealed_key": bindparam(f"sealed_key{place}"),
        }
        for place in range(people)
    ]
    names = ["report", *(f"{name}{place}" for place in range(people) for name in GIVEN_COPY)]
    return Prepared(insert(copy_table).values(rows), names)


IS_HELD = func.length(Copy.sealed_key) > 0  # the condition that a copy was not revoked


def revoke_copies(*which: ColumnElement[bool]) -> Update:
    """The statement that deletes the keys of these copies: they are not hidden but gone."""
    return update(Copy).where(*which).values(sealed_key=b"")


def hand_on(db: Session, vault: Vault, report: str, at: int, but: str = "") -> list[str]:
    """Post an alert to the lowest rung of a report on which somebody serves who can open it; the keys of its task,
    empty when there is nobody.

    `but` is the id of a person to leave out. Whoever has passed the report on is asked again only when nobody else is
    left, so that no report is without a reader who was alerted.
    """
    serves = select(func.min(Copy.rung)).join(Person, Person.id == Copy.person)
    reachable = serves.where(Copy.report == report, Copy.person != but, Person.active, Person.role != RECOVERY, IS_HELD)
    rung = db.scalar(reachable.where(~has_passed()))
    if rung is None:
        rung = db.scalar(reachable)
        if rung is None:
            return []
        note(db, vault, at, "", AuditAction.ASKED_AGAIN, report)
    key = f"route:{report}:{rung}:{random_id()}"
    return outbox.post(db, outbox.task(key, TaskName.ROUTE, {"report": report, "rung": rung}, at, outbox.ALERT))


def keep_ringing(db: Session, vault: Vault, reports: Iterable[str], at: int) -> list[str]:
    """For untaken reports that have lost a reader: alert the next holder, unless an alert waits already. The keys of
    the new tasks.
    """
    waiting = select(Task.key).where(Task.name == TaskName.ROUTE, Task.done_at.is_(None))
    return [
        key
        for report in reports
        if db.scalar(waiting.where(Task.key.startswith(f"route:{report}:")).limit(1)) is None
        for key in hand_on(db, vault, report, at)
    ]


def has_passed() -> ColumnElement[bool]:
    """The condition that the holder of a copy has passed the report on, and has not been asked again since."""
    again = aliased(Event)
    asked = (again.report == Copy.report) & (again.what == AuditAction.ASKED_AGAIN)
    last = select(func.coalesce(func.max(again.id), 0)).where(asked).correlate(Copy).scalar_subquery()
    passed = (Event.person == Copy.person) & (Event.report == Copy.report) & (Event.what == AuditAction.PASSED)
    return select(Event.id).where(passed, Event.id > last).correlate(Copy).exists()


def grant_copy(db: Session, report: Report, person: str, sealed_key: bytes) -> int:
    """Give a person a copy, in place of one that was revoked; its number among her tasks."""
    copy = db.get(Copy, (report.id, person))
    if copy is not None:
        copy.sealed_key = sealed_key
        return copy.number
    last = db.scalar(select(func.max(Copy.rung)).where(Copy.report == report.id, Copy.rung < RECOVERY_RUNG)) or 0
    number = next_number(db.connection(), person)
    db.add(Copy(report=report.id, person=person, rung=last + 1, number=number, sealed_key=sealed_key))
    return number


def alert(db: Session, person: str, number: int, at: int) -> list[str]:
    """Post the SMS that tells a person of a task with that number; the keys of the task that sends it."""
    return post_alert(db, MessageKind.NEW, person, number, at, outbox.ALERT)

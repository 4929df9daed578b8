"""Copies of a report and the ladder of those who hold one: give, close, hand on, alert."""

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
GIVEN_COPY = ("person", "rung", "public_key", "sealed_key")  # of each, to `_copied`
SELECT_LAST_NUMBER = Prepared(
    select(person_table.c.tasks).where(person_table.c.id == bindparam("person0")), ["person0"]
)
RECOVERY_RUNG = 99  # the rung that nobody climbs to


def keep_copies(
    line: Connection | DriverConnection, report: str, copies: Sequence[tuple[str, int, bytes, bytes]]
) -> None:
    """Copies for people, each with her next task number: (who, her rung, her public key, the key sealed to her).

    Fails (a copy without a number) if somebody has another key by now than the one to which it was sealed.
    """
    _more_tasks(len(copies)).run(line, {f"person{place}": copy[0] for place, copy in enumerate(copies)})
    given: dict[str, Any] = {"report": report}
    for place, copy in enumerate(copies):
        given |= {f"{name}{place}": value for name, value in zip(GIVEN_COPY, copy, strict=True)}
    _insert_copies(len(copies)).run(line, given)


def next_number(line: Connection | DriverConnection, person: str) -> int:
    """Somebody's next task number."""
    _more_tasks(1).run(line, {"person0": person})
    (row,) = SELECT_LAST_NUMBER.rows(line, {"person0": person})
    return int(row.tasks)


@cache
def _more_tasks(people: int) -> Prepared:
    """One more task for each of so many people.

    Rows are locked one after the other in the order of their ids, so that two reports share no number and 64 filed at
    once do not lock each other out (PostgreSQL ended half of them).
    """
    names = [f"person{place}" for place in range(people)]
    theirs = select(person_table.c.id).where(or_(*(person_table.c.id == bindparam(name) for name in names)))
    locked = theirs.order_by(person_table.c.id).with_for_update()
    return Prepared(
        update(person_table).where(person_table.c.id.in_(locked)).values(tasks=person_table.c.tasks + 1), names
    )


@cache
def _insert_copies(people: int) -> Prepared:
    """A copy for each of so many people: the number is read where it is written, and nobody waits for it to travel."""
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


IS_HELD = func.length(Copy.sealed_key) > 0  # a copy of which the key was not taken away


def revoke_copies(*which: ColumnElement[bool]) -> Update:
    """Whoever held these copies holds them no more: not hidden, gone."""
    return update(Copy).where(*which).values(sealed_key=b"")


def hand_on(db: Session, vault: Vault, report: str, at: int, but: str = "") -> list[str]:
    """Alert the lowest rung of a report on which somebody serves who can open it; the task, or nothing.

    Whoever has passed it on is asked again only when nobody else is left: a report is never without somebody.
    """
    serves = select(func.min(Copy.rung)).join(Person, Person.id == Copy.person)
    can = serves.where(Copy.report == report, Copy.person != but, Person.active, Person.role != RECOVERY, IS_HELD)
    rung = db.scalar(can.where(~has_passed()))
    if rung is None:
        rung = db.scalar(can)
        if rung is None:
            return []
        note(db, vault, at, "", AuditAction.ASKED_AGAIN, report)
    key = f"route:{report}:{rung}:{random_id()}"
    return outbox.post(db, outbox.task(key, TaskName.ROUTE, {"report": report, "rung": rung}, at, outbox.ALERT))


def keep_ringing(db: Session, vault: Vault, reports: Iterable[str], at: int) -> list[str]:
    """Of untaken reports that have lost a reader: whoever is left is alerted, unless an alert waits anyway."""
    waiting = select(Task.key).where(Task.name == TaskName.ROUTE, Task.done_at.is_(None))
    return [
        key
        for report in reports
        if db.scalar(waiting.where(Task.key.startswith(f"route:{report}:")).limit(1)) is None
        for key in hand_on(db, vault, report, at)
    ]


def has_passed() -> ColumnElement[bool]:
    """Whether the holder of a copy has passed the report on, and has not been asked again since."""
    again = aliased(Event)
    asked = (again.report == Copy.report) & (again.what == AuditAction.ASKED_AGAIN)
    last = select(func.coalesce(func.max(again.id), 0)).where(asked).correlate(Copy).scalar_subquery()
    passed = (Event.person == Copy.person) & (Event.report == Copy.report) & (Event.what == AuditAction.PASSED)
    return select(Event.id).where(passed, Event.id > last).correlate(Copy).exists()


def grant_copy(db: Session, report: Report, person: str, sealed_key: bytes) -> int:
    """A copy for somebody, in place of one that was closed to her; its number among her tasks."""
    copy = db.get(Copy, (report.id, person))
    if copy is not None:
        copy.sealed_key = sealed_key
        return copy.number
    last = db.scalar(select(func.max(Copy.rung)).where(Copy.report == report.id, Copy.rung < RECOVERY_RUNG)) or 0
    number = next_number(db.connection(), person)
    db.add(Copy(report=report.id, person=person, rung=last + 1, number=number, sealed_key=sealed_key))
    return number


def alert(db: Session, person: str, number: int, at: int) -> list[str]:
    """Tell somebody that there is a task for her; the task that does."""
    return post_alert(db, MessageKind.NEW, person, number, at, outbox.ALERT)

"""The copies of a report, one for each reader: made when it is filed, granted later. Whoever loses one has no row any
more (bot.reports.ladders).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import Connection, LargeBinary, Table, bindparam, insert, select
from sqlalchemy.orm import Session

from bot.reports.readers import person_table
from bot.storage.prepared import DriverConnection, Prepared
from bot.storage.tables.reports import Copy

copy_table = cast(Table, Copy.__table__)
GIVEN_COPY = ("person", "public_key", "sealed_key")  # the parameters of one copy in `_insert_copies`


def keep_copies(
    connection: Connection | DriverConnection, report: str, copies: Sequence[tuple[str, bytes, bytes]]
) -> None:
    """Insert copies of a report: (person id, public key, the report's key sealed to it).

    Raises an integrity error (a copy without a key) if somebody has by now another key than the one to which it was
    sealed.
    """
    given: dict[str, Any] = {"report": report}
    for place, copy in enumerate(copies):
        given |= {f"{name}{place}": value for name, value in zip(GIVEN_COPY, copy, strict=True)}
    _insert_copies(len(copies)).run(connection, given)


@cache
def _insert_copies(people: int) -> Prepared:
    """The statement that inserts so many copies; each looks inside it whether the public key is that person's still."""
    rows = [
        {
            "report": bindparam("report"),
            "person": bindparam(f"person{place}"),
            "sealed_key": select(bindparam(f"sealed_key{place}", type_=LargeBinary))
            .select_from(person_table)
            .where(
                person_table.c.id == bindparam(f"person{place}"),
                person_table.c.public_key == bindparam(f"public_key{place}"),
            )
            .scalar_subquery(),
        }
        for place in range(people)
    ]
    names = ["report", *(f"{name}{place}" for place in range(people) for name in GIVEN_COPY)]
    return Prepared(insert(copy_table).values(rows), names)


def grant_copy(db: Session, report: str, person: str, sealed_key: bytes) -> None:
    """Give a person a copy, in place of one that she has."""
    copy = db.get(Copy, (report, person))
    if copy is None:
        db.add(copy := Copy(report=report, person=person, sealed_key=sealed_key))
    copy.sealed_key = sealed_key
    db.flush()

"""Add to a counter that may not be there yet: one statement, whoever else does the same."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Insert, Table, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.storage.base import Base


def add(db: Session, table: type[Base], key: dict[str, Any], **more: int) -> None:
    """Add to the numbers of a row, which is made if it is not there: one statement, whoever else does the same."""
    db.execute(adding(table, db.get_bind().dialect.name, *more), {**key, **more})


def adding(table: type[Base], database: str, *more: str) -> Insert:
    """A row, or so much more in the one that has its key, in the words of a kind of database."""
    on = postgresql.insert if database == "postgresql" else sqlite.insert
    made = on(cast(Table, inspect(table).local_table))
    sums = {name: getattr(table, name) + made.excluded[name] for name in more}
    where = [column.name for column in inspect(table).primary_key]
    return made.on_conflict_do_update(index_elements=where, set_=sums)

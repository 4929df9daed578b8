"""Counters in tables: add to a row that may not exist yet, in one statement (INSERT ... ON CONFLICT DO UPDATE)."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Insert, Table, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.storage.base import Base


def add(db: Session, table: type[Base], key: dict[str, Any], **more: int) -> None:
    """Add `more` to the number columns of the row with that primary key, which is made if it does not exist.

    Safe when several transactions add to the same row at once, because it is one statement."""
    db.execute(upsert(table, db.get_bind().dialect.name, *more), {**key, **more})


def upsert(table: type[Base], database: str, *more: str) -> Insert:
    """INSERT of a row that adds the columns `more` to an existing one; `database`: postgresql | sqlite."""
    insert = postgresql.insert if database == "postgresql" else sqlite.insert
    statement = insert(cast(Table, inspect(table).local_table))
    sums = {name: getattr(table, name) + statement.excluded[name] for name in more}
    key = [column.name for column in inspect(table).primary_key]
    return statement.on_conflict_do_update(index_elements=key, set_=sums)

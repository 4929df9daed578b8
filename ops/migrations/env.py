"""Alembic's environment: the engine comes from `flask migrate`, so that SQLite's rules hold here too.

SQLite changes a table by copying it and dropping the old one, which rows of other tables point to: while it does so its
foreign keys sleep, and before it commits it looks whether each still points to something.
"""

from __future__ import annotations

from alembic import context
import bot.storage.tables  # noqa: F401  (all of them)
from bot.storage.base import Base
from sqlalchemy import Connection


def foreign_keys(connection: Connection, state: str) -> None:
    """SQLite minds this outside a transaction only, so it goes past SQLAlchemy, which would begin one."""
    if connection.dialect.name == "sqlite":
        connection.connection.driver_connection.execute(f"PRAGMA foreign_keys={state}")


def dangling(connection: Connection) -> bool:
    """Whether a row points to one that is not there any more."""
    return connection.dialect.name == "sqlite" and bool(connection.exec_driver_sql("PRAGMA foreign_key_check").first())


engine = context.config.attributes["engine"]
with engine.connect() as connection:
    foreign_keys(connection, "OFF")
    try:
        known = {"target_metadata": Base.metadata, "render_as_batch": True}
        context.configure(connection=connection, transactional_ddl=True, **known)  # all steps or none, on SQLite too
        with context.begin_transaction():
            context.run_migrations()
            if dangling(connection):
                raise RuntimeError("A row would point to nothing: nothing was changed.")
        connection.commit()
    finally:
        connection.rollback()
        foreign_keys(connection, "ON")

"""The engine, with SQLite's rules, and what tells that the database is away."""

from __future__ import annotations

import time
from functools import partial

from sqlalchemy import Connection, Dialect, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from bot.storage.prepared import begin_sqlite
from bot.vault.client import VaultAway

UNAVAILABLE = (SQLAlchemyError, VaultAway)  # what may be away: then nothing is confirmed
BELIEVED_ALIVE_S = 1.0  # seconds for which a connection to the database is believed to be alive


def database(url: str) -> Engine:
    """The engine, with SQLite's rules: write transactions begin IMMEDIATE, WAL, FULL, deleted bytes overwritten.

    No error of it names a value: errors end in logs."""
    engine = create_engine(url, pool_use_lifo=True, hide_parameters=True)  # the last one used knows most by heart
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "checkin", _was_there)
        event.listen(engine, "checkout", partial(_is_there, engine.dialect))
    return engine


def _was_there(connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info["used"] = time.monotonic()


def _is_there(dialect: Dialect, connection: DBAPIConnection, record: ConnectionPoolEntry, fairy: object) -> None:
    """A connection is asked whether it is alive, as `pool_pre_ping` asks each time, unless it answered a moment ago."""
    if time.monotonic() - record.info.get("used", 0.0) > BELIEVED_ALIVE_S:
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error:
            raise InvalidatePoolError from None


def _prepare_sqlite(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # SQLAlchemy's `begin` event starts transactions
    cursor = connection.cursor()
    for setting in (
        "busy_timeout=15000",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """A deferred write transaction dies with "database is locked"; a read needs no lock."""
    begin_sqlite(connection, connection.get_execution_options().get("reads", False))

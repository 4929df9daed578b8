"""SQLAlchemy's engine for SQLite or PostgreSQL, and the exceptions that mean that the database or vault is away."""

from __future__ import annotations

import time
from functools import partial

from sqlalchemy import Connection, Dialect, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from bot.storage.prepared import begin_sqlite
from bot.vault.client import VaultAway

UNAVAILABLE = (SQLAlchemyError, VaultAway)  # database or vault away: nothing may be confirmed to a caller then
BELIEVED_ALIVE_S = 1.0  # seconds after its last use in which a connection is not tested again


def database(url: str) -> Engine:
    """The engine for a URL. SQLite: write transactions begin IMMEDIATE, journal in WAL, `synchronous=FULL`, deleted
    bytes are overwritten. PostgreSQL: a connection is tested before use if it has rested for `BELIEVED_ALIVE_S`.

    Its errors never hold values of a statement, because errors end in logs."""
    engine = create_engine(url, pool_use_lifo=True, hide_parameters=True)  # the last one used has most in its caches
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "checkin", _note_use)
        event.listen(engine, "checkout", partial(_test_if_rested, engine.dialect))
    return engine


def _note_use(connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info["used"] = time.monotonic()


def _test_if_rested(dialect: Dialect, connection: DBAPIConnection, record: ConnectionPoolEntry, fairy: object) -> None:
    """Test a connection as `pool_pre_ping` does each time, unless it was used less than `BELIEVED_ALIVE_S` ago: a test
    is a round trip. Raises `InvalidatePoolError` for a dead one, and the pool connects anew."""
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
    """Begin IMMEDIATE unless the connection only reads: a deferred transaction that starts to write fails with
    "database is locked" when another one writes; a read needs no lock."""
    begin_sqlite(connection, connection.get_execution_options().get("reads", False))

"""SQLite's journal (WAL): what was overwritten in the database stands there until it is truncated.

PostgreSQL's has no such end, and needs none: the key of what was erased is destroyed (`bot.vault.tree`).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

PATIENCE_MS = 200  # for which somebody who reads is waited for; the clock tries again


def truncate(engine: Engine) -> bool:
    """Bring the whole journal into the database file, and cut it to nothing; False while somebody reads from it, and
    when the database is away. True for PostgreSQL. It raises nothing: what was committed is committed.
    """
    if engine.dialect.name != "sqlite":
        return True
    try:
        return _truncated(engine)
    except (SQLAlchemyError, engine.dialect.loaded_dbapi.Error):
        return False


def _truncated(engine: Engine) -> bool:
    connection = engine.raw_connection()
    try:
        cursor: Any = connection.cursor()
        (patience,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute(f"PRAGMA busy_timeout={PATIENCE_MS}")
        try:
            (busy, *_pages) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            cursor.execute(f"PRAGMA busy_timeout={patience}")
        return not busy
    finally:
        connection.close()


def truncate_after_commit(db: Session) -> None:
    """Truncate the journal when this transaction is committed, before anybody is told so."""
    engine = db.get_bind()
    if isinstance(engine, Engine) and engine.dialect.name == "sqlite":
        event.listen(db, "after_commit", lambda _db: truncate(engine), once=True)

"""The file of a backup, read: its head, its rows, and whether these are rows of Ijwi's own tables.

Each line is checked before anything is written, by dry run and restore alike, because half a restore into a new
database is found only when somebody calls. What a line holds is never repeated: it may be somebody's number.
"""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import pyrage
from alembic import command
from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError
from sqlalchemy import JSON, Connection, Engine, LargeBinary, MetaData, Table, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool
from sqlalchemy.types import TypeEngine

from bot.storage import migrate
from bot.storage.tables.delivery import EarlyDeliveryReport
from bot.storage.tables.runtime import Lease, Talk

LEFT_OUT = frozenset({Talk.__tablename__, Lease.__tablename__, EarlyDeliveryReport.__tablename__, "alembic_version"})
BATCH = 500  # rows inserted at once
NEWER = "It was made by a newer Ijwi. Install that one, then restore."
NO_KEY = "The key file holds no line like AGE-SECRET-KEY-1…"
KEY = "AGE-SECRET-KEY-1"  # how the line with the key begins
Number = (int, float)  # a boolean is one too: databases of old releases kept some as 0 and 1


Line = TypeVar("Line", bound=BaseModel)


class BackupError(Exception):
    """A backup cannot be made or used; the message says what to do."""


class Head(BaseModel):
    """The first line: the tables' revision, the backup's name in the vault's journal, and how many rows each table has
    (none in a backup that was made before 0.3). A newer release may say more."""

    model_config = ConfigDict(strict=True, frozen=True)

    ijwi: Literal["backup"]
    revision: str
    id: str
    rows: dict[str, NonNegativeInt] | None = None


class Row(BaseModel):
    """Each other line: a row of a table, its values by column."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    table: str
    row: dict[str, Any]


@dataclass(frozen=True)
class Opened:
    """A backup, decrypted: its first line and its rows. `counted` says whether it told itself how many rows it holds;
    one that was made before 0.3 does not."""

    head: Head
    rows: Sequence[Row]
    counts: Mapping[str, int]
    counted: bool


def key_in(given: bytes) -> str:
    """The key in a key file, among whatever else stands there. Raises `BackupError` for a file without one."""
    for line in given.splitlines():
        if line.strip().startswith(KEY.encode()) and line.isascii():
            return line.strip().decode("ascii")
    raise BackupError(NO_KEY)


def opened(sealed: bytes, identity: str) -> list[Any]:
    """The lines of a backup, decrypted. Raises `BackupError` for another key, another file or half a file."""
    try:
        packed = pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(identity)])
        return [json.loads(line) for line in gzip.decompress(packed).splitlines()]
    except pyrage.IdentityError:
        raise BackupError(NO_KEY) from None
    except (pyrage.DecryptError, OSError, EOFError, ValueError, RecursionError, zlib.error):
        raise BackupError("This key does not open this file, or the file is damaged.") from None


def read(sealed: bytes, identity: str) -> Opened:
    """A backup, decrypted and checked. Raises `BackupError` as `opened` does, for a newer Ijwi's, and for a file that
    is damaged: a line that is none of a backup's, other rows than it says, rows that do not fit into their tables."""
    lines = opened(sealed, identity)
    if not lines or not isinstance(lines[0], dict) or lines[0].get("ijwi") != "backup":
        raise BackupError("This file is no backup of Ijwi, or it is damaged.")
    head = _typed(Head, 1, lines[0])
    rows = [_typed(Row, number, line) for number, line in enumerate(lines[1:], 2)]
    found = Counter(row.table for row in rows)
    if head.rows is not None and Counter(head.rows) != found:
        raise _damaged(f"it says {sum(head.rows.values()):,} rows, and holds {len(rows):,}")
    _rehearse(head, rows)
    return Opened(head, rows, dict(found) if head.rows is None else head.rows, head.rows is not None)


def _damaged(why: str) -> BackupError:
    return BackupError(f"The file is damaged: {why}.")


def _typed(kind: type[Line], number: int, line: object) -> Line:
    try:
        return kind.model_validate(line)
    except ValidationError:
        raise _damaged(f"line {number:,} is not as a backup writes it") from None


def _rehearse(head: Head, rows: Sequence[Row]) -> None:
    """Put the rows into a database in memory that has the tables of their release. Raises `BackupError`."""
    engine = create_engine("sqlite://", poolclass=StaticPool, hide_parameters=True)
    try:
        if head.revision not in migrate.revisions(engine):
            raise BackupError(NEWER)
        command.upgrade(migrate.config(engine), head.revision)
        _try(engine, rows)
    finally:
        engine.dispose()


def _try(engine: Engine, rows: Sequence[Row]) -> None:
    with engine.begin() as line:
        known = {table.name: table for table in tables(line)}
        for number, row in enumerate(rows, 2):
            if why := _misfit(known.get(row.table), row):
                raise _damaged(f"line {number:,} {why}")
        try:
            put_in(line, rows)
        except (SQLAlchemyError, ValueError, TypeError, OverflowError):
            raise _damaged("its rows do not fit together, or not into their tables") from None


def _misfit(table: Table | None, row: Row) -> str:
    """Why a row is none of this table, in words that end a sentence; empty when it is one."""
    if table is None:
        return "is of a table that its release does not have"
    if row.row.keys() != set(table.c.keys()):
        return "has other columns than its table"
    wrong = any(not _is_of(table.c[name].type, value) for name, value in row.row.items() if value is not None)
    return "has a value that its column cannot hold" if wrong else ""


def _is_of(kind: TypeEngine[Any], value: object) -> bool:
    """Whether a column of this kind can hold the value, in every database that we run on. Numbers may stand for each
    other."""
    if isinstance(kind, JSON):
        return True
    if isinstance(kind, LargeBinary):
        return isinstance(value, dict) and value.keys() == {"bytes"} and isinstance(value["bytes"], str)
    if kind.python_type is str:
        return isinstance(value, str) and "\0" not in value
    return isinstance(value, Number)


def tables(connection: Connection) -> list[Table]:
    """All tables that a backup may hold, parents before children, as they are in this database."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name not in LEFT_OUT]


def put_in(connection: Connection, rows: Sequence[Row]) -> None:
    """Insert rows into the tables of their release. Raises SQLAlchemyError or ValueError for what does not fit."""
    waiting: dict[str, list[Row]] = {}
    for row in rows:
        waiting.setdefault(row.table, []).append(row)
    for table in tables(connection):
        for batch in _batches(waiting.get(table.name, [])):
            connection.execute(
                table.insert(),
                [{column: _back(table, column, value) for column, value in row.row.items()} for row in batch],
            )
    if connection.dialect.name == "postgresql":  # rows came with their numbers: the next one must be higher
        connection.exec_driver_sql("SELECT setval(pg_get_serial_sequence('event', 'id'), (SELECT max(id) FROM event))")


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    return (rows[first : first + BATCH] for first in range(0, len(rows), BATCH))


def _back(table: Table, column: str, value: object) -> object:
    if isinstance(value, dict) and value.keys() == {"bytes"} and isinstance(table.c[column].type, LargeBinary):
        return base64.b64decode(value["bytes"], validate=True)
    return value

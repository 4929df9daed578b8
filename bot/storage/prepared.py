"""Statements on which a caller waits: written with SQLAlchemy, compiled once, then given straight to the driver.

What SQLAlchemy does around each execution costs five times the execution itself on SQLite (ops/runbooks/speed.md), and
filing a report is eight of them while nobody else can write. Everything that is not on that path uses SQLAlchemy alone.
"""

from __future__ import annotations

import threading
import time
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    Dialect,
    Engine,
    Integer,
    LargeBinary,
    PoolProxiedConnection,
    Table,
    bindparam,
    insert,
    text,
)
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

Values = Mapping[str, Any]
WAIT_FOR_LOCK_S, LOOK_AGAIN = 15.0, 0.0003  # seconds
FEW = 12  # rows that one statement inserts


@dataclass
class DriverConnection:
    """A connection of the driver, for kept statements and nothing else.

    Its transaction begins with the first statement that writes: whatever is read and sealed before keeps nobody
    waiting, since SQLite has one writer at a time.
    """

    connection: PoolProxiedConnection
    dialect: Dialect
    first: Callable[[DriverConnection], None]
    rest: ExitStack
    writes: bool = False

    def begin(self) -> None:
        """From here on nobody else writes on SQLite; `first` is written before all else."""
        if not self.writes:
            self.writes = True
            if self.dialect.name == "sqlite":
                self.rest.enter_context(turn())
                begin_sqlite(self)
            self.first(self)


@contextmanager
def writing(
    engine: Engine, first: Callable[[DriverConnection], None] = lambda line: None
) -> Iterator[DriverConnection]:
    """One transaction, committed at the end. Raises as SQLAlchemy."""
    driver = engine.dialect.loaded_dbapi
    try:
        connection = engine.raw_connection()
    except driver.Error as error:
        raise named(error, "connect", engine.dialect) from error
    try:
        with ExitStack() as rest:
            if engine.dialect.name == "postgresql":
                rest.enter_context(connection.driver_connection.pipeline())  # type: ignore[union-attr]
            yield (line := DriverConnection(connection, engine.dialect, first, rest))
            try:
                line.connection.commit()
            except driver.Error as error:
                raise named(error, "COMMIT", engine.dialect) from error
    finally:
        connection.close()  # to the pool, which takes back what was not committed


def driver_connection(db: Session | Connection | DriverConnection) -> Connection | DriverConnection:
    """What kept statements run on."""
    return db.connection() if isinstance(db, Session) else db


def named(error: Exception, text: str, dialect: Dialect) -> Exception:
    """A driver's error as SQLAlchemy's, without values."""
    kind: Any = dialect.loaded_dbapi.Error
    return DBAPIError.instance(text, None, error, kind, hide_parameters=True, dialect=dialect)


class Prepared:
    """A statement, and what each kind of database made of it. Raises what SQLAlchemy raises, and no error of it names a
    value. Every parameter is given each time; rows have the names of the columns.
    """

    def __init__(self, statement: ClauseElement, named: Sequence[str] = (), defaults: Values | None = None) -> None:
        self.statement, self.named, self.defaults = statement, named, defaults or {}
        self.writes: bool = getattr(statement, "is_dml", False)
        self._made: dict[str, _Made] = {}

    def rows(self, line: Connection | DriverConnection, given: Values) -> list[Any]:
        """What one execution gives back."""
        return self.asked(line, given)()

    def run(self, line: Connection | DriverConnection, given: Values) -> None:
        """Execute once."""
        made = self._for(line)
        self._run(line, made.text, made.parameters(given)).close()

    def asked(self, line: Connection | DriverConnection, given: Values) -> Callable[[], list[Any]]:
        """Execute once; what it gives back can be had later, and meanwhile PostgreSQL be asked for something else."""
        made = self._for(line)
        cursor = self._run(line, made.text, made.parameters(given))

        def rows() -> list[Any]:
            try:
                return [made.row(found) for found in cursor.fetchall()]
            except line.dialect.loaded_dbapi.Error as error:
                raise named(error, made.text, line.dialect) from error
            finally:
                cursor.close()

        return rows

    def _run(self, line: Connection | DriverConnection, text: str, parameters: Any, many: bool = False) -> Any:
        if self.writes and isinstance(line, DriverConnection):
            line.begin()
        driver = line.dialect.loaded_dbapi
        cursor = line.connection.cursor()
        try:
            (cursor.executemany if many else cursor.execute)(text, parameters)
        except driver.Error as error:
            cursor.close()
            raise named(error, text, line.dialect) from error
        return cursor

    def _for(self, line: Connection | DriverConnection) -> _Made:
        name = line.dialect.name
        if name not in self._made:
            self._made[name] = _Made(self.statement, line.dialect, self.named, self.defaults)
        return self._made[name]


class _Made:
    """A statement in the words of one kind of database."""

    def __init__(self, statement: ClauseElement, dialect: Dialect, named: Sequence[str], defaults: Values) -> None:
        made: Any = statement.compile(dialect=dialect, column_keys=[*named] or None)
        self.text: str = made.string
        self.order: Sequence[str] | None = made.positiontup
        self.fixed = {**defaults, **{name: bind.value for name, bind in made.binds.items() if name not in named}}
        binds = {n: b.type.dialect_impl(dialect).bind_processor(dialect) for n, b in made.binds.items() if odd(b.type)}
        self.binds = {name: process for name, process in binds.items() if process}
        columns = [*getattr(statement, "selected_columns", ()), *getattr(statement, "_returning", ())]
        self.row: Callable[[Sequence[Any]], Any] = tuple
        if columns:
            self.row = _row([column.key for column in columns], [_read(column, dialect) for column in columns])

    def parameters(self, given: Values) -> Any:
        known = {**self.fixed, **given}
        for name, process in self.binds.items():
            known[name] = process(known[name])
        return known if self.order is None else [known[name] for name in self.order]


def odd(kind: Any) -> bool:
    """Whether a driver may give or take something else than Python has for it; each of ours speaks `bytes`."""
    return not isinstance(kind, LargeBinary)


def _read(column: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    read: Callable[[Any], Any] | None = column.type.dialect_impl(dialect).result_processor(dialect, None)
    return read if odd(column.type) else None


def _row(names: Sequence[str], reads: Sequence[Callable[[Any], Any] | None]) -> Callable[[Sequence[Any]], Any]:
    """Makes a named row of what the driver gave."""
    kind = namedtuple("kind", names)  # type: ignore[misc]  # the names are known when the statement is
    make: Callable[[Sequence[Any]], Any] = kind._make
    changed = [(place, read) for place, read in enumerate(reads) if read]

    def row(found: Sequence[Any]) -> Any:
        found = [*found]
        for place, read in changed:
            found[place] = read(found[place])
        return make(found)

    return row if changed else make


class PreparedInsert(Prepared):
    """A row into a table; what is not given has the column's own default."""

    def __init__(self, table: Table) -> None:
        self.columns = [*table.columns]
        names = [column.name for column in table.columns]
        super().__init__(insert(table), names, {column.name: _default(column.default) for column in table.columns})
        self._few = cache(self._of)

    def run_all(self, line: Connection | DriverConnection, rows: Sequence[Values]) -> None:
        """Insert all of them, a few with one statement."""
        if len(rows) > FEW:
            made = self._for(line)
            self._run(line, made.text, [made.parameters(row) for row in rows], many=True).close()
        elif rows:
            given = {f"{name}_{place}": value for place, row in enumerate(rows) for name, value in row.items()}
            self._few(len(rows)).run(line, given)

    def _of(self, rows: int) -> Prepared:
        """The statement that inserts so many rows."""
        places = [(column, place) for place in range(rows) for column in self.columns]
        binds = [
            {column.name: bindparam(f"{column.name}_{place}", type_=column.type) for column in self.columns}
            for place in range(rows)
        ]
        names = [f"{column.name}_{place}" for column, place in places]
        defaults = {f"{column.name}_{place}": self.defaults[column.name] for column, place in places}
        return Prepared(insert(self.columns[0].table).values(binds), names, defaults)


def _default(default: Any) -> Any:
    """The plain value of a column's default; None where it has none, or one that is made anew for each row."""
    value = default.arg if default is not None and default.is_scalar else None
    return value.value if isinstance(value, Enum) else value


READ = Prepared(text("BEGIN"))
AT_ONCE, PATIENT = (Prepared(text(f"PRAGMA busy_timeout={wait}")) for wait in (0, 15000))  # milliseconds
TURN = threading.Lock()


@contextmanager
def turn() -> Iterator[None]:
    """The threads of a process write to SQLite one after the other, and need not look again and again."""
    if not TURN.acquire(timeout=WAIT_FOR_LOCK_S):
        raise OperationalError("BEGIN IMMEDIATE", None, TimeoutError())
    try:
        yield
    finally:
        TURN.release()


def begin_sqlite(line: Connection | DriverConnection, reads: bool = False) -> None:
    """Begin a transaction; one that writes waits for its turn for at most `PATIENCE`.

    SQLite itself waits 1, 2, 5, 10 and more milliseconds between two looks, where a report is written in one or two.
    """
    if reads:
        return READ.run(line, {})
    until = time.monotonic() + WAIT_FOR_LOCK_S
    AT_ONCE.run(line, {})
    try:
        while not begin_at_once(line, time.monotonic() > until):
            time.sleep(LOOK_AGAIN)
    finally:
        PATIENT.run(line, {})


def begin_at_once(line: Connection | DriverConnection, last: bool) -> bool:
    """Whether a transaction that writes could begin; at the `last` look, no is an error. Raises as SQLAlchemy."""
    driver, cursor = line.dialect.loaded_dbapi, line.connection.cursor()
    try:
        cursor.execute("BEGIN IMMEDIATE")
    except driver.Error as error:
        if last or not getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
            raise named(error, "BEGIN IMMEDIATE", line.dialect) from error
        return False
    finally:
        cursor.close()
    return True


class place_in(FunctionElement[int]):
    """Where a text lies in another one, from 1 on; 0 when it does not: half the time of a LIKE."""

    name, type, inherit_cache = "place_in", Integer(), True


@compiles(place_in, "sqlite")
def _instr(element: place_in, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(place_in, "postgresql")
def _strpos(element: place_in, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"

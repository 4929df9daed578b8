"""Prepared statements: written with SQLAlchemy, compiled once, then executed by the database driver directly.

It saves what SQLAlchemy does around each execution, five times the execution itself on SQLite (ops/runbooks/speed.md):
filing a report is eight statements during which nobody else can write. It may go when SQLAlchemy files as many reports
a second there. Only statements on the path of filing use it; everything else uses SQLAlchemy alone.
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
WAIT_FOR_LOCK_S, LOOK_AGAIN_S = 15.0, 0.0003  # seconds
COMMIT = "COMMIT"  # the statement that a driver's error names then
FEW = 12  # rows that one INSERT takes at most; more are inserted one by one (`executemany`)


@dataclass
class DriverConnection:
    """A connection of the database driver, for prepared statements only.

    On SQLite, which has one writer at a time, its transaction begins with the first statement that writes, so that
    reading and sealing before it make nobody wait. `first` is called then; `rest` is what the end of it has to undo.
    """

    connection: PoolProxiedConnection
    dialect: Dialect
    first: Callable[[DriverConnection], None]
    rest: ExitStack
    writes: bool = False

    def begin(self) -> None:
        """Begin to write, once: on SQLite nobody else writes from here on; `first` writes before all other
        statements."""
        if not self.writes:
            self.writes = True
            if self.dialect.name == "sqlite":
                self.rest.enter_context(turn())
                begin_sqlite(self)
            self.first(self)


@contextmanager
def writing(engine: Engine, first: Callable[[DriverConnection], None] = lambda db: None) -> Iterator[DriverConnection]:
    """One transaction on a connection of the driver, committed at the end. Raises what SQLAlchemy raises."""
    driver = engine.dialect.loaded_dbapi
    try:
        connection = engine.raw_connection()
    except driver.Error as error:
        raise named(error, "connect", engine.dialect) from error
    try:
        with ExitStack() as rest:
            if engine.dialect.name == "postgresql":
                rest.enter_context(connection.driver_connection.pipeline())  # type: ignore[union-attr]
            yield DriverConnection(connection, engine.dialect, first, rest)
            try:
                connection.commit()
            except driver.Error as error:
                raise named(error, COMMIT, engine.dialect) from error
    finally:
        connection.close()  # to the pool, which rolls back what was not committed


def driver_connection(db: Session | Connection | DriverConnection) -> Connection | DriverConnection:
    """The connection on which prepared statements run: that of a session, or `db` itself."""
    return db.connection() if isinstance(db, Session) else db


def named(error: Exception, text: str, dialect: Dialect) -> Exception:
    """A driver's error as the error of SQLAlchemy for it, without values of the statement `text`."""
    kind: Any = dialect.loaded_dbapi.Error
    return DBAPIError.instance(text, None, error, kind, hide_parameters=True, dialect=dialect)


class Prepared:
    """A statement, compiled once for each kind of database. Raises what SQLAlchemy raises; its errors hold no values.

    Every parameter is given each time, but for those in `defaults`; a row is a named tuple with the names of the
    columns. `named` are the columns of an INSERT.
    """

    def __init__(self, statement: ClauseElement, named: Sequence[str] = (), defaults: Values | None = None) -> None:
        self.statement, self.named, self.defaults = statement, named, defaults or {}
        self.writes: bool = getattr(statement, "is_dml", False)
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, db: Connection | DriverConnection, given: Values) -> list[Any]:
        """The rows that one execution gives."""
        return self.asked(db, given)()

    def run(self, db: Connection | DriverConnection, given: Values) -> None:
        """Execute once."""
        compiled = self._for(db)
        self._run(db, compiled.text, compiled.parameters(given)).close()

    def asked(self, db: Connection | DriverConnection, given: Values) -> Callable[[], list[Any]]:
        """Execute once; call the result for its rows. Meanwhile PostgreSQL can be given other statements (pipeline
        mode)."""
        compiled = self._for(db)
        cursor = self._run(db, compiled.text, compiled.parameters(given))

        def rows() -> list[Any]:
            try:
                return [compiled.row(values) for values in cursor.fetchall()]
            except db.dialect.loaded_dbapi.Error as error:
                raise named(error, compiled.text, db.dialect) from error
            finally:
                cursor.close()

        return rows

    def _run(self, db: Connection | DriverConnection, text: str, parameters: Any, many: bool = False) -> Any:
        if self.writes and isinstance(db, DriverConnection):
            db.begin()
        driver = db.dialect.loaded_dbapi
        cursor = db.connection.cursor()
        try:
            (cursor.executemany if many else cursor.execute)(text, parameters)
        except driver.Error as error:
            cursor.close()
            raise named(error, text, db.dialect) from error
        return cursor

    def _for(self, db: Connection | DriverConnection) -> _Compiled:
        name = db.dialect.name
        if name not in self._compiled:
            self._compiled[name] = _Compiled(self.statement, db.dialect, self.named, self.defaults)
        return self._compiled[name]


class _Compiled:
    """A statement compiled for one kind of database: its SQL, the order of its parameters, how values are converted."""

    def __init__(self, statement: ClauseElement, dialect: Dialect, named: Sequence[str], defaults: Values) -> None:
        compiled: Any = statement.compile(dialect=dialect, column_keys=[*named] or None)
        self.text: str = compiled.string
        self.order: Sequence[str] | None = compiled.positiontup
        self.fixed = {**defaults, **{name: bind.value for name, bind in compiled.binds.items() if name not in named}}
        binds = {
            n: b.type.dialect_impl(dialect).bind_processor(dialect)
            for n, b in compiled.binds.items()
            if is_converted(b.type)
        }
        self.binds = {name: process for name, process in binds.items() if process}
        columns = [*getattr(statement, "selected_columns", ()), *getattr(statement, "_returning", ())]
        self.row: Callable[[Sequence[Any]], Any] = tuple
        if columns:
            self.row = _row([column.key for column in columns], [_read(column, dialect) for column in columns])

    def parameters(self, given: Values) -> Any:
        """The values as the driver takes them: a list in the order of the SQL, or a dict where it has names."""
        known = {**self.fixed, **given}
        for name, process in self.binds.items():
            known[name] = process(known[name])
        return known if self.order is None else [known[name] for name in self.order]


def is_converted(kind: Any) -> bool:
    """Whether values of a type may have to be converted for the driver. `bytes` never: both drivers take and give
    them."""
    return not isinstance(kind, LargeBinary)


def _read(column: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    read: Callable[[Any], Any] | None = column.type.dialect_impl(dialect).result_processor(dialect, None)
    return read if is_converted(column.type) else None


def _row(names: Sequence[str], reads: Sequence[Callable[[Any], Any] | None]) -> Callable[[Sequence[Any]], Any]:
    """A function that makes a named tuple of a row of the driver, converting the values that need it."""
    kind = namedtuple("kind", names)  # type: ignore[misc]  # the names are known when the statement is
    make: Callable[[Sequence[Any]], Any] = kind._make
    changed = [(place, read) for place, read in enumerate(reads) if read]

    def row(given: Sequence[Any]) -> Any:
        values = [*given]
        for place, read in changed:
            values[place] = read(values[place])
        return make(values)

    return row if changed else make


class PreparedInsert(Prepared):
    """INSERT into a table; a column that is not given gets its own default."""

    def __init__(self, table: Table) -> None:
        self.columns = [*table.columns]
        names = [column.name for column in table.columns]
        super().__init__(insert(table), names, {column.name: _default(column.default) for column in table.columns})
        self._of_count = cache(self._insert_of)

    def run_all(self, db: Connection | DriverConnection, rows: Sequence[Values]) -> None:
        """Insert all rows: up to `FEW` with one statement, more one by one."""
        if len(rows) > FEW:
            compiled = self._for(db)
            self._run(db, compiled.text, [compiled.parameters(row) for row in rows], many=True).close()
        elif rows:
            given = {f"{name}_{place}": value for place, row in enumerate(rows) for name, value in row.items()}
            self._of_count(len(rows)).run(db, given)

    def _insert_of(self, rows: int) -> Prepared:
        """One INSERT of that many rows."""
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


BEGIN_READ = Prepared(text("BEGIN"))
NO_WAIT, WAIT = (Prepared(text(f"PRAGMA busy_timeout={wait}")) for wait in (0, 15000))  # milliseconds
TURN = threading.Lock()


@contextmanager
def turn() -> Iterator[None]:
    """Let the threads of a process write to SQLite one after the other, so that they need not try again and again.

    Raises OperationalError when the turn has not come within `WAIT_FOR_LOCK_S`.
    """
    if not TURN.acquire(timeout=WAIT_FOR_LOCK_S):
        raise OperationalError("BEGIN IMMEDIATE", None, TimeoutError())
    try:
        yield
    finally:
        TURN.release()


def begin_sqlite(db: Connection | DriverConnection, reads: bool = False) -> None:
    """Begin a transaction; one that writes tries for at most `WAIT_FOR_LOCK_S` until no other process writes.

    It tries every `LOOK_AGAIN_S` itself: SQLite would wait 1, 2, 5, 10 and more milliseconds between two tries, and a
    report is written in one or two. Raises what SQLAlchemy raises.
    """
    if reads:
        return BEGIN_READ.run(db, {})
    until = time.monotonic() + WAIT_FOR_LOCK_S
    NO_WAIT.run(db, {})
    try:
        while not begin_at_once(db, time.monotonic() > until):
            time.sleep(LOOK_AGAIN_S)
    finally:
        WAIT.run(db, {})


def begin_at_once(db: Connection | DriverConnection, last: bool) -> bool:
    """Try once to begin a transaction that writes: False when another one writes, or an error at the `last` try.

    Raises what SQLAlchemy raises.
    """
    driver, cursor = db.dialect.loaded_dbapi, db.connection.cursor()
    try:
        cursor.execute("BEGIN IMMEDIATE")
    except driver.Error as error:
        if last or not getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
            raise named(error, "BEGIN IMMEDIATE", db.dialect) from error
        return False
    finally:
        cursor.close()
    return True


class place_in(FunctionElement[int]):
    """The position of a text in another one, from 1 on; 0 when it is not there. Takes half the time of a LIKE."""

    name, type, inherit_cache = "place_in", Integer(), True


@compiles(place_in, "sqlite")
def _instr(element: place_in, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(place_in, "postgresql")
def _strpos(element: place_in, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"

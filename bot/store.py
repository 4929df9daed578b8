"""Where sessions live: memory that the processes of one machine share, or Redis for several; the database while either
is away. Values come here sealed.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import lmdb
from redis import Redis
from redis.connection import ConnectionInterface
from redis.exceptions import RedisError
from redis.sentinel import Sentinel
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from bot.models import Talk
from bot.outbox import Sessions, now

SENTINEL = "redis+sentinel"  # redis+sentinel://[:password@]host:port,host:port/service[/db]
GONE = (RedisError, OSError, lmdb.Error)  # what a store that is away raises
SHARED = 256 << 20  # bytes that talks may fill on a machine: some 100,000 of them
READERS = 512  # threads of all processes that look into shared memory at once
MOST_SWEPT = 2000  # looked at in a sweep: two milliseconds, and all of them within a minute
OPENING = threading.Lock()
Part = str | bytes | int
Command = tuple[Part, ...]


def client(url: str, **options: Any) -> Redis:
    """A client of a server, or of whichever one the sentinels name as master now. Raises ValueError for no such URL."""
    parts = urlsplit(url)
    if parts.scheme != SENTINEL:
        return Redis.from_url(url, **options)
    credentials, _at, hosts = parts.netloc.rpartition("@")
    service, _slash, db = parts.path.strip("/").partition("/")
    named = [host.rpartition(":") for host in hosts.split(",")]
    if not service or not all(host and port.isdecimal() for host, _colon, port in named):
        raise ValueError(f"a URL like {SENTINEL}://10.0.0.1:26379,10.0.0.2:26379/ijwi")
    password = unquote(credentials.partition(":")[2]) or None
    waits = {name: options[name] for name in ("socket_timeout", "socket_connect_timeout") if name in options}
    sentinel = Sentinel([(host, int(port)) for host, _colon, port in named], sentinel_kwargs=waits)  # type: ignore[no-untyped-call]
    of = {"redis_class": Redis, "db": int(db or 0), "password": password}
    found: Redis = sentinel.master_for(service, **of, **options)  # type: ignore[no-untyped-call]
    return found


class Store(Protocol):
    """Sealed values by key, each with a life in seconds."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, sealed: bytes, life: int) -> None: ...

    def drop(self, key: str) -> None: ...

    def sweep(self) -> None:
        """Forget what has outlived its life, where nobody else does it. Raises what tells that the store is away."""


class Rows:
    """Sessions in the table `talk`, while their store is away: slower, and nothing else. The clock deletes old ones."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions

    def get(self, key: str) -> bytes | None:
        try:
            with self.sessions() as db:
                return db.scalar(select(Talk.sealed).where(Talk.key == key, Talk.until > now()))
        except SQLAlchemyError:
            return None

    def put(self, key: str, sealed: bytes, life: int) -> None:
        with contextlib.suppress(SQLAlchemyError), self.sessions.begin() as db:  # else the next step is a replay
            db.merge(Talk(key=key, sealed=sealed, until=now() + life))

    def drop(self, key: str) -> None:
        with contextlib.suppress(SQLAlchemyError), self.sessions.begin() as db:
            db.execute(delete(Talk).where(Talk.key == key))

    def sweep(self) -> None:
        """The clock does it."""


class SharedStore:
    """Memory that the web processes of one machine share: two microseconds, where a server costs a step half its time.

    LMDB on a memory file system: a process that is killed while it writes leaves what was there before. A session that
    found no room goes to the rows.
    """

    def __init__(self, folder: Path, rows: Store) -> None:
        self.folder, self.rows = folder, rows
        self._swept = b""  # how far the last sweep came

    def get(self, key: str) -> bytes | None:
        try:
            with opened(self.folder).begin() as read:
                found = read.get(key.encode())
        except (lmdb.Error, OSError):
            return self.rows.get(key)
        return found[UNTIL:] if found and found[:UNTIL] > stamp(now()) else None

    def put(self, key: str, sealed: bytes, life: int) -> None:
        until, name = stamp(now() + life), key.encode()
        try:
            with opened(self.folder).begin(write=True) as write:
                write.put(name, until + sealed)
        except (lmdb.Error, OSError):
            self.rows.put(key, sealed, life)

    def drop(self, key: str) -> None:
        with contextlib.suppress(lmdb.Error, OSError), opened(self.folder).begin(write=True) as write:
            write.delete(key.encode())
        self.rows.drop(key)

    def sweep(self) -> None:
        memory, before = opened(self.folder), stamp(now() + 1)
        memory.reader_check()  # places of processes that were killed
        with memory.begin() as read, read.cursor() as there:
            looked = [*islice(there.iternext(), MOST_SWEPT)] if there.set_range(self._swept) else []
        self._swept = looked[-1][0] + b"\0" if len(looked) == MOST_SWEPT else b""
        if over := [name for name, talk in looked if talk[:UNTIL] < before]:
            with memory.begin(write=True) as write:
                for name in over:
                    if write.get(name, before)[:UNTIL] < before:  # it may have been put since
                        write.delete(name)


UNTIL = 8  # bytes of a time


def stamp(at: int) -> bytes:
    """A time in seconds so that bytes sort as times do."""
    return at.to_bytes(UNTIL, "big")


def opened(folder: Path) -> lmdb.Environment:
    """Shared memory in a folder of ours. Raises OSError where somebody else made the folder, lmdb.Error for no room."""
    with OPENING:
        return environment(folder)


@cache
def environment(folder: Path) -> lmdb.Environment:
    """One a process, whoever comes first: of two, the one that is closed would pull the other's locks from under it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (made := folder.stat()).st_uid != os.getuid() or made.st_mode & 0o077:
        raise PermissionError(f"others can write to {folder}")
    file = str(folder / "talks")
    return lmdb.open(file, SHARED, subdir=False, max_readers=READERS, mode=0o600, sync=False, metasync=False)


@dataclass(frozen=True)
class Kept:
    """A value on its way to the store."""

    key: str
    sealed: bytes
    life: int

    @property
    def command(self) -> Command:
        return ("SET", "talk:" + self.key, self.sealed, "EX", self.life)


class Line:
    """One thread's connection: the client's pool and its measurements cost as much as the rest of a step.

    A value or a ring is sent at once, and that it was taken is read before the next command. The caller need not wait:
    a session that was lost, or is older than her last page, is replayed; a ring that was lost, the clock makes up for.
    """

    def __init__(self, redis: Redis) -> None:
        self.connection: ConnectionInterface = redis.connection_pool.make_connection()
        self.owed: Command | None = None  # sent, and not known to be taken

    def tell(self, *command: Part) -> None:
        """Send a command without waiting for its reply. Raises what the client raises when the server is away."""
        if self.owed is not None:
            self._speak([], [self.owed])
        try:
            self._send(command)
        except (RedisError, OSError):  # the server was restarted since: once more on a new line
            self._send(command)
        self.owed = command

    def ask(self, *command: Part) -> object:
        """The reply to a command that may be sent twice. Raises what the client raises when the server is away."""
        owed = [self.owed] if self.owed else []
        try:
            return self._speak([command], [*owed, command])
        except (RedisError, OSError):
            return self._speak([*owed, command], [*owed, command])

    def _speak(self, sent: Sequence[Command], answered: Sequence[Command]) -> object:
        """Send some commands and read one reply for each that is not answered yet; the last reply."""
        try:
            for command in sent:
                self._send(command)
            replies = [self.connection.read_response() for _ in answered]
        except BaseException:
            self.connection.disconnect()  # type: ignore[no-untyped-call]  # half a reply must never be read as the answer to another caller
            raise
        self.owed = None
        return replies[-1]

    def _send(self, command: Command) -> None:
        try:
            self.connection.send_command(*command)  # type: ignore[no-untyped-call]  # connects when it is not connected
        except BaseException:
            self.connection.disconnect()  # type: ignore[no-untyped-call]
            raise


class RedisStore:
    """One round trip to read, one to write. When Redis is away the rows serve; only speed is lost."""

    def __init__(self, redis: Redis, rows: Store) -> None:
        self.redis, self.rows = redis, rows
        self._mine = threading.local()

    def get(self, key: str) -> bytes | None:
        try:
            found = self._line().ask("GET", "talk:" + key)
        except (RedisError, OSError):
            self._to_rows()
            return self.rows.get(key)
        return found if isinstance(found, bytes) else None

    def put(self, key: str, sealed: bytes, life: int) -> None:
        value = Kept(key, sealed, life)
        try:
            self._line().tell(*value.command)
            self._mine.value = value
        except (RedisError, OSError):
            self._to_rows()
            self.rows.put(key, sealed, life)

    def drop(self, key: str) -> None:
        with contextlib.suppress(RedisError, OSError):
            self._line().ask("DEL", "talk:" + key)
        self.rows.drop(key)

    def sweep(self) -> None:
        self.redis.ping()  # it forgets by itself

    def _line(self) -> Line:
        if not hasattr(self._mine, "line"):
            self._mine.line = Line(self.redis)
        line: Line = self._mine.line
        return line

    def _to_rows(self) -> None:
        """What was sent and never acknowledged goes to the table."""
        line = self._line()
        if line.owed is not None:
            value: Kept = self._mine.value
            self.rows.put(value.key, value.sealed, value.life)
            line.owed = None


class MemoryStore:
    """A store for one process: tests and the phone in the terminal."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self.kept.get(key)

    def put(self, key: str, sealed: bytes, life: int) -> None:
        self.kept[key] = sealed

    def drop(self, key: str) -> None:
        self.kept.pop(key, None)

    def sweep(self) -> None:
        """A test is over before anything is."""

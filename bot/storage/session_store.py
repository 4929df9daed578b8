"""Where sessions live: memory that the processes of one machine share, or Redis for several; the database while either
is away. Values come here sealed.
"""

from __future__ import annotations

import contextlib
import os
import threading
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Protocol

import lmdb
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from bot.settings import Settings, memory_of
from bot.storage.outbox import SessionFactory, now
from bot.storage.redis import Command, RedisPipe, patient_client
from bot.storage.tables.runtime import Talk

STORE_ERRORS = (RedisError, OSError, lmdb.Error)  # what a store that is away raises
SHARED = 256 << 20  # bytes that talks may fill on a machine: some 100,000 of them
READERS = 512  # threads of all processes that look into shared memory at once
MOST_SWEPT = 2000  # looked at in a sweep: two milliseconds, and all of them within a minute
OPENING = threading.Lock()


class Store(Protocol):
    """Sealed values by key, each with a life in seconds."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, sealed: bytes, life: int) -> None: ...

    def drop(self, key: str) -> None: ...

    def sweep(self) -> None:
        """Forget what has outlived its life, where nobody else does it. Raises what tells that the store is away."""


class Rows:
    """Sessions in the table `talk`, while their store is away: slower, and nothing else. The clock deletes old ones."""

    def __init__(self, sessions: SessionFactory) -> None:
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
            with shared_memory(self.folder).begin() as read:
                found = read.get(key.encode())
        except (lmdb.Error, OSError):
            return self.rows.get(key)
        return found[UNTIL:] if found and found[:UNTIL] > stamp(now()) else None

    def put(self, key: str, sealed: bytes, life: int) -> None:
        until, name = stamp(now() + life), key.encode()
        try:
            with shared_memory(self.folder).begin(write=True) as write:
                write.put(name, until + sealed)
        except (lmdb.Error, OSError):
            self.rows.put(key, sealed, life)

    def drop(self, key: str) -> None:
        with contextlib.suppress(lmdb.Error, OSError), shared_memory(self.folder).begin(write=True) as write:
            write.delete(key.encode())
        self.rows.drop(key)

    def sweep(self) -> None:
        memory, before = shared_memory(self.folder), stamp(now() + 1)
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


def shared_memory(folder: Path) -> lmdb.Environment:
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
class PendingWrite:
    """A value on its way to the store."""

    key: str
    sealed: bytes
    life: int

    @property
    def command(self) -> Command:
        return ("SET", "talk:" + self.key, self.sealed, "EX", self.life)


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
        value = PendingWrite(key, sealed, life)
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

    def _line(self) -> RedisPipe:
        if not hasattr(self._mine, "line"):
            self._mine.line = RedisPipe(self.redis)
        line: RedisPipe = self._mine.line
        return line

    def _to_rows(self) -> None:
        """What was sent and never acknowledged goes to the table."""
        line = self._line()
        if line.owed is not None:
            value: PendingWrite = self._mine.value
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


def open_store(settings: Settings, sessions: SessionFactory) -> Store:
    """Where sessions live: in this machine's memory, or where several machines reach them."""
    rows = Rows(sessions)
    if settings.session_url:
        return RedisStore(patient_client(settings.session_url), rows)
    return SharedStore(memory_of(settings.data_dir), rows)

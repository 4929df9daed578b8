"""Where sessions of talks are stored: memory shared by the processes of one machine (LMDB), or Redis for several
machines; the table `talk` while either is away. Values come here sealed, under keys that only the vault can make.

Sessions are not simply rows because every step of a talk reads and writes one: shared memory takes microseconds for
that, a server half the time of a step, a commit to disk longer still. The shared memory may go when the database
answers a step as fast (ops/runbooks/speed.md); the rows alone then do, because every store has the same four methods.
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

STORE_ERRORS = (RedisError, OSError, lmdb.Error)  # what a store raises that is away
SHARED = 256 << 20  # bytes of shared memory for sessions on a machine: some 100,000 of them
READERS = 512  # threads of all processes that may read shared memory at once
MOST_SWEPT = 2000  # sessions looked at in one sweep: it takes 2 ms, and a minute of sweeps sees all of them
OPENING = threading.Lock()  # one thread at a time opens shared memory


class Store(Protocol):
    """Sealed values by key. `put` keeps a value for `life` seconds; `get` gives None for one that is unknown or over.

    Only `sweep` raises when the store is away: the others go to the rows, and lose the value where these are away too.
    """

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, sealed: bytes, life: int) -> None: ...

    def drop(self, key: str) -> None: ...

    def sweep(self) -> None:
        """Delete values whose life is over, where the store does not do it itself. Raises one of `STORE_ERRORS` when
        the store is away."""


class Rows:
    """Sessions in the table `talk`, while their store is away: only slower. The clock deletes old rows.

    It raises nothing: a session that cannot be read or written is replayed at the next step.
    """

    def __init__(self, sessions: SessionFactory) -> None:
        self.sessions = sessions

    def get(self, key: str) -> bytes | None:
        try:
            with self.sessions() as db:
                return db.scalar(select(Talk.sealed).where(Talk.key == key, Talk.until > now()))
        except SQLAlchemyError:
            return None

    def put(self, key: str, sealed: bytes, life: int) -> None:
        with (
            contextlib.suppress(SQLAlchemyError),
            self.sessions.begin() as db,
        ):  # what is not written is replayed at the next step
            db.merge(Talk(key=key, sealed=sealed, until=now() + life))

    def drop(self, key: str) -> None:
        with contextlib.suppress(SQLAlchemyError), self.sessions.begin() as db:
            db.execute(delete(Talk).where(Talk.key == key))

    def sweep(self) -> None:
        """Nothing: the clock deletes rows whose life is over."""


class SharedStore:
    """Memory that the web processes of one machine share: a read takes two microseconds, where a Redis server would
    take half the time of a step.

    It is LMDB on a memory file system: a process that is killed while it writes leaves the value from before. A session
    for which there is no room goes to the rows. Each value is stored behind the time at which its life ends (`stamp`).
    """

    def __init__(self, folder: Path, rows: Store) -> None:
        self.folder, self.rows = folder, rows
        self._swept = b""  # the key at which the next sweep begins

    def get(self, key: str) -> bytes | None:
        try:
            with shared_memory(self.folder).begin() as read:
                stored = read.get(key.encode())
        except (lmdb.Error, OSError):
            return self.rows.get(key)
        return stored[UNTIL:] if stored and stored[:UNTIL] > stamp(now()) else None

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
        memory.reader_check()  # frees the reader slots of processes that were killed
        with memory.begin() as read, read.cursor() as cursor:
            looked = [*islice(cursor.iternext(), MOST_SWEPT)] if cursor.set_range(self._swept) else []
        self._swept = looked[-1][0] + b"\0" if len(looked) == MOST_SWEPT else b""
        if over := [name for name, stored in looked if stored[:UNTIL] < before]:
            with memory.begin(write=True) as write:
                for name in over:
                    if write.get(name, before)[:UNTIL] < before:  # it may have been written anew since
                        write.delete(name)


UNTIL = 8  # bytes of a `stamp`


def stamp(at: int) -> bytes:
    """A time in seconds as 8 bytes, which sort as times do."""
    return at.to_bytes(UNTIL, "big")


def shared_memory(folder: Path) -> lmdb.Environment:
    """The shared memory in `folder`, opened once a process. Raises PermissionError (an OSError) when another user owns
    the folder or may enter it, lmdb.Error when there is no room."""
    with OPENING:
        return environment(folder)


@cache
def environment(folder: Path) -> lmdb.Environment:
    """As `shared_memory`, without its lock. One a process: LMDB forbids two, since closing one releases the other's
    locks."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (made := folder.stat()).st_uid != os.getuid() or made.st_mode & 0o077:
        raise PermissionError(f"others can write to {folder}")
    file = str(folder / "talks")
    return lmdb.open(file, SHARED, subdir=False, max_readers=READERS, mode=0o600, sync=False, metasync=False)


@dataclass(frozen=True)
class PendingWrite:
    """A value that was sent to Redis and may not have been taken."""

    key: str
    sealed: bytes
    life: int

    @property
    def command(self) -> Command:
        return ("SET", "talk:" + self.key, self.sealed, "EX", self.life)


class RedisStore:
    """Sessions in Redis: one round trip to read, and none that a caller waits for to write (`RedisPipe`).

    While Redis is away the rows are used; only speed is lost.
    """

    def __init__(self, redis: Redis, rows: Store) -> None:
        self.redis, self.rows = redis, rows
        self._of_thread = threading.local()  # its `pipe`, and the `value` that it sent last

    def get(self, key: str) -> bytes | None:
        try:
            stored = self._pipe().ask("GET", "talk:" + key)
        except (RedisError, OSError):
            self._to_rows()
            return self.rows.get(key)
        return stored if isinstance(stored, bytes) else None

    def put(self, key: str, sealed: bytes, life: int) -> None:
        value = PendingWrite(key, sealed, life)
        try:
            self._pipe().tell(*value.command)
            self._of_thread.value = value
        except (RedisError, OSError):
            self._to_rows()
            self.rows.put(key, sealed, life)

    def drop(self, key: str) -> None:
        with contextlib.suppress(RedisError, OSError):
            self._pipe().ask("DEL", "talk:" + key)
        self.rows.drop(key)

    def sweep(self) -> None:
        self.redis.ping()  # Redis deletes expired keys itself

    def _pipe(self) -> RedisPipe:
        if not hasattr(self._of_thread, "pipe"):
            self._of_thread.pipe = RedisPipe(self.redis)
        pipe: RedisPipe = self._of_thread.pipe
        return pipe

    def _to_rows(self) -> None:
        """Write the value that Redis has not acknowledged to the table."""
        pipe = self._pipe()
        if pipe.owed is not None:
            value: PendingWrite = self._of_thread.value
            self.rows.put(value.key, value.sealed, value.life)
            pipe.owed = None


class MemoryStore:
    """A store for one process, without expiry: for tests and the phone in the terminal."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self.kept.get(key)

    def put(self, key: str, sealed: bytes, life: int) -> None:
        self.kept[key] = sealed

    def drop(self, key: str) -> None:
        self.kept.pop(key, None)

    def sweep(self) -> None:
        """Nothing: a process that uses it ends before a session does."""


def open_store(settings: Settings, sessions: SessionFactory) -> Store:
    """The store that the settings name: Redis where SESSION_URL is set, else this machine's shared memory."""
    rows = Rows(sessions)
    if settings.session_url:
        return RedisStore(patient_client(settings.session_url), rows)
    return SharedStore(memory_of(settings.data_dir), rows)

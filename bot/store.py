"""Where sessions live: Valkey or Redis, and the database while that is away. Values come here sealed."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from redis import Redis
from redis.connection import ConnectionInterface
from redis.exceptions import RedisError
from redis.sentinel import Sentinel
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from bot.models import Talk
from bot.outbox import Sessions, now

SENTINEL = "redis+sentinel"  # redis+sentinel://[:password@]host:port,host:port/service[/db]
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
    """One round trip to read, one to write. When Redis is away the table `talk` serves; only speed is lost."""

    def __init__(self, redis: Redis, sessions: Sessions) -> None:
        self.redis, self.sessions = redis, sessions
        self._mine = threading.local()

    def get(self, key: str) -> bytes | None:
        try:
            found = self._line().ask("GET", "talk:" + key)
        except (RedisError, OSError):
            self._to_rows()
            return self._row(key)
        return found if isinstance(found, bytes) else None

    def put(self, key: str, sealed: bytes, life: int) -> None:
        value = Kept(key, sealed, life)
        try:
            self._line().tell(*value.command)
            self._mine.value = value
        except (RedisError, OSError):
            self._to_rows()
            self._to_row(value)

    def drop(self, key: str) -> None:
        with contextlib.suppress(RedisError, OSError):
            self._line().ask("DEL", "talk:" + key)
        with contextlib.suppress(SQLAlchemyError), self.sessions.begin() as db:
            db.execute(delete(Talk).where(Talk.key == key))

    def _line(self) -> Line:
        if not hasattr(self._mine, "line"):
            self._mine.line = Line(self.redis)
        line: Line = self._mine.line
        return line

    def _to_rows(self) -> None:
        """What was sent and never acknowledged goes to the table."""
        line = self._line()
        if line.owed is not None:
            self._to_row(self._mine.value)
            line.owed = None

    def _to_row(self, value: Kept) -> None:
        with contextlib.suppress(SQLAlchemyError), self.sessions.begin() as db:  # else the next step is a replay
            db.merge(Talk(key=value.key, sealed=value.sealed, until=now() + value.life))

    def _row(self, key: str) -> bytes | None:
        try:
            with self.sessions() as db:
                return db.scalar(select(Talk.sealed).where(Talk.key == key, Talk.until > now()))
        except SQLAlchemyError:
            return None


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

"""Where sessions live: Valkey or Redis, and the database while that is away. Values come here sealed."""

from __future__ import annotations

import contextlib
import threading
from typing import Protocol

from redis import Redis
from redis.connection import ConnectionInterface
from redis.exceptions import RedisError
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from bot.models import Talk
from bot.outbox import Sessions, now


class Store(Protocol):
    """Sealed values by key, each with a life in seconds."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, sealed: bytes, life: int) -> None: ...

    def drop(self, key: str) -> None: ...


class RedisStore:
    """One round trip to read, one to write. When Redis is away the table `talk` serves; only speed is lost.

    Each thread has a connection of its own: the client's pool and its measurements cost as much as the rest of a step.
    """

    def __init__(self, redis: Redis, sessions: Sessions) -> None:
        self.redis, self.sessions = redis, sessions
        self._mine = threading.local()

    def get(self, key: str) -> bytes | None:
        try:
            found = self._ask("GET", "talk:" + key)
        except (RedisError, OSError):
            return self._row(key)
        return found if isinstance(found, bytes) else None

    def put(self, key: str, sealed: bytes, life: int) -> None:
        try:
            self._ask("SET", "talk:" + key, sealed, "EX", life)
        except (RedisError, OSError):
            with contextlib.suppress(SQLAlchemyError), self.sessions.begin() as db:  # then the next step is a replay
                db.merge(Talk(key=key, sealed=sealed, until=now() + life))

    def drop(self, key: str) -> None:
        with contextlib.suppress(RedisError, OSError):
            self._ask("DEL", "talk:" + key)
        with contextlib.suppress(SQLAlchemyError), self.sessions.begin() as db:
            db.execute(delete(Talk).where(Talk.key == key))

    def _ask(self, *command: str | bytes | int) -> object:
        """The reply to a command that may be sent twice. Raises what the client raises when the server is away."""
        kept: ConnectionInterface | None = getattr(self._mine, "connection", None)
        if kept is not None:
            try:
                return self._on(kept, command)
            except (RedisError, OSError):
                kept.disconnect()  # type: ignore[no-untyped-call]  # the server was restarted since: once more on a new line
        fresh = self._mine.connection = self.redis.connection_pool.make_connection()
        return self._on(fresh, command)

    def _on(self, connection: ConnectionInterface, command: tuple[str | bytes | int, ...]) -> object:
        try:
            connection.send_command(*command)  # type: ignore[no-untyped-call]
            return connection.read_response()
        except BaseException:
            connection.disconnect()  # type: ignore[no-untyped-call]  # half a reply must never be read as the answer to another caller
            raise

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

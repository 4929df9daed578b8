"""Where sessions live: Valkey or Redis, and the database while that is away. Values come here sealed."""

from __future__ import annotations

import contextlib
from typing import Protocol

from redis import Redis
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
    """One round trip to read, one to write. When Redis is away the table `talk` serves; only speed is lost."""

    def __init__(self, redis: Redis, sessions: Sessions) -> None:
        self.redis, self.sessions = redis, sessions

    def get(self, key: str) -> bytes | None:
        try:
            found = self.redis.get("talk:" + key)
        except RedisError:
            return self._row(key)
        return found if isinstance(found, bytes) else None

    def put(self, key: str, sealed: bytes, life: int) -> None:
        try:
            self.redis.set("talk:" + key, sealed, ex=life)
        except RedisError:
            with contextlib.suppress(SQLAlchemyError), self.sessions.begin() as db:  # then the next step is a replay
                db.merge(Talk(key=key, sealed=sealed, until=now() + life))

    def drop(self, key: str) -> None:
        with contextlib.suppress(RedisError):
            self.redis.delete("talk:" + key)
        with contextlib.suppress(SQLAlchemyError), self.sessions.begin() as db:
            db.execute(delete(Talk).where(Talk.key == key))

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

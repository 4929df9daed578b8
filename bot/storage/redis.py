"""Clients of Redis, one thread's own connection to it, and the nudge that wakes the clock."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from redis.sentinel import Sentinel

from bot.storage.outbox import Signal

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


class PlainConnection(Protocol):
    """What is used of a connection of the client, which has no types of its own for it."""

    def send_command(self, *args: Part) -> None: ...

    def read_response(self) -> object: ...

    def disconnect(self) -> None: ...


class RedisPipe:
    """One thread's connection: the client's pool and its measurements cost as much as the rest of a step.

    A value or a ring is sent at once, and that it was taken is read before the next command. The caller need not wait:
    a session that was lost, or is older than her last page, is replayed; a ring that was lost, the clock makes up for.
    """

    def __init__(self, redis: Redis) -> None:
        self.connection: PlainConnection = redis.connection_pool.make_connection()
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
            self.connection.disconnect()  # half a reply must never be read as the answer to another caller
            raise
        self.owed = None
        return replies[-1]

    def _send(self, command: Command) -> None:
        try:
            self.connection.send_command(*command)  # connects when it is not connected
        except BaseException:
            self.connection.disconnect()
            raise


WAKE_CLOCK = "ijwi:nudge"  # the list on which the clock waits


def patient_client(url: str) -> Redis:
    """A client that gives up within a second: a caller waits on the line, and the clock rings again."""
    return client(url, socket_timeout=1, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 1))


def clock_waker(redis: Redis) -> Signal:
    """Wakes the clock, which rings the workers: one command, where filling RQ's queue costs a caller twenty."""

    mine = threading.local()

    def nudge(keys: Sequence[str]) -> None:
        if not hasattr(mine, "line"):
            mine.line = RedisPipe(redis)
        with contextlib.suppress(RedisError, OSError):
            mine.line.tell("LPUSH", WAKE_CLOCK, 1)

    return nudge

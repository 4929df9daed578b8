"""Settings, database, vault, words and the bell: built once a process."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from sqlalchemy import Connection, Dialect, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from bot import country, i18n, keywords, money
from bot.channels.messages import Channel
from bot.config import ROOT, ConfigError, Settings, memory_of
from bot.engine import Book
from bot.facts import Facts, Staff, opened
from bot.filing import READERS, reader_of, serving
from bot.keywords import Keywords
from bot.models import PAPER, Meeting
from bot.notices import said
from bot.outbox import Bell, Sessions, now
from bot.people import person_of
from bot.screens import PhoneLayout
from bot.statements import begin_sqlite
from bot.store import Line, RedisStore, Rows, SharedStore, Store, client
from bot.subscribers import start, stop
from bot.switches import off, takes_reports
from bot.vault import Vault
from bot.vault.client import RemoteVault, VaultAway

NUDGE = "ijwi:nudge"  # the list on which the clock waits
MISSING = (SQLAlchemyError, VaultAway)  # what may be away: then nothing is confirmed
STAFF_AGE = 15  # seconds for which the staff is kept in memory
MOMENT = 1.0  # seconds for which a connection to the database is believed to be alive


@dataclass
class Wiring:
    """What a process works with."""

    settings: Settings
    engine: Engine
    sessions: Sessions
    reads: Sessions
    vault: Vault
    country: country.Country
    words: i18n.Catalogues
    keywords: Keywords
    layout: PhoneLayout
    book: Book
    redis: Redis
    talks: Store
    bell: Bell

    def __post_init__(self) -> None:
        self._channels: dict[str, Channel] = {}
        self._staff = (float("-inf"), Staff(opened(self.country, today(), self.settings.is_demo)))

    def facts(self, phone: str) -> Facts:
        """The world as this caller may know it."""
        given = {"code": self.settings.service_code, "service": self.country.service_name["en"]}
        return Facts(
            self.reads, self.sessions, given, self.vault, self.country, self.book, phone, self.staff(), self.quote
        )

    def quote(self, db: Session, meeting: Meeting, people: Mapping[str, int]) -> money.Quote:
        """What it costs to tell so many people of each language of a meeting."""
        code = self.settings.service_code
        texts = {language: said(self.words, self.country, code, meeting, "new", language) for language in people}
        return money.quote(db, self, people, texts, now())

    def opt_out(self, phone: str, out: bool) -> None:
        """Remember, or forget, that a number wants no notices; it is on no list then. Raises one of `MISSING`."""
        with self.sessions.begin() as db:
            (stop if out else start)(db, self.vault, phone, now())

    @property
    def providers(self) -> tuple[str, ...]:
        """The SMS providers in the order in which they are tried."""
        return self.settings.providers

    def channel(self, name: str) -> Channel:
        """The channel to a provider, made on its first use: a web process that only talks loads no SDK."""
        if name not in self._channels:
            self._channels[name] = CHANNELS[name](self.settings)
        return self._channels[name]

    def staff(self) -> Staff:
        """Who works here, and what is open because of them: read at most every 15 s, kept while SQL is away."""
        read_at, found = self._staff
        if time.monotonic() - read_at > STAFF_AGE:
            with contextlib.suppress(*MISSING), self.reads() as db:
                found = self._staff_of(db.execute(READERS).all(), off(db))
            self._staff = (time.monotonic(), found)
        return found

    def _staff_of(self, rows: Sequence[Any], off: frozenset[str]) -> Staff:
        there = [row for row in serving(rows, self.vault, today()) if row.role != PAPER]
        land = replace(self.country, people=tuple(person_of(row, self.country) for row in there))
        numbers = frozenset(row.phone_digest for row in rows)
        gate = opened(land, today(), self.settings.is_demo)
        gate = replace(gate, zones=tuple(zone for zone in gate.zones if takes_reports(zone.code, off)))
        return Staff(gate, numbers, tuple(reader_of(row) for row in there), off)


def _africastalking(settings: Settings) -> Channel:
    from bot.channels.africastalking import AfricasTalking

    key = settings.at_api_key.get_secret_value()
    return AfricasTalking(
        settings.at_username, key, settings.at_base_url, settings.at_sender, settings.provider_timeout
    )


def _twilio(settings: Settings) -> Channel:
    from bot.channels.twilio import Twilio

    token = settings.twilio_auth_token.get_secret_value()
    callback = settings.public_base_url.rstrip("/") + "/receipts/twilio"
    return Twilio(
        settings.twilio_account_sid, token, settings.twilio_base_url, settings.twilio_sender, callback,
        settings.provider_timeout, settings.twilio_retention == "retain",
    )  # fmt: skip


def _kannel(settings: Settings) -> Channel:
    from bot.channels.kannel import Kannel

    password, secret = settings.kannel_password.get_secret_value(), settings.gateway_secret.get_secret_value()
    reports = f"{settings.public_base_url.rstrip('/')}/receipts/kannel/{secret}"
    return Kannel(
        settings.kannel_url, settings.kannel_username, password, settings.kannel_sender, reports,
        settings.provider_timeout,
    )  # fmt: skip


CHANNELS: dict[str, Callable[[Settings], Channel]] = {
    "africastalking": _africastalking,
    "twilio": _twilio,
    "kannel": _kannel,
}


def wire(settings: Settings, book: Book, bell: Bell | None = None) -> Wiring:
    """Everything a process needs. Raises `CountryError` for a bad country pack, `ConfigError` for unapproved words."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    land = country.load(ROOT / "ops" / "country" / settings.country, today())
    words = i18n.load(ROOT / "locales", before_choice=land.languages[0] if land.languages[0] != "hi" else "hi_Latn")
    if not settings.allow_draft and (drafts := words.drafts()):
        raise ConfigError(
            f"{len(drafts)} texts are not approved by a native speaker. ALLOW_DRAFT=1 speaks them anyway."
        )
    engine = database(settings.database_url)
    redis, sessions = doorbell(settings.redis_url), sessionmaker(engine, expire_on_commit=False)
    return Wiring(
        settings=settings,
        engine=engine,
        sessions=sessions,
        reads=sessionmaker(engine.execution_options(reads=True), expire_on_commit=False),
        vault=RemoteVault(Path(settings.vault_socket)) if settings.vault_socket else Vault(settings.data_dir / "vault"),
        country=land,
        words=words,
        keywords=keywords.load(ROOT / "locales" / "keywords.csv"),
        layout=PhoneLayout(words),
        book=book,
        redis=redis,
        talks=talks(settings, Rows(sessions)),
        bell=bell or nudger(redis),
    )


def talks(settings: Settings, rows: Store) -> Store:
    """Where sessions live: in this machine's memory, or where several machines reach them."""
    if settings.session_url:
        return RedisStore(doorbell(settings.session_url), rows)
    return SharedStore(memory_of(settings.data_dir), rows)


def today() -> date:
    """The day for which a country is loaded (UTC: for an hour or six a test-call is a day older, never younger)."""
    return datetime.now(UTC).date()


def database(url: str) -> Engine:
    """The engine, with SQLite's rules: write transactions begin IMMEDIATE, WAL, FULL, deleted bytes overwritten.

    No error of it names a value: errors end in logs."""
    engine = create_engine(url, pool_use_lifo=True, hide_parameters=True)  # the last one used knows most by heart
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "checkin", _was_there)
        event.listen(engine, "checkout", partial(_is_there, engine.dialect))
    return engine


def _was_there(connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info["used"] = time.monotonic()


def _is_there(dialect: Dialect, connection: DBAPIConnection, record: ConnectionPoolEntry, fairy: object) -> None:
    """A connection is asked whether it is alive, as `pool_pre_ping` asks each time, unless it answered a moment ago."""
    if time.monotonic() - record.info.get("used", 0.0) > MOMENT:
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error:
            raise InvalidatePoolError from None


def _prepare_sqlite(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # SQLAlchemy's `begin` event starts transactions
    cursor = connection.cursor()
    for setting in (
        "busy_timeout=15000",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """A deferred write transaction dies with "database is locked"; a read needs no lock."""
    begin_sqlite(connection, connection.get_execution_options().get("reads", False))


def doorbell(url: str) -> Redis:
    """A client that gives up within a second: a caller waits on the line, and the clock rings again."""
    return client(url, socket_timeout=1, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 1))


def nudger(redis: Redis) -> Bell:
    """Wakes the clock, which rings the workers: one command, where filling RQ's queue costs a caller twenty."""

    mine = threading.local()

    def nudge(keys: Sequence[str]) -> None:
        if not hasattr(mine, "line"):
            mine.line = Line(redis)
        with contextlib.suppress(RedisError, OSError):
            mine.line.tell("LPUSH", NUDGE, 1)

    return nudge

"""A whole service in one process for a test: a database file, the demo people of Burundi, a store, a silent bell."""

from __future__ import annotations

import atexit
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.orm import Session

from bot.country import pack
from bot.people.enrolment import enrol
from bot.people.roster import today
from bot.phone.sessions import TalkSessions
from bot.services import Services, build_services
from bot.settings import ROOT, Settings
from bot.storage import migrate
from bot.storage.database import database
from bot.storage.session_store import MemoryStore
from bot.vault.vault import Vault
from flows import FLOWS

TASK = r"(?:(?:! )?[^\d,]+, [^\d,]+ )?"  # what stands before the number of a report in a list


def choose_line(caller: Caller, label: str) -> str:
    """Turn the pages until the label is there, and press its number."""
    while not (line := re.search(rf"^(\d) {TASK}{re.escape(label)}(?:: .*)?$", caller.sees, re.MULTILINE)):
        assert "9 More" in caller.sees, caller.sees
        caller.says("9")
    return caller.says(line[1])


CHAMPION = "+25778000001"
CALLER = "+25779123456"


class Office:
    """The services, a talk_sessions, and what the bell was rung for. Tables and people are copied, not made anew."""

    def __init__(self, folder: Path, database_url: str = "", **settings: str) -> None:
        self.rung: list[str] = []
        known = {"secret_key": "s" * 32, "at_username": "sandbox", "at_api_key": "key", "at_callback_secret": "c" * 32}
        copied = database_url or copy_of(furnished(), folder)
        self.settings = Settings.model_validate({**known, "data_dir": folder, "database_url": copied, **settings})
        self.services: Services = build_services(self.settings, FLOWS, self._ring)
        if database_url:
            furnish(self.services.engine, self.services.vault)
        self.store = MemoryStore()
        self.talk_sessions = TalkSessions(self.services, self.store)

    def _ring(self, keys: Sequence[str]) -> None:
        self.rung.extend(keys)

    def loses_its_database(self) -> None:
        """From now on every statement fails: the file is a heap of bytes, or the database was dropped."""
        self.services.engine.dispose()
        url = make_url(self.settings.database_url)
        if server := os.environ.get("TEST_POSTGRES"):
            administer(server, f"DROP DATABASE {url.database} WITH (FORCE)")
            return
        path = Path(url.database or "")
        for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            name.unlink(missing_ok=True)
        path.write_bytes(b"no database " * 400)

    def call(self, session: str, phone: str = CALLER) -> Caller:
        """A phone that dials."""
        return Caller(self.talk_sessions, session, phone)


@dataclass(frozen=True)
class Furnished:
    """An office's database and vault, to be copied."""

    folder: Path
    server: str  # of PostgreSQL, or empty


@cache
def furnished() -> Furnished:
    """Made on first use: the tables, the demo people of Burundi, their keys (22 times Argon2id)."""
    folder, server = Path(tempfile.mkdtemp(prefix="ijwi-office-")), os.environ.get("TEST_POSTGRES", "")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    url = f"sqlite:///{folder / 'ijwi.sqlite'}"
    if server:
        administer(server, "CREATE DATABASE furnished")
        url = named(server, "furnished")
    engine = database(url)
    furnish(engine, Vault(folder / "vault"))
    engine.dispose()
    return Furnished(folder, server)


def furnish(engine: Engine, vault: Vault) -> None:
    """The tables and the demo people."""
    migrate.upgrade(engine)
    with Session(engine) as db, db.begin():
        enrol(db, pack.load(ROOT / "ops" / "country" / "bi", today()), vault)


def copy_of(made: Furnished, folder: Path) -> str:
    """The URL of a database of one's own, with the vault that belongs to it in `folder`."""
    shutil.copytree(made.folder / "vault", folder / "vault", dirs_exist_ok=True)
    if not made.server:
        shutil.copy(made.folder / "ijwi.sqlite", folder / "ijwi.sqlite")
        return f"sqlite:///{folder / 'ijwi.sqlite'}"
    name = f"office_{secrets.token_hex(6)}"
    administer(made.server, f"CREATE DATABASE {name} TEMPLATE furnished")
    return named(made.server, name)


def administer(server: str, command: str) -> None:
    """One statement outside a transaction."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(command)
    engine.dispose()


def named(server: str, name: str) -> str:
    """The URL of a database on that server."""
    return make_url(server).set(database=name).render_as_string(hide_password=False)


class Caller:
    """One USSD session as Africa's Talking sends it: everything typed so far, joined by stars."""

    def __init__(self, talk_sessions: TalkSessions, session: str, phone: str) -> None:
        self.talk_sessions, self.session, self.phone = talk_sessions, session, phone
        self.heard: list[str] = []
        self.answer = talk_sessions.ussd("africastalking", session, phone, "")

    @property
    def sees(self) -> str:
        """The page on the phone."""
        return self.answer.text

    def says(self, *texts: str) -> str:
        """Answer one page after the other; gives the last page."""
        for text in texts:
            self.heard.append(text)
            self.again()
        return self.sees

    def again(self) -> str:
        """The gateway sends the last request once more."""
        self.answer = self.talk_sessions.ussd("africastalking", self.session, self.phone, "*".join(self.heard))
        return self.sees

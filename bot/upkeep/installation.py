"""Which installation this is: its folder, its database and its vault belong together, and to the mode in which we run.

A demonstration's database in service, or a service's vault beside another database, looks well until somebody calls:
then no number is found and no report opens. So each process that reads its settings from the environment looks first,
and writes nothing when they do not belong together. What other processes may have to do without for a while, a
database or a vault that is away, is no reason to refuse.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, make_url, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot import folder
from bot.channels.registry import faults
from bot.cli import Tables
from bot.conversation.engine import FlowSet
from bot.country import pack
from bot.country.pack import CountryError
from bot.people.roster import today
from bot.services import Services, build_services, unapproved_texts
from bot.settings import PACKS, ROOT, ConfigError, Settings, from_env
from bot.storage import audit
from bot.storage.audit import AuditAction
from bot.storage.outbox import now
from bot.storage.tables.people import Person
from bot.storage.tables.runtime import Event
from bot.upkeep import backup
from bot.vault.client import RemoteVault, VaultAway, VaultRefused
from bot.vault.disk import note_mode
from bot.vault.guard import Caller
from bot.vault.looked_at import LookedAt
from bot.vault.vault import Vault
from bot.words import catalogues

SOME = 20  # rows of the record, and people, of which one that our vault knows proves that it is this database's
PATIENCE = 5  # seconds for a database on another machine
NO_VAULT = "/nonexistent/vault.sock"  # of a command that needs none


def for_server(flow_set: FlowSet) -> Services:
    """The services of a process that serves, from the environment. Raises `ConfigError` or `CountryError`."""
    settings = from_env(all_faults)
    belongs(settings)
    return build_services(settings, flow_set)


def for_command(flow_set: FlowSet, tables: Tables, speaks: bool, caller: Caller = Caller.ADMIN) -> Services:
    """The services of a command, from the environment, which asks the vault as that caller. Raises `ConfigError` or
    `CountryError`, and then nothing is written.
    """
    mode, data_dir = os.environ.get("MODE", ""), folder.data_dir()
    if tables is Tables.NONE:
        settings = from_env(all_faults, keeps=False)
        return build_services(settings.model_copy(update={"vault_socket": NO_VAULT}), flow_set, speaks=speaks)
    refused = folder.refusal(data_dir, mode) if mode else folder.without_mode()
    if sentence := refused or folder.not_begun(data_dir, mode):
        raise ConfigError(sentence)
    settings = from_env(all_faults, keeps=False)
    path = sqlite_file(settings.database_url)
    if path and not path.exists() and tables not in (Tables.MADE, Tables.FILLED):
        raise ConfigError(f"Nothing was started here yet: there is no {path}. {folder.START}.")
    if tables is Tables.FILLED and not (settings.vault_socket or has_vault(settings)):
        raise ConfigError(f"There is no vault in {data_dir}. Put it back first: ops/runbooks/operating.md (Restore).")
    belongs(settings, caller)
    return build_services(settings, flow_set, speaks=speaks)


def all_faults(settings: Settings) -> list[str]:
    """What is wrong with the settings of the providers and, where something is wrong anyway, with the texts: so that
    whoever sets up a service reads it all in one round."""
    found = faults(settings)
    if found or settings.faults():
        with contextlib.suppress(ConfigError, CountryError, OSError, ValueError):
            words = catalogues.load(ROOT / "locales")
            pack_folder = Path(settings.country_dir or PACKS / settings.country)
            languages = pack.load(pack_folder, today()).languages
            unapproved = "" if settings.allow_draft else unapproved_texts(languages, words)
            found += [unapproved] * bool(unapproved)
    return found


def has_vault(settings: Settings) -> bool:
    """Whether there is a vault in the data folder."""
    return (settings.data_dir / "vault" / "pepper").exists()


def belongs(settings: Settings, caller: Caller = Caller.WEB) -> None:
    """Raises `ConfigError` when the database is of another mode than ours, or of another vault, which is asked as that
    caller. Writes nothing.
    """
    with contextlib.suppress(SQLAlchemyError), looked_at(settings.database_url) as line:
        if line is None:
            return
        if backup.is_unfinished(line):
            raise ConfigError(backup.UNFINISHED_SAID)
        with Session(line) as db:
            if (made := mode_of(db)) not in ("", settings.mode):
                raise ConfigError(
                    f"The database was made for MODE={made}, and MODE is {settings.mode}. Give it a DATA_DIR and a "
                    "DATABASE_URL of its own."
                )
            if not _is_of(db, settings, caller):
                raise ConfigError(
                    "The database belongs to another vault than this one, so no number in it would be found and no "
                    "report would open. Put its own vault back: ops/runbooks/operating.md (Restore)."
                )


@contextlib.contextmanager
def looked_at(url: str) -> Iterator[Connection | None]:
    """A connection that only reads, and makes no file; None where there is no database. Raises SQLAlchemyError."""
    engine = _reader(url)
    if engine is None:
        yield None
        return
    try:
        with engine.connect() as line:
            yield line
    finally:
        engine.dispose()


def _reader(url: str) -> Engine | None:
    if not url.startswith("sqlite"):
        return create_engine(url, connect_args={"connect_timeout": PATIENCE}, hide_parameters=True)
    if (path := sqlite_file(url)) is None or not path.exists():
        return None
    log = path.with_name(path.name + "-wal")
    closed = not log.exists() or not log.stat().st_size
    lasting = "&immutable=1" if closed else ""  # so that no file is made beside it
    uri = f"file:{quote(str(path.resolve()))}?mode=ro{lasting}"
    return create_engine("sqlite://", creator=lambda: sqlite3.connect(uri, uri=True), hide_parameters=True)


def sqlite_file(url: str) -> Path | None:
    """The file of a database of SQLite, None for another database or one in memory."""
    named = make_url(url)
    return Path(named.database) if named.get_backend_name() == "sqlite" and named.database else None


def mode_of(db: Session) -> str:
    """The mode for which a database was made: as its record says; of one that is older than that row, demo where all
    its people are a demonstration's, else empty."""
    noted = db.scalar(select(Event.what).where(Event.what.startswith(AuditAction.MADE)).order_by(Event.id).limit(1))
    if noted:
        return noted.removeprefix(AuditAction.MADE)
    people = set(db.scalars(select(Person.demo).distinct()))
    return "demo" if people == {True} else ""


def note(services: Services) -> None:
    """Write down for which mode this installation was made, in the record and beside the vault's keys, once."""
    mode = services.settings.mode
    if not services.settings.vault_socket:  # else its own process does
        note_mode(services.settings.data_dir / "vault", mode)
    with contextlib.suppress(VaultAway), services.sessions.begin() as db:
        if not db.scalar(select(Event.id).where(Event.what.startswith(AuditAction.MADE)).limit(1)):
            audit.note(db, services.vault, now(), "", AuditAction.MADE, detail=mode)


def _is_of(db: Session, settings: Settings, caller: Caller) -> bool:
    """Whether the vault knows the database's record or people, or there is nothing yet that it could know."""
    record = db.scalars(select(Event).order_by(Event.id.desc()).limit(SOME + 1)).all()
    people = db.execute(select(Person.id, Person.public_key, Person.vouch).where(Person.vouch != b"").limit(SOME)).all()
    if not record and not people:
        return True
    vault: Vault
    if settings.vault_socket:
        vault = RemoteVault(Path(settings.vault_socket), caller)
    elif has_vault(settings):
        vault = LookedAt(settings.data_dir / "vault")  # it may not be ours: nothing is written
    else:
        return False
    try:
        return _knows_record(vault, record) or any(vault.vouched([(who, key, word) for who, key, word in people]))
    except (VaultAway, VaultRefused):
        return True


def _knows_record(vault: Vault, newest_first: Sequence[Event]) -> bool:
    """Whether one link of these rows is of this vault; a single one that was changed is no other installation."""
    rows = [*reversed(newest_first)]
    first = [("", rows[0])] if rows and len(rows) <= SOME else []
    pairs = first + [(before.chain, row) for before, row in zip(rows, rows[1:], strict=False)]
    return any(vault.chain(before, [audit.chain_input(row)]) == [row.chain] for before, row in pairs)

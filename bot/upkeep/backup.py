"""`flask backup` and `flask restore`: the database in one file encrypted to a key (age), for SQLite and PostgreSQL.

The file has one row a line, so that a laptop's SQLite can become a server's PostgreSQL. The vault is not in it:
database and vault together open what either alone does not. After a restore the vault's journal is replayed
(`bot.vault.journal`): nobody who has said stop since is written to, nothing that a woman took back opens, no phone that
was lost works. What may have been sent since is not sent again, except alerts to staff, which say nothing.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage
from alembic import command
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Table, delete, func, insert, inspect, select, update
from sqlalchemy.orm import Session

from bot.delivery.alert_texts import ALERTS
from bot.folder import line as line_for
from bot.people import enrolment
from bot.reports import care, erasure, ladders
from bot.services import Services
from bot.storage import audit, migrate, switches
from bot.storage.audit import AuditAction
from bot.storage.base import Base, hour_of, random_id
from bot.storage.outbox import now
from bot.storage.tables.delivery import DeliveryStatus, Message, Notice, OptOut
from bot.storage.tables.meetings import Subscriber
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Report, ReportStatus
from bot.storage.tables.runtime import Event, Lease, Task
from bot.upkeep.backup_file import BackupError, Opened, Row, put_in, read, tables
from bot.vault import journal
from bot.vault.client import VaultAway
from bot.vault.vault import Vault

KEPT_BY_ITSELF = frozenset({Event.__tablename__, Task.__tablename__})  # tables that fill before anybody was enrolled
UNFINISHED = "restore"  # the lease that stands while a restore is going on
UNFINISHED_SAID = (
    "A restore into this database was interrupted, so it is not whole. Move it away (ijwi.sqlite, or another "
    "DATABASE_URL), then restore again: ops/runbooks/operating.md (Restore)."
)


@dataclass(frozen=True)
class Made:
    """A backup, encrypted, and how many rows of each table it holds."""

    sealed: bytes
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Restored:
    """What was restored, and how many later changes were replayed from the journal."""

    backup: Opened
    replayed: int

    @property
    def rows(self) -> int:
        """How many rows were restored."""
        return len(self.backup.rows)


def _readers(recipients: list[str]) -> list[pyrage.x25519.Recipient]:
    """The public keys in `recipients`. Raises `BackupError` for none, or for what is no key."""
    if not recipients:
        raise BackupError("Nobody could open it: give --to age1… or set BACKUP_RECIPIENTS.")
    try:
        return [pyrage.x25519.Recipient.from_str(one) for one in recipients]
    except pyrage.RecipientError:
        raise BackupError(f"A recipient is like age1…: `{line_for('backup-key FILE')}` makes one.") from None


def make(services: Services, recipients: list[str]) -> bytes:
    """The whole database as of one moment, encrypted to each recipient (age1…). Raises `BackupError`."""
    return counted(services, recipients).sealed


def counted(services: Services, recipients: list[str]) -> Made:
    """As `make`, with how many rows of each table it holds. Raises `BackupError` for nobody to open it, an empty
    database, and tables that are not of this release."""
    to, name = _readers(recipients), random_id()
    if sentence := migrate.misfit(services.engine):
        raise BackupError(f"No backup was made. {sentence}")
    # before the rows are read: a change in between is replayed
    journal.append(services.vault, now(), journal.BACKUP, name)
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as file, services.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        else:
            connection.execution_options(reads=True)
        counts = _counts(connection, _ours(connection))
        if not any(number for table, number in counts.items() if table not in KEPT_BY_ITSELF):
            raise BackupError("No backup was made: there is nobody and nothing in this database yet.")
        for row in _lines(connection, name, counts):
            file.write(json.dumps(row, separators=(",", ":")).encode() + b"\n")
    sealed: bytes = pyrage.encrypt(packed.getvalue(), to)
    return Made(sealed, counts)


def _counts(connection: Connection, which: Sequence[Table]) -> dict[str, int]:
    """How many rows each of these tables holds."""
    of = {table.name: select(func.count()).select_from(table) for table in which}
    return {name: connection.scalar(number) or 0 for name, number in of.items()}


def _lines(connection: Connection, name: str, counts: Mapping[str, int]) -> Iterator[Mapping[str, Any]]:
    revision = MigrationContext.configure(connection).get_current_revision()
    yield {"ijwi": "backup", "revision": revision, "id": name, "rows": counts}
    for table in _ours(connection):
        ours = Base.metadata.tables[table.name].columns.keys()
        for row in connection.execute(select(*(table.c[name] for name in ours))).mappings():
            yield {"table": table.name, "row": {column: _plain(value) for column, value in row.items()}}


def _ours(connection: Connection) -> list[Table]:
    """The tables of this release. What an operator or an extension of PostgreSQL has put beside them stays out."""
    return [table for table in tables(connection) if table.name in Base.metadata.tables]


def _plain(value: object) -> object:
    return {"bytes": base64.b64encode(value).decode()} if isinstance(value, bytes | memoryview) else value


def restore(services: Services, sealed: bytes, identity: str) -> Restored:
    """Restore a backup into an empty database and replay what has changed since. Raises `BackupError`.

    Until the last change is replayed the database is marked as unfinished, and nobody works with it. Afterwards there
    are only help pages, and the vault sees that the record is shorter than it was, until two people have reopened it.
    """
    backup = read(sealed, identity)
    after = _since(services.vault, backup.head.id)
    if (made := _mode_of(backup.rows)) not in ("", services.settings.mode):
        raise BackupError(f"It was made for MODE={made}, and MODE is {services.settings.mode}.")
    _empty(services)
    command.upgrade(migrate.config(services.engine), backup.head.revision)
    with services.engine.begin() as line:
        line.execute(insert(Lease).values(name=UNFINISHED, holder="", until=0))
        put_in(line, backup.rows)
        if any(number != backup.counts.get(name, 0) for name, number in _counts(line, tables(line)).items()):
            raise BackupError("The rows did not all arrive, so nothing was restored. Try again with a new database.")
    migrate.upgrade(services.engine)
    with services.sessions.begin() as db:
        _replay(db, services.vault, after)
        _not_again(db)
        db.execute(delete(Lease).where(Lease.name == UNFINISHED))
        switches.close_restored(db, now())
        audit.note(db, services.vault, now(), "", audit.AuditAction.RESTORED)
    return Restored(backup, len(after))


def _mode_of(rows: Sequence[Row]) -> str:
    """The mode for which the installation was made that a backup is of, as `installation.mode_of` finds it."""
    for row in rows:
        if row.table == Event.__tablename__ and str(row.row["what"]).startswith(AuditAction.MADE):
            return str(row.row["what"]).removeprefix(AuditAction.MADE)
    demo = {bool(row.row.get("demo")) for row in rows if row.table == Person.__tablename__}
    return "demo" if demo == {True} else ""


def _since(vault: Vault, name: str) -> list[str]:
    """The lines of the vault's journal that were written after the backup of that name."""
    lines = vault.remembered()
    if f"{journal.BACKUP} {name}" not in lines:
        raise BackupError("The vault does not know this backup: it is older than KEEP_WEEKS, or of another vault.")
    return lines[lines.index(f"{journal.BACKUP} {name}") + 1 :]


def _empty(services: Services) -> None:
    with services.engine.connect() as connection:
        if is_unfinished(connection):
            raise BackupError(UNFINISHED_SAID)
        for name, number in _counts(connection, tables(connection)).items():
            if number:
                raise BackupError(f"The database is not empty ({name}). Restore into a new one: DATABASE_URL.")
        fresh = MigrationContext.configure(connection).get_current_revision() is None
    if not fresh:  # the tables of a newer schema, without a row
        command.downgrade(migrate.config(services.engine), "base")


def is_unfinished(connection: Connection) -> bool:
    """Whether a restore into this database was interrupted. Raises SQLAlchemyError where it has no tables."""
    if not inspect(connection).has_table(Lease.__tablename__):
        return False
    return connection.scalar(select(Lease.name).where(Lease.name == UNFINISHED)) is not None


def _opted(db: Session, digest: str, *, out: bool) -> None:
    db.execute(delete(OptOut).where(OptOut.phone_digest == digest))
    if out:
        db.add(OptOut(phone_digest=digest, at=hour_of(now())))
        db.flush()


def _replay(db: Session, vault: Vault, lines: list[str]) -> None:
    """Replay the journal in order; of a number's joining and leaving only the last one counts."""
    changes = [(verb, ids.split(" ")) for verb, _space, ids in (line.partition(" ") for line in lines)]
    last = {ids[0]: verb for verb, ids in changes}
    for verb, ids in changes:
        if verb == journal.ERASED and (report := db.get(Report, ids[0])) and report.status != ReportStatus.ERASED:
            erasure.erase(db, vault, report, now())
        elif verb == journal.EXCLUDED and (report := db.get(Report, ids[0])):
            moved, _left = care.shut_out(db, report, ids[1])
            for request in moved:
                ladders.hand_on(db, vault, request, now())
        elif verb == journal.DISABLED and (person := db.get(Person, ids[0])) and person.active:
            enrolment.stop(db, person, "restore", vault)
        elif verb == journal.REVOKED and (person := db.get(Person, ids[0])) and enrolment.may_be_revoked(person):
            enrolment.revoke(db, person, "restore", vault)
        elif verb in (journal.OUT, journal.IN):
            _opted(db, ids[0], out=verb == journal.OUT)
        elif verb == journal.LEFT and last[ids[0]] == journal.LEFT:
            db.execute(delete(Subscriber).where(Subscriber.phone_digest == ids[0]))


def _not_again(db: Session) -> None:
    """Mark what may have been sent since the backup as final. Alerts are sent again, because a report without an
    alerted reader would be forgotten.
    """
    waiting = Message.status.in_((DeliveryStatus.PENDING, DeliveryStatus.SENDING))
    not_alerts = waiting & Message.kind.not_in(tuple(ALERTS))
    final: dict[str, Any] = {"status": DeliveryStatus.UNKNOWN, "recipient": None, "body": None}
    db.execute(update(Message).where(not_alerts).values(**final))
    unsent = Notice.status.in_((DeliveryStatus.PENDING, DeliveryStatus.SENDING))
    db.execute(update(Notice).where(unsent).values(status=DeliveryStatus.UNKNOWN))
    db.execute(update(Task).where(Task.done_at.is_(None)).values(claimed_until=0, enqueued_at=0))


def new_key(path: Path) -> str:
    """Write a new key, readable by this user only, and give its public half. Raises FileExistsError."""
    identity = pyrage.x25519.Identity.generate()
    with open(path, "x", encoding="ascii", opener=private) as file:
        file.write(f"{identity}\n")
    return str(identity.to_public())


def whole_file(path: Path, make: Callable[[], Made]) -> Made:
    """Write what `make` gives to a file that only this user can read: all of it, on disk when this returns, or
    `BackupError`, and the file that was there is as it was."""
    if path.exists() and not path.is_file():  # /dev/null: the file would take the place of the device
        raise BackupError(f"No backup was made: {path} is no file that could be replaced.")
    part = path.with_name(path.name + ".part")
    try:
        with open(part, "wb", opener=private) as out:  # before the rows are read: most often it is the target
            made = make()
            out.write(made.sealed)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    except VaultAway:
        raise
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else type(error).__name__
        raise BackupError(f"No backup was made: {path} cannot be written ({why}).") from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return made


def private(path: str, flags: int) -> int:
    """An opener for `open` whose files only this user can read."""
    return os.open(path, flags, 0o600)

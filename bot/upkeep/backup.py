"""`flask backup` and `flask restore`: the database in one file encrypted to a key (age), for SQLite and PostgreSQL.

The file has one row a line, so that a laptop's SQLite can become a server's PostgreSQL. The vault is not in it:
database and vault together open what either alone does not. After a restore the vault's journal is replayed
(`bot.vault.journal`): nobody who has said stop since is written to, nothing that a woman took back opens, no phone that
was lost works. What may have been sent since is not sent again, except alerts to staff, which say nothing.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage
from alembic import command
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, LargeBinary, MetaData, Table, delete, func, select, update
from sqlalchemy.orm import Session

from bot.delivery.alert_texts import ALERTS
from bot.people import enrolment
from bot.reports import care, copies, erasure
from bot.services import Services
from bot.storage import audit, migrate
from bot.storage.base import random_id
from bot.storage.outbox import now
from bot.storage.tables.delivery import DeliveryStatus, EarlyDeliveryReport, Message, Notice, OptOut
from bot.storage.tables.meetings import Subscriber
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Report, ReportStatus
from bot.storage.tables.runtime import Lease, Talk, Task
from bot.vault import journal
from bot.vault.vault import Vault

LEFT_OUT = frozenset({Talk.__tablename__, Lease.__tablename__, EarlyDeliveryReport.__tablename__, "alembic_version"})
BATCH = 500  # rows inserted at once


class BackupError(Exception):
    """A backup cannot be made or used; the message says what to do."""


@dataclass(frozen=True)
class Restored:
    """How many rows were restored, and how many later changes were replayed from the journal."""

    rows: int
    replayed: int


def _readers(recipients: list[str]) -> list[pyrage.x25519.Recipient]:
    """The public keys in `recipients`. Raises `BackupError` for none, or for what is no key."""
    if not recipients:
        raise BackupError("Nobody could open it: give --to age1… or set BACKUP_RECIPIENTS.")
    try:
        return [pyrage.x25519.Recipient.from_str(one) for one in recipients]
    except pyrage.RecipientError:
        raise BackupError("A recipient is like age1…: `flask backup-key FILE` makes one.") from None


def make(services: Services, recipients: list[str]) -> bytes:
    """The whole database as of one moment, encrypted to each recipient (age1…). Raises `BackupError`."""
    to, name = _readers(recipients), random_id()
    # before the rows are read: a change in between is replayed
    journal.append(services.vault, now(), journal.BACKUP, name)
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as file, services.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        else:
            connection.execution_options(reads=True)
        for row in _lines(connection, name):
            file.write(json.dumps(row, separators=(",", ":")).encode() + b"\n")
    sealed: bytes = pyrage.encrypt(packed.getvalue(), to)
    return sealed


def _lines(connection: Connection, name: str) -> Iterator[Mapping[str, Any]]:
    revision = MigrationContext.configure(connection).get_current_revision()
    yield {"ijwi": "backup", "revision": revision, "id": name}
    for table in _tables(connection):
        for row in connection.execute(select(table)).mappings():
            yield {"table": table.name, "row": {column: _plain(value) for column, value in row.items()}}


def _tables(connection: Connection) -> list[Table]:
    """All tables that a backup holds, parents before children, as they are in this database."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name not in LEFT_OUT]


def _plain(value: object) -> object:
    return {"bytes": base64.b64encode(value).decode()} if isinstance(value, bytes | memoryview) else value


def opened(sealed: bytes, identity: str) -> list[dict[str, Any]]:
    """The rows of a backup. Raises `BackupError` for another key, another file or half a file."""
    try:
        packed = pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(identity)])
        lines = [json.loads(line) for line in gzip.decompress(packed).splitlines()]
        if lines[0]["ijwi"] != "backup":
            raise ValueError
    except pyrage.IdentityError:
        raise BackupError("The key file holds no line like AGE-SECRET-KEY-1….") from None
    except (pyrage.DecryptError, OSError, EOFError, ValueError, KeyError, IndexError):
        raise BackupError("This key does not open this file, or the file is damaged.") from None
    return lines


def restore(services: Services, sealed: bytes, identity: str) -> Restored:
    """Restore a backup into an empty database and replay what has changed since. Raises `BackupError`."""
    head, *rows = opened(sealed, identity)
    after = _since(services.vault, head["id"])
    steps = ScriptDirectory.from_config(migrate.config(services.engine)).walk_revisions()
    if head["revision"] not in {step.revision for step in steps}:
        raise BackupError("It was made by a newer Ijwi. Install that one, then restore.")
    _empty(services)
    command.upgrade(migrate.config(services.engine), head["revision"])
    with services.engine.begin() as line:
        _insert(line, rows)
    migrate.upgrade(services.engine)
    with services.sessions.begin() as db:
        _replay(db, services.vault, after)
        _not_again(db)
        audit.note(db, services.vault, now(), "", audit.AuditAction.RESTORED)
    with services.sessions.begin() as db:
        audit.witness(db, services.vault, anew=True)
    return Restored(len(rows), len(after))


def _since(vault: Vault, name: str) -> list[str]:
    """The lines of the vault's journal that were written after the backup of that name."""
    lines = vault.remembered()
    if f"{journal.BACKUP} {name}" not in lines:
        raise BackupError("The vault does not know this backup: it is older than KEEP_WEEKS, or of another vault.")
    return lines[lines.index(f"{journal.BACKUP} {name}") + 1 :]


def _empty(services: Services) -> None:
    with services.engine.connect() as connection:
        for table in _tables(connection):
            if connection.scalar(select(func.count()).select_from(table)):
                raise BackupError(f"The database is not empty ({table.name}). Restore into a new one: DATABASE_URL.")
        fresh = MigrationContext.configure(connection).get_current_revision() is None
    if not fresh:  # the tables of a newer schema, without a row
        command.downgrade(migrate.config(services.engine), "base")


def _insert(connection: Connection, rows: list[dict[str, Any]]) -> None:
    tables = {table.name: table for table in _tables(connection)}
    waiting: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        waiting.setdefault(row["table"], []).append(row["row"])
    for name, table in tables.items():
        came = waiting.get(name, [])
        given = [{column: _back(table, column, value) for column, value in row.items()} for row in came]
        for first in range(0, len(given), BATCH):
            connection.execute(table.insert(), given[first : first + BATCH])
    if connection.dialect.name == "postgresql":  # rows came with their numbers: the next one must be higher
        connection.exec_driver_sql("SELECT setval(pg_get_serial_sequence('event', 'id'), (SELECT max(id) FROM event))")


def _back(table: Table, column: str, value: object) -> object:
    if isinstance(value, dict) and value.keys() == {"bytes"} and isinstance(table.c[column].type, LargeBinary):
        return base64.b64decode(value["bytes"])
    return value


def _opted(db: Session, digest: str, *, out: bool) -> None:
    db.execute(delete(OptOut).where(OptOut.phone_digest == digest))
    if out:
        db.add(OptOut(phone_digest=digest, at=now()))
        db.flush()


def _replay(db: Session, vault: Vault, lines: list[str]) -> None:
    """Replay the journal in order; of a number's joining and leaving only the last one counts."""
    changes = [(verb, ids.split(" ")) for verb, _space, ids in (line.partition(" ") for line in lines)]
    last = {ids[0]: verb for verb, ids in changes}
    for verb, ids in changes:
        if verb == journal.ERASED and (report := db.get(Report, ids[0])) and report.status != ReportStatus.ERASED:
            erasure.erase(db, vault, report, now())
        elif verb == journal.EXCLUDED and (report := db.get(Report, ids[0])):
            care.shut_out(db, report, ids[1])
            _unowned(db, vault, report)
        elif verb == journal.DISABLED and (person := db.get(Person, ids[0])) and person.active:
            enrolment.stop(db, person, "restore", vault)
        elif verb == journal.REVOKED and (person := db.get(Person, ids[0])) and person.public_key:
            enrolment.revoke(db, person, "restore", vault)
        elif verb in (journal.OUT, journal.IN):
            _opted(db, ids[0], out=verb == journal.OUT)
        elif verb == journal.LEFT and last[ids[0]] == journal.LEFT:
            db.execute(delete(Subscriber).where(Subscriber.phone_digest == ids[0]))


def _unowned(db: Session, vault: Vault, report: Report) -> None:
    """If the owner of a report was excluded, make it new again and alert the next holder."""
    if report.status == ReportStatus.TAKEN and not care.holds(db, report, report.owner):
        report.status, report.owner = ReportStatus.NEW, ""
        copies.hand_on(db, vault, report.id, now())


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


def private(path: str, flags: int) -> int:
    """An opener for `open` whose files only this user can read."""
    return os.open(path, flags, 0o600)

"""`flask backup` and `flask restore`: the database in one file that only the holder of a key opens (age), any database.

The file has a row a line, so that a laptop's SQLite can become a server's PostgreSQL. The vault is not in it: together
they open what either alone does not. After a restore the vault's memory is replayed (`bot.vault.journal`): nobody who
has said stop since is written to, nothing that a woman took back opens, no phone that was lost works. What may have
left the house since is not sent again, except alerts to staff, which say nothing.
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
    """A backup cannot be made or used; the words say what to do."""


@dataclass(frozen=True)
class Restored:
    """How many rows came back, and how many changes since the backup were made again."""

    rows: int
    replayed: int


def _readers(recipients: list[str]) -> list[pyrage.x25519.Recipient]:
    """The keys that will open it. Raises `BackupError` for none, or for what is no key."""
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
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as file, services.engine.connect() as line:
        if line.dialect.name == "postgresql":
            line.execution_options(isolation_level="REPEATABLE READ")
        else:
            line.execution_options(reads=True)
        for row in _lines(line, name):
            file.write(json.dumps(row, separators=(",", ":")).encode() + b"\n")
    sealed: bytes = pyrage.encrypt(packed.getvalue(), to)
    return sealed


def _lines(line: Connection, name: str) -> Iterator[Mapping[str, Any]]:
    revision = MigrationContext.configure(line).get_current_revision()
    yield {"ijwi": "backup", "revision": revision, "id": name}
    for table in _tables(line):
        for row in line.execute(select(table)).mappings():
            yield {"table": table.name, "row": {column: _plain(value) for column, value in row.items()}}


def _tables(line: Connection) -> list[Table]:
    """All tables that are kept, parents before children, as they are in this database."""
    found = MetaData()
    found.reflect(line)
    return [table for table in found.sorted_tables if table.name not in LEFT_OUT]


def _plain(value: object) -> object:
    return {"bytes": base64.b64encode(value).decode()} if isinstance(value, bytes | memoryview) else value


def opened(sealed: bytes, identity: str) -> list[dict[str, Any]]:
    """The lines of a backup. Raises `BackupError` for another key, another file or half a file."""
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
    """Put a backup into an empty database and make again what has changed since. Raises `BackupError`."""
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
    """What the vault remembers after the backup of that name."""
    lines = vault.remembered()
    if f"{journal.BACKUP} {name}" not in lines:
        raise BackupError("The vault does not know this backup: it is older than KEEP_WEEKS, or of another vault.")
    return lines[lines.index(f"{journal.BACKUP} {name}") + 1 :]


def _empty(services: Services) -> None:
    with services.engine.connect() as line:
        for table in _tables(line):
            if line.scalar(select(func.count()).select_from(table)):
                raise BackupError(f"The database is not empty ({table.name}). Restore into a new one: DATABASE_URL.")
        fresh = MigrationContext.configure(line).get_current_revision() is None
    if not fresh:  # the tables of a newer schema, without a row
        command.downgrade(migrate.config(services.engine), "base")


def _insert(line: Connection, rows: list[dict[str, Any]]) -> None:
    tables = {table.name: table for table in _tables(line)}
    waiting: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        waiting.setdefault(row["table"], []).append(row["row"])
    for name, table in tables.items():
        came = waiting.get(name, [])
        given = [{column: _back(table, column, value) for column, value in row.items()} for row in came]
        for first in range(0, len(given), BATCH):
            line.execute(table.insert(), given[first : first + BATCH])
    if line.dialect.name == "postgresql":  # rows came with their numbers: the next one must be higher
        line.exec_driver_sql("SELECT setval(pg_get_serial_sequence('event', 'id'), (SELECT max(id) FROM event))")


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
    """Make again what has changed since, in order; of a number's joining and leaving the last word counts."""
    said = [(verb, ids.split(" ")) for verb, _space, ids in (line.partition(" ") for line in lines)]
    last = {ids[0]: verb for verb, ids in said}
    for verb, ids in said:
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
    """Whoever was shut out owns nothing any more; the next holder is rung."""
    if report.status == ReportStatus.TAKEN and not care.holds(db, report, report.owner):
        report.status, report.owner = ReportStatus.NEW, ""
        copies.hand_on(db, vault, report.id, now())


def _not_again(db: Session) -> None:
    """What may have left since the backup is not sent again; an alert is, because nobody must be forgotten."""
    waiting = Message.status.in_((DeliveryStatus.PENDING, DeliveryStatus.SENDING))
    kept = waiting & Message.kind.not_in(tuple(ALERTS))
    final: dict[str, Any] = {"status": DeliveryStatus.UNKNOWN, "recipient": None, "body": None}
    db.execute(update(Message).where(kept).values(**final))
    unsent = Notice.status.in_((DeliveryStatus.PENDING, DeliveryStatus.SENDING))
    db.execute(update(Notice).where(unsent).values(status=DeliveryStatus.UNKNOWN))
    db.execute(update(Task).where(Task.done_at.is_(None)).values(claimed_until=0, enqueued_at=0))


def new_key(path: Path) -> str:
    """Write a fresh key, readable by this user only, and give its public half. Raises FileExistsError."""
    identity = pyrage.x25519.Identity.generate()
    with open(path, "x", encoding="ascii", opener=private) as file:
        file.write(f"{identity}\n")
    return str(identity.to_public())


def private(path: str, flags: int) -> int:
    """An opener whose files only this user reads."""
    return os.open(path, flags, 0o600)

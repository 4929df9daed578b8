"""The log of releases in the audit chain: which version, with which tables, has run here since when.

Whoever takes out or changes a line breaks the chain, so after an incident it is certain what was running.
"""

from __future__ import annotations

import contextlib
import tomllib
from datetime import UTC, datetime

from alembic.script import ScriptDirectory
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import Services
from bot.settings import ROOT
from bot.storage import audit, migrate
from bot.storage.audit import AuditAction
from bot.storage.outbox import now
from bot.storage.tables.runtime import Event
from bot.vault.client import VaultAway


def this(services: Services) -> str:
    """This version, and the newest revision of its tables."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    return f"{version} with tables {ScriptDirectory.from_config(migrate.config(services.engine)).get_current_head()}"


def note(services: Services) -> None:
    """Write this release to the log, if another one was the last. While the vault is away the next start writes it."""
    with contextlib.suppress(VaultAway), services.sessions.begin() as db:
        if not (noted := releases(db)) or noted[-1][1] != this(services):
            audit.note(db, services.vault, now(), "", AuditAction.RELEASE, detail=this(services))


def releases(db: Session) -> list[tuple[str, str]]:
    """Day and release of each entry, the oldest first."""
    mark = AuditAction.RELEASE  # of a meeting, too, a "release" may be refused or stopped
    mine = Event.what.startswith(mark) & (Event.report == "")
    rows = db.execute(select(Event.at, Event.what).where(mine).order_by(Event.id))
    return [(f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}", what.removeprefix(mark)) for at, what in rows]

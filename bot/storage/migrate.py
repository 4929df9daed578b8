"""The database schema: upgrade it to this release's revision (done before anything else starts), downgrade, compare."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from bot.folder import ROOT, line
from bot.storage.base import Base

FOLDER = ROOT / "ops" / "migrations"


def config(engine: Engine, folder: Path = FOLDER) -> Config:
    """Alembic's configuration without a file: the engine is the caller's."""
    alembic = Config()
    alembic.set_main_option("script_location", str(folder).replace("%", "%%"))  # it fills in `%(name)s`
    alembic.attributes["engine"] = engine
    return alembic


def upgrade(engine: Engine) -> None:
    """Migrate to the newest revision. A database that has it already takes milliseconds."""
    command.upgrade(config(engine), "head")


def downgrade(engine: Engine, revision: str) -> None:
    """Migrate back to the tables of an older release, all steps or none; data that only newer tables hold is lost."""
    command.downgrade(config(engine), revision)


def revisions(engine: Engine) -> list[str]:
    """The revisions that this release knows, the newest first."""
    return [step.revision for step in ScriptDirectory.from_config(config(engine)).walk_revisions()]


def misfit(engine: Engine) -> str:
    """Why this release cannot work on the tables, in a sentence; empty when they are its own. Raises SQLAlchemyError
    where the database is away."""
    with engine.connect() as connection:
        connection.execution_options(reads=True)
        found = MigrationContext.configure(connection).get_current_revision()
    newest, *older = revisions(engine)
    if found is None:
        return f"The database has no tables of Ijwi yet. Right: {line('migrate')}"
    if found in older:
        return f"The tables are of an older release ({found}; this one has {newest}). Right: {line('migrate')}"
    if found != newest:
        return f"The tables are of a newer release ({found}; this one has {newest}). Run that one."
    return ""


def differences(engine: Engine) -> list[object]:
    """The differences between database and models, as Alembic names them; not empty after `upgrade`: a migration is
    missing."""
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))

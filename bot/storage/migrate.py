"""The database schema: upgrade it to this release's revision (done before anything else starts), downgrade, compare."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine

from bot.settings import ROOT
from bot.storage.base import Base

FOLDER = ROOT / "ops" / "migrations"


def config(engine: Engine, folder: Path = FOLDER) -> Config:
    """Alembic's configuration without a file: the engine is the caller's."""
    alembic = Config()
    alembic.set_main_option("script_location", str(folder))
    alembic.attributes["engine"] = engine
    return alembic


def upgrade(engine: Engine) -> None:
    """Migrate to the newest revision. A database that has it already takes milliseconds."""
    command.upgrade(config(engine), "head")


def downgrade(engine: Engine, revision: str) -> None:
    """Migrate back to the tables of an older release, all steps or none; data that only newer tables hold is lost."""
    command.downgrade(config(engine), revision)


def differences(engine: Engine) -> list[object]:
    """The differences between database and models, as Alembic names them; not empty after `upgrade`: a migration is
    missing."""
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))

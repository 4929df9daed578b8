"""The schema brought to today's revision, before anything else starts."""

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
    made = Config()
    made.set_main_option("script_location", str(folder))
    made.attributes["engine"] = engine
    return made


def upgrade(engine: Engine) -> None:
    """To the newest revision; nothing to do is done in milliseconds."""
    command.upgrade(config(engine), "head")


def downgrade(engine: Engine, revision: str) -> None:
    """Back to the tables of an older release, all steps or none; what only a newer one knows is lost."""
    command.downgrade(config(engine), revision)


def differences(engine: Engine) -> list[object]:
    """How the database differs from the models: nothing after `upgrade`, or a migration is missing."""
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))

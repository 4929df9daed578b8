"""What tests of backups ask: how many rows there are, what a command says, a backup whose lines were changed."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pyrage
from sqlalchemy import ColumnElement, func, select

from app import create_app
from bot.services import Services
from bot.upkeep import backup_file
from tests.support.office import Office


def rows(services: Services, table: type, *which: ColumnElement[bool]) -> int:
    with services.reads() as db:
        return db.scalar(select(func.count()).select_from(table).where(*which)) or 0


def run_by(services: Services, office: Office, *arguments: str) -> tuple[int, str]:
    """The exit code of a command, and what it says."""
    ran = create_app(office.settings, services).test_cli_runner().invoke(args=arguments)
    return ran.exit_code, ran.output


def repacked(sealed: bytes, key: tuple[str, str], change: Callable[[list[dict[str, Any]]], None]) -> bytes:
    """A backup whose lines were changed."""
    lines = backup_file.opened(sealed, key[1])
    change(lines)
    packed = gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    changed: bytes = pyrage.encrypt(packed, [pyrage.x25519.Recipient.from_str(key[0])])
    return changed

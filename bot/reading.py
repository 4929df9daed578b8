"""What a reader's key opens: what was told, and the lines that were said since."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.models import Copy, Reply, Report
from bot.sealing import Unsealable, open_line, open_report, unbox, unpad
from bot.vault import Vault


def told_in(vault: Vault, report: Report, copy: Copy, private: bytes) -> Mapping[str, str]:
    """The answers of a report by screen; without her words when their time is over. Raises `Unsealable` for whoever has
    no key to it.
    """
    key = vault.unwrap(report.week, copy.sealed_key)
    told: dict[str, str] = json.loads(open_report(report.sealed, key, report.id, copy.person, private))
    if words_key := told.pop("words_key", ""):
        with contextlib.suppress(Unsealable):
            told["words"] = unpad(
                unbox(bytes.fromhex(words_key), vault.unwrap(report.week, report.words, True))
            ).decode()
    return told


def said_in(db: Session, vault: Vault, report: Report, reader: str, private: bytes) -> Iterator[Mapping[str, Any]]:
    """The lines for a reader (no name: her receipt) in their order: `node` and `value` they were chosen by, `day`."""
    lines = select(Reply).where(Reply.report == report.id, Reply.reader == reader).order_by(Reply.number)
    for row in db.scalars(lines):
        yield json.loads(open_line(vault.unwrap(report.week, row.sealed), report.id, row.number, reader, private))

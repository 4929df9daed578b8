"""What a reader's key opens: what was told, and the lines that were said since."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.models import Copy, Reply, Report, ReportStatus
from bot.sealing import Shredded, Unsealable, open_line, open_report, unbox, unpad
from bot.thread import HELD
from bot.vault import Vault

log = logging.getLogger("ijwi")


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


def whole(db: Session, vault: Vault, report: Report, copy: Copy | None, private: bytes) -> str:
    """Whether a reader (no copy: she with her receipt) can open what is hers: open | erased, by her or in time |
    broken, which is an alarm: somebody else than we has written to the database.
    """
    held = select(Copy.sealed_key).where(Copy.report == report.id, HELD).limit(1)
    try:
        if report.status == ReportStatus.ERASED:
            raise Shredded
        if copy is not None:
            told_in(vault, report, copy, private)
        elif sealed := db.scalar(held):
            vault.unwrap(report.week, sealed)
        list(said_in(db, vault, report, copy.person if copy else "", private))
    except Shredded:
        return "erased"
    except Unsealable:
        log.error("ALARM: what was sealed to %s does not open: it was changed in the database", _whom(copy))
        return "broken"
    return "open"


def _whom(copy: Copy | None) -> str:
    return f"person {copy.person}" if copy else "a receipt"

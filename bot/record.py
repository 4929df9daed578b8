"""The record of who did what: append-only, each row chained to the one before under a key that only the vault has.

Recipients of reports have no way to read it. Whoever edits, inserts or takes out a row breaks the chain at that row; to
cut off the end unseen he would have to change the number and the head that oversight wrote down (`flask record`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.models import Event, Lease
from bot.vault import Vault

BATCH = 500  # rows asked of the vault at once


@dataclass(frozen=True)
class Checked:
    """How many rows hold together, the head of the chain, and the first row that does not fit (0: none)."""

    rows: int
    head: str
    broken: int


def note(db: Session, vault: Vault, at: int, person: str, what: str, report: str = "") -> None:
    """One more row, in the caller's transaction; rows are written one after the other, so that each has one before."""
    db.execute(select(Lease.name).where(Lease.name == "record").with_for_update())
    before = db.scalar(select(Event.chain).order_by(Event.id.desc()).limit(1)) or ""
    row = Event(at=at, person=person, what=what, report=report)
    (row.chain,) = vault.chain(before, [said(row)])
    db.add(row)
    db.flush()


def check(db: Session, vault: Vault) -> Checked:
    """Follow the chain from its beginning."""
    head, count, last = "", 0, 0
    while rows := db.scalars(select(Event).where(Event.id > last).order_by(Event.id).limit(BATCH)).all():
        for row, chain in zip(rows, vault.chain(head, [said(row) for row in rows]), strict=True):
            if row.chain != chain:
                return Checked(count, head, row.id)
            head, last, count = chain, row.id, count + 1
    return Checked(count, head, 0)


def said(row: Event) -> str:
    """What a link of the chain covers."""
    parts: Sequence[str] = (str(row.at), row.person, row.what, row.report)
    return "|".join(parts)

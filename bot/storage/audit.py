"""The record of who did what: append-only, each row chained to the one before under a key that only the vault has.

Recipients of reports have no way to read it. Whoever edits, inserts or takes out a row breaks the chain at that row.
Whoever cuts off the end is found out by the vault, to which the clock shows the last row every few minutes (`witness`),
and by the number and the head that oversight wrote down (`flask record`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.storage.tables.runtime import Event, Lease
from bot.vault.vault import Vault

BATCH = 500  # rows asked of the vault at once


@dataclass(frozen=True)
class Checked:
    """How many rows hold together, the head of the chain, the first row that does not fit (0: none), and whether the
    row that the vault saw last is gone.
    """

    rows: int
    head: str
    broken: int
    cut: bool = False


def note(db: Session, vault: Vault, at: int, person: str, what: str, report: str = "") -> None:
    """One more row, in the caller's transaction; rows are written one after the other, so that each has one before."""
    db.execute(select(Lease.name).where(Lease.name == "record").with_for_update())
    before = db.scalar(select(Event.chain).order_by(Event.id.desc()).limit(1)) or ""
    row = Event(at=at, person=person, what=what, report=report)
    (row.chain,) = vault.chain(before, [chain_input(row)])
    db.add(row)
    db.flush()


def check(db: Session, vault: Vault) -> Checked:
    """Follow the chain from its beginning."""
    head, count, last = "", 0, 0
    while rows := db.scalars(select(Event).where(Event.id > last).order_by(Event.id).limit(BATCH)).all():
        for row, chain in zip(rows, vault.chain(head, [chain_input(row) for row in rows]), strict=True):
            if row.chain != chain:
                return Checked(count, head, row.id)
            head, last, count = chain, row.id, count + 1
    return Checked(count, head, 0, cut=not _stands(db, vault))


def witness(db: Session, vault: Vault, anew: bool = False) -> bool:
    """Show the vault the last row. False, and the vault keeps what it saw, when that row is gone or is another; `anew`
    after a restore, whose record is shorter.
    """
    if not anew and not _stands(db, vault):
        return False
    if last := db.execute(select(Event.id, Event.chain).order_by(Event.id.desc()).limit(1)).first():
        vault.witness(f"{last.id} {last.chain}")
    return True


def _stands(db: Session, vault: Vault) -> bool:
    number, _, chain = vault.witness().partition(" ")
    return not number or db.scalar(select(Event.chain).where(Event.id == int(number))) == chain


def chain_input(row: Event) -> str:
    """What a link of the chain covers."""
    parts: Sequence[str] = (str(row.at), row.person, row.what, row.report)
    return "|".join(parts)

"""The record of who did what: append-only, each row chained to the one before under a key that only the vault has.

Recipients of reports have no way to read it. Whoever edits, inserts or takes out a row breaks the chain at that row.
Whoever cuts off the end is found out by the vault, to which the clock shows the last row every few minutes (`witness`),
and by the number and the head that oversight wrote down (`flask record`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.storage.tables.runtime import Event, Lease
from bot.vault.vault import Vault

BATCH = 500  # rows asked of the vault at once


class AuditAction(StrEnum):
    """What was done. A value is what stands in the record, a detail follows where it ends with a blank or a colon.

    The records of existing installations hold these very words, and the state of a report hangs on some of them: a
    value is never changed.
    """

    # a report
    OPENED = "opened"
    OPENED_BECAUSE = "opened:"  # why oversight did; whoever asks for OPENED as a beginning finds both
    SEEN = "seen"
    TAKEN = "taken"
    PASSED = "passed"
    ASKED_AGAIN = "asked again"
    ESCALATED = "escalated"
    REPLIED = "replied"
    REFERRED = "referred"
    ARRIVED = "arrived"
    POLICE_TOLD = "police told"
    POLICE_NOT_TOLD = "police not told within a day"
    HANDED_OVER = "handed over"
    HANDED_TO_SUCCESSOR = "handed to a successor"
    EXCLUDED = "excluded "  # whom
    CLOSED = "closed:"  # why
    ERASED = "erased"
    EXPIRED = "expired"  # the time of a report is over, or the year of somebody who answers
    RECOVERED = "recovered"

    # a meeting
    DRAFT_REFUSED = "draft refused: "  # why
    MEETING_REFUSED = "meeting refused: no advocate"
    MEETING_CALLED = "meeting called"
    MEETING_MOVED = "meeting moved"
    MEETING_CANCELLED = "meeting cancelled"
    ANOTHER_ASKED = "another woman asked"
    INVITATION_ANSWERED = "comes: "  # yes | no
    SIGNED = "signed: "  # yes | change | no
    RELEASE_REFUSED = "release refused: "  # why
    RELEASE_STOPPED = "release stopped"
    MEETING_RELEASED = "meeting released"
    PEOPLE_COUNTED = "people counted"
    MINUTES_WRITTEN = "minutes written"
    PROMISED = "promise"
    PROMISE_KEPT = "promise kept"

    # somebody who answers; "by" whom follows
    CONFIRMED = "confirmed by "
    CHANGED = "changed by "  # and what
    DISABLED = "disabled by "
    REVOKED = "revoked by "
    UNLOCK_ASKED = "unlock asked by "
    UNLOCKED = "unlocked by "
    KEY_MADE = "key made by "
    ON_LEAVE = "leave by "
    BACK = "back by "

    # the service
    SWITCHED_ON = "on: "  # what
    SWITCHED_OFF = "off: "
    RESTORED = "restored"
    RELEASE = "release "  # which


HERSELF = "herself"  # by whom, where somebody does it on her own phone


@dataclass(frozen=True)
class Checked:
    """How many rows hold together, the head of the chain, the first row that does not fit (0: none), and whether the
    row that the vault saw last is gone.
    """

    rows: int
    head: str
    broken: int
    cut: bool = False


def note(
    db: Session, vault: Vault, at: int, person: str, what: AuditAction, report: str = "", detail: str = ""
) -> None:
    """One more row, in the caller's transaction: `what` with its detail, done by a person (empty: by the service or by
    her who holds a receipt) to a report or a meeting. Rows are written one after the other: each has one before."""
    db.execute(select(Lease.name).where(Lease.name == "record").with_for_update())
    before = db.scalar(select(Event.chain).order_by(Event.id.desc()).limit(1)) or ""
    row = Event(at=at, person=person, what=what + detail, report=report)
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

"""The audit record of who did what: append-only, each row chained to the one before under a key only the vault has.

Those who receive reports cannot read it (S60). A row that is changed, inserted or removed breaks the chain at that row.
A record whose last rows were removed is detected by the vault, to which the clock shows within a minute every row
that was committed (`witness`), and by the count and head that oversight wrote down (`flask record`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.storage.base import hour_of
from bot.storage.tables.runtime import Event, Lease
from bot.vault.vault import Vault

DAY = 86400  # seconds
BATCH = 500  # rows whose links are asked of the vault in one call


class AuditAction(StrEnum):
    """What was done. The value is stored in the record; a detail follows where it ends with a blank or a colon.

    The records of existing installations hold these values, and the state of a report is read from some of them, so a
    value is never changed.
    """

    # a report
    OPENED = "opened"
    OPENED_BECAUSE = "opened:"  # why oversight opened it; a search for values that begin with OPENED finds both
    SEEN = "seen"
    TAKEN = "taken"
    PASSED = "passed"
    ASKED_AGAIN = "asked again"
    ESCALATED = "escalated"
    NOT_ANSWERED = "not answered in time"  # by whoever has opened or taken it: it goes on
    NOT_TRAINED = "training over"  # of her who had taken it: it goes on
    NOT_REACHED = "not reached"  # an alert to her never arrived: the next is rung
    REPLIED = "replied"
    REFERRED = "referred"
    ARRIVED = "arrived"
    POLICE_TOLD = "police told"
    POLICE_NOT_TOLD = "police not told within a day"
    HANDED_OVER = "handed over"
    HANDED_TO_SUCCESSOR = "handed to a successor"
    ELSEWHERE_PROPOSED = "other zone proposed: "  # which; by whoever has it: the reporter is asked
    ELSEWHERE_AGREED = "other zone agreed"  # by the reporter: its people are rung
    ELSEWHERE_REFUSED = "other zone refused"
    EXCLUDED = "excluded "  # who may not read it any more
    CLOSED = "closed:"  # why
    CLOSING_ACCEPTED = "closing accepted"
    WROTE_AGAIN = "wrote again"  # the reporter
    REOPENED = "reopened"  # by the reporter; it does not begin with OPENED
    GIVEN_ON = "given on"
    ERASED = "erased"
    EXPIRED = "expired"  # the retention time of a report, or the term of a member of staff, is over
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

    # a member of staff; who did it follows "by"
    CONFIRMED = "confirmed by "
    CHANGED = "changed by "  # and which field
    MOVED = "moved by "
    DISABLED = "disabled by "
    REVOKED = "revoked by "
    UNLOCK_ASKED = "unlock asked by "
    UNLOCKED = "unlocked by "
    KEY_MADE = "key made by "
    ON_LEAVE = "leave by "
    BACK = "back by "

    # what two people decide; its number, action and digest follow
    PROPOSED = "proposed "
    AGREED = "agreed "
    NOT_AGREED = "not agreed "
    CARRIED_OUT = "carried out "

    # the service
    SWITCHED_ON = "on: "  # what
    SWITCHED_OFF = "off: "
    RESTORED = "restored"
    RELEASE = "release "  # which
    MADE = "installation made for "  # demo | production
    WORDS_READ = "words approved, first: "  # which sheet
    WORDS_APPROVED = "words approved: "


HERSELF = "herself"  # stands after "by" where a member of staff does it on her own phone


@dataclass(frozen=True)
class Checked:
    """What `check` found: `rows` in an unbroken chain, its `head` (the last link), the id of the first row that does
    not fit (`broken`, 0 for none), and `cut`: the row that the vault saw last is missing or is another one.
    """

    rows: int
    head: str
    broken: int
    cut: bool = False


def note(
    db: Session, vault: Vault, at: int, person: str, what: AuditAction, report: str = "", detail: str = ""
) -> None:
    """Append one row in the caller's transaction: `what` and its detail, done by the person with that id (empty: by the
    service, or by the reporter with her receipt) to the report or meeting with the id `report`.

    What staff did to a report or meeting is kept to the hour; what the reporter or the service did, to the day: else
    the record would say when she called.

    A lock on a row of `lease` puts the writers one after the other, because each row needs the link of the one before.
    """
    db.execute(select(Lease.name).where(Lease.name == "record").with_for_update())
    before = db.scalar(select(Event.chain).order_by(Event.id.desc()).limit(1)) or ""
    row = Event(at=_kept(at, person, report), person=person, what=what + detail, report=report)
    (row.chain,) = vault.chain(before, [chain_input(row)])
    db.add(row)
    db.flush()


def _kept(at: int, person: str, report: str) -> int:
    if not report:
        return at
    return hour_of(at) if person else at - at % DAY


def check(db: Session, vault: Vault) -> Checked:
    """Compute the chain again from its first row and compare; stops at the first row that does not fit."""
    head, count, last = "", 0, 0
    while rows := db.scalars(select(Event).where(Event.id > last).order_by(Event.id).limit(BATCH)).all():
        for row, chain in zip(rows, vault.chain(head, [chain_input(row) for row in rows]), strict=True):
            if row.chain != chain:
                return Checked(count, head, row.id)
            head, last, count = chain, row.id, count + 1
    return Checked(count, head, 0, cut=not _has_witnessed_row(db, vault))


def witness(db: Session, vault: Vault) -> bool:
    """Show the vault the rows that follow the last one it saw. False, and it keeps what it had, when that one is
    missing or is another, or when a row does not follow the one before.
    """
    if not _has_witnessed_row(db, vault):
        return False
    last = int(vault.witness().partition(" ")[0] or 0)
    while rows := db.scalars(select(Event).where(Event.id > last).order_by(Event.id).limit(BATCH)).all():
        if not vault.append_head([(row.id, chain_input(row), row.chain) for row in rows]):
            return False
        last = rows[-1].id
    return True


def witness_anew(db: Session, vault: Vault) -> None:
    """Let the vault take the last row as it is, whatever it saw before: after a restore the record is shorter."""
    if last := db.execute(select(Event.id, Event.chain).order_by(Event.id.desc()).limit(1)).first():
        vault.replace_head(f"{last.id} {last.chain}")


def _has_witnessed_row(db: Session, vault: Vault) -> bool:
    """Whether the row that the vault saw last is in the record with the same link; True when it has seen none."""
    number, _, chain = vault.witness().partition(" ")
    return not number or db.scalar(select(Event.chain).where(Event.id == int(number))) == chain


def chain_input(row: Event) -> str:
    """The text that a link of the chain covers: time, person, action and report of a row, joined by `|`."""
    parts: Sequence[str] = (str(row.at), row.person, row.what, row.report)
    return "|".join(parts)

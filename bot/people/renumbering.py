"""Another number for somebody, one more, or one less. Two people decide each; she keeps her PIN and what she holds."""

from __future__ import annotations

from typing import Literal

from sqlalchemy.orm import Session

from bot.people.decided import Decided
from bot.people.enrolment import PeopleError, find
from bot.people.numbers import MOST_FURTHER, shared_with, with_number
from bot.storage import outbox
from bot.storage.audit import AuditAction, note
from bot.storage.tables.people import RECOVERY, FurtherNumber, Person
from bot.vault.vault import Vault

How = Literal["also", "less"] | None  # one more number, one less, or another first one


def renumber(db: Session, ref: str, phone: str, by: Decided, vault: Vault, shared: bool = False) -> bool:
    """Another phone for somebody, on which she is rung from now on; she keeps her PIN and what she holds: True. Raises
    `PeopleError` for a number of another person, where it was not said that they have one phone (`shared`).
    """
    digest = vault.digest("staff", phone)
    row = to_number(db, ref, digest, None, shared)
    row.further = [one for one in row.further if one.phone_digest != digest]
    row.phone_digest, row.phone_sealed = digest, vault.seal_to_sender(phone)
    note(db, vault, outbox.now(), row.id, AuditAction.CHANGED, detail=f"{by}: number")
    return True


def add_number(db: Session, ref: str, phone: str, by: Decided, vault: Vault, shared: bool = False) -> bool:
    """One more number from which somebody dials: True. Raises `PeopleError` as `renumber`, for a number that she has,
    for one too many, and for who has none on which she is rung.
    """
    digest = vault.digest("staff", phone)
    row = to_number(db, ref, digest, "also", shared)
    row.further.append(FurtherNumber(phone_digest=digest))
    note(db, vault, outbox.now(), row.id, AuditAction.CHANGED, detail=f"{by}: one more number")
    return True


def drop_number(db: Session, ref: str, phone: str, by: Decided, vault: Vault) -> bool:
    """Take a further number away from somebody: True. Raises `PeopleError` when it is none of hers."""
    digest = vault.digest("staff", phone)
    row = to_number(db, ref, digest, "less")
    row.further = [one for one in row.further if one.phone_digest != digest]
    note(db, vault, outbox.now(), row.id, AuditAction.CHANGED, detail=f"{by}: one number less")
    return True


def to_number(db: Session, ref: str, digest: str, how: How, shared: bool = False) -> Person:
    """The person whose numbers are to be changed. Raises `PeopleError` when it cannot be done, as before anybody is
    asked to confirm it; also when another has the number and nobody said that it is `shared`.
    """
    row = find(db, ref)
    others = () if shared or how == "less" else with_number(db, digest, ref)
    if reason := _of_herself(row, digest, how) or shared_with(ref, others):
        raise PeopleError([reason])
    return row


def _of_herself(row: Person, digest: str, how: How) -> str:
    """Why her numbers cannot be changed so, as a sentence; empty when they can."""
    further = {one.phone_digest for one in row.further}
    if row.role == RECOVERY:
        return f"{row.ref} is a key on paper, and has no phone"
    if how == "less":
        return "" if digest in further else f"this is no further number of {row.ref}"
    if how is None:
        return ""
    if not row.phone_digest:
        return f"{row.ref} has no number on which she is rung: give her that first"
    if digest in further | {row.phone_digest}:
        return f"{row.ref} has this number already"
    full = len(further) >= MOST_FURTHER
    return f"{row.ref} has {MOST_FURTHER} further numbers: take one away first (--less)" if full else ""

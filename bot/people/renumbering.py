"""Another number for somebody, one more, or one less. Two people decide each; she keeps her PIN and what she holds."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.people.decided import Decided
from bot.people.enrolment import PeopleError, find
from bot.people.numbers import MOST_FURTHER, numbers_of, shared_with, with_number
from bot.storage import outbox
from bot.storage.audit import AuditAction, note
from bot.storage.tables.people import RECOVERY, FurtherNumber, Person
from bot.vault.vault import Vault


def renumber(db: Session, ref: str, phone: str, by: Decided, vault: Vault, shared: bool = False) -> bool:
    """Another phone for somebody, on which she is rung from now on; she keeps her PIN and what she holds: True. Raises
    `PeopleError` for a number of another person, where it was not said that they have one phone (`shared`).
    """
    digest = vault.digest("staff", phone)
    row = to_number(db, ref, digest, shared)
    row.further = [one for one in row.further if one.phone_digest != digest]
    row.phone_digest, row.phone_sealed = digest, vault.seal_to_sender(phone)
    note(db, vault, outbox.now(), row.id, AuditAction.CHANGED, detail=f"{by}: number")
    return True


def add_number(db: Session, ref: str, phone: str, by: Decided, vault: Vault, shared: bool = False) -> bool:
    """One more number from which somebody dials: True. Raises `PeopleError` as `renumber`, for a number that she has,
    for one too many, and for who has none on which she is rung.
    """
    digest = vault.digest("staff", phone)
    row = to_number(db, ref, digest, shared)
    if not row.phone_digest:
        raise PeopleError([f"{ref} has no number on which she is rung: give her that first"])
    if digest in numbers_of(db, row):
        raise PeopleError([f"{ref} has this number already"])
    if len(row.further) >= MOST_FURTHER:
        raise PeopleError([f"{ref} has {MOST_FURTHER} further numbers: take one away first (--less)"])
    row.further.append(FurtherNumber(phone_digest=digest))
    note(db, vault, outbox.now(), row.id, AuditAction.CHANGED, detail=f"{by}: one more number")
    return True


def drop_number(db: Session, ref: str, phone: str, by: Decided, vault: Vault) -> bool:
    """Take a further number away from somebody: True. Raises `PeopleError` when it is none of hers."""
    row, digest = find(db, ref), vault.digest("staff", phone)
    kept = [one for one in row.further if one.phone_digest != digest]
    if len(kept) == len(row.further):
        raise PeopleError([f"this is no further number of {ref}"])
    row.further = kept
    note(db, vault, outbox.now(), row.id, AuditAction.CHANGED, detail=f"{by}: one number less")
    return True


def to_number(db: Session, ref: str, digest: str, shared: bool) -> Person:
    """The person who is to have a number. Raises `PeopleError` when another has it and nobody said that it is
    `shared`.
    """
    if (reason := shared_with(ref, with_number(db, digest, ref))) and not shared:
        raise PeopleError([reason])
    row = find(db, ref)
    if row.role == RECOVERY:
        raise PeopleError([f"{ref} is a key on paper, and has no phone"])
    return row

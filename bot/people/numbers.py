"""Who has which number: the one on which she is rung, and further ones from which she dials as well. By digest; several
people may have one phone.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from bot.storage.tables.people import FurtherNumber, Person

MOST_FURTHER = 2  # numbers of one person beside the first: phones with two cards, and one at her post


def has_number(digest: str) -> ColumnElement[bool]:
    """The condition on `Person` that she has a number, as her first or a further one. Nobody has the empty digest.

    One list of two look-ups: with OR, PostgreSQL reads all people (of 20,000 in 16 ms instead of 0.1).
    """
    first = select(Person.id).where(Person.phone_digest == digest, Person.phone_digest != "")
    further = select(FurtherNumber.person).where(FurtherNumber.phone_digest == digest)
    return Person.id.in_(first.union(further))


def with_number(db: Session, digest: str, ref: str) -> Sequence[str]:
    """The references of those who have a number, without `ref`. Who left has none: her number is free."""
    return db.scalars(select(Person.ref).where(has_number(digest), Person.ref != ref).order_by(Person.ref)).all()


def shared_with(ref: str, others: Sequence[str]) -> str:
    """Why a number is refused that others have, as a sentence; empty when nobody has it."""
    return f"{ref} has the number of {', '.join(others)}: if they share a phone, say --shared" if others else ""


def further_numbers(db: Session) -> Sequence[tuple[str, str]]:
    """The digests of the further numbers of everybody who is not stopped, each with her languages (`rn,fr`)."""
    hers = select(FurtherNumber.phone_digest, Person.languages).join(Person, Person.id == FurtherNumber.person)
    return [(row.phone_digest, row.languages) for row in db.execute(hers.where(Person.active))]

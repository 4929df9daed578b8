"""Whether two people count as two: asked wherever something takes two or three of them (decision 040)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.storage.tables.people import FurtherNumber, Person


def numbers_of(db: Session, person: Person) -> frozenset[str]:
    """The digests of all numbers of a person, who need not belong to this session."""
    further = db.scalars(select(FurtherNumber.phone_digest).where(FurtherNumber.person == person.id))
    return frozenset({person.phone_digest, *further} - {""})


def have_one_phone(db: Session, one: Person, other: Person) -> bool:
    """Whether two people have any number in common, as first or further: whoever holds it could give both words."""
    return not numbers_of(db, one).isdisjoint(numbers_of(db, other))


def are_two(db: Session, one: str, other: str) -> bool:
    """Whether two ids are those of two people without a number in common; who is not there has none."""
    first, second = db.get(Person, one), db.get(Person, other)
    return one != other and not (first and second and have_one_phone(db, first, second))

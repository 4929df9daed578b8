"""The people of a country pack become rows: number sealed to the sender, found by a keyed digest, keys under a PIN."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.country import Country, Person
from bot.models import Person as PersonRow
from bot.models import random_id
from bot.vault import Vault

DEMO_PIN = "246810"  # fictitious people only; real PINs are set by their owner on first use (the next issue)


def enrol(db: Session, country: Country, vault: Vault, pin: str = DEMO_PIN) -> int:
    """Add the demo people who are not there yet; the number of those added. Real people are never given a PIN."""
    known = set(db.scalars(select(PersonRow.ref)))
    fresh = [person for person in country.people if person.demo and person.ref not in known]
    db.add_all(row_of(person, vault, pin) for person in fresh)
    return len(fresh)


def row_of(person: Person, vault: Vault, pin: str) -> PersonRow:
    """One person as a row with a new key pair."""
    id = random_id()
    keys = vault.enrol(id, pin)
    return PersonRow(
        id=id,
        ref=person.ref,
        role=str(person.role),
        kind=str(person.kind or ""),
        sex=str(person.sex),
        languages=",".join(person.languages),
        zones=",".join(person.zones),
        unit=person.unit,
        duty=person.duty,
        trained_until=person.trained_until.isoformat() if person.trained_until else "",
        demo=person.demo,
        phone_digest=vault.digest("staff", person.phone),
        phone_sealed=vault.seal_to_sender(person.phone),
        public_key=keys.public,
        wrapped_key=keys.wrapped,
    )

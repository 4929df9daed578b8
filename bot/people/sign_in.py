"""The only ways to become an `Actor`. Services take an `Actor` and never see a secret.

By phone somebody shows her PIN once in a talk. The vault answers with a handle that ends with the talk, and each later
screen of the same talk signs in with it. Every try is counted by the vault before it is answered (S59).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import update

from bot.conversation.answers import easy, plain_digits
from bot.people.beginning import note_begun
from bot.reports.reading import Readings
from bot.storage.outbox import SessionFactory, now
from bot.storage.tables.people import Person
from bot.storage.unit_of_work import Actor, Work
from bot.vault.answers import Unlocked
from bot.vault.sealing import Unsealable
from bot.vault.vault import Vault

PIN_DIGITS = 6
PinChoice = Literal["made", "wrong", "easy"]


@dataclass(frozen=True)
class Refused:
    """A secret that did not open: wrong, with the tries that are left (0 where it was not counted), or locked."""

    reason: Literal["wrong", "locked"]
    left: int = 0


@dataclass(frozen=True)
class FirstCodeShown:
    """She has shown the code that she was given on paper: this handle lets her choose a PIN, and nothing else."""

    handle: str = field(repr=False)


def by_pin(vault: Vault, person: Person | None, pin: str) -> Actor | Refused:
    """Sign in with a PIN. An empty PIN is no try and only wrong, and so is every PIN for a number that is not staff
    (`person` is None).
    """
    typed = _digits(pin)
    if person is None or not typed.strip():
        return Refused("wrong")
    tried = vault.unlock(person.id, person.wrapped_key, typed)
    return _actor(person, tried.handle) if tried.outcome == "open" else _refused(tried)


def by_first_code(vault: Vault, person: Person | None, code: str) -> FirstCodeShown | Refused:
    """Check the first code, which she was given on paper; tries are counted as those of a PIN."""
    typed = _digits(code)
    if person is None or not typed:
        return Refused("wrong")
    tried = vault.try_first(person.id, typed, person.first_code)
    return FirstCodeShown(tried.handle) if tried.outcome == "open" else _refused(tried)


def choose_pin(sessions: SessionFactory, vault: Vault, person: Person, handle: str, pin: str) -> PinChoice:
    """Set her PIN and make her keys; the first code is spent: made | wrong (not six digits, or the code was spent
    meanwhile) | easy (to guess).

    `handle` is that of her first code; raises `Unsealable` for another's. The keys are made before the transaction
    begins, because that takes the vault a while and would hold the lock.
    """
    typed = _digits(pin)
    if len(typed) != PIN_DIGITS or not typed.isdecimal():
        return "wrong"
    if easy(typed):
        return "easy"
    keys = vault.choose_pin(person.id, typed, handle)
    made = {"public_key": keys.public, "wrapped_key": keys.wrapped, "vouch": keys.word}
    unspent = (Person.id == person.id) & (Person.first_code == person.first_code) & (Person.first_code != "")
    with sessions.begin() as db:
        changed = db.execute(update(Person).where(unspent).values(first_code="", **made).returning(Person.id)).first()
        note_begun(db, now())
    return "made" if changed else "wrong"


def resume(work: Work, person: str, key_handle: str) -> Actor:
    """The actor who showed her PIN earlier in this talk. Raises `Unsealable` for another's handle, and for somebody who
    serves no more.
    """
    work.vault.private(person, key_handle)
    row = work.db.get(Person, person)
    if row is None or not row.active:
        raise Unsealable("nobody who serves is behind this handle")
    return _actor(row, key_handle)


def resume_reading(readings: Readings, person: Person, key_handle: str) -> Actor:
    """The same for a caller that only reads and has already looked up a person who serves."""
    readings.private(person.id, key_handle)
    return _actor(person, key_handle)


def _actor(person: Person, key_handle: str) -> Actor:
    return Actor(person.id, person.role, frozenset(person.zones.split(",")), key_handle)


def _refused(tried: Unlocked) -> Refused:
    return Refused("locked" if tried.outcome == "locked" else "wrong", tried.left)


def _digits(secret: str) -> str:
    """The typed secret in western digits (२४६८१० is 246810); empty when anything in it is not ASCII after that."""
    typed = plain_digits(secret)
    return typed if typed.isascii() else ""

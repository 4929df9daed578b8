"""The only ways to become an `Actor`. Services take an `Actor` and never see a secret.

By phone somebody shows her PIN once a talk; what the vault answers is a handle that dies with the talk, and each later
screen of the same talk resumes with it.
"""

from __future__ import annotations

from bot.storage.tables.people import Person
from bot.storage.unit_of_work import Actor, Work
from bot.vault.sealing import Unsealable


def resume(work: Work, person: str, key_handle: str) -> Actor:
    """Whoever showed her PIN earlier in this talk. Raises `Unsealable` for a handle that is not hers, and for somebody
    who serves no more."""
    work.vault.private(person, key_handle)
    row = work.db.get(Person, person)
    if row is None or not row.active:
        raise Unsealable("nobody who serves is behind this handle")
    return Actor(row.id, row.role, frozenset(row.zones.split(",")), key_handle)

"""Seals phone numbers, waiting texts and keys behind PINs under new keys: whoever has stolen the old keys opens nothing
of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.storage.tables.delivery import Message
from bot.storage.tables.meetings import Subscriber
from bot.storage.tables.pairs import Proposal
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Ping
from bot.vault.vault import Vault

SEALED: tuple[tuple[type, InstrumentedAttribute[bytes] | InstrumentedAttribute[bytes | None]], ...] = (
    (Person, Person.phone_sealed),
    (Subscriber, Subscriber.phone_sealed),
    (Ping, Ping.recipient),
    (Message, Message.recipient),
    (Message, Message.body),
    (Proposal, Proposal.sealed),
)


def reseal(db: Session, vault: Vault) -> int:
    """Seal again everything that was sealed to the sender or wrapped under a PIN, in the caller's transaction, all of
    it or nothing; how many values were sealed to the sender.
    """
    for person in db.scalars(select(Person).where(Person.wrapped_key != b"").with_for_update(key_share=True)):
        (person.wrapped_key,) = vault.relayer([person.wrapped_key])
    return sum(1 for _ in _resealed(db, vault))


def _resealed(db: Session, vault: Vault) -> Iterator[None]:
    for table, column in SEALED:
        rows: Iterable[Any] = db.scalars(select(table).with_for_update(key_share=True))
        for row in rows:
            if sealed := getattr(row, column.key):
                setattr(row, column.key, vault.seal_to_sender(vault.open_for_sender(sealed)))
                yield

"""Numbers and texts for the sender, sealed under a fresh key: to a thief of the old one they are noise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.models import Message, Person, Ping, Subscriber
from bot.vault import Vault

SEALED: tuple[tuple[type, InstrumentedAttribute[bytes] | InstrumentedAttribute[bytes | None]], ...] = (
    (Person, Person.phone_sealed),
    (Subscriber, Subscriber.phone_sealed),
    (Ping, Ping.recipient),
    (Message, Message.recipient),
    (Message, Message.body),
)


def reseal(db: Session, vault: Vault) -> int:
    """Seal anew everything that was sealed to the sender; how many. The caller's transaction, all of it or nothing."""
    return sum(1 for _ in _resealed(db, vault))


def _resealed(db: Session, vault: Vault) -> Iterator[None]:
    for table, column in SEALED:
        rows: Iterable[Any] = db.scalars(select(table).with_for_update())
        for row in rows:
            if sealed := getattr(row, column.key):
                setattr(row, column.key, vault.seal_to_sender(vault.open_for_sender(sealed)))
                yield

"""`Work` (one transaction), `Actor` (who acts in it) and `Outcome` (its result): the types that every service shares.

A service is a function with plain typed arguments: `lifecycle.sign(work, actor, meeting_id, Verdict.YES) -> Outcome`.
Phone and desk call the same services, which know no screen, no PIN and no text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from bot.country.pack import Country
from bot.storage.prepared import DriverConnection, driver_connection
from bot.vault.vault import Vault

Code = TypeVar("Code", bound=str, covariant=True)


@dataclass(frozen=True)
class Work:
    """One transaction and what a service needs in it; `at` is the time, in seconds since 1970."""

    db: Session
    vault: Vault
    country: Country
    at: int

    @property
    def local(self) -> datetime:
        """`at` on the country's own clock."""
        return self.country.clock(self.at)

    @property
    def filing(self) -> FilingWork:
        """The same transaction on the driver's connection, to file a report in it."""
        return FilingWork(driver_connection(self.db), self.vault, self.country, self.at)


@dataclass(frozen=True)
class FilingWork:
    """A `Work` on the driver's connection, for filing a report only (bot.storage.prepared says what that saves)."""

    db: Connection | DriverConnection
    vault: Vault
    country: Country
    at: int

    @property
    def local(self) -> datetime:
        """`at` on the country's own clock."""
        return self.country.clock(self.at)


@dataclass(frozen=True)
class Actor:
    """A member of staff who has signed in. Only `bot.people.sign_in` makes one.

    `key_handle` opens her private key in the vault while she is signed in: `work.vault.private(actor.id,
    actor.key_handle)`.
    """

    id: str
    role: str
    zones: frozenset[str]  # codes of zones, or of places in which zones lie
    key_handle: str = field(repr=False)


@dataclass(frozen=True)
class Outcome(Generic[Code]):
    """The result of a service: `code`, one of those that it promises; `values` for a text; keys of `tasks` to
    signal."""

    code: Code
    values: Mapping[str, object] = field(default_factory=dict)
    tasks: tuple[str, ...] = ()

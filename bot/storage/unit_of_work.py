"""One transaction of one caller, who acts in it, and what came of it: the three words of every service.

A service is a verb with plain typed arguments: `lifecycle.sign(work, actor, meeting_id, Verdict.YES) -> Outcome`. Phone
and desk call the same ones; neither a screen, a PIN nor a text of a door is known here.
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
    """One transaction of one caller; `at` is its second, since 1970."""

    db: Session
    vault: Vault
    country: Country
    at: int

    @property
    def local(self) -> datetime:
        """The hour on the country's own clock."""
        return self.country.clock(self.at)

    @property
    def filing(self) -> FilingWork:
        """The same transaction, for a report that is filed in it."""
        return FilingWork(driver_connection(self.db), self.vault, self.country, self.at)


@dataclass(frozen=True)
class FilingWork:
    """The same on a bare connection of the driver, for filing alone (bot.storage.prepared says what it saves)."""

    db: Connection | DriverConnection
    vault: Vault
    country: Country
    at: int

    @property
    def local(self) -> datetime:
        """The hour on the country's own clock."""
        return self.country.clock(self.at)


@dataclass(frozen=True)
class Actor:
    """Somebody who works here and has shown that it is she. Only `bot.people.sign_in` makes one.

    `key_handle` opens her private key in the vault as long as she is signed in: `work.vault.private(actor.id,
    actor.key_handle)`.
    """

    id: str
    role: str
    zones: frozenset[str]  # codes of places: of a zone, or of what zones lie in
    key_handle: str = field(repr=False)


@dataclass(frozen=True)
class Outcome(Generic[Code]):
    """What came of it: one of the codes that the service promises, values for a text, keys of tasks to be done now."""

    code: Code
    values: Mapping[str, object] = field(default_factory=dict)
    tasks: tuple[str, ...] = ()

"""What performing an effect needs, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.country.pack import Country
from bot.vault.vault import Vault


@dataclass(frozen=True)
class Office:
    """What performing needs besides the database."""

    vault: Vault
    country: Country
    caller: str = ""  # the id of the staff member who dials; empty for everybody else
    often: bool = False  # whether the number that dials has filed more reports today than one person has to tell


@dataclass(frozen=True)
class Outcome:
    """What came of an effect: the outcome that the `End` has a text for, its values, and the tasks to ring for."""

    outcome: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    tasks: tuple[str, ...] = ()


Handler = Callable[[Any, Any, Office, int], Outcome]  # the first is what it writes with: a Session, a Line

"""Who decided something that takes two people."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Decided:
    """References of who proposed and of who confirmed. Only `bot.people.pairs.carry_out` makes one: what takes two
    people asks for it, so that a path with one person does not pass the type checker.
    """

    first: str
    second: str

    def __str__(self) -> str:
        return f"{self.first} and {self.second}"

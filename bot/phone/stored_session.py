"""A session of a talk as it lies in the store, sealed: what she typed is in it as a length and a digest only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class StoredSession:
    """A session as it is stored: the state, how much was typed (length and digest, never the words), the last reply."""

    state: dict[str, Any]
    length: int
    digest: str
    reply: str
    ends: bool
    earlier: list[str] = field(default_factory=list)  # digests of the last SMS, which a provider may repeat
    who: str = ""  # the id of the member of staff who went to her tasks: the only one, or who said that she dials

    def fields(self) -> dict[str, Any]:
        """What is stored. `who` in talks of staff only: a process of the release before reads all others."""
        return {name: value for name, value in vars(self).items() if name != "who" or value}


def digest(heard: str) -> str:
    """The digest of typed text that is stored: 128 bits, inside the sealed session or under the vault's key."""
    return hashlib.blake2b(heard.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

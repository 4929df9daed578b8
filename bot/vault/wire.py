"""The format of the vault's socket: one JSON value a line, in which bytes, `Keys`, `Unlocked` and `Issued` are
marked."""

from __future__ import annotations

import base64
import json
from typing import Any

from bot.vault.vault import Issued, Keys, Unlocked, Vault

KINDS: dict[str, type[Keys | Unlocked | Issued]] = {kind.__name__: kind for kind in (Keys, Unlocked, Issued)}
METHODS = frozenset(name for name, what in vars(Vault).items() if callable(what) and not name.startswith("_"))
LONGEST = 4 * 2**20  # bytes of a line


def dump(value: object) -> bytes:
    """A value as one line."""
    return json.dumps(value, default=_marked, separators=(",", ":")).encode() + b"\n"


def load(line: bytes) -> Any:
    """The inverse of `dump`. Raises ValueError."""
    return json.loads(line, object_hook=_unmarked)


def _marked(value: object) -> dict[str, Any]:
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, Keys | Unlocked | Issued):
        return {type(value).__name__: vars(value)}
    raise TypeError(f"{type(value).__name__} does not go to the vault")


def _unmarked(marked: dict[str, Any]) -> Any:
    if marked.keys() == {"bytes"}:
        return base64.b64decode(marked["bytes"])
    for name, kind in KINDS.items():
        if marked.keys() == {name}:
            return kind(**marked[name])
    return marked

"""The format of the vault's sockets: one JSON value a line, in which bytes and what `bot.vault.answers` defines are
marked."""

from __future__ import annotations

import base64
import json
from dataclasses import fields
from typing import Any

from bot.vault.answers import Arrival, Holder, Issued, Keys, NewReceipt, Unlocked
from bot.vault.vault import Vault

Answer = Keys | Unlocked | Issued | NewReceipt | Holder | Arrival
KINDS: dict[str, type[Answer]] = {kind.__name__: kind for kind in (Keys, Unlocked, Issued, NewReceipt, Holder, Arrival)}
METHODS = frozenset(name for name in dir(Vault) if not name.startswith("_") and callable(getattr(Vault, name)))
LOCAL = frozenset({"digest", "kept_at", "keep_number", "kept_number", "of"})  # never asked over a socket
LONGEST = 4 * 2**20  # bytes of a line


def dump(value: object) -> bytes:
    """A value as one line. What an answer has as its class has it anyway is left out: processes of the last release
    know fewer fields.
    """
    return json.dumps(value, default=_marked, separators=(",", ":")).encode() + b"\n"


def load(line: bytes) -> Any:
    """The inverse of `dump`. Raises ValueError."""
    return json.loads(line, object_hook=_unmarked)


def _marked(value: object) -> dict[str, Any]:
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, Answer):
        given = {field.name: getattr(value, field.name) for field in fields(value)}
        return {type(value).__name__: {f.name: given[f.name] for f in fields(value) if given[f.name] != f.default}}
    raise TypeError(f"{type(value).__name__} does not go to the vault")


def _unmarked(marked: dict[str, Any]) -> Any:
    if marked.keys() == {"bytes"}:
        return base64.b64decode(marked["bytes"])
    for name, kind in KINDS.items():
        if marked.keys() == {name}:
            return kind(**marked[name])
    return marked

"""Keys that are rotated: under which numbers are sealed to the sender, and keys behind PINs wrapped once more."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from bot.vault.disk import made_once
from bot.vault.record import Record
from bot.vault.sealing import Unsealable, box, derive, unbox

RINGS = {"senders": "sender", "pins": "pin layer"}  # keys that are rotated: folder, and what the first is made for


class Rings(Record):
    """Two rings of keys, each with a newest one that seals and older ones that still open."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._rings = {name: folder / name for name in RINGS}
        for ring in self._rings.values():
            ring.mkdir(exist_ok=True, mode=0o700)

    def relayer(self, wrapped: Sequence[bytes]) -> list[bytes]:
        """Private keys wrapped under PINs, wrapped once more under the newest key: a copy of the vault that was stolen
        before that key was made cannot be used to try PINs.
        """
        return [box(self._ring("pins")[0], self._peeled(one)) for one in wrapped]

    def _peeled(self, wrapped: bytes) -> bytes:
        for key in self._ring("pins"):
            with contextlib.suppress(Unsealable):
                return unbox(key, wrapped)
        return wrapped  # written before there was this layer

    def seal_to_sender(self, value: str) -> bytes:
        """A number or a text that only the sender process opens again."""
        return box(self._ring("senders")[0], value.encode())

    def open_for_sender(self, sealed: bytes) -> str:
        """The inverse of `seal_to_sender`. Raises `Unsealable` for what was sealed under a key that is retired."""
        return self.open_all([sealed])[0]

    def open_all(self, sealed: Sequence[bytes]) -> list[str]:
        """The same for many, asked for at once: a batch of notices is one question. Raises `Unsealable` for any."""
        keys = self._ring("senders")
        return [_under_one_of(keys, one) for one in sealed]

    def fresh_keys(self) -> None:
        """From now on numbers, and what PINs unwrap, are sealed under fresh keys; what is under older ones opens."""
        for name, ring in self._rings.items():
            names = [path.name for path in ring.iterdir()]
            if not names:  # until the first rotation the key is made from the pepper
                first = ring / ".0000"
                first.write_bytes(derive(self._pepper, RINGS[name]))
                first.rename(ring / "0000")
                names = ["0000"]
            made_once(ring / f"{int(max(names)) + 1:04d}")

    def retire_keys(self) -> int:
        """Destroy all but the newest of each kind; how many. Call it when everything is sealed under the newest."""
        gone = [path for ring in self._rings.values() for path in sorted(ring.glob("[0-9]*"))[:-1]]
        for path in gone:
            path.write_bytes(os.urandom(32))
            path.unlink()
        return len(gone)

    def _ring(self, name: str) -> list[bytes]:
        """The keys of a kind, the newest first; read each time, because another process may have rotated them."""
        ring = self._rings[name]
        names = sorted((name for name in os.listdir(ring) if name[0].isdigit()), reverse=True)
        return [(ring / name).read_bytes() for name in names] or [derive(self._pepper, RINGS[name])]


def _under_one_of(keys: Sequence[bytes], sealed: bytes) -> str:
    for key in keys:
        with contextlib.suppress(Unsealable):
            return unbox(key, sealed).decode()
    raise Unsealable("sealed under another key, or damaged")

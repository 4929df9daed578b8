"""A week's keys, of which each can be erased for itself, and nothing is written when one is made.

A puncturable key (Goldreich, Goldwasser, Micali 1986): a tree of 64 levels over one seed of 32 bytes. The key of a
report is the leaf that 64 bits of the digest of its id name, derived from the seed that covers it, bit by bit. To erase
it, this seed is replaced by the siblings on the way to the leaf: every other key can still be derived, and this one by
nobody who has only what is left. The two seeds below a seed are the halves of its BLAKE2b digest: one hash a level,
which takes half as long as one under a key. With n keys erased there are about n x (64 - log2 n) seeds.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.vault.sealing import Unsealable

LEVELS = 64
Place = tuple[int, int]  # depth, and the bits on the way to it
HEAD = struct.Struct(">8s16s")  # what this is, and which tree
SEED = struct.Struct(">BQ32s")  # depth, bits, the seed there
HALVES = (slice(0, 32), slice(32, 64))  # of the digest of a seed: the two seeds below it
WHAT, CHECK = b"ijwitree", 16  # bytes of the digest at the end


class Damaged(Unsealable):
    """The file of a week's keys is not as it was written."""

    def __init__(self) -> None:
        super().__init__("the keys of that week are damaged")


@dataclass(frozen=True)
class Tree:
    """The keys of a week that are left: seeds by their place, of which none covers another. `name` is the same for all
    states of one tree.
    """

    name: bytes
    seeds: Mapping[Place, bytes] = field(repr=False)

    def key(self, report: str) -> bytes | None:
        """The key of a report, 32 bytes; None when it was erased."""
        leaf = leaf_of(report)
        if (place := self._over(leaf)) is None:
            return None
        seed, halve = self.seeds[place], hashlib.blake2b
        for level in range(LEVELS - 1 - place[0], -1, -1):
            seed = halve(seed).digest()[HALVES[leaf >> level & 1]]
        return seed

    def holds(self, report: str) -> bool:
        """Whether the key of a report is there."""
        return self._over(leaf_of(report)) is not None

    def without(self, reports: Iterable[str]) -> Tree:
        """What is left when the keys of these reports are erased; this tree itself if they all were."""
        seeds = dict(self.seeds)
        for leaf in map(leaf_of, reports):
            if (place := self._over(leaf, seeds)) is None:
                continue
            seed = seeds.pop(place)
            for depth in range(place[0] + 1, LEVELS + 1):
                way, both = leaf >> (LEVELS - depth), hashlib.blake2b(seed).digest()
                seeds[depth, way ^ 1], seed = both[HALVES[~way & 1]], both[HALVES[way & 1]]
        return self if len(seeds) == len(self.seeds) and seeds == self.seeds else Tree(self.name, seeds)

    def common(self, other: Tree) -> Tree:
        """The keys that neither of two states of one tree has erased; this tree itself if the other has no fewer.
        Raises `Damaged` for another tree.
        """
        if self.name != other.name:
            raise Damaged
        seeds = {place: seed for place, seed in self.seeds.items() if _covered(place, other.seeds)}
        seeds |= {place: seed for place, seed in other.seeds.items() if _covered(place, self.seeds)}
        return self if seeds == self.seeds else Tree(self.name, seeds)

    @property
    def erased(self) -> int:
        """How many keys are erased."""
        return (1 << LEVELS) - sum(1 << (LEVELS - depth) for depth, _way in self.seeds)

    def _over(self, leaf: int, seeds: Mapping[Place, bytes] | None = None) -> Place | None:
        """The place of the seed that covers a leaf."""
        seeds = self.seeds if seeds is None else seeds
        return next((at for depth in range(LEVELS + 1) if (at := (depth, leaf >> (LEVELS - depth))) in seeds), None)


def new_tree() -> Tree:
    """A tree with every key."""
    return Tree(os.urandom(16), {(0, 0): os.urandom(32)})


def leaf_of(report: str) -> int:
    """The 64 bits that name the leaf of a report."""
    return int.from_bytes(hashlib.blake2b(report.encode(), digest_size=8).digest(), "big")


def dump(tree: Tree) -> bytes:
    """A tree as the bytes of its file: 41 for each seed, and 40."""
    seeds = b"".join(SEED.pack(depth, way, seed) for (depth, way), seed in sorted(tree.seeds.items()))
    written = HEAD.pack(WHAT, tree.name) + seeds
    return written + _check(written)


def load(written: bytes) -> Tree:
    """The inverse of `dump`. Raises `Damaged`."""
    body, check = written[:-CHECK], written[-CHECK:]
    if not hmac.compare_digest(_check(body), check) or body[:8] != WHAT:
        raise Damaged
    name = HEAD.unpack_from(body)[1]
    return Tree(name, {(depth, way): seed for depth, way, seed in SEED.iter_unpack(body[HEAD.size :])})


def _covered(place: Place, seeds: Mapping[Place, bytes]) -> bool:
    """Whether one of these seeds is at this place or above it."""
    depth, way = place
    return any((depth - up, way >> up) in seeds for up in range(depth + 1))


def _check(written: bytes) -> bytes:
    return hashlib.blake2b(written, digest_size=CHECK).digest()

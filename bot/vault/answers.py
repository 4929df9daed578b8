"""What the vault answers, where it is more than a text or a ciphertext."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Keys:
    """A person's key pair: the public half, the private half wrapped under her PIN and the pepper, and the vault's
    word that it made the pair for her.
    """

    public: bytes
    wrapped: bytes
    word: bytes = b""


@dataclass(frozen=True)
class Unlocked:
    """The result of trying a secret: `open` with a handle for this session only, or wrong | locked."""

    outcome: Literal["open", "wrong", "locked"]
    handle: str = ""
    left: int = 0  # tries that are left, after a wrong one of a member of staff


@dataclass(frozen=True)
class NewReceipt:
    """A receipt that is not filed yet: the handle behind which its code is, and the digest by which it will be
    found.
    """

    handle: str = field(repr=False)
    locator: str


@dataclass(frozen=True)
class Issued:
    """A new receipt: the code, the public half of the key that code and PIN make, the vault's word for it, and the
    digest by which it is found.
    """

    code: str = field(repr=False)
    public: bytes
    word: bytes
    locator: str = ""


@dataclass(frozen=True)
class Holder:
    """Who has shown code and PIN of a receipt: its locator, and the private half of its key."""

    locator: str
    private: bytes = field(repr=False)


@dataclass(frozen=True)
class Arrival:
    """The code of a referral, which only the reporter is given, and the digest that is stored of it."""

    code: str = field(repr=False)
    mark: str

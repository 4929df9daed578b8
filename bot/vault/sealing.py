"""Sealing: a report to its readers, a session to its own id, a number to the sender.

XChaCha20-Poly1305 with a random data key and associated data that binds ciphertext to its report; the data key sealed
(X25519 sealed box) to each reader. Padding hides the length. All by libsodium through PyNaCl.
"""

from __future__ import annotations

import hashlib
import hmac

from nacl.bindings import crypto_secretbox_easy, crypto_secretbox_open_easy
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.secret import Aead, SecretBox
from nacl.utils import random

LINE = 128  # bytes: a chosen reply and its day
HER_LINE = 2048  # bytes: what she adds later, one line or her words (400 characters of four bytes) and their day
BLOCK = 512  # bytes: most reports are padded to one block, so that their length shows nothing


class Unsealable(Exception):
    """A ciphertext was changed, or was sealed under another key or for another reader."""


class Shredded(Unsealable):
    """The key of its week was destroyed when its time was over: nobody can open it any more, not from a backup
    either."""

    def __init__(self) -> None:
        super().__init__("that week was shredded")


def pad(plain: bytes, block: int = BLOCK) -> bytes:
    """`plain` and 0x80 and zeros, to a multiple of `block` bytes (ISO/IEC 7816-4)."""
    return plain + b"\x80" + bytes(-(len(plain) + 1) % block)


def unpad(padded: bytes) -> bytes:
    """The inverse of `pad`."""
    return padded.rstrip(b"\x00")[:-1]


def data_key() -> bytes:
    """A new key for the answers of one report."""
    return random(Aead.KEY_SIZE)


def seal_report(plain: bytes, report: str, readers: dict[str, bytes], key: bytes) -> tuple[bytes, dict[str, bytes]]:
    """(ciphertext, sealed data key by reader id); `readers` maps a person's id to the X25519 public key."""
    return seal_answers(plain, report, key), {
        who: seal_key(key, report, who, public) for who, public in readers.items()
    }


def seal_answers(plain: bytes, report: str, key: bytes) -> bytes:
    """The answers of a report under its data key."""
    return bytes(Aead(key).encrypt(pad(plain), report.encode()))


def seal_key(key: bytes, report: str, who: str, public: bytes) -> bytes:
    """The data key of a report, sealed to a reader's X25519 public key."""
    return SealedBox(PublicKey(public)).encrypt(key + _bind(report, who))


def open_answers(sealed: bytes, report: str, key: bytes) -> bytes:
    """The inverse of `seal_answers`. Raises `Unsealable` for another key or another report's answers."""
    try:
        return unpad(Aead(key).decrypt(sealed, report.encode()))
    except (CryptoError, ValueError):
        raise Unsealable("this text cannot be opened with this key") from None


def open_report(sealed: bytes, sealed_key: bytes, report: str, who: str, private: bytes) -> bytes:
    """The report's plain bytes. Raises `Unsealable` for a swapped key, a changed reader or another report's text."""
    return open_answers(sealed, report, _data_key(sealed_key, report, who, private))


def seal_anew(sealed_key: bytes, report: str, who: str, private: bytes, other: str, public: bytes) -> bytes:
    """The data key that `who` opens, sealed to another reader. Raises `Unsealable` as `open_report` does."""
    return seal_key(_data_key(sealed_key, report, who, private), report, other, public)


def _data_key(sealed_key: bytes, report: str, who: str, private: bytes) -> bytes:
    try:
        opened = SealedBox(PrivateKey(private)).decrypt(sealed_key)
    except CryptoError:
        raise Unsealable("this text cannot be opened with this key") from None
    if not hmac.compare_digest(opened[Aead.KEY_SIZE :], _bind(report, who)):
        raise Unsealable("this key was sealed for another report or another person")
    return opened[: Aead.KEY_SIZE]


def seal_line(plain: bytes, report: str, number: int, reader: str, public: bytes, length: int = LINE) -> bytes:
    """Message `number` of a report, padded to `length` bytes, sealed to one reader's X25519 public key."""
    return SealedBox(PublicKey(public)).encrypt(_bind(f"{report}:{number}", reader) + pad(plain, length))


def open_line(sealed: bytes, report: str, number: int, reader: str, private: bytes) -> bytes:
    """The inverse of `seal_line`. Raises `Unsealable` for another key, report, number or reader."""
    try:
        opened = SealedBox(PrivateKey(private)).decrypt(sealed)
    except CryptoError:
        raise Unsealable("this line cannot be opened with this key") from None
    if not hmac.compare_digest(opened[:16], _bind(f"{report}:{number}", reader)):
        raise Unsealable("this line was sealed for another talk or another reader")
    return unpad(opened[16:])


def _bind(report: str, who: str) -> bytes:
    return hashlib.blake2b(f"{report}:{who}".encode(), digest_size=16).digest()


def derive(secret: bytes, purpose: str) -> bytes:
    """A 32-byte key for one purpose from a secret of full strength."""
    return hashlib.blake2b(purpose.encode(), key=hashlib.sha256(secret).digest(), digest_size=32).digest()


def box(key: bytes, plain: bytes) -> bytes:
    """`plain` sealed under a 32-byte key."""
    nonce = random(SecretBox.NONCE_SIZE)
    return nonce + bytes(crypto_secretbox_easy(plain, nonce, key))


def unbox(key: bytes, sealed: bytes) -> bytes:
    """The inverse of `box`. Raises `Unsealable`."""
    try:
        return bytes(crypto_secretbox_open_easy(sealed[SecretBox.NONCE_SIZE :], sealed[: SecretBox.NONCE_SIZE], key))
    except (CryptoError, ValueError):
        raise Unsealable("sealed under another key, or damaged") from None

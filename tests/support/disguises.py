"""In how many ways a secret may lie in a file: written otherwise, encoded, packed, hashed; and what looks for them."""

from __future__ import annotations

import base64
import codecs
import hashlib
import html
import io
import json
import quopri
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

SHORTEST = 6  # bytes: what is shorter lies by chance in a file of some megabytes
GROUPS: dict[str, tuple[Callable[[bytes], bytes], int, int]] = {  # bytes that are written as so many letters
    "base64": (base64.b64encode, 3, 4),
    "base64 for URLs": (base64.urlsafe_b64encode, 3, 4),
    "base32": (base64.b32encode, 5, 8),
    "base85": (base64.b85encode, 4, 5),
}
GSM = {letter: place for place, letter in enumerate("@£$¥èéùìòÇ\nØø\rÅå") if letter != "@"} | {"@": 0}


def packed7(text: str) -> bytes:
    """As an SMS travels: seven bits a letter."""
    bits = sum(GSM.get(letter, ord(letter) & 0x7F) << 7 * place for place, letter in enumerate(text))
    return bits.to_bytes((7 * len(text) + 7) // 8, "little")


def semi_octets(digits: str) -> bytes:
    """As an SMS carries a number: two digits a byte, the second first."""
    pairs = re.findall("..", digits + "f" * (len(digits) % 2))
    return bytes(int(pair[::-1], 16) for pair in pairs)


def spaced(text: str) -> Iterator[str]:
    """As people write numbers."""
    for step, between in ((2, " "), (3, " "), (4, " "), (2, "-"), (3, ".")):
        yield between.join(text[at : at + step] for at in range(0, len(text), step))


WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper case": str.upper,
    "lower case": str.lower,
    "backwards": lambda text: text[::-1],
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "quoted for a URL": quote,
    "quoted for a form": quote_plus,
    "quoted twice": lambda text: quote(quote(text)),
    "every byte quoted": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "JSON": lambda text: json.dumps(text),
    "JSON, every letter": lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text),
    "\\x": lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode()),
    "HTML": html.escape,
    "HTML, numbers": lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    "HTML, hexadecimal": lambda text: "".join(f"&#x{ord(letter):x};" for letter in text),
    "quoted-printable": lambda text: quopri.encodestring(text.encode()).decode(),
    "hexadecimal": lambda text: text.encode().hex(),
    "hexadecimal, upper case": lambda text: text.encode().hex().upper(),
    "hexadecimal with spaces": lambda text: text.encode().hex(" "),
    "octal": lambda text: "".join(f"\\{byte:03o}" for byte in text.encode()),
}
PACKED: dict[str, Callable[[str], bytes]] = {
    "UTF-16, little end first": lambda text: text.encode("utf-16-le"),
    "UTF-16, big end first": lambda text: text.encode("utf-16-be"),
    "UTF-32": lambda text: text.encode("utf-32-le"),
    "seven bits a letter": packed7,
}
HASHES = ("md5", "sha1", "sha256", "sha512", "blake2b")  # without a key: whoever guesses can try them


def forms(planted: str) -> dict[str, set[bytes]]:
    """The disguises of a secret by name; each is looked for as it stands."""
    raw, found = planted.encode(), {name: {how(planted).encode()} for name, how in WRITTEN.items()}
    found |= {name: {how(planted)} for name, how in PACKED.items()}
    for name in HASHES:
        digest = hashlib.new(name, raw).digest()
        found[name] = {digest, digest.hex().encode(), base64.b64encode(digest)[:20]}
    for name, (encode, whole, wide) in GROUPS.items():
        found[name] = {encode(b"\0" * offset + raw)[wide * (offset > 0) : -wide] for offset in range(whole)}
    if (digits := planted.removeprefix("+")).isdigit():
        even = digits.zfill(len(digits) + len(digits) % 2)
        found["as people write it"] = {text.encode() for text in spaced(digits)}
        found["two digits a byte"] = {semi_octets(digits), bytes.fromhex(even)}
        found["a whole number"] = {struct.pack(way, int(digits)) for way in ("<q", ">q", "<d", ">d")}
    return {name: kept for name, ways in found.items() if (kept := {way for way in ways if len(way) >= SHORTEST})}


def unpacked(held: bytes) -> Iterator[bytes]:
    """What a file says, and what is compressed in it."""
    yield held
    for start in re.finditer(rb"\x1f\x8b\x08|x[\x01\x9c\xda]", held):
        opener = zlib.decompressobj(zlib.MAX_WBITS | 32)
        try:
            if inside := opener.decompress(held[start.start() :], 2**24):
                yield inside
        except zlib.error:
            continue
    if held[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(held)) as packed:
            yield from (packed.read(name) for name in packed.namelist())


def bytes_of(path: Path) -> bytes:
    """What a file holds; nothing when a running database has just removed it."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def hits(files: Iterable[Path], planted: Iterable[str]) -> list[str]:
    """Where what was planted lies, under which disguise, without saying it."""
    looked = [(secret, name, form) for secret in planted for name, ways in forms(secret).items() for form in ways]
    return [
        f"{path.name} holds {secret[:2]}… ({name})"
        for path in files
        for held in unpacked(bytes_of(path))
        for secret, name, form in looked
        if form in held
    ]

"""Bind the status of a text to its words: it holds for the English and the text that were read, and for no others.

`bound: <digest>` beside a status is the digest of English and text. Where one of them has changed since, the text is
a draft again. A translation is *stale* when its msgid is not today's English, or when `flask words sync` has kept an
older English beside it (`#| msgid`), because nobody has translated the new one yet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Literal

from bot.folder import line
from bot.words import checks, source
from bot.words.po_file import PoText

Status = Literal["draft", "reviewed", "approved"]
READERS = 2  # whose initials an approved text has


def digest(source: str, text: str) -> str:
    """What a status is bound to: 16 hex digits of the English and the text."""
    return hashlib.blake2b(f"{source}\0{text}".encode(), digest_size=8).hexdigest()


def readers(text: PoText) -> tuple[str, ...]:
    """The initials beside a text, each once."""
    return tuple(dict.fromkeys(text.notes.get("reviewer", "").replace(",", " ").split()))


def is_stale(text: PoText, english: str | None) -> bool:
    """Whether a text was written for another English than today's; None where no text of the code has its key."""
    return text.source != english or bool(text.previous)


def status(text: PoText, english: str | None) -> Status:
    """The status that holds today."""
    said = text.notes.get("status", "draft")
    if is_stale(text, english) or text.fuzzy or text.notes.get("bound") != digest(text.source, text.text):
        return "draft"
    if said == "approved" and len(readers(text)) >= READERS:
        return "approved"
    return "reviewed" if said in ("reviewed", "approved") else "draft"


def faults(language: str, where: str, texts: Mapping[str, PoText], english: Mapping[str, str]) -> Iterator[str]:
    """What no longer holds between one catalogue and today's English, a sentence each; `where` is the file."""
    for key, text in texts.items():
        place = f"{where}:{text.line}"
        if key not in english:
            near = get_close_matches(key, [*english], 1)
            meant = f" ({near[0]}?)" if near else ""
            yield f"{place}: no text of the code has the key {key}{meant}: {source.SYNC}."
        elif is_stale(text, english[key]):
            old = text.previous or text.source
            yield (
                f"{place}: {key} in {language} is stale: it was written for {old!r}, "
                f"and the English is {english[key]!r} now."
            )
        else:
            yield from (f"{place}: {key} in {language} {fault}." for fault in _claims(text))
    yield from unsayable(language, where, texts, english)


def unsayable(language: str, where: str, texts: Mapping[str, PoText], english: Mapping[str, str]) -> Iterator[str]:
    """The texts of one catalogue that no page could show, a sentence each: start and `flask check` say so."""
    for key, text in texts.items():
        if key in english and (fault := checks.unsayable(text.text, english[key])):
            yield f"{where}:{text.line}: {key} in {language} {fault}."


def _claims(text: PoText) -> Iterator[str]:
    """What a status says that is not so."""
    said = text.notes.get("status", "draft")
    if said not in ("draft", "reviewed", "approved"):
        yield f"has the status {said!r}: it is draft, reviewed or approved"
    elif said != "draft" and not text.notes.get("bound"):
        yield f"says {said} and is bound to no words, so it is a draft: {line('words approve')}"
    elif said != "draft" and text.notes["bound"] != digest(text.source, text.text):
        yield f"says {said}, and its words have changed since: it is a draft again ({source.SYNC} says so)"
    elif said == "approved" and len(readers(text)) < READERS:
        yield f"says approved and names {len(readers(text))} of {READERS} readers (reviewer: AB CD)"

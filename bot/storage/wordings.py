"""The words of this installation: of each text the wording that two people have approved last, while it holds.

A wording is bound to the English that was read and to its own text; one that is no correction also to the catalogue's
text. When one of them has changed, by an upgrade or by hand, the catalogue's words are spoken again, as a draft.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import time
from typing import Literal

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.storage.outbox import SessionFactory
from bot.storage.tables.people import Person
from bot.storage.tables.words import Wording, WordSheet
from bot.words import binding, checks
from bot.words.catalogues import Catalogues, Entry

# its English is another, it was changed in the table, the catalogue's text is another, its braces cannot be filled
Why = Literal["", "English", "row", "catalogue", "braces"]
log = logging.getLogger("ijwi")
AGE = 15  # seconds for which the words are kept in memory


class Wordings:
    """Puts the approved wordings into the catalogues of this process, at most every 15 s."""

    def __init__(self, reads: SessionFactory, words: Catalogues) -> None:
        self.reads, self.words = reads, words
        self.lapsed: list[tuple[str, str]] = []  # (language, key) of wordings that hold no more
        self.unsayable: list[tuple[str, str]] = []  # of those that no page could show
        self._read_at = float("-inf")
        self._known: tuple[str, ...] = ()

    def refresh(self, now: bool = False) -> None:
        """Read the tables if that was 15 s ago, or `now`. While they are away, or were not made yet, the words stay."""
        if now or time.monotonic() - self._read_at > AGE:
            with contextlib.suppress(SQLAlchemyError), self.reads() as db:
                self._read(db)
            self._read_at = time.monotonic()

    def _read(self, db: Session) -> None:
        approved = select(WordSheet).where(WordSheet.approved_at > 0).order_by(WordSheet.approved_at, WordSheet.digest)
        sheets = db.scalars(approved).all()
        if (known := tuple(sheet.digest for sheet in sheets)) == self._known:
            return
        refs = {person.id: person.ref for person in db.execute(select(Person.id, Person.ref))}
        latest: dict[tuple[str, str], tuple[Wording, str]] = {}
        for sheet in sheets:
            readers = " ".join(refs.get(person, person) for person in (sheet.first_by, sheet.second_by))
            for wording in db.scalars(select(Wording).where(Wording.sheet == sheet.digest)):
                latest[sheet.language, wording.key] = (wording, readers)
        found: dict[str, dict[str, Entry]] = {}
        self.lapsed, self.unsayable = [], []
        for (language, key), (wording, readers) in latest.items():
            why = refusal(self.words, language, wording)
            if why == "braces":
                self.unsayable.append((language, key))
                log.error("an approved text cannot be filled, the catalogue's is said: %s in %s", key, language)
            elif why:
                self.lapsed.append((language, key))
            else:
                entry = Entry(wording.text, "approved", readers, wording.back, self.words.english[key])
                found.setdefault(language, {})[key] = entry
        self.words.speak(found)
        self._known = known


def refusal(words: Catalogues, language: str, wording: Wording) -> Why:
    """Why a wording is not what phones may say today; empty when it is."""
    english, base = words.english.get(wording.key), words.base.get(language, {}).get(wording.key)
    if english is None or source_digest(english) != wording.source:
        return "English"
    if binding.digest(english, wording.text) != wording.words:
        return "row"
    if not wording.own and (base is None or base.text != wording.text):
        return "catalogue"
    return "braces" if checks.unsayable(wording.text, english) else ""


def source_digest(english: str) -> str:
    """What a wording keeps of the English for which it was approved."""
    return hashlib.blake2b(english.encode(), digest_size=8).hexdigest()

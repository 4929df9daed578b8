"""Catalogues: every text in every language, with its review status.

They are read from `locales/<language>/LC_MESSAGES/messages.po`: msgctxt is the key of a text, msgid the English for
which it was written. Each entry has a comment `status: draft | reviewed | approved`, the readers' initials, what the
status is bound to (`bot.words.binding`), and for Kirundi a literal back-translation. No text falls back to English: a
missing one stops the start (S85).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bot.conversation.message import Msg
from bot.settings import ROOT, ConfigError
from bot.words import binding, po_file, source
from bot.words.dates import Clock, When
from bot.words.lacks import catalogue, has_catalogue, lacks
from bot.words.languages import BY_CODE, LANGUAGES, in_latin
from bot.words.po_file import PoFile, PoText

ENDS = (".", "!", "?", "।")
CANNOT_BE_FILLED = (KeyError, IndexError, ValueError, AttributeError, TypeError)  # what `str.format_map` raises
log = logging.getLogger("ijwi")


@dataclass(frozen=True)
class Entry:
    """One text in one language; `back` is its literal translation into English, `source` the English for which it was
    written, `status` (draft | reviewed | approved) the one that holds for these words today."""

    text: str
    status: str = "draft"
    reviewer: str = ""
    back: str = ""
    source: str = ""


class Untranslated(LookupError):
    """A text is missing in a language. `flask check` and the start find it, so that no caller does. Its words hold a
    key and a language, and nothing of a caller."""

    def __init__(self, key: str, language: str) -> None:
        super().__init__(f"{key} has no words in {language}")
        self.key, self.language = key, language


class Unsayable(Untranslated):
    """A text cannot be filled with its values: they are others than those in its braces. Nothing of them is told."""

    def __init__(self, key: str, language: str) -> None:
        super().__init__(key, language)
        self.args = (f"{key} in {language} cannot be filled with its values",)


class Catalogues:
    """Every text by language and key. `before_choice` is the language until a caller has chosen one."""

    def __init__(
        self,
        entries: Mapping[str, Mapping[str, Entry]],
        before_choice: str = "en",
        english: Mapping[str, str] | None = None,
    ) -> None:
        """`english`: that of the code, by key; what the installation says otherwise (`speak`) is bound to it."""
        self.entries, self.before_choice, self.english = entries, before_choice, english or {}
        self.base, self.version = entries, 0

    def speak(self, wordings: Mapping[str, Mapping[str, Entry]]) -> None:
        """From now on these words of an installation instead of those of the catalogues. Pages that were laid out
        before are of another `version`."""
        self.entries = {code: {**entries, **wordings.get(code, {})} for code, entries in self.base.items()}
        self.version += 1

    def say(self, language: str, text: Msg, values: Mapping[str, object] | None = None) -> str:
        """`text` in `language`, its placeholders filled; values that are texts themselves are translated too.

        A wording of the installation that cannot be filled is logged, and the catalogue's text is said. Raises
        `Untranslated` for a text that the language lacks, `Unsayable` where no text of hers can be filled.
        """
        entry = self.entries[language].get(text.key)
        if entry is None:
            raise Untranslated(text.key, language)
        if not values or "{" not in entry.text:
            return entry.text
        return self._filled(language, text.key, {name: self._shown(language, one) for name, one in values.items()})

    def _filled(self, language: str, key: str, shown: Mapping[str, str]) -> str:
        """The text of a key with its values; where it cannot be filled, the catalogue's, or that in Latin letters."""
        latin = in_latin(language)
        tried = (self.entries[language], self.base.get(language, {}), self.base.get(latin, {}))
        for text in dict.fromkeys(entries[key].text for entries in tried if key in entries):
            try:
                return text.format_map(shown)
            except CANNOT_BE_FILLED as error:
                log.error("a text cannot be filled: %s in %s (%s)", key, language, type(error).__name__)
        raise Unsayable(key, language)

    def _shown(self, language: str, value: object) -> str:
        """A value as it is read: a text is translated, the parts of a tuple become sentences one after the other."""
        if isinstance(value, tuple):
            *firsts, last = [self._shown(language, part) for part in value] or [""]
            return " ".join([*(part if part.endswith(ENDS) else part + "." for part in firsts), last])
        if isinstance(value, When | Clock):
            return value.in_language(language)
        return self.say(language, value, getattr(value, "values", None)) if isinstance(value, Msg) else str(value)

    def drafts(self, languages: Collection[str] = LANGUAGES) -> list[tuple[str, str]]:
        """(language, key) of every text of these languages that nobody has approved."""
        texts = ((code, key, entry) for code in languages for key, entry in self.entries[code].items())
        return [(code, key) for code, key, entry in texts if entry.status != "approved"]


def load(folder: Path, before_choice: str = "en", english: Mapping[str, str] | None = None) -> Catalogues:
    """The catalogues under `folder`, their statuses as they hold for today's `english` (by key; that of the template
    where none is given).

    Raises one `ConfigError` with all that languages lack and all that is wrong with the files.
    """
    files = {code: read(folder, code) for code in LANGUAGES if has_catalogue(code, folder)}
    wrong = [lack for code in LANGUAGES for lack in lacks(BY_CODE[code], folder)]
    wrong += [fault for file in files.values() for fault in file.faults]
    today = source.listed(folder) if english is None else english
    for code, file in files.items():
        wrong += binding.unsayable(code, shown(code), file.by_key, today)
    if wrong:
        raise ConfigError("\n".join(wrong))
    return Catalogues({code: entries(file, today) for code, file in files.items()}, before_choice, today)


def read(folder: Path, language: str) -> PoFile:
    """The file of one language, with what is wrong with it."""
    return po_file.read(catalogue(language, folder), shown(language), language)


def shown(language: str) -> str:
    """The name of a language's file in a sentence."""
    return f"locales/{language}/LC_MESSAGES/messages.po"


def entries(file: PoFile, english: Mapping[str, str]) -> dict[str, Entry]:
    """The entries of a file by key. A text that is not translated has none."""
    return {
        text.key: Entry(
            text.text,
            binding.status(text, english.get(text.key)),
            " ".join(binding.readers(text)),
            text.notes.get("back", ""),
            text.source,
        )
        for text in file.texts
        if text.text
    }


def with_wordings(language: str, words: Catalogues, folder: Path = ROOT / "locales") -> PoFile:
    """The file of a language with the words and approvals of an installation, as it is given back to the project."""
    file = read(folder, language)
    return replace(file, texts=tuple(_spoken(text, words.entries[language].get(text.key)) for text in file.texts))


def _spoken(text: PoText, entry: Entry | None) -> PoText:
    if entry is None or entry.status != "approved":
        return text
    bound = {"status": "approved", "reviewer": entry.reviewer, "bound": binding.digest(entry.source, entry.text)}
    notes = {**text.notes, **bound, "back": entry.back or text.notes.get("back", "")}
    return replace(text, source=entry.source, text=entry.text, notes=notes, previous="", fuzzy=False)

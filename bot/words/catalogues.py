"""The words in five versions: catalogues with the review status of every string, and which language a prefix speaks.

`locales/<language>/LC_MESSAGES/messages.po` are the source: msgctxt is the key of the text, msgid the English. Each
entry carries `#. status: draft | reviewed | approved`, the reviewer's initials, and for Kirundi a literal
back-translation. No text falls back to English: a missing one stops the start (S85).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from babel.messages.pofile import read_po

from bot.conversation.message import Msg
from bot.settings import ConfigError
from bot.words.dates import Clock, When
from bot.words.lacks import catalogue, has_catalogue, lacks
from bot.words.languages import BY_CODE, LANGUAGES

ENDS = (".", "!", "?", "।")


@dataclass(frozen=True)
class Entry:
    """One text in one language."""

    text: str
    status: str = "draft"
    reviewer: str = ""
    back: str = ""


class Untranslated(LookupError):
    """A text has no words in a language. Found by `flask check` and at start, never while someone is on the line."""


class Catalogues:
    """Every text by language and key. `before_choice` speaks until she has chosen (the first screen is trilingual)."""

    def __init__(self, entries: Mapping[str, Mapping[str, Entry]], before_choice: str = "en") -> None:
        self.entries, self.before_choice = entries, before_choice

    def say(self, language: str, text: Msg, values: Mapping[str, object] | None = None) -> str:
        """`text` in `language`, its placeholders filled; values that are texts themselves are translated too.

        Raises `Untranslated` without the words, KeyError without a value.
        """
        entry = self.entries[language].get(text.key)
        if entry is None:
            raise Untranslated(f"{text.key!r} has no words in {language}")
        if not values or "{" not in entry.text:
            return entry.text
        return entry.text.format_map({name: self._shown(language, value) for name, value in values.items()})

    def _shown(self, language: str, value: object) -> str:
        """A value as she reads it: a text is translated, a tuple is read one sentence after the other."""
        if isinstance(value, tuple):
            *firsts, last = [self._shown(language, part) for part in value] or [""]
            return " ".join([*(part if part.endswith(ENDS) else part + "." for part in firsts), last])
        if isinstance(value, When | Clock):
            return value.in_language(language)
        return self.say(language, value, getattr(value, "values", None)) if isinstance(value, Msg) else str(value)

    def drafts(self) -> list[tuple[str, str]]:
        """(language, key) of every text that nobody has approved."""
        found = ((language, key, e) for language, es in self.entries.items() for key, e in es.items())
        return [(language, key) for language, key, entry in found if entry.status != "approved"]


def load(folder: Path, before_choice: str = "en") -> Catalogues:
    """The catalogues under `folder`. Raises `ConfigError` when a language has none, naming all that it lacks."""
    halves = [BY_CODE[code] for code in LANGUAGES if not has_catalogue(code, folder)]
    if halves:
        raise ConfigError("\n".join(lack for language in halves for lack in lacks(language, folder)))
    return Catalogues({language: read(folder, language) for language in LANGUAGES}, before_choice)


def read(folder: Path, language: str) -> dict[str, Entry]:
    """One catalogue: entries by key; what is not translated is not in it."""
    with catalogue(language, folder).open("rb") as file:
        texts = read_po(file, locale=language)
    found: dict[str, Entry] = {}
    for message in texts:
        if not message.id or not message.string or not message.context:
            continue
        notes = dict(line.split(": ", 1) for line in message.user_comments if ": " in line)
        found[message.context] = Entry(
            str(message.string), notes.get("status", "draft"), notes.get("reviewer", ""), notes.get("back", "")
        )
    return found

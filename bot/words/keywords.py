"""What a whole SMS means when it is one known word: stop, start, exit, yes, no, help, in five versions.

Nobody's life may hang on a guess. A message counts only as a whole, never by a prefix or a near miss; a word that is
everyday speech in another language ("na" is *no* in Hindi and *and* in Kirundi) counts in its own language only; a word
of two commands leaves the talk rather than anything else. Digits come first and are no words. What she writes as the
text of a report is never read here.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.conversation.answers import fold
from bot.words.languages import same_spoken

LEAVE = frozenset({"exit", "stop"})  # inside a talk both only leave it: nothing is unsubscribed or deleted by mistake


@dataclass(frozen=True)
class Keyword:
    """What a word means in a language; `everyday` where another language uses it all the time."""

    command: str
    language: str
    everyday: bool


class Keywords:
    """The table `locales/keywords.csv`, by folded word."""

    def __init__(self, words: Mapping[str, list[Keyword]]) -> None:
        self.words = words

    def meaning(self, text: str, language: str = "") -> str:
        """The command that the whole of `text` is, or nothing. Her own language first, then the others."""
        found, spoken = self.words.get(fold(text), []), same_spoken(language)  # either script
        own = {word.command for word in found if language and same_spoken(word.language) == spoken}
        others = {word.command for word in found if not word.everyday}
        for commands in (own, others):
            if len(commands) == 1:
                return next(iter(commands))
            if commands and commands <= LEAVE:
                return "exit"
        return ""

    def language(self, text: str) -> str:
        """The only language and script in which `text` is a word, or nothing."""
        found = {word.language for word in self.words.get(fold(text), []) if not word.everyday}
        return next(iter(found)) if len(found) == 1 else ""


def load(path: Path) -> Keywords:
    """The table. Raises OSError, KeyError for a missing column."""
    words: defaultdict[str, list[Keyword]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            keyword = Keyword(row["command"], row["lang"], bool(row["everyday_word_elsewhere"]))
            words[fold(row["keyword"])].append(keyword)
    return Keywords(dict(words))

"""What a whole SMS means when it is one known word: stop, start, exit, yes, no, help, in five versions.

Nothing is guessed, because a wrong guess can harm a woman. A message is a command only as a whole, never by a prefix or
a near miss; a word that is everyday speech in another language ("na" is *no* in Hindi and *and* in Kirundi) is one in
its own language only; a word for both *exit* and *stop* means *exit*. Digits are read before and are no words. The
free text of a report is never read here.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.conversation.answers import fold
from bot.words.languages import same_spoken

LEAVE = frozenset({"exit", "stop"})  # inside a talk both only end it: nobody is unsubscribed by mistake


@dataclass(frozen=True)
class Keyword:
    """The command that a word is in a language; `everyday`: in another language it is a word of everyday speech."""

    command: str
    language: str
    everyday: bool


class Keywords:
    """The table `locales/keywords.csv`, by folded word."""

    def __init__(self, words: Mapping[str, list[Keyword]]) -> None:
        self.words = words

    def meaning(self, text: str, language: str = "") -> str:
        """The command that the whole of `text` is, or empty; looked up in `language` (any script) first, then in the
        others."""
        rows, spoken = self.words.get(fold(text), []), same_spoken(language)
        in_language = {word.command for word in rows if language and same_spoken(word.language) == spoken}
        others = {word.command for word in rows if not word.everyday}
        for commands in (in_language, others):
            if len(commands) == 1:
                return next(iter(commands))
            if commands and commands <= LEAVE:
                return "exit"
        return ""

    def language(self, text: str) -> str:
        """The code of the only language and script in which `text` is a keyword; empty when there is none or are
        several."""
        languages = {word.language for word in self.words.get(fold(text), []) if not word.everyday}
        return next(iter(languages)) if len(languages) == 1 else ""


def load(path: Path) -> Keywords:
    """Read the table. Raises OSError, or KeyError for a missing column."""
    words: defaultdict[str, list[Keyword]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            keyword = Keyword(row["command"], row["lang"], bool(row["everyday_word_elsewhere"]))
            words[fold(row["keyword"])].append(keyword)
    return Keywords(dict(words))

"""What a language of `bot.words.languages` still lacks, a sentence each with the file where it belongs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bot.settings import ROOT
from bot.words import keywords, source, word_lists
from bot.words.gsm import septets
from bot.words.languages import Language

LOCALES = ROOT / "locales"
LANGUAGES_FILE = "bot/words/languages.py"


def lacks(language: Language, folder: Path = LOCALES) -> list[str]:
    """What is missing until `language` can be used, a sentence each; empty when nothing is.

    Raises `ConfigError` for a word list that cannot be read, OSError without the other tables of `folder`.
    """
    found = [*_language_row(language), *_catalogue(language, folder), *_keywords(language, folder)]
    found += [*_listed(language, folder), *_forbidden(language, folder)]
    return [f"{language.code}: {lack}." for lack in found]


def has_catalogue(code: str, folder: Path = LOCALES) -> bool:
    """Whether a language has a file of texts."""
    return catalogue(code, folder).is_file()


def catalogue(code: str, folder: Path = LOCALES) -> Path:
    """The path of the texts of a language."""
    return folder / code / "LC_MESSAGES" / "messages.po"


def _language_row(language: Language) -> Iterator[str]:
    if len([*filter(None, language.weekdays)]) != 7:
        yield f"{len(language.weekdays)} names of days, not 7, Monday first ({LANGUAGES_FILE})"
    if septets(language.name) in (None, 0):
        yield f"no name in letters that every phone shows ({LANGUAGES_FILE})"
    if not language.gsm and not language.latin:
        yield f"no version in Latin letters (`latin`) for phones that cannot show {language.script} ({LANGUAGES_FILE})"
    if (hours := language.hours) is None:
        return
    if len(hours.names) != 12:
        yield f"{len(hours.names)} names of hours, not 12 ({LANGUAGES_FILE})"
    if not hours.parts or hours.parts[-1][0] != 24:
        yield f"no words for the part of the day until 24 o'clock ({LANGUAGES_FILE})"


def _catalogue(language: Language, folder: Path) -> Iterator[str]:
    if not has_catalogue(language.code, folder):
        yield f"no texts: locales/{language.code}/LC_MESSAGES/messages.po is missing ({source.SYNC} makes it)"


def _keywords(language: Language, folder: Path) -> Iterator[str]:
    """The commands that have a word in another language and none in this one."""
    rows = [word for words in keywords.load(folder / "keywords.csv").words.values() for word in words]
    commands = {word.command for word in rows if word.language == language.code}
    if missing := sorted({word.command for word in rows} - commands):
        yield f"no keyword for {', '.join(missing)} (locales/keywords.csv)"


def _listed(language: Language, folder: Path) -> Iterator[str]:
    for name in word_lists.OF_EVERY_LANGUAGE:
        if not any(row.language == language.code for row in word_lists.listed(name, folder)):
            yield f"no words of {name}: {word_lists.LISTS[name]} (locales/{name}.csv)"


def _forbidden(language: Language, folder: Path) -> Iterator[str]:
    for name, words in word_lists.not_in_sms(folder).items():
        if not words.get(language.code):
            yield f"no words that an SMS may not hold ({name} in locales/forbidden_words.json)"

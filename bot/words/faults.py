"""What is wrong with the catalogues under a folder, compared with the English of the code: for `flask check`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.settings import ROOT, ConfigError
from bot.words import binding, catalogues, po_file, source, word_lists
from bot.words.lacks import has_catalogue, lacks
from bot.words.languages import BY_CODE, Language

MOST_NAMED = 5  # keys in one sentence


def faults(root: Path = ROOT) -> list[str]:
    """Every fault of languages, word lists, template and catalogues, a sentence each with its file; empty when nothing
    is wrong. It needs no installation."""
    try:
        marked = source.marked(root)
    except SyntaxError as error:
        return [f"{error.filename}:{error.lineno}: cannot be read as Python, so no text of it can be compared."]
    english, folder = source.english(marked), root / "locales"
    found = [*source.clashes(marked), *_lists(), *template(folder, english)]
    return found + [fault for language in BY_CODE.values() for fault in of_language(language, folder, english)]


def of_language(language: Language, folder: Path, english: Mapping[str, str]) -> list[str]:
    """What one language lacks, what is wrong with its file, and what no longer goes with today's English."""
    try:
        found = lacks(language, folder)
    except ConfigError:
        found = []  # a list that cannot be read has been named
    if not has_catalogue(language.code, folder):
        return found
    file = catalogues.read(folder, language.code)
    if file.faults:
        return [*found, *file.faults]
    where = catalogues.shown(language.code)
    return found + [*binding.faults(language.code, where, file.by_key, english), *_missing(language, file, english)]


def template(folder: Path, english: Mapping[str, str]) -> Iterator[str]:
    """Where the template is not what the code says."""
    file = po_file.read(folder / "messages.pot", source.TEMPLATE)
    if file.faults:
        yield from file.faults
        return
    listed = {text.key: text.source for text in file.texts}
    if changed := [key for key in english if key in listed and listed[key] != english[key]]:
        yield f"{source.TEMPLATE} has other English than the code for {named(changed)}: {source.SYNC}."
    if missing := [key for key in english if key not in listed]:
        yield f"{source.TEMPLATE} lacks {named(missing)}: {source.SYNC}."
    if gone := [key for key in listed if key not in english]:
        yield f"{source.TEMPLATE} holds what the code has no more, {named(gone)}: {source.SYNC}."


def named(keys: list[str]) -> str:
    """Some keys, and how many there are."""
    rest = f" and {len(keys) - MOST_NAMED} more" if len(keys) > MOST_NAMED else ""
    return ", ".join(keys[:MOST_NAMED]) + rest


def _missing(language: Language, file: po_file.PoFile, english: Mapping[str, str]) -> Iterator[str]:
    where, texts = catalogues.shown(language.code), file.by_key
    if absent := [key for key in english if key not in texts]:
        yield f"{where}: {len(absent)} of {len(english)} texts are not in it, {named(absent)}: {source.SYNC}."
    if empty := [key for key in english if key in texts and not texts[key].text]:
        yield f"{where}:{texts[empty[0]].line}: not translated yet, {named(empty)}."


def _lists() -> list[str]:
    try:
        word_lists.load()
    except ConfigError as error:
        return str(error).splitlines()
    return []

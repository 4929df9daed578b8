"""`flask words sync`: bring the template and all catalogues up to today's English in one go.

Afterwards nothing is left to do by hand but translate, and a second run changes no byte. Texts stand in the order of
the template. A new key comes in untranslated. Where the English has changed, the old one stays beside the translation
(`#| msgid`) until somebody has translated the new one and taken that line away; the translation is a draft and is
spoken meanwhile. A key that the code has no more is taken out: the history of the project keeps its words, and an old
text that came back unread would be approved for another screen. The spoken English follows the code where it was the
code's own words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bot.settings import ROOT, ConfigError
from bot.words import binding, catalogues, po_file, source
from bot.words.lacks import catalogue, has_catalogue
from bot.words.languages import BY_CODE
from bot.words.po_file import PoFile, PoText

COMMENT = (
    "Words of Ijwi. Each entry: status draft | reviewed | approved, reviewer, "
    "and for Kirundi a literal back-translation."
)  # fmt: skip
HEADER = (
    f"Project-Id-Version: {po_file.PROJECT} VERSION\nLanguage: {{code}}\nMIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
)


@dataclass(frozen=True)
class Synced:
    """What was done to the texts of one language, and what is left: keys."""

    language: str
    added: tuple[str, ...]
    gone: tuple[str, ...]
    stale: tuple[str, ...]  # to be translated anew, now or since an earlier run
    empty: tuple[str, ...]
    reset: tuple[str, ...]  # said more than a draft, and their words had changed
    drafts: int
    changed: bool


def sync(root: Path = ROOT) -> list[Synced]:
    """Write what has changed, all or nothing. Raises `ConfigError` with every fault of files that cannot be read, and
    for keys that stand for two texts; SyntaxError for code that is no Python.
    """
    marked, folder = source.marked(root), root / "locales"
    files = {code: catalogues.read(folder, code) for code in BY_CODE if has_catalogue(code, folder)}
    if wrong := source.clashes(marked) + [fault for file in files.values() for fault in _unreadable(file)]:
        raise ConfigError("\n".join(wrong))
    template = source.template(source.english(marked))
    _write(folder / "messages.pot", template)
    source.listed.cache_clear()
    english = source.listed(folder)
    return [_language(code, files.get(code) or _new(code), english, catalogue(code, folder)) for code in BY_CODE]


def _unreadable(file: PoFile) -> list[str]:
    """What keeps a file from being written anew; a text that is fuzzy does not."""
    return [fault for fault in file.faults if " is fuzzy, " not in fault]


def _new(code: str) -> PoFile:
    return PoFile(header=HEADER.format(code=code), comment=COMMENT)


def _language(code: str, file: PoFile, english: Mapping[str, str], path: Path) -> Synced:
    before = file.by_key
    texts = tuple(_text(code, before.get(key), key, now) for key, now in english.items())
    after = {text.key: text for text in texts}
    said = {key for key, text in before.items() if text.notes.get("status", "draft") != "draft"}
    return Synced(
        code,
        added=tuple(key for key in english if key not in before),
        gone=tuple(key for key in before if key not in english),
        stale=tuple(key for key, text in after.items() if text.text and text.previous),
        empty=tuple(key for key, text in after.items() if not text.text),
        reset=tuple(key for key in english if key in said and after[key].notes.get("status") == "draft"),
        drafts=sum(binding.status(text, english[text.key]) != "approved" for text in texts),
        changed=_write(path, po_file.written(replace(file, texts=texts))),
    )


def _text(code: str, text: PoText | None, key: str, english: str) -> PoText:
    """One text as it stands afterwards."""
    if text is None:
        return PoText(key, english, english if code == "en" else "", {"status": "draft"})
    if code == "en" and text.text == text.source != english:
        text = replace(text, text=english, source=english, previous="")
    previous = text.previous or (text.source if text.source != english and text.text else "")
    if text.fuzzy and text.text:
        previous = previous or text.source
    text = replace(text, source=english, previous=previous)
    status = binding.status(replace(text, fuzzy=False), english)
    notes = {name: said for name, said in text.notes.items() if name not in ("status", "reviewer", "bound")}
    kept = {name: text.notes[name] for name in ("reviewer", "bound") if status != "draft" and name in text.notes}
    return replace(text, notes={**notes, **kept, "status": status})


def _write(path: Path, content: str) -> bool:
    """Write a file in one step; whether it has changed."""
    if path.exists() and path.read_bytes() == content.encode():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(content, encoding="utf-8", newline="\n")
    part.replace(path)
    return True

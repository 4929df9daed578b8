"""Today's English: the texts of the code by key, and the template `locales/messages.pot` that lists them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from bot.settings import ROOT
from bot.words import po_file

TEMPLATE = "locales/messages.pot"
SYNC = ".venv/bin/flask words sync"  # what brings the catalogues up to date
CALLS = {"_": ((1, "c"), 2)}  # `_(key, text)`: the first argument is the context


@dataclass(frozen=True)
class Marked:
    """One text of the code as it stands there."""

    key: str
    text: str
    where: str  # file:line


def marked(root: Path = ROOT) -> list[Marked]:
    """Every text that the code marks with `_()`, as often as it stands there. Takes two seconds.

    Raises SyntaxError for a file that is no Python, OSError when the list of folders (`locales/babel.cfg`) is missing.
    """
    from babel.messages.frontend import parse_mapping_cfg  # Babel's commands: a server never needs them

    with (root / "locales" / "babel.cfg").open(encoding="utf-8") as file:
        methods, _options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    found = extract_from_dir(root, methods, keywords=CALLS)
    return [Marked(context or "", str(text), f"{file}:{line}") for file, line, text, _comments, context in found]


def english(texts: list[Marked]) -> dict[str, str]:
    """The English by key; where a key stands for two texts, the first."""
    return {one.key: one.text for one in reversed(texts)}


def clashes(texts: list[Marked]) -> list[str]:
    """A sentence for each key that stands for two texts."""
    first, found = {one.key: one for one in reversed(texts)}, []
    for one in texts:
        if one.text != first[one.key].text:
            earlier = first[one.key]
            found.append(f"{one.where}: {one.key} says {one.text!r} here and {earlier.text!r} in {earlier.where}.")
    return found


def template(texts: Mapping[str, str]) -> str:
    """The content of the template for these texts, as `pybabel extract` writes it: sorted, without header and lines."""
    catalog = Catalog()
    for key, text in texts.items():
        catalog.add(text, context=key)
    content = io.BytesIO()
    write_po(content, catalog, width=0, no_location=True, omit_header=True, sort_output=True)
    return content.getvalue().decode()


@cache
def listed(folder: Path) -> Mapping[str, str]:
    """The English by key of a folder's template, in its order; empty where there is none that can be read."""
    file = po_file.read(folder / "messages.pot", TEMPLATE)
    return {} if file.faults else {text.key: text.source for text in file.texts}

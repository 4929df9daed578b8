"""What a request of a USSD gateway holds, by name: from a form, JSON or XML. All raise ValueError for what nobody can
read, and look at no more than `MOST_FIELDS`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any
from xml.etree import ElementTree

from bot.channels.urlencoded import MOST_FIELDS, form_pairs

DEEPEST = 4  # levels of nested JSON that are read


def form_fields(body: bytes) -> dict[str, str]:
    """The fields of an urlencoded body; of a name that comes twice, the last."""
    return dict(form_pairs(body.decode("utf-8", "replace")))


def query_fields(query: str) -> dict[str, str]:
    """The fields of a query string; of a name that comes twice, the last."""
    return dict(form_pairs(query)) if query else {}


def json_fields(body: bytes) -> dict[str, str]:
    """The texts, numbers and booleans of a JSON body as texts; a name with dots leads to what is nested."""
    try:
        told = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise ValueError("no JSON") from None
    found: dict[str, str] = {}
    _flatten(found, "", told, 0)
    return found


def _flatten(found: dict[str, str], prefix: str, value: Any, depth: int) -> None:
    if isinstance(value, str):
        found[prefix] = value
    elif isinstance(value, dict):
        if depth < DEEPEST:
            for name, inner in islice(value.items(), MOST_FIELDS):
                _flatten(found, f"{prefix}.{name}" if prefix else name, inner, depth + 1)
    elif isinstance(value, bool):
        found[prefix] = "true" if value else "false"
    elif isinstance(value, int | float):
        found[prefix] = str(value)


def xml_fields(body: bytes) -> dict[str, str]:
    """The texts of the elements. A document type is refused: its entities could grow without end, or name a file."""
    if b"<!" in body:
        raise ValueError("a document type or a comment")
    try:
        root = ElementTree.fromstring(body)  # noqa: S314  (without a document type nothing can be expanded)
    except ElementTree.ParseError:
        raise ValueError("no XML") from None
    return {element.tag: element.text or "" for element in islice(root.iter(), MOST_FIELDS)}


READERS: Mapping[str, Callable[[bytes], dict[str, str]]] = {
    "json": json_fields,
    "xml": xml_fields,
    "form": form_fields,
}  # `query` has no body

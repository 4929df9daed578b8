"""Forms and query strings as they are written (urlencoded, WHATWG URL §5.1)."""

from __future__ import annotations

from urllib.parse import unquote_plus

MOST_FIELDS = 200


class TooMany(ValueError):
    """A form has more fields than any provider sends."""


def form_pairs(written: str) -> list[tuple[str, str]]:
    """The fields of a form in their order, empty ones too. Raises `TooMany`."""
    parts = written.split("&")
    if len(parts) > MOST_FIELDS:
        raise TooMany
    halves = [pair.partition("=") for pair in parts if pair]
    return [(form_text(name), form_text(value)) for name, _equals, value in halves]


def form_text(part: str) -> str:
    """A name or a value of a form as it was written; most need no decoding, or only that of a telephone's keys."""
    if "%" not in part and "+" not in part:
        return part
    keys = part.replace("+", " ").replace("%2A", "*").replace("%23", "#").replace("%2B", "+")
    return unquote_plus(part) if "%" in keys else keys

"""How a USSD gateway wants to be answered: templates of gateways.toml, cut up once when they are read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from json.encoder import encode_basestring_ascii
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

TYPES = {"json": "application/json", "plain": "text/plain; charset=utf-8", "xml": "text/xml; charset=utf-8"}
PLACE = re.compile(r"\{([\w.]+)\}")
UNPRINTABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML 1.0


class Rendered(NamedTuple):
    """An answer as the gateway wants it; `headers` with the content type."""

    body: str
    headers: tuple[tuple[str, str], ...]


class Template:
    """A text with names in braces. Names are filled once: what she typed may hold braces too."""

    def __init__(self, shape: str, kind: str, block: Mapping[str, Any], way: str) -> None:
        written = block[shape][way]
        cut = PLACE.split(json.dumps(written) if shape == "json" else written)  # text, name, text, name, ... text
        self._pieces, self._names = cut, [(place, cut[place]) for place in range(1, len(cut), 2)]
        self._instead: tuple[tuple[str, str], ...] = tuple(block.get("instead", {}).items())
        self._write, self._line = WRITES[shape], block.get("line", "\n") if shape == "xml" else "\n"
        self._headers = (*block.get("headers", {}).get(way, {}).items(), ("Content-Type", kind))

    def fill(self, text: str, fields: Mapping[str, str]) -> Rendered:
        """The answer that says `text`; `fields` are those of the request, and a name that it lacks is empty."""
        for sign, other in self._instead:
            text = text.replace(sign, other)
        pieces = self._pieces.copy()
        for place, name in self._names:
            if name == "text":
                pieces[place] = self._write(text).replace("\n", self._line)
            else:
                pieces[place] = self._write(fields.get(name, ""))
        return Rendered("".join(pieces), self._headers)


def _in_json(text: str) -> str:
    return encode_basestring_ascii(text)[1:-1]


def _in_xml(text: str) -> str:
    return escape(UNPRINTABLE.sub("", text))


WRITES: Mapping[str, Callable[[str], str]] = {"json": _in_json, "xml": _in_xml, "plain": str}

"""Every other USSD gateway, described as data in gateways.toml: which field is what, and how to answer.

A block says: `body` (form, query, json or xml), the names of the fields for `session` (two joined by `+` where one is
not enough), `phone` and `text`; a name with dots leads into nested JSON. `cumulative`: the text is all that was typed,
else the last answer. `turn`: a field that counts the requests, so that a repeat is known. `kind`: a field whose
value says that a session is new or is over (`*`: any value). `path`: what stands below the address. `abort`: how a text
begins that the gateway wrote, not a person. The answer is `json`, `plain` or `xml`, `more` and `end`, in which {text}
and fields of the request stand; `headers` go with it; `instead` and `line` replace signs that would break it. `sends`
is an example of a request, for tests and measurements only.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from bot.channels.gateway_answers import PLACE, TYPES, Rendered, Template
from bot.channels.gateway_fields import READERS, query_fields
from bot.country.phone_numbers import e164

BODIES = frozenset({"form", "query", "json", "xml"})
KNOWN = frozenset({
    "seen", "body", "path", "session", "phone", "text", "cumulative", "turn", "kind", "abort", "closed",
    "json", "plain", "xml", "headers", "instead", "line", "sends",
})  # fmt: skip
CODE = re.compile(r"\*[0-9]+(?P<rest>(\*[^#]*)?)#?")
Kind = Literal["new", "on", "close", "any"]  # any: the gateway does not say, the first sight of a session is its begin


class GatewayError(Exception):
    """A block of gateways.toml that nobody could talk through; said at start."""


@dataclass(frozen=True, repr=False)
class Event:
    """One request of a gateway in our words. Numbers and texts do not print."""

    session: str
    phone: str
    text: str
    kind: Kind
    turn: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return "Event(‹sealed›)"


class Gateway:
    """One block of gateways.toml. What can be worked out from the block is, once, when it is read."""

    def __init__(self, name: str, data: Mapping[str, Any]) -> None:
        self.name, self.data = name, data
        self.cumulative = bool(data.get("cumulative"))  # whether the text is all that was typed so far
        self._session: tuple[str, ...] = tuple(data.get("session", "session").split("+"))
        self._phone, self._text, self._turn = data["phone"], data["text"], data.get("turn", "")
        self._read = READERS.get(data["body"])
        self._path, self._path_names = _path(data.get("path", ""))
        self._kinds = _Kinds(data)
        shape = next(shape for shape in TYPES if shape in data)
        self._more, self._end = (Template(shape, TYPES[shape], data, way) for way in ("more", "end"))
        body = data.get("closed", "{}" if shape == "json" else "")
        self._closed = Rendered(body, (("Content-Type", TYPES[shape]),))

    def stands_below(self, path: str) -> bool:
        """Whether `path` is what this gateway asks for below its address."""
        return self._path.fullmatch(path) is not None if path or self._path_names else True

    def parse(self, path: str, query: str, body: bytes, region: str, code: str) -> Event | None:
        """The request, or None when it is of no session. `code` is the service's own, like *384*55#.

        Raises ValueError for what cannot be read.
        """
        known = self._fields(path, query, body)
        session = ":".join([known.get(name, "") for name in self._session])
        if not session.strip(":"):
            return None
        text = known.get(self._text, "")
        kind, typed, turn = self._kinds.of(known, text), text, ""
        if not self.cumulative:
            if kind != "close" and CODE.fullmatch(text.strip()):  # a dialled code, perhaps with answers in it
                kind, typed = "new", answers_in(text.strip(), code)
            turn = known.get(self._turn, "") if self._turn else ""
        return Event(session, e164(known.get(self._phone, ""), region), typed, kind, turn, known)

    def _fields(self, path: str, query: str, body: bytes) -> dict[str, str]:
        """All that came, by name: the path before the body, and that before the query."""
        known = self._read(body) if self._read else {}
        if query:
            known = query_fields(query) | known
        if self._path_names and (found := self._path.fullmatch(path)):
            known.update(zip(self._path_names, found.groups(), strict=True))
        return known

    def render(self, text: str, ends: bool, event: Event | None) -> Rendered:
        """The answer that goes on or ends, in the gateway's own shape."""
        return (self._end if ends else self._more).fill(text, event.fields if event else {})

    def closed(self) -> Rendered:
        """The answer to the news that a session is over."""
        return self._closed


class _Kinds:
    """What a block says of the beginning and the end of a session."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        told = data.get("kind", {})
        self._field, self._new = told.get("from", ""), told.get("new")
        self._close, self._any_closes = tuple(told.get("close", ())), told.get("close") == ["*"]
        self._abort = data.get("abort")

    def of(self, known: Mapping[str, str], text: str) -> Kind:
        """The kind of a request with these fields and that text."""
        value = known.get(self._field, "").lower()
        if value and (self._any_closes or value in self._close):
            return "close"
        if self._abort is not None and text.startswith(self._abort):
            return "close"
        if self._new is None:
            return "any"
        return "new" if value in self._new else "on"


def _path(shape: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """What stands below an address, as a pattern and the names in it."""
    cut = PLACE.split(shape)
    pattern = "([^/]+)".join(re.escape(text) for text in cut[::2])
    return re.compile(pattern), tuple(cut[1::2])


def answers_in(dialled: str, code: str) -> str:
    """What stands behind our own code in a dial string: `*384*55*1*2#` has the answers `1*2`."""
    ours, whole = code.strip("*#").split("*"), dialled.strip("#").lstrip("*").split("*")
    return "*".join(whole[len(ours) :]) if whole[: len(ours)] == ours else ""


@cache
def gateways() -> Mapping[str, Gateway]:
    """All blocks of gateways.toml by name. Raises `GatewayError` naming every block that is wrong."""
    blocks = tomllib.loads(Path(__file__).with_suffix(".toml").with_stem("gateways").read_text(encoding="utf-8"))
    wrong = [fault for name, data in blocks.items() for fault in faults(name, data)]
    if wrong:
        raise GatewayError("\n".join(wrong))
    return {name: Gateway(name, data) for name, data in blocks.items()}


def faults(name: str, data: Mapping[str, Any]) -> list[str]:
    """What is wrong with a block, a sentence each."""
    found = [f"{name}: {key!r} is no line of a gateway" for key in data.keys() - KNOWN]
    found += [f"{name}: {key!r} is missing" for key in ("seen", "body", "phone", "text") if key not in data]
    if data.get("body") not in BODIES:
        found.append(f"{name}: body must be one of {', '.join(sorted(BODIES))}")
    shapes = [shape for shape in TYPES if shape in data]
    if len(shapes) != 1 or {*data[shapes[0]]} != {"more", "end"}:
        found.append(f"{name}: one of json, plain, xml says how to answer, with `more` and `end`")
    if "session" not in data and "{session}" not in data.get("path", ""):
        found.append(f"{name}: nothing tells one caller from another")
    return found

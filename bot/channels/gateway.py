"""Every other USSD gateway, described as data in gateways.toml: which field is what, and how to answer.

A block says: `body` (form, query, json or xml), the names of the fields for `session` (two joined by `+` where one is
not enough), `phone` and `text`; a name with dots leads into nested JSON. `cumulative`: the text is all that was typed,
else the last answer. `turn`: a field that counts the requests, so that a repeat is known. `kind`: a field whose
value says that a session is new or is over (`*`: any value). `path`: what stands below the address. `abort`: how a text
begins that the gateway wrote, not a person. The answer is `json`, `plain` or `xml`, `more` and `end`, in which {text}
and fields of the request stand; `headers` go with it; `instead` and `line` replace signs that would break it.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from bot.country.phone_numbers import e164

BODIES = frozenset({"form", "query", "json", "xml"})
TYPES = {"json": "application/json", "plain": "text/plain; charset=utf-8", "xml": "text/xml; charset=utf-8"}
KNOWN = frozenset({
    "seen", "body", "path", "session", "phone", "text", "cumulative", "turn", "kind", "abort", "closed",
    "json", "plain", "xml", "headers", "instead", "line",
})  # fmt: skip
CODE = re.compile(r"\*[0-9]+(?P<rest>(\*[^#]*)?)#?")
MOST_FIELDS = 200
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


@dataclass(frozen=True)
class Rendered:
    """An answer as the gateway wants it."""

    body: str
    content_type: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Gateway:
    """One block of gateways.toml."""

    name: str
    data: Mapping[str, Any]

    @property
    def cumulative(self) -> bool:
        """Whether the text is all that was typed so far."""
        return bool(self.data.get("cumulative"))

    def parse(self, path: str, query: str, body: bytes, region: str, code: str) -> Event | None:
        """The request, or None when it is of no session. `code` is the service's own, like *384*55#."""
        known = self._fields(path, query, body)
        session = ":".join(known.get(name, "") for name in self.data.get("session", "session").split("+"))
        if not session.strip(":"):
            return None
        text = known.get(self.data["text"], "")
        kind, typed = self._kind(known, text), text
        if self.cumulative:
            return Event(session, e164(known.get(self.data["phone"], ""), region), text, kind, "", known)
        if CODE.fullmatch(text.strip()) and kind != "close":  # a dialled code, perhaps with answers in it
            kind, typed = "new", answers_in(text.strip(), code)
        turn = known.get(self.data.get("turn", ""), "")
        return Event(session, e164(known.get(self.data["phone"], ""), region), typed, kind, turn, known)

    def _kind(self, known: Mapping[str, str], text: str) -> Kind:
        told = self.data.get("kind", {})
        value = known.get(told.get("from", ""), "").lower()
        if value and (value in told.get("close", ()) or told.get("close") == ["*"]):
            return "close"
        if "abort" in self.data and text.startswith(self.data["abort"]):
            return "close"
        if "new" not in told:
            return "any"
        return "new" if value in told["new"] else "on"

    def _fields(self, path: str, query: str, body: bytes) -> dict[str, str]:
        """All that came, by name. Raises ValueError for what cannot be read."""
        read = {"json": _json, "xml": _xml, "form": _form}.get(self.data["body"])
        known = read(body) if read else {}
        known = {**dict(parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_FIELDS)), **known}
        if "path" in self.data:
            names = re.findall(r"\{(\w+)\}", self.data["path"])
            shape = re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(self.data["path"]))
            found = re.fullmatch(shape, path)
            known |= dict(zip(names, found.groups(), strict=True)) if found else {}
        return known

    def render(self, text: str, ends: bool, event: Event | None) -> Rendered:
        """The answer that goes on or ends, in the gateway's own shape."""
        way = "end" if ends else "more"
        for sign, other in self.data.get("instead", {}).items():
            text = text.replace(sign, other)
        shape = next(shape for shape in TYPES if shape in self.data)
        values = {**(event.fields if event else {}), "text": text}
        if shape == "json":
            body = json.dumps(_filled(self.data["json"][way], values), ensure_ascii=True)
        elif shape == "xml":
            safe = {name: escape(_printable(value)) for name, value in values.items()}
            safe["text"] = safe["text"].replace("\n", self.data.get("line", "\n"))
            body = _replaced(self.data["xml"][way], safe)
        else:
            body = _replaced(self.data["plain"][way], values)
        return Rendered(body, TYPES[shape], self.data.get("headers", {}).get(way, {}))

    def closed(self) -> Rendered:
        """The answer to the news that a session is over."""
        shape = next(shape for shape in TYPES if shape in self.data)
        return Rendered(self.data.get("closed", "{}" if shape == "json" else ""), TYPES[shape], {})


def answers_in(dialled: str, code: str) -> str:
    """What stands behind our own code in a dial string: `*384*55*1*2#` has the answers `1*2`."""
    ours, whole = code.strip("*#").split("*"), dialled.strip("#").lstrip("*").split("*")
    return "*".join(whole[len(ours) :]) if whole[: len(ours)] == ours else ""


def _json(body: bytes) -> dict[str, str]:
    found: dict[str, str] = {}

    def into(prefix: str, value: object, depth: int) -> None:
        if isinstance(value, dict) and depth < 4:
            for name, inner in [*value.items()][:MOST_FIELDS]:
                into(f"{prefix}.{name}" if prefix else str(name), inner, depth + 1)
        elif isinstance(value, bool):
            found[prefix] = str(value).lower()
        elif isinstance(value, str | int | float):
            found[prefix] = str(value)

    try:
        told = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise ValueError("no JSON") from None
    into("", told, 0)
    return found


def _xml(body: bytes) -> dict[str, str]:
    """The texts of the elements. A document type is refused: its entities could grow without end, or name a file."""
    if b"<!" in body:
        raise ValueError("a document type or a comment")
    try:
        root = ElementTree.fromstring(body)  # noqa: S314  (without a document type nothing can be expanded)
    except ElementTree.ParseError:
        raise ValueError("no XML") from None
    return {element.tag: element.text or "" for element in [*root.iter()][:MOST_FIELDS]}


def _form(body: bytes) -> dict[str, str]:
    told = body.decode("utf-8", "replace")
    return dict(parse_qsl(told, keep_blank_values=True, max_num_fields=MOST_FIELDS))


def _filled(shape: object, values: Mapping[str, str]) -> object:
    if isinstance(shape, dict):
        return {name: _filled(inner, values) for name, inner in shape.items()}
    return _replaced(shape, values) if isinstance(shape, str) else shape


def _replaced(shape: str, values: Mapping[str, str]) -> str:
    """Names in braces filled once: what she typed may hold braces too."""
    return re.sub(r"\{([\w.]+)\}", lambda name: values.get(name.group(1), ""), shape)


def _printable(text: str) -> str:
    return re.sub("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)


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

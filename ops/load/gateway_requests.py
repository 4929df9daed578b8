"""The requests of every USSD gateway as it sends them, made from the examples in bot/channels/gateways.toml.

An example holds the fields of the first and of the next request of a session (those of the path among them), or the
whole text where it is XML. Placeholders in it are {session}, {number}, {text} (the last answer), {heard} (all answers,
with stars) and {turn} (how many).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from bot.channels.gateway import Gateway
from bot.channels.gateway_answers import PLACE

TYPES = {"json": "application/json", "xml": "text/xml", "form": "application/x-www-form-urlencoded", "query": ""}


@dataclass(frozen=True)
class Asked:
    """One request. `below`: the path below the gateway's address, with its slash, and the query string."""

    method: str
    below: str
    content_type: str
    body: bytes

    def wire(self, address: str, port: int) -> bytes:
        """Its bytes as HTTP/1.1 to a local server, `address` being the gateway's own."""
        head = f"{self.method} {address}{self.below} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        if self.method == "POST":
            head += f"Content-Type: {self.content_type}\r\nContent-Length: {len(self.body)}\r\n"
        return f"{head}\r\n".encode() + self.body


def request_of(gateway: Gateway, session: str, number: str, answers: Sequence[str], dialled: str) -> Asked:
    """The request of somebody who has given these answers so far; without any, her first one, with the
    dialled string.
    """
    sends = gateway.data["sends"]
    values = {"session": session, "number": number, "text": answers[-1] if answers else dialled,
              "heard": "*".join(answers), "turn": str(len(answers) + 1)}  # fmt: skip
    example = filled(sends["next" if answers else "first"], values)
    if isinstance(example, str):
        return Asked("POST", "", TYPES["xml"], example.encode())
    path = gateway.data.get("path", "")
    below = filled(path, values | {name: value for name, value in example.items() if isinstance(value, str)})
    rest = {name: value for name, value in example.items() if name not in PLACE.findall(path)}
    return with_body(gateway.data["body"], f"/{below}" if below else "", rest)


def with_body(kind: str, below: str, fields: Mapping[str, Any]) -> Asked:
    """The request whose fields are written as `kind`."""
    if kind == "query":
        return Asked("GET", f"{below}?{urlencode(fields)}", "", b"")
    body = json.dumps(fields) if kind == "json" else urlencode(fields)
    return Asked("POST", below, TYPES[kind], body.encode())


def filled(shape: Any, values: Mapping[str, str]) -> Any:
    """An example with its placeholders filled, in tables and texts; other values stay as they are."""
    if isinstance(shape, dict):
        return {name: filled(inner, values) for name, inner in shape.items()}
    return PLACE.sub(lambda found: values[found.group(1)], shape) if isinstance(shape, str) else shape

"""The shortest way for the commonest request: a USSD page, on which somebody waits with the phone in her hand.

Flask's routing, contexts and response objects cost as much as the talk (ops/decisions/025-a-page-before-flask.md).
What is unusual about a request in any way goes through Flask; both ways give the same bytes.
"""

from __future__ import annotations

import hmac
import io
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LARGEST_BODY = 64 * 1024  # bytes
MOST_FIELDS = 200
PLAIN = "text/plain; charset=utf-8"


class TooMany(ValueError):
    """A form has more fields than any provider sends."""


def form_pairs(body: bytes) -> list[tuple[str, str]]:
    """The fields of a form (urlencoded, WHATWG URL §5.1) in their order. Raises `TooMany`."""
    written = body.decode("utf-8", "replace").split("&")
    if len(written) > MOST_FIELDS:
        raise TooMany
    halves = [pair.partition("=") for pair in written if pair]
    return [(form_text(name), form_text(value)) for name, _equals, value in halves]


def form_text(part: str) -> str:
    """A name or a value of a form as it was written; most need no decoding, or only that of a telephone's keys."""
    if "%" not in part and "+" not in part:
        return part
    keys = part.replace("+", " ").replace("%2A", "*").replace("%23", "#").replace("%2B", "+")
    return unquote_plus(part) if "%" in keys else keys


class FastPath:
    """A WSGI application before another one: answers POSTs to one path with what `said` makes of their form."""

    def __init__(self, behind: WSGIApplication, path: str, said: Callable[[Mapping[str, str]], str]) -> None:
        self._behind, self._path, self._said = behind, path.encode(), said

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or ""
        known = length.isdecimal() and len(length) < 8 and int(length) <= LARGEST_BODY
        here = hmac.compare_digest(environ.get("PATH_INFO", "").encode("latin-1", "replace"), self._path)
        if not (here and known and environ["REQUEST_METHOD"] == "POST"):
            return self._behind(environ, start)
        body = environ["wsgi.input"].read(int(length))
        try:
            form = dict(form_pairs(body))
        except TooMany:
            environ["wsgi.input"] = io.BytesIO(body)
            return self._behind(environ, start)
        answer = self._said(form).encode()
        start("200 OK", [("Content-Type", PLAIN), ("Content-Length", str(len(answer)))])
        return [answer]

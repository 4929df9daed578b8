"""WSGI shortcut for USSD pages: a request on which somebody waits with the phone in her hand is answered before Flask.

What it saves: Flask's routing, contexts and its request and response objects, which cost as much as the talk itself
(ops/decisions/025-a-page-before-flask.md). It serves every door of the table in `ussd.py` with the functions that the
Flask views call, so both ways give the same bytes, status and headers. What is unusual about a request in any way (no
such address, another method, a wrong secret, no length or a large one, too many fields) goes to Flask.

When it may go: when Flask's own share of a page is under a fifth (`flask bench` with and without the line in app.py
that puts it before the application). Nothing else depends on it.
"""

from __future__ import annotations

import hmac
import io
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from bot.channels.urlencoded import TooMany
from bot.phone.forms import LARGEST_BODY
from bot.phone.ussd import UssdDoor

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class FastPath:
    """A WSGI application before another one: answers what comes to a USSD door of the table as it is meant to come."""

    def __init__(self, behind: WSGIApplication, doors: Mapping[str, UssdDoor]) -> None:
        """`doors` by name; one without a secret is left to the application behind."""
        self._behind = behind
        self._doors = {name: (door, door.secret.encode()) for name, door in doors.items() if door.secret}

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        _root, _, path = environ.get("PATH_INFO", "").partition("/ussd/")
        door, below = (None, "") if _root else self._door(path)
        length = _length(environ)
        if door is None or length is None or environ["REQUEST_METHOD"] not in door.methods:
            return self._behind(environ, start)
        body = environ["wsgi.input"].read(length) if length else b""
        try:
            page = door.page(below, environ.get("QUERY_STRING", ""), body)
        except TooMany:
            environ["wsgi.input"] = io.BytesIO(body)
            return self._behind(environ, start)
        start("200 OK", [*page.headers, ("Content-Length", str(len(page.body)))])
        return [page.body]

    def _door(self, path: str) -> tuple[UssdDoor | None, str]:
        """The door at `<name>/<secret>` or `<name>/<secret>/<below>`, and what stands below it."""
        name, _, rest = path.partition("/")
        given, slash, below = rest.partition("/")
        door, secret = self._doors.get(name, (None, b""))
        if door is None or not hmac.compare_digest(given.encode("latin-1", "replace"), secret):
            return None, ""
        usual = below.isascii() and below.isprintable() and bool(below) == bool(slash) and door.stands_below(below)
        return (door, below) if usual else (None, "")


def _length(environ: WSGIEnvironment) -> int | None:
    """The bytes of the body, or None when they are not said plainly or are too many."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        return None
    said = environ.get("CONTENT_LENGTH")
    if said is None:
        plain = environ["REQUEST_METHOD"] == "GET" and environ.get("SERVER_PROTOCOL", "").startswith("HTTP/1")
        return 0 if plain else None
    small = len(said) < 8 and said.isascii() and said.isdecimal()
    return int(said) if small and int(said) <= LARGEST_BODY else None

"""WSGI shortcut: requests for USSD pages are answered before Flask, because a person waits for them with the phone in
her hand.

What it saves: Flask's routing, contexts and its request and response objects, which cost as much as the talk itself (45
µs of 95; the measurements are in ops/decisions/025-a-page-before-flask.md). It serves every USSD door of the table in
`ussd.py` with the functions that the Flask views call, so both give the same bytes, status and headers. A request that
is unusual in any way (no such address, another method, a wrong secret, no length or a large one, too many fields) goes
to Flask.

When it may be deleted: when Flask's own share of a page is under a fifth (`flask bench` with and without the line in
app.py that puts it before the application). Nothing else depends on it.
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
    """A WSGI application in front of another: answers usual requests to USSD doors, and passes on all others."""

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
        """The door at `<name>/<secret>` or `<name>/<secret>/<below>`, and the path below it; None for an
        unusual path.
        """
        name, _, rest = path.partition("/")
        given, slash, below = rest.partition("/")
        door, secret = self._doors.get(name, (None, b""))
        if door is None or not hmac.compare_digest(given.encode("latin-1", "replace"), secret):
            return None, ""
        usual = below.isascii() and below.isprintable() and bool(below) == bool(slash) and door.stands_below(below)
        return (door, below) if usual else (None, "")


def _length(environ: WSGIEnvironment) -> int | None:
    """The number of bytes of the body; None when it is missing, malformed or above `LARGEST_BODY`."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        return None
    header = environ.get("CONTENT_LENGTH")
    if header is None:
        plain = environ["REQUEST_METHOD"] == "GET" and environ.get("SERVER_PROTOCOL", "").startswith("HTTP/1")
        return 0 if plain else None
    small = len(header) < 8 and header.isascii() and header.isdecimal()
    return int(header) if small and int(header) <= LARGEST_BODY else None

"""The baseline for `flask bench`: the least that a webhook in Flask can do. For each format of request and of answer
there is a view that reads the request as Flask offers it and answers a page of the same shape.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from flask import Flask, Response, request

from bot.settings import ROOT

NAMES = ("sessionId", "phoneNumber", "text")
SAID = "x" * 100


def baseline() -> Flask:
    """The application; `/<body>/<answer>` and all paths below it, with the formats of bot/channels/gateways.toml."""
    app = Flask("baseline")
    for body, read in READS.items():
        for answer, render in RENDERS.items():
            address = f"/{body}/{answer}"
            view = view_of(read, render)
            app.add_url_rule(address, address, view, methods=["GET", "POST"])
            app.add_url_rule(f"{address}/<path:below>", f"{address}/below", view, methods=["GET", "POST"])
    return app


def view_of(read: Callable[[], Mapping[str, str]], render: Callable[[str], Response]) -> Callable[..., Response]:
    """The view that reads with one function and answers with another."""

    def view(below: str = "") -> Response:
        fields = read()
        return render("".join(str(fields.get(name, ""))[:1] for name in NAMES) + SAID)

    return view


def read_json() -> Mapping[str, str]:
    """The object of the body."""
    fields: Mapping[str, str] = request.get_json()
    return fields


def read_xml() -> Mapping[str, str]:
    """The texts of the elements."""
    return {element.tag: element.text or "" for element in ElementTree.fromstring(request.get_data())}  # noqa: S314


READS: Mapping[str, Callable[[], Mapping[str, str]]] = {
    "form": lambda: request.form,
    "query": lambda: request.args,
    "json": read_json,
    "xml": read_xml,
}
RENDERS: Mapping[str, Callable[[str], Response]] = {
    "plain": lambda said: Response(f"CON {said}", content_type="text/plain; charset=utf-8"),
    "json": lambda said: Response(json.dumps({"message": said, "more": True}), content_type="application/json"),
    "xml": lambda said: Response(f"<ussd><msg>{escape(said)}</msg></ussd>", content_type="text/xml; charset=utf-8"),
}


@contextmanager
def plain(port: int) -> Iterator[int]:
    """Run the baseline under the same server with the same settings; gives the id of its process."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "ops.load.bare:baseline",
               "--host", "127.0.0.1", "--port", str(port), "--workers", "2", "--blocking-threads", "2", "--no-ws",
               "--log-level", "warning"]  # fmt: skip
    with subprocess.Popen(command, cwd=ROOT) as server:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        try:
            yield server.pid
        finally:
            server.send_signal(signal.SIGTERM)

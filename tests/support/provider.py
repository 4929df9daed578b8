"""A small HTTP server that stands where a provider stands: it keeps what it was asked and answers what it is told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Asked:
    """One request as it came over the wire."""

    path: str
    headers: Mapping[str, str]
    form: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """What the provider answers, after `wait` seconds."""

    status: int
    body: str
    content_type: str = "application/json"
    wait: float = 0.0
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Provider:
    """The stand-in: `asked` in order of arrival; `replies` are used up one by one, then `usual` for ever."""

    url: str = ""
    usual: Reply | None = None  # else everybody who was written to is taken
    replies: list[Reply] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)


def accepted(number: str = "+25778000001", message: str = "ATXid_1") -> Reply:
    """Africa's Talking took one message (recorded form)."""
    one = {"cost": "KES 0.8000", "messageId": message, "number": number, "status": "Success", "statusCode": 102}
    return Reply(201, json.dumps({"SMSMessageData": {"Message": "Sent to 1/1", "Recipients": [one]}}))


def everybody(to: str) -> Reply:
    """Africa's Talking took the message for each number."""
    each = [
        {"cost": "KES 0.8000", "messageId": f"ATXid_{n}", "number": number, "status": "Success", "statusCode": 101}
        for n, number in enumerate(to.split(","), 1)
    ]
    return Reply(201, json.dumps({"SMSMessageData": {"Message": f"Sent to {len(each)}", "Recipients": each}}))


class Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that gave up is no news."""


@contextmanager
def provider() -> Iterator[Provider]:
    """A running stand-in on a free port."""
    stands = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
            stands.asked.append(Asked(self.path, dict(self.headers), form, body))
            reply = stands.replies.pop(0) if stands.replies else stands.usual or everybody(form.get("to", ""))
            time.sleep(reply.wait)
            data = reply.body.encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(data)))
            for name, value in reply.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stands.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield stands
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

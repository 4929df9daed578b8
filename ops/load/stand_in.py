"""Stand-ins for the REST endpoints of Africa's Talking and Twilio on local ports. Africa's Talking fails as it is told
to.

Every message that either takes is recorded with its time: to whom, by which provider, whatever it then answered.
"""

from __future__ import annotations

import contextlib
import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from bot.storage.base import random_id

PORTS = range(20_000, 30_000)  # below those that Linux gives to who connects
HANG = 30  # seconds: longer than anybody waits for an answer
GONE, HANGS_UP, HANGS, BREAKS = "is not there", "hangs up", "takes it and says nothing", "takes it and breaks off"
ANSWERS = {  # how it fails while it answers: the status, the type, the words; nobody was taken
    "says 503": (503, "text/html", "<html><h1>Service unavailable</h1></html>"),
    "says too many": (429, "text/plain", "Too many requests"),
    "knows no key": (401, "text/plain", "The supplied authentication is invalid"),
    "refuses the sender": (201, "application/json",
                           '{"SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}}'),
    "shows somebody else's page": (200, "text/html", "<html>Welcome to the hotel. Please log in.</html>"),
}  # fmt: skip
TROUBLES = (GONE, HANGS_UP, HANGS, BREAKS, *ANSWERS)


class Taken(NamedTuple):
    """One message that a provider has taken."""

    at: float
    provider: str
    phone: str


class StandIn:
    """Both providers; `trouble` is the fault of Africa's Talking now, empty when it works."""

    def __init__(self) -> None:
        self.trouble, self.taken = "", list[Taken]()
        self._twilio = self._anywhere("twilio")
        self._at: ThreadingHTTPServer | None = self._anywhere("africastalking")
        self.ports = {"twilio": self._twilio.server_address[1], "africastalking": self._at.server_address[1]}

    def url(self, provider: str) -> str:
        """The address of a provider."""
        return f"http://127.0.0.1:{self.ports[provider]}"

    def ails(self, trouble: str) -> None:
        """Set the fault of Africa's Talking from now on; empty: it works."""
        self.trouble = trouble
        if trouble == GONE and self._at:
            self._at.shutdown()
            self._at.server_close()
            self._at = None
        elif trouble != GONE and self._at is None:
            self._at = self._server("africastalking", int(self.ports["africastalking"]))

    def stop(self) -> None:
        """Stop both."""
        for server in (self._twilio, self._at):
            if server:
                server.shutdown()
                server.server_close()

    def _anywhere(self, provider: str) -> ThreadingHTTPServer:
        """Start on a port that no outgoing connection is given while the server is away."""
        while True:
            with contextlib.suppress(OSError):
                return self._server(provider, random.choice(PORTS))  # noqa: S311

    def _server(self, provider: str, port: int) -> ThreadingHTTPServer:
        server = Server(("127.0.0.1", port), Handler)
        server.house, server.provider = self, provider
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return server


class Server(ThreadingHTTPServer):
    """The server of one provider."""

    daemon_threads = True
    request_queue_size = 128
    house: StandIn
    provider: str

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing for a client that gave up."""


class Handler(BaseHTTPRequestHandler):
    """One request of an SDK."""

    server: Server

    def do_POST(self) -> None:
        """Take a message for one number, or for many."""
        form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode())
        if self.server.provider == "twilio":
            self.take([form["To"][0]])
            sid = {"sid": "SM" + random_id(), "status": "queued", "to": form["To"][0]}
            return self.say(201, "application/json", json.dumps(sid))
        trouble, phones = self.server.house.trouble, form["to"][0].split(",")
        if trouble in ANSWERS:
            return self.say(*ANSWERS[trouble])
        if trouble == HANGS_UP:
            self.connection.close()
            return None
        self.take(phones)
        each = [{"cost": "0", "messageId": "ATXid_" + random_id(), "number": phone, "status": "Success",
                 "statusCode": 101} for phone in phones]  # fmt: skip
        content = {"SMSMessageData": {"Message": f"Sent to {len(each)}", "Recipients": each}}
        if trouble == HANGS:
            time.sleep(HANG)
        return self.say(201, "application/json", json.dumps(content), half=trouble == BREAKS)

    def take(self, phones: list[str]) -> None:
        """Record these numbers as taken, whatever is answered."""
        self.server.house.taken.extend(Taken(time.time(), self.server.provider, phone) for phone in phones)

    def say(self, status: int, kind: str, words: str, *, half: bool = False) -> None:
        """Send the answer, or half of it before the connection is cut."""
        body = words.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if half else body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing, because a line would hold numbers."""


@contextmanager
def stand_in() -> Iterator[StandIn]:
    """Both providers, until the end."""
    both = StandIn()
    try:
        yield both
    finally:
        both.stop()

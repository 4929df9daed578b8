"""Sends malformed requests to every webhook and prints how it answers: `python -m ops.load.fuzz --requests 20000`.

Each request is a real one with something wrong: fields missing, doubled, huge, of other alphabets, cut bytes, another
type of body. The server is a whole Ijwi of its own in a temporary folder. Fails when an answer was 500 or more, took
longer than `SLOW` seconds, or looks like a trace.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from bot.channels.gateway import gateways
from ops.load.measuring import memory
from ops.load.running import Running, running

SLOW = 5.0  # seconds
ODD = (
    "", " ", "*", "**", "#", "0", "00", "99", "9", "1", "1*2*3", "*384*55#", "x" * 160, "x" * 5000, "1*" * 2500, "\0",
    "\u202e\u2066", "\u200b\ufeff", "😢", "मदद", "१", "مرحبا", "%", "%ZZ", "'; DROP TABLE report; --", "{0}{code}%s",
    "<script>", "-1", "9" * 400, "\r\n\r\n", "STOP", "null", "true", "+25779123456", "25779123456", "LUMITEL", "+",
)  # fmt: skip
NAMES = (
    "sessionId", "phoneNumber", "text", "serviceCode", "networkCode", "id", "from", "to", "date", "status", "msisdn",
    "From", "Body", "MessageSid", "MessageStatus", "failureReason", "MSISDN", "USERDATA", "MSGTYPE", "session_id",
)  # fmt: skip
BODIES = (
    b"",
    b"{",
    b"[]",
    b"null",
    b"<",
    b"<!DOCTYPE x><x/>",
    b"\xff\xfe\x00",
    b"a" * 70_000,
    b"%" * 999,
    b'{"a":' * 999,
)
TYPES = ("application/x-www-form-urlencoded", "application/json", "text/xml", "text/plain; charset=UTF-16BE", "", "x/y")


@dataclass
class Seen:
    """The results of a run."""

    statuses: dict[int, int] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)  # door and what it did, never what was sent


def doors(at: str, shared: str) -> list[str]:
    """Every address that a provider calls."""
    africastalking = [f"/ussd/africastalking/{at}", f"/ussd/africastalking/{at}/end"]
    africastalking += [f"/{kind}/africastalking/{at}" for kind in ("sms", "receipts", "optout")]
    kannel = [f"/sms/kannel/{shared}", f"/receipts/kannel/{shared}"]
    return [*africastalking, *kannel, "/sms/twilio", "/receipts/twilio", *(f"/ussd/{g}/{shared}" for g in gateways())]


def request(chance: random.Random) -> tuple[str, bytes, dict[str, str]]:
    """Method, body and headers of one malformed request."""
    if chance.random() < 0.2:
        return "POST", chance.choice(BODIES), {"Content-Type": chance.choice(TYPES)}
    fields = {name: chance.choice(ODD) for name in chance.sample(NAMES, chance.randrange(len(NAMES)))}
    headers = {"X-Kannel-From": chance.choice(("25779123456", "", "x")), "X-Twilio-Signature": "x"}
    if chance.random() < 0.3:
        return "POST", json.dumps(fields).encode(), headers | {"Content-Type": "application/json"}
    body = urlencode(fields, errors="surrogatepass").encode()
    method = chance.choice(("POST", "POST", "POST", "GET", "PUT"))
    return method, body, headers | {"Content-Type": chance.choice(TYPES)}


def faults(door: str, status: int, took: float, content: bytes) -> list[str]:
    """What is wrong with an answer, by its door; nothing of what was sent."""
    wrong = [f"{door} answered {status}"] if status >= 500 else []
    wrong += [f"{door} took {took:.1f} s"] if took > SLOW else []
    return wrong + ([f"{door} showed a trace"] if b"Traceback" in content or b'File "' in content else [])


def fuzz(port: int, addresses: list[str], requests: int, seed: int) -> Seen:
    """Send so many requests on one connection, opened anew when the server closes it."""
    chance, seen = random.Random(seed), Seen()  # noqa: S311  (a seed that can be given again)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for _ in range(requests):
        address, (method, body, headers) = chance.choice(addresses), request(chance)
        began = time.perf_counter()
        try:
            connection.request(method, address, body, headers)
            reply = connection.getresponse()
            status, content = reply.status, reply.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            seen.statuses[0] = seen.statuses.get(0, 0) + 1
            continue
        seen.took.append(time.perf_counter() - began)
        seen.statuses[status] = seen.statuses.get(status, 0) + 1
        seen.wrong += faults("/".join(address.split("/")[:3]), status, seen.took[-1], content)
    connection.close()
    return seen


def against(ijwi: Running, requests: int, seed: int) -> Seen:
    """Fuzz a running Ijwi."""
    addresses = doors(ijwi.secret(), ijwi.secret("GATEWAY_SECRET"))
    return fuzz(int(ijwi.url.rpartition(":")[2]), addresses, requests, seed)


def summary(seen: Seen) -> str:
    """One line: how often each status, the slowest answer, what was wrong."""
    slowest = statistics.quantiles(seen.took, n=100)[98] * 1000
    counts = ", ".join(f"{status or 'closed'}: {times}" for status, times in sorted(seen.statuses.items()))
    return f"{counts}; p99 {slowest:.0f} ms; {len(seen.wrong)} wrong"


def main() -> int:
    """Start, warm up, fuzz, print; 1 when something was wrong."""
    asked = argparse.ArgumentParser(prog="python -m ops.load.fuzz")
    asked.add_argument("--requests", type=int, default=20_000)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311
    given, wrong = asked.parse_args(), list[str]()
    resident: Callable[[], float] = lambda: sum(memory(pid) for pid in ijwi.pids("granian"))  # noqa: E731
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as ijwi:
        against(ijwi, 1000, given.seed)
        before = resident()
        for number in range(given.rounds):
            seen = against(ijwi, given.requests, given.seed + number + 1)
            wrong += seen.wrong
            print(f"seed {given.seed + number + 1}: {summary(seen)}", flush=True)
        print(f"the web grew by {resident() - before:.0f} MB (PSS)")
    print("\n".join(sorted({*wrong})) or "No 5xx, no trace, none slower than 5 s.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

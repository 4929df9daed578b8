"""The REST ends of Africa's Talking and Twilio, to which the official SDKs talk in a demonstration, and the faults that
they can show. What they take lies in a small file for the phones of the page.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from flask import Blueprint, request

TABLES = """
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY AUTOINCREMENT, sid TEXT, provider TEXT, phone TEXT, text TEXT, wire TEXT
);
CREATE TABLE IF NOT EXISTS fault (provider TEXT PRIMARY KEY, kind TEXT);
"""
FAULTS = ("none", "slow", "error", "refuse", "silent", "moody")
MOODS = (
    "error",
    "hangs",
    "breaks",
)  # of a moody provider: three in a hundred each; the last two have taken the message
SLOW = 3.0  # seconds; below the SDKs' time-out
SILENT = 12.0  # seconds; above it


class MailRoom:
    """The messages that the stand-ins have taken, in a small file that all web processes share; emptied when a demo
    starts.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.path, timeout=10)
        try:
            connection.executescript(TABLES)
            with connection:
                yield connection
        finally:
            connection.close()

    def take(self, provider: str, sid: str, phone: str, text: str, wire: dict[str, str]) -> None:
        """Store a message for the phone that polls for it."""
        with self.open() as db:
            row = (sid, provider, phone, text, json.dumps(wire, ensure_ascii=False))
            db.execute("INSERT INTO message (sid, provider, phone, text, wire) VALUES (?, ?, ?, ?, ?)", row)

    def after(self, last: int) -> list[dict[str, object]]:
        """The messages with an id above `last`, oldest first."""
        names = ("id", "sid", "provider", "phone", "text", "wire")
        with self.open() as db:
            rows = db.execute(f"SELECT {', '.join(names)} FROM message WHERE id > ? ORDER BY id", (last,))  # noqa: S608
            return [dict(zip(names, row, strict=True)) for row in rows]

    def empty(self) -> None:
        """Forget all messages and faults. Ids go on, so that a page that polls misses nothing."""
        with self.open() as db:
            db.execute("DELETE FROM message")
            db.execute("DELETE FROM fault")

    def fault(self, provider: str) -> str:
        """The kind of fault that the stand-in of a provider shows now; `none` when it works."""
        with self.open() as db:
            row = db.execute("SELECT kind FROM fault WHERE provider = ?", (provider,)).fetchone()
        return str(row[0]) if row else "none"

    def set_fault(self, provider: str, kind: str) -> None:
        """Set the kind of fault that the stand-in shows from now on."""
        with self.open() as db:
            db.execute("INSERT OR REPLACE INTO fault VALUES (?, ?)", (provider, kind))


def stand_ins(page: Blueprint, room: MailRoom) -> None:
    """Add the REST endpoints of the providers to the page."""

    @page.post("/simulator/at/version1/messaging")
    def africastalking() -> tuple[str, int, dict[str, str]]:
        return stand_in_africastalking(room)

    @page.post("/simulator/twilio/2010-04-01/Accounts/<sid>/Messages.json")
    def twilio(sid: str) -> tuple[str, int, dict[str, str]]:
        return stand_in_twilio(room, sid)


JSON = {"Content-Type": "application/json"}


def mood(room: MailRoom, provider: str) -> str:
    """The fault of the stand-in for this request; with the fault `moody` it is drawn anew for each request."""
    kind = room.fault(provider)
    chosen = secrets.randbelow(100)
    return kind if kind != "moody" else MOODS[chosen // 3] if chosen < 3 * len(MOODS) else "none"


def misbehaves(kind: str) -> tuple[str, int, dict[str, str]] | None:
    """The answer of a provider with this fault, or None when it takes the message."""
    if kind in ("slow", "silent"):
        time.sleep(SLOW if kind == "slow" else SILENT)
    if kind == "error":
        return "<html>Service unavailable</html>", 503, {"Content-Type": "text/html"}
    return None


def taken(kind: str, content: Mapping[str, object]) -> tuple[str, int, dict[str, str]]:
    """The answer to a request whose messages were stored: 201, unless the fault is to hang or to break off after taking
    them.
    """
    answer = json.dumps(content)
    if kind == "hangs":
        time.sleep(SILENT)
    return (answer[: len(answer) // 2] if kind == "breaks" else answer), 201, JSON


def stand_in_africastalking(room: MailRoom) -> tuple[str, int, dict[str, str]]:
    """`POST /version1/messaging`, as recorded from the provider: 201, or 201 without recipients when the sender is
    refused.
    """
    kind = mood(room, "africastalking")
    if ill := misbehaves(kind):
        return ill
    if kind == "refuse":
        return json.dumps({"SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}}), 201, JSON
    form, recipients = request.form, []
    for phone in form.get("to", "").split(","):
        sid = "ATXid_" + secrets.token_hex(16)
        room.take("africastalking", sid, phone, form.get("message", ""), form.to_dict())
        recipients.append({"cost": "0", "messageId": sid, "number": phone, "status": "Success", "statusCode": 101})
    count = f"{len(recipients)}/{len(recipients)}"
    content = {"Message": f"Sent to {count} Total Cost: 0", "Recipients": recipients}
    return taken(kind, {"SMSMessageData": content})


def stand_in_twilio(room: MailRoom, account: str) -> tuple[str, int, dict[str, str]]:
    """`POST /2010-04-01/Accounts/{sid}/Messages.json`: 201, or an error with Twilio's own code."""
    kind = mood(room, "twilio")
    if ill := misbehaves(kind):
        return ill
    if kind == "refuse":
        return json.dumps({"code": 21610, "message": "unsubscribed recipient", "status": 400}), 400, JSON
    form, sid = request.form, "SM" + secrets.token_hex(16)
    room.take("twilio", sid, form.get("To", ""), form.get("Body", ""), form.to_dict())
    content = {"sid": sid, "account_sid": account, "status": "queued", "to": form.get("To"), "from": form.get("From")}
    return taken(kind, content)

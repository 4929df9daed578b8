"""An SMS to a reporter who wants to hear that there is an answer: it reads like news, and comes in the hours she chose
(S1, S7).

Her number is sealed to the sender process and stored under a key that only the vault can make from the report's id:
whoever steals the tables finds numbers that cannot be read and that lead to no report. There is no such SMS unless she
said yes for this report, and none for a child (S40).
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from sqlalchemy import Table, delete
from sqlalchemy.orm import Session

from bot.reports.receipts import WantedReceipt
from bot.storage import outbox
from bot.storage.base import random_id
from bot.storage.outbox import TaskName
from bot.storage.prepared import PreparedInsert
from bot.storage.tables.delivery import Message, MessageKind
from bot.storage.tables.reports import Ping
from bot.storage.unit_of_work import Work
from bot.vault.sealing import Unsealable
from bot.vault.vault import Vault

INSERT_PING = PreparedInsert(cast(Table, Ping.__table__))
HOURS = {"morning": 9, "evening": 17}  # the hour in which it comes, of the country's own clock


def ping_row(vault: Vault, report: str, wanted: WantedReceipt, language: str) -> dict[str, str | bytes]:
    """The row of the SMS that she wants, in the language of her talk, with her number sealed to the sender process."""
    recipient = _for_sender(vault, bytes.fromhex(wanted.number_handle))
    key, month = key_of(vault, report), f"{datetime.fromtimestamp(outbox.now(), UTC):%Y-%m}"
    return {"key": key, "recipient": recipient, "hours": wanted.notice, "language": language, "day": month}


def _for_sender(vault: Vault, kept: bytes) -> bytes:
    """The number of a talk, sealed to the sender; in a talk that began under the last release it is so already."""
    try:
        return vault.seal_to_sender(vault.kept_number(kept))
    except Unsealable:
        return kept


def post(work: Work, report: str) -> None:
    """Post the SMS after an answer, if the report has one: at most one a day, in her hours, at a random minute."""
    db, zone = work.db, work.country.timezone
    ping = db.get(Ping, key_of(work.vault, report), with_for_update=True)
    if ping is None:
        return
    due = next_hour(work.at, zone, HOURS[ping.hours])
    day = datetime.fromtimestamp(due, zone).date().isoformat()
    if ping.day == day:
        return
    ping.day = day
    language = work.vault.seal_to_sender(ping.language or work.country.languages[0])
    message = Message(id=random_id(), kind=MessageKind.PING, recipient=ping.recipient, body=language, created=due)
    db.add(message)
    outbox.post(db, outbox.task(random_id(), TaskName.DELIVER, {"message": message.id}, due, outbox.NOTICE))


def expire(db: Session, before: str) -> None:
    """Delete the numbers to which nothing was sent since before a month, like 2026-05; rows of releases that kept no
    month stay.
    """
    db.execute(delete(Ping).where(Ping.day != "", Ping.day < before))


def forget(db: Session, vault: Vault, report: str) -> None:
    """Delete the number of a report: no SMS comes any more."""
    db.execute(delete(Ping).where(Ping.key == key_of(vault, report)))


def key_of(vault: Vault, report: str) -> str:
    """The keyed digest under which the row of a report is stored."""
    return vault.ping(report)


def next_hour(at: int, zone: ZoneInfo, hour: int) -> int:
    """The second of a random moment inside that hour of the day, today or tomorrow, at least an hour from `at`."""
    local = datetime.fromtimestamp(at, zone)
    day = local.replace(hour=hour, minute=secrets.randbelow(60), second=secrets.randbelow(60))
    return int((day if day - local >= timedelta(hours=1) else day + timedelta(days=1)).timestamp())

"""Records of delivery: every attempt to send a message, counts of odd events, and the guard against reply loops.

An attempt holds no phone number and no digest of one: it names a message, or a subscriber by the random id of her row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, insert, select
from sqlalchemy.orm import Session

from bot.storage.counters import add
from bot.storage.tables.delivery import Attempt, DeliveryStatus, EarlyDeliveryReport, OddCount, Repeat
from bot.vault.vault import Vault

MOST_REPEATS = 10  # equal replies to a number in an hour; a person who does not understand needs a few
SELECT_EARLY = select(EarlyDeliveryReport).where(EarlyDeliveryReport.provider_id.in_(bindparam("ids", expanding=True)))
OPEN = (DeliveryStatus.SENDING, DeliveryStatus.SENT)  # states that a later delivery report may change


def kept_id(vault: Vault, provider_id: str) -> str:
    """What is stored in place of a provider's id of a message, a keyed digest: with the id itself whoever has the
    tables would find a number in the provider's own list. Empty for an empty id.
    """
    return vault.digest("request", f"provider:{provider_id}") if provider_id else ""


def count(db: Session, what: str, at: int, times: int = 1) -> None:
    """Count the event `what`, `times` more of it on the day of `at` (UTC)."""
    add(db, OddCount, {"what": what, "day": at - at % 86400}, times=times)


def is_reply_loop(db: Session, digest: str, at: int) -> bool:
    """Count one reply with this digest of number and text; True if there were over `MOST_REPEATS` in this hour.

    Then the other side is a machine that answers every SMS, and it gets no more replies.
    """
    key = {"digest": digest, "hour": at // 3600}
    add(db, Repeat, key, times=1)
    times = db.scalars(select(Repeat.times).filter_by(**key)).one()
    if times > MOST_REPEATS:
        count(db, "answer in a circle", at)
    return times > MOST_REPEATS


def note_attempts(db: Session, rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Write attempts that have ended; the state by message of those whose delivery report came before the send
    returned."""
    ids = [row["provider_id"] for row in rows if row["provider_id"]]
    early = {report.provider_id: report for report in db.scalars(SELECT_EARLY, {"ids": ids})}
    for row in rows:
        if report := early.get(row["provider_id"]):
            row.update(state=report.status, reason=report.reason, code=report.code)
    if early:
        db.execute(delete(EarlyDeliveryReport).where(EarlyDeliveryReport.provider_id.in_(early)))
    if rows:
        db.execute(insert(cast(Table, Attempt.__table__)), [*rows])
    return {row["message"]: row["state"] for row in rows if row["provider_id"] in early}

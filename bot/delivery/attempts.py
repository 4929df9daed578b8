"""The books of delivery: every attempt, the state of the line to each provider, what was counted and what was spent.

No number stands here and no digest of one: an attempt names a message, or a subscriber by the random id of her row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, insert, select
from sqlalchemy.orm import Session

from bot.storage.counters import add
from bot.storage.tables.delivery import Attempt, DeliveryStatus, EarlyDeliveryReport, OddCount, Repeat

MOST_REPEATS = 10  # times an hour: somebody who does not understand a question gets it again a few times
EARLY = select(EarlyDeliveryReport).where(EarlyDeliveryReport.provider_id.in_(bindparam("ids", expanding=True)))
OPEN = (DeliveryStatus.SENDING, DeliveryStatus.SENT)  # a later receipt may still change it


def count(db: Session, what: str, at: int, times: int = 1) -> None:
    """One more of these today."""
    add(db, OddCount, {"what": what, "day": at - at % 86400}, times=times)


def is_reply_loop(db: Session, digest: str, at: int) -> bool:
    """Whether the same text has gone to the same number too often: two machines are talking to each other."""
    key = {"digest": digest, "hour": at // 3600}
    add(db, Repeat, key, times=1)
    times = db.scalars(select(Repeat.times).filter_by(**key)).one()
    if times > MOST_REPEATS:
        count(db, "answer in a circle", at)
    return times > MOST_REPEATS


def note_attempts(db: Session, rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Write attempts that have ended, with the receipts that were faster; the final state of each such message."""
    ids = [row["provider_id"] for row in rows if row["provider_id"]]
    early = {told.provider_id: told for told in db.scalars(EARLY, {"ids": ids})}
    for row in rows:
        if told := early.get(row["provider_id"]):
            row.update(state=told.status, reason=told.reason, code=told.code)
    if early:
        db.execute(delete(EarlyDeliveryReport).where(EarlyDeliveryReport.provider_id.in_(early)))
    if rows:
        db.execute(insert(cast(Table, Attempt.__table__)), [*rows])
    return {row["message"]: row["state"] for row in rows if row["provider_id"] in early}

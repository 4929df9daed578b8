"""The books of delivery: every attempt, the state of the line to each provider, what was counted and what was spent.

No number stands here and no digest of one: an attempt names a message, or a subscriber by the random id of her row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Insert, bindparam, delete, insert, inspect, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.models import Base, DeliveryStatus, EarlyReceipt, Seconds

MOST_REPEATS = 10  # times an hour: somebody who does not understand a question gets it again a few times
EARLY = select(EarlyReceipt).where(EarlyReceipt.provider_id.in_(bindparam("ids", expanding=True)))
OPEN = (DeliveryStatus.SENDING, DeliveryStatus.SENT)  # a later receipt may still change it


class Attempt(Base):
    """One try to hand a message to a provider: what the provider called its reason, and what we call it."""

    __tablename__ = "attempt"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    message: Mapped[str]  # a message; of a notice, the subscriber's row
    task: Mapped[str]
    provider: Mapped[str]
    provider_id: Mapped[str] = mapped_column(default="", index=True)
    began: Mapped[Seconds] = mapped_column(index=True)
    ended: Mapped[Seconds] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(default=DeliveryStatus.SENDING)
    reason: Mapped[str] = mapped_column(default="")
    code: Mapped[str] = mapped_column(default="")


class Line(Base):
    """The way to a provider, as all workers see it (bot.lines)."""

    __tablename__ = "line"
    provider: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)  # one after the other
    closed_until: Mapped[Seconds] = mapped_column(default=0)
    why: Mapped[str] = mapped_column(default="")
    free_at: Mapped[int] = mapped_column(BigInteger, default=0)  # milliseconds: when the next message may leave
    urgent_at: Mapped[int] = mapped_column(BigInteger, default=0)  # the same for alerts, which do not queue


class Counted(Base):
    """How often something odd happened on a day: never to whom."""

    __tablename__ = "counted"
    what: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[Seconds] = mapped_column(primary_key=True)  # its first second, UTC
    times: Mapped[int] = mapped_column(default=0)


class Repeat(Base):
    """How often a text went to a number within an hour, by a keyed digest of both; forgotten when the hour is over."""

    __tablename__ = "repeat"
    digest: Mapped[str] = mapped_column(primary_key=True)
    hour: Mapped[int] = mapped_column(primary_key=True)
    times: Mapped[int] = mapped_column(default=0)


def add(db: Session, table: type[Base], key: dict[str, Any], **more: int) -> None:
    """Add to the numbers of a row, which is made if it is not there: one statement, whoever else does the same."""
    db.execute(adding(table, db.get_bind().dialect.name, *more), {**key, **more})


def adding(table: type[Base], database: str, *more: str) -> Insert:
    """A row, or so much more in the one that has its key, in the words of a kind of database."""
    on = postgresql.insert if database == "postgresql" else sqlite.insert
    made = on(inspect(table).local_table)  # type: ignore[arg-type]
    sums = {name: getattr(table, name) + made.excluded[name] for name in more}
    where = [column.name for column in inspect(table).primary_key]
    return made.on_conflict_do_update(index_elements=where, set_=sums)


def count(db: Session, what: str, at: int, times: int = 1) -> None:
    """One more of these today."""
    add(db, Counted, {"what": what, "day": at - at % 86400}, times=times)


def goes_in_circles(db: Session, digest: str, at: int) -> bool:
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
        db.execute(delete(EarlyReceipt).where(EarlyReceipt.provider_id.in_(early)))
    if rows:
        db.execute(insert(Attempt.__table__), [*rows])  # type: ignore[arg-type]  # a plain table
    return {row["message"]: row["state"] for row in rows if row["provider_id"] in early}

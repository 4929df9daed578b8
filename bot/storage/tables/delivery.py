"""Outgoing messages, every attempt to send one, and what they cost."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base, Seconds, random_id


class DeliveryStatus(StrEnum):
    """Where a message is. `sending` is committed before the call: a worker that dies leaves it in doubt."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    UNKNOWN = "unknown"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"


class MessageKind(StrEnum):
    """What a message is about. Rows hold these names: a value is never changed."""

    NEW = "new"  # to staff: a report
    URGENT = "urgent"  # to staff: a report of what happens now
    OVERDUE = "overdue"  # to staff: taken, and nothing was done since
    MEETING = "meeting"  # to staff: a meeting to be answered, signed or released
    AGREE = "agree"  # to staff: another wants her word on something
    DAILY = "daily"  # to oversight: how many reports wait
    WAITING = "waiting"  # to staff: how many tasks wait, in the place of one SMS for each
    ANSWER = "answer"  # to whoever wrote an SMS
    PING = "ping"  # to her who wants to know that there is an answer


class Message(Base):
    """One outgoing SMS. To staff: `person`; the words come from `kind` and `number` when it is sent. To a
    caller who wrote: `recipient` and `body`, sealed to the sender process, erased when the message is final."""

    __tablename__ = "message"
    id: Mapped[str] = mapped_column(primary_key=True, default=random_id)
    kind: Mapped[str]
    person: Mapped[str] = mapped_column(default="")
    number: Mapped[int] = mapped_column(default=0)
    recipient: Mapped[bytes | None]
    body: Mapped[bytes | None]
    status: Mapped[str] = mapped_column(default=DeliveryStatus.PENDING)
    reason: Mapped[str] = mapped_column(default="")
    provider: Mapped[str] = mapped_column(default="")
    provider_id: Mapped[str] = mapped_column(default="", index=True)
    tries: Mapped[int] = mapped_column(default=0)
    created: Mapped[Seconds]


class Notice(Base):
    """The ledger of a fan-out: one person hears of one revision of one meeting once for each kind of news."""

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_batch", "meeting", "revision", "kind", "batch"),)
    meeting: Mapped[str] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)  # new | changed | cancelled | tomorrow | today
    subscriber: Mapped[str] = mapped_column(primary_key=True)
    batch: Mapped[int]
    status: Mapped[str] = mapped_column(default=DeliveryStatus.PENDING)


class EarlyDeliveryReport(Base):
    """A delivery report that came before the send call returned."""

    __tablename__ = "early_receipt"
    provider_id: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    code: Mapped[str] = mapped_column(default="")
    at: Mapped[Seconds]


class OptOut(Base):
    """A number that opted out of notices, by its keyed digest."""

    __tablename__ = "opt_out"
    phone_digest: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[Seconds]


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


class AttemptCount(Base):
    """How many attempts of a day ended how; their own rows are gone (bot.delivery.pruning)."""

    __tablename__ = "attempt_count"
    provider: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[Seconds] = mapped_column(primary_key=True)  # its first second, UTC
    state: Mapped[str] = mapped_column(primary_key=True)
    taken: Mapped[bool] = mapped_column(primary_key=True)  # the provider has given it an id
    times: Mapped[int] = mapped_column(default=0)


class ProviderState(Base):
    """The state of a provider, the same for all workers (bot.delivery.providers)."""

    __tablename__ = "line"
    provider: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)  # one after the other
    closed_until: Mapped[Seconds] = mapped_column(default=0)
    why: Mapped[str] = mapped_column(default="")
    free_at: Mapped[int] = mapped_column(BigInteger, default=0)  # milliseconds: when the next message may leave
    urgent_at: Mapped[int] = mapped_column(BigInteger, default=0)  # the same for alerts, which do not queue


class OddCount(Base):
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


class AlertHour(Base):
    """How many alerts there were for a member of staff within an hour, and for how many of them she got no SMS of its
    own; forgotten when the hour is over."""

    __tablename__ = "alert_hour"
    person: Mapped[str] = mapped_column(primary_key=True)
    hour: Mapped[int] = mapped_column(primary_key=True)
    times: Mapped[int] = mapped_column(default=0)
    held: Mapped[int] = mapped_column(default=0)


class Spent(Base):
    """What was sent in a month through a provider: segments, and millionths of the country's currency of prices."""

    __tablename__ = "spent"
    month: Mapped[str] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(primary_key=True)
    segments: Mapped[int] = mapped_column(default=0)
    millionths: Mapped[int] = mapped_column(BigInteger, default=0)

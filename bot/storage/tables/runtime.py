"""Tasks, talks, requests, leases, switches and the record of who did what."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base, Seconds


class Event(Base):
    """Who did what to a report, append-only and chained (bot.storage.audit writes it, nobody else)."""

    __tablename__ = "event"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[Seconds]
    person: Mapped[str]
    what: Mapped[str]
    report: Mapped[str]
    chain: Mapped[str] = mapped_column(default="")


class Inbound(Base):
    """A request that had an effect: its key is unique, so that a repeat cannot have it twice."""

    __tablename__ = "inbound"
    key: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[Seconds]


class Talk(Base):
    """A sealed session, kept here only while Redis is away."""

    __tablename__ = "talk"
    key: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]
    until: Mapped[Seconds]


class Task(Base):
    """Something to be done once, when due: outbox, calendar, retry queue and escalation clock in one table.

    `args` holds ids only. `claimed_until` is the lease, `token` the fence: a worker whose lease ran out cannot finish
    what another has claimed since."""

    __tablename__ = "task"
    __table_args__ = (Index("ix_task_due", "done_at", "due_at"),)
    key: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    args: Mapped[dict[str, Any]]
    priority: Mapped[int] = mapped_column(default=5)
    due_at: Mapped[Seconds]
    enqueued_at: Mapped[Seconds] = mapped_column("rung_at", default=0)
    claimed_until: Mapped[Seconds] = mapped_column(default=0)
    token: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[Seconds | None]
    error: Mapped[str] = mapped_column(default="")


class Lease(Base):
    """Who holds a role that only one process may have (the clock)."""

    __tablename__ = "lease"
    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    until: Mapped[Seconds]


class Switch(Base):
    """Something that is off, as `zone:BI-ZO-02-09-01`, `talk:report` or `language:rn`; what has no row is on."""

    __tablename__ = "switch"
    name: Mapped[str] = mapped_column(primary_key=True)
    person: Mapped[str]
    at: Mapped[Seconds]

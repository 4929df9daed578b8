"""A report, its copies, its receipt and its answers.

A reporter's number stands nowhere beside a report. In the clear stand only what routing and the clock need: urgency,
destination, zone, wishes, month. `filed` is the day, not the second: two tables' seconds would link a session to a
report.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base, random_id


class ReportStatus(StrEnum):
    """What has become of a report."""

    NEW = "new"
    TAKEN = "taken"
    CLOSED = "closed"
    ERASED = "erased"


class Report(Base):
    """A sealed report. `sealed` is padded ciphertext; only holders of a `Copy` can open it."""

    __tablename__ = "report"
    id: Mapped[str] = mapped_column(primary_key=True, default=random_id)
    urgent: Mapped[bool]
    destination: Mapped[str]
    zone: Mapped[str]
    wishes: Mapped[str]
    month: Mapped[str]
    filed: Mapped[str]
    week: Mapped[str] = mapped_column(default="")  # whose key in the vault wraps every key to this report
    status: Mapped[str] = mapped_column(default=ReportStatus.NEW)
    owner: Mapped[str] = mapped_column(default="")
    sealed: Mapped[bytes]
    words: Mapped[bytes] = mapped_column(default=b"")  # her free words, under a key in `sealed` and one of their week


class Copy(Base):
    """The report's data key sealed to one person. `number` is that person's own small task number."""

    __tablename__ = "copy"
    __table_args__ = (UniqueConstraint("person", "number"),)
    report: Mapped[str] = mapped_column(ForeignKey("report.id"), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    rung: Mapped[int]
    number: Mapped[int]
    sealed_key: Mapped[bytes]


class ReportReceipt(Base):
    """What lets her read an answer: her code's digest; the key that code and PIN make, and the vault's word for it."""

    __tablename__ = "receipt"
    locator: Mapped[str] = mapped_column(primary_key=True)
    report: Mapped[str] = mapped_column(ForeignKey("report.id"), unique=True)
    public_key: Mapped[bytes]


class Reply(Base):
    """One message between reporter and reader, sealed to one of them: a person, or empty for the reporter's receipt."""

    __tablename__ = "reply"
    __table_args__ = (UniqueConstraint("report", "number", "reader"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=random_id)
    report: Mapped[str] = mapped_column(ForeignKey("report.id"))
    number: Mapped[int]
    reader: Mapped[str]
    sealed: Mapped[bytes]


class Referral(Base):
    """A partner she agreed to may read what another has taken; she is met there when she shows the code."""

    __tablename__ = "referral"
    report: Mapped[str] = mapped_column(ForeignKey("report.id"), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    code: Mapped[str]  # its keyed digest
    arrived: Mapped[bool] = mapped_column(default=False)


class Ping(Base):
    """A number that wants to hear of an answer; nothing here leads to the report (bot.reports.reply_notice)."""

    __tablename__ = "ping"
    key: Mapped[str] = mapped_column(primary_key=True)
    recipient: Mapped[bytes]
    hours: Mapped[str]
    language: Mapped[str] = mapped_column(default="")
    day: Mapped[str]  # of the last message; until there is one, the month in which she asked for it


class Tally(Base):
    """Consented statistics: one count, no key shared with any report (S19)."""

    __tablename__ = "tally"
    group: Mapped[str] = mapped_column(primary_key=True)
    zone: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(primary_key=True)
    reporter: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]

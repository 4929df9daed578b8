"""A report, its requests and their ladders, its copies, its receipt and its answers.

A reporter's number stands nowhere beside a report. In the clear stand only what routing and the clock need: class,
service, zone, wishes, month. `filed` is the day, not the second: two tables' seconds would link a session to a
report.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base, Seconds, random_id

NEW, TAKEN, ALERTED = "status = 'new'", "status = 'taken'", "alerted > 0"  # conditions of partial indexes


class ReportStatus(StrEnum):
    """Whether a report can still be read."""

    OPEN = "open"
    ERASED = "erased"


class RequestStatus(StrEnum):
    """What has become of a request."""

    PROPOSED = "proposed"  # she has been asked whether this service may read it too; nobody of it holds a copy
    NEW = "new"
    TAKEN = "taken"
    UNHELPED = "unhelped"  # its owner could not help: oversight reads why, and gives it on or closes it
    CLOSED = "closed"
    ERASED = "erased"


class Closing(StrEnum):
    """Why a request was closed. Rows hold these names: a value is never changed."""

    HELPED = "helped"
    NO_MORE = "no_more"  # she wants nothing more
    REFERRED = "referred"  # somebody else helps her
    MISTAKE = "mistake"  # a trial or a mistake: it is in no figure
    UNHELPED = "unhelped"  # she could not be helped: oversight reads it


class Rating(IntEnum):
    """How the reporter found the answer of one service. Rows hold these numbers: a value is never changed."""

    HELPED = 1
    A_LITTLE = 2
    NOT = 3


class Report(Base):
    """A sealed report. `sealed` is padded ciphertext; only holders of a `Copy` can open it."""

    __tablename__ = "report"
    id: Mapped[str] = mapped_column(primary_key=True, default=random_id)
    zone: Mapped[str]
    wishes: Mapped[str]
    month: Mapped[str]
    filed: Mapped[str]
    week: Mapped[str] = mapped_column(default="")  # whose key in the vault wraps every key to this report
    status: Mapped[str] = mapped_column(default=ReportStatus.OPEN)
    sealed: Mapped[bytes]
    words: Mapped[bytes] = mapped_column(default=b"")  # her free words, under a key in `sealed` and one of their week
    tally: Mapped[bytes] = mapped_column(default=b"")  # what is counted of it, or nothing: only the vault knows
    contact: Mapped[bytes] = mapped_column(default=b"")  # the number that hears of an answer, or none: the same
    followed: Mapped[int] = mapped_column(default=0)  # how many follow-ups were due since all of it was closed


class Request(Base):
    """What is asked of one service that she agreed to: it has its own ladder, owner, status and clock."""

    __tablename__ = "request"
    __table_args__ = (
        UniqueConstraint("report", "service"),
        # what routing counts of a person (bot.reports.readers): only what is open, however much was closed
        Index("ix_request_new", "leads", "status", sqlite_where=text(NEW), postgresql_where=text(NEW)),
        Index("ix_request_taken", "owner", "status", sqlite_where=text(TAKEN), postgresql_where=text(TAKEN)),
        {"sqlite_with_rowid": False},
    )
    id: Mapped[str] = mapped_column(primary_key=True, default=random_id)
    report: Mapped[str] = mapped_column(ForeignKey("report.id"))
    service: Mapped[str]  # one of `PARTNERS`, police, or oversight
    urgency: Mapped[str] = mapped_column("class")  # an `Urgency`
    status: Mapped[str] = mapped_column(default=RequestStatus.NEW)
    owner: Mapped[str] = mapped_column(default="")  # who has taken it; whoever has no `Step` of it owns it no more
    closing: Mapped[str] = mapped_column(default="")  # a `Closing`; empty while it is open
    closed: Mapped[str] = mapped_column(default="")  # the day on which it was closed; empty while it is open
    rating: Mapped[int] = mapped_column(default=0)  # a `Rating`; 0: she has not said, or it is erased
    reopened: Mapped[int] = mapped_column(default=0)  # how often she has opened it again
    zone: Mapped[str] = mapped_column(default="")  # to which it was handed over; empty: where it was filed
    leads: Mapped[str] = mapped_column(default="")  # who was asked first: while it is new it is one of her open ones


class Copy(Base):
    """The report's data key sealed to one person, on however many ladders she stands. Who loses it has no row."""

    __tablename__ = "copy"
    __table_args__ = ({"sqlite_with_rowid": False},)
    report: Mapped[str] = mapped_column(ForeignKey("report.id"), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    sealed_key: Mapped[bytes]


class Step(Base):
    """One person on the ladder of a request; `number` is that person's own small task number.

    There is none without a copy: it goes when the copy goes, and with it her right to take, to answer and to be rung.
    """

    __tablename__ = "step"
    __table_args__ = (
        ForeignKeyConstraint(["report", "person"], ["copy.report", "copy.person"], ondelete="CASCADE"),
        UniqueConstraint("person", "number"),
        Index("ix_step_alerted", "person", "alerted", sqlite_where=text(ALERTED), postgresql_where=text(ALERTED)),
        {"sqlite_with_rowid": False},
    )
    request: Mapped[str] = mapped_column(ForeignKey("request.id"), primary_key=True)
    person: Mapped[str] = mapped_column(primary_key=True)
    report: Mapped[str]
    rung: Mapped[int]
    number: Mapped[int]
    alerted: Mapped[Seconds] = mapped_column(default=0)  # the hour in which an SMS about it was first posted to her
    reminded: Mapped[bool] = mapped_column(default=False)  # one that said that nothing was done since she took it


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
    request: Mapped[str] = mapped_column(default="")  # to which it belongs; empty: her own word, of the whole report
    sealed: Mapped[bytes]


class Referral(Base):
    """A partner she agreed to may read what another has taken; she is met there when she shows the code."""

    __tablename__ = "referral"
    request: Mapped[str] = mapped_column(ForeignKey("request.id"), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    code: Mapped[str]  # its keyed digest
    arrived: Mapped[bool] = mapped_column(default=False)


class Transfer(Base):
    """She is asked whether the people of another zone may have a request, in place of those who have it now.

    `sealed` opens with her receipt alone and holds, for each of `readers` (ids, comma-joined), what that reader alone
    opens: before her yes nobody there reads anything, and her digits open nothing that she told. Part 0 is what was to
    be read when she was asked; later parts are what she has written since.
    """

    __tablename__ = "transfer"
    request: Mapped[str] = mapped_column(ForeignKey("request.id"), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    zone: Mapped[str]
    readers: Mapped[str]
    sealed: Mapped[bytes]


class Ping(Base):
    """A number that wants to hear of an answer, as releases before 0.3 kept it; no new row is written."""

    __tablename__ = "ping"
    key: Mapped[str] = mapped_column(primary_key=True)
    recipient: Mapped[bytes]
    hours: Mapped[str]
    language: Mapped[str] = mapped_column(default="")
    day: Mapped[str]  # of the last message; until there is one, the month in which she asked for it


class Tally(Base):
    """Consented counts of releases before 0.3, until the vault has published their month; no new row is written."""

    __tablename__ = "tally"
    group: Mapped[str] = mapped_column(primary_key=True)
    zone: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(primary_key=True)
    reporter: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]

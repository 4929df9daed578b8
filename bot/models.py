"""The tables. Times are whole seconds since 1970 in UTC; ids are random and say nothing about order.

A reporter's number stands nowhere beside a report. In the clear stand only what routing and the clock need (design 5):
urgency, destination, zone, wishes, month. `filed` is the day, not the second: two tables' seconds would link a session
to a report.
"""

from __future__ import annotations

import secrets
from enum import StrEnum
from typing import Annotated, Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


Seconds = Annotated[int, mapped_column(BigInteger)]  # since 1970, UTC; 32 bits end in 2038
PAPER = "recovery"  # the role of the key whose shares lie on paper: it holds copies and is never told of one


def random_id() -> str:
    """80 bits that nobody can guess and that tell nothing."""
    return secrets.token_hex(10)


class Base(DeclarativeBase):
    """All tables, with constraint names that migrations can find on every database."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {bytes: LargeBinary, dict[str, Any]: JSON, str: String(255)}


class ReportStatus(StrEnum):
    """What has become of a report."""

    NEW = "new"
    TAKEN = "taken"
    CLOSED = "closed"
    ERASED = "erased"


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


class Person(Base):
    """Somebody who answers: champion, partner, oversight member, advocate, leader, coordinator."""

    __tablename__ = "person"
    id: Mapped[str] = mapped_column(primary_key=True, default=random_id)
    ref: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    kind: Mapped[str] = mapped_column(default="")
    sex: Mapped[str]
    languages: Mapped[str]
    zones: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(default="")
    duty: Mapped[str] = mapped_column(default="")
    trained_until: Mapped[str] = mapped_column(default="")
    away: Mapped[str] = mapped_column(default="")  # days of leave: 2026-12-01/2026-12-10
    demo: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    phone_digest: Mapped[str] = mapped_column(unique=True)
    phone_sealed: Mapped[bytes]
    public_key: Mapped[bytes] = mapped_column(default=b"")  # empty until she has chosen her PIN
    wrapped_key: Mapped[bytes] = mapped_column(default=b"")
    vouch: Mapped[bytes] = mapped_column(default=b"")  # the vault's word that this key was made for her
    first_code: Mapped[str] = mapped_column(default="")  # digest of what lets her choose her PIN, once
    enrolled_by: Mapped[str] = mapped_column(default="")
    confirmed_by: Mapped[str] = mapped_column(default="")
    confirmed_on: Mapped[str] = mapped_column(default="")
    expires: Mapped[str] = mapped_column(default="")
    tasks: Mapped[int] = mapped_column(default=0)


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


class Receipt(Base):
    """What lets her read an answer: her code's digest; the key that code and PIN make, and the vault's word for it."""

    __tablename__ = "receipt"
    locator: Mapped[str] = mapped_column(primary_key=True)
    report: Mapped[str] = mapped_column(ForeignKey("report.id"), unique=True)
    public_key: Mapped[bytes]


class Reply(Base):
    """One line between her and who answers, sealed to one reader: a person, or nobody's name for her receipt."""

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
    """A number that wants to hear of an answer; nothing here leads to the report (bot.ping)."""

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


class Event(Base):
    """Who did what to a report, append-only and chained (bot.record writes it, nobody else)."""

    __tablename__ = "event"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[Seconds]
    person: Mapped[str]
    what: Mapped[str]
    report: Mapped[str]
    chain: Mapped[str] = mapped_column(default="")


class Message(Base):
    """One SMS that leaves the house. To staff: `person`; the words come from `kind` and `number` when it is sent. To a
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


class MeetingStatus(StrEnum):
    """Where a meeting is. Only `RELEASED` is ever shown to the public, and only when its hold is over."""

    DRAFT = "draft"  # by SMS: nobody but its leader sees it
    CALLED = "called"
    CHANGE = "change"  # an advocate wants something changed first
    SIGNED = "signed"
    REFUSED = "refused"
    RELEASED = "released"
    CANCELLED = "cancelled"


class Meeting(Base):
    """A meeting that a leader called. Every change of place or hour is a new revision, checked and signed anew."""

    __tablename__ = "meeting"
    id: Mapped[str] = mapped_column(primary_key=True, default=random_id)
    number: Mapped[int] = mapped_column(unique=True)  # small: it is said aloud and typed
    zone: Mapped[str]
    venue: Mapped[str]
    kind: Mapped[str]
    women_only: Mapped[bool]
    starts: Mapped[Seconds]
    ends: Mapped[Seconds]
    childcare: Mapped[bool]
    way_home: Mapped[bool]
    transport: Mapped[bool] = mapped_column(default=False)  # the way is paid
    most: Mapped[int] = mapped_column(default=0)  # people; 0 is any number
    languages: Mapped[str] = mapped_column(default="")  # spoken there
    contact: Mapped[str] = mapped_column(default="")  # whom a woman may turn to there, a person's id
    reason: Mapped[str] = mapped_column(default="")  # why it is called although something speaks against it (S66)
    organisation: Mapped[str]  # the women's organisation that takes part
    woman: Mapped[str]  # the woman officer or facilitator who was asked, a person's id
    woman_says: Mapped[str] = mapped_column(default="asked")  # asked | yes | no
    leader: Mapped[str]
    advocate: Mapped[str] = mapped_column(default="")  # who signed it off
    released_by: Mapped[str] = mapped_column(default="")
    public_at: Mapped[Seconds] = mapped_column(default=0)  # the end of the hold
    revision: Mapped[int] = mapped_column(default=1)
    status: Mapped[str] = mapped_column(default=MeetingStatus.CALLED)
    against: Mapped[str] = mapped_column(Text, default="")  # the amber findings with which it went out
    decided: Mapped[str | None]  # what was decided there, None until somebody has written it down (bot.minutes)
    answered: Mapped[bool] = mapped_column(default=False)  # what people worried about was read out, and answered


class Subscriber(Base):
    """Somebody who wants to hear of meetings. No key and no column in common with any report (S70)."""

    __tablename__ = "subscriber"
    id: Mapped[str] = mapped_column(primary_key=True, default=random_id)
    phone_digest: Mapped[str] = mapped_column(unique=True)
    phone_sealed: Mapped[bytes]
    language: Mapped[str]
    zone: Mapped[str] = mapped_column(index=True)
    refused: Mapped[int] = mapped_column(default=0)  # how often in a row there was no such number
    women_only: Mapped[bool] = mapped_column(default=False)  # wants to hear of women's circles too
    kinds: Mapped[str] = mapped_column(default="")  # of meetings, `,training,theatre,`; empty is all
    hours: Mapped[str] = mapped_column(default="")  # in which she can come: morning | afternoon; empty is any


class Coming(Base):
    """Who said that she comes, by a digest that only the vault can make; erased the day after (S69)."""

    __tablename__ = "coming"
    meeting: Mapped[str] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    who: Mapped[str] = mapped_column(primary_key=True)
    comes: Mapped[bool]


class Attendance(Base):
    """A head count, by the organiser and by the women's delegate: no names, no list (S72)."""

    __tablename__ = "attendance"
    meeting: Mapped[str] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    counted_by: Mapped[str] = mapped_column(primary_key=True)  # leader | advocate
    women: Mapped[int]
    men: Mapped[int]
    girls: Mapped[int]
    boys: Mapped[int]
    elders: Mapped[int] = mapped_column(default=0)  # of all of them, over sixty
    disabled: Mapped[int] = mapped_column(default=0)  # of all of them
    plan: Mapped[str] = mapped_column(default="")  # what is to change, where few women came (S73)


class Concern(Base):
    """What somebody worries about before a meeting, sealed to one women's advocate; nothing of who wrote it."""

    __tablename__ = "concern"
    id: Mapped[str] = mapped_column(primary_key=True, default=random_id)
    meeting: Mapped[str] = mapped_column(ForeignKey("meeting.id"))
    person: Mapped[str] = mapped_column(ForeignKey("person.id"))
    sealed: Mapped[bytes]


class Opinion(Base):
    """What people said afterwards, in counts only (S74): safe | spoke | again, yes and no."""

    __tablename__ = "opinion"
    meeting: Mapped[str] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    question: Mapped[str] = mapped_column(primary_key=True)
    yes: Mapped[int] = mapped_column(default=0)
    no: Mapped[int] = mapped_column(default=0)


class Promise(Base):
    """What was promised at a meeting, chosen from a list, with who and by when; anybody may read it (P02, S75)."""

    __tablename__ = "promise"
    id: Mapped[str] = mapped_column(primary_key=True, default=random_id)
    meeting: Mapped[str] = mapped_column(ForeignKey("meeting.id"))
    zone: Mapped[str]
    what: Mapped[str]
    who: Mapped[str]
    due: Mapped[str]
    kept: Mapped[bool] = mapped_column(default=False)


class Notice(Base):
    """The ledger of a fan-out: one person hears of one revision of one meeting once for each kind of news (I5)."""

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_batch", "meeting", "revision", "kind", "batch"),)
    meeting: Mapped[str] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)  # new | changed | cancelled | tomorrow | today
    subscriber: Mapped[str] = mapped_column(primary_key=True)
    batch: Mapped[int]
    status: Mapped[str] = mapped_column(default=DeliveryStatus.PENDING)


class EarlyReceipt(Base):
    """A receipt that came before the send call returned."""

    __tablename__ = "early_receipt"
    provider_id: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    code: Mapped[str] = mapped_column(default="")
    at: Mapped[Seconds]


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


class OptOut(Base):
    """A number that wants no notices, by its keyed digest."""

    __tablename__ = "opt_out"
    phone_digest: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[Seconds]


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
    rung_at: Mapped[Seconds] = mapped_column(default=0)
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

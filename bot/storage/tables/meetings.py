"""Meetings: called, announced, attended, counted; who hears of them."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base, Seconds, random_id


class MeetingStatus(StrEnum):
    """Where a meeting is. Only `RELEASED` is ever shown to the public, and only when its hold is over."""

    DRAFT = "draft"  # by SMS: nobody but its leader sees it
    CALLED = "called"
    CHANGE = "change"  # an advocate wants something changed first
    SIGNED = "signed"
    REFUSED = "refused"
    RELEASED = "released"
    CANCELLED = "cancelled"


class WomanSays(StrEnum):
    """What the woman officer or facilitator who was asked to a meeting says."""

    ASKED = "asked"
    YES = "yes"
    NO = "no"


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
    woman_says: Mapped[str] = mapped_column(default=WomanSays.ASKED)
    leader: Mapped[str]
    advocate: Mapped[str] = mapped_column(default="")  # who signed it off
    released_by: Mapped[str] = mapped_column(default="")
    public_at: Mapped[Seconds] = mapped_column(default=0)  # the end of the hold
    revision: Mapped[int] = mapped_column(default=1)
    status: Mapped[str] = mapped_column(default=MeetingStatus.CALLED)
    against: Mapped[str] = mapped_column(Text, default="")  # the amber findings with which it went out
    decided: Mapped[
        str | None
    ]  # what was decided there, None until somebody has written it down (bot.meetings.minutes)
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
    """What was promised at a meeting, chosen from a list, with who and by when; anybody may read it (S75)."""

    __tablename__ = "promise"
    id: Mapped[str] = mapped_column(primary_key=True, default=random_id)
    meeting: Mapped[str] = mapped_column(ForeignKey("meeting.id"))
    zone: Mapped[str]
    what: Mapped[str]
    who: Mapped[str]
    due: Mapped[str]
    kept: Mapped[bool] = mapped_column(default=False)

"""Staff."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.storage.base import Base, random_id

RECOVERY = "recovery"  # the role of the key whose shares lie on paper: it holds copies and is never told of one


class Person(Base):
    """A member of staff: champion, partner, oversight member, advocate, leader, coordinator."""

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
    training_over: Mapped[str] = mapped_column(default="")  # the `trained_until` that was noticed to be past
    away: Mapped[str] = mapped_column(default="")  # days of leave: 2026-12-01/2026-12-10
    demo: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    phone_digest: Mapped[str] = mapped_column(index=True)  # of several people with one phone the same; empty: no number
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
    order: Mapped[int] = mapped_column(default=1)  # 1 is the champion, 2 and 3 are her deputies
    further: Mapped[list[FurtherNumber]] = relationship(cascade="all, delete-orphan")


class FurtherNumber(Base):
    """One more number from which somebody dials. She is rung on her first, so no sealed number is needed here."""

    __tablename__ = "further_number"
    person: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    phone_digest: Mapped[str] = mapped_column(primary_key=True, index=True)

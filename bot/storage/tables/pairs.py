"""What two people decide: proposals, who confirmed them, and whether they were carried out.

A row holds no number, no name and no PIN. It lives for 400 days after its end (`bot.upkeep.retention`), but the row of
the first two people of an installation stays.
"""

from __future__ import annotations

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base, Seconds


class Proposal(Base):
    """One action that waits for a second person, until `until`; see `bot.people.pairs`.

    `digest` binds it to what is carried out. `lock` is the public half of a key whose private half lies in `sealed`
    for whoever carries it out; `word` is the vault's for the lock, and `proof` the second person's for all of it.
    """

    __tablename__ = "proposal"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    action: Mapped[str]
    about: Mapped[str] = mapped_column(Text, default="")  # references of people, names of things; shown to the second
    subject: Mapped[str] = mapped_column(default="")  # the id of the person with whom something is done
    digest: Mapped[str]
    first: Mapped[str]  # ids of people
    second: Mapped[str] = mapped_column(default="")
    at: Mapped[Seconds]
    until: Mapped[Seconds]
    agreed_at: Mapped[Seconds] = mapped_column(default=0)
    done_at: Mapped[Seconds] = mapped_column(default=0)
    refused_by: Mapped[str] = mapped_column(default="")
    lock: Mapped[bytes] = mapped_column(default=b"")
    sealed: Mapped[bytes] = mapped_column(default=b"")
    word: Mapped[bytes] = mapped_column(default=b"")
    proof: Mapped[bytes] = mapped_column(default=b"")

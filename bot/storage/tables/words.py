"""Wordings of this installation: sheets that readers returned, and who approved them.

They are kept as long as the installation lives: they say what was spoken, and nothing in them is about a caller.
"""

from __future__ import annotations

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base, Seconds


class WordSheet(Base):
    """A sheet, under the digest of its rows. It is approved when two people have: `approved_at` is 0 until then."""

    __tablename__ = "word_sheet"
    digest: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str]
    proposed_at: Mapped[Seconds]
    first_by: Mapped[str] = mapped_column(default="")  # ids of people
    second_by: Mapped[str] = mapped_column(default="")
    approved_at: Mapped[Seconds] = mapped_column(default=0)


class Wording(Base):
    """One text of a sheet. `source` and `words` are digests: of the English, and of English and text; `own` whether it
    is another text than the catalogue's."""

    __tablename__ = "wording"
    sheet: Mapped[str] = mapped_column(ForeignKey("word_sheet.digest"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str]
    words: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    back: Mapped[str] = mapped_column(Text, default="")
    note: Mapped[str] = mapped_column(Text, default="")
    own: Mapped[bool] = mapped_column(default=False)

"""What was decided at a meeting, in two lines that anybody may read: from a list, with what was promised there (S74).

No words of one's own: what everybody reads must name nobody. The first line is what was decided and by when who does
what, the second that what people had worried about was read out and has an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversation.message import Msg, Said
from bot.country.pack import Country
from bot.meetings.labels import ANSWERED, DECIDED, NOTHING_DECIDED, WHAT
from bot.meetings.promises import promise_text
from bot.meetings.steps import Step, lock_meeting
from bot.meetings.terms import Deed
from bot.storage.audit import note
from bot.storage.tables.meetings import Concern, Meeting, Promise
from bot.storage.unit_of_work import Actor, Outcome, Work


def write(
    work: Work, actor: Actor, meeting_id: str, decided: Sequence[Deed], answered: bool | None = None
) -> Outcome[Literal["done", "gone"]]:
    """Written down by who organised it or by the women's side, in place of what was written before; nothing decided is
    an empty list.

    Only the women's side, which reads the worries, is asked whether they were `answered`; None leaves what was said.
    Outcomes: done | gone.
    """
    meeting = lock_meeting(work, actor, meeting_id, Step.COUNT)
    if meeting is None:
        return Outcome("gone")
    meeting.decided = ",".join(decided)
    meeting.answered = meeting.answered if answered is None else answered
    note(work.db, work.vault, work.at, actor.id, "minutes written", meeting.id)
    return Outcome("done")


def worried(db: Session, meeting: str, person: str) -> bool:
    """Whether somebody wrote to this person what she worries about."""
    hers = select(Concern.id).where(Concern.meeting == meeting, Concern.person == person)
    return db.scalar(hers.limit(1)) is not None


def minutes_text(db: Session, country: Country, meeting: Meeting, today: date) -> tuple[Msg, ...]:
    """What everybody reads of it."""
    decided = tuple(WHAT[what] for what in (meeting.decided or "").split(",") if what)
    promised = db.scalars(select(Promise).where(Promise.meeting == meeting.id).order_by(Promise.due, Promise.id))
    first = Said(DECIDED, {"what": decided or (NOTHING_DECIDED,)})
    return (first, *(promise_text(one, country, today) for one in promised), *[ANSWERED] * meeting.answered)

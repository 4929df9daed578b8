"""What was decided at a meeting, in two lines that anybody may read: from a list, with what was promised there (S74).

No words of one's own: what everybody reads must name nobody. The first line is what was decided and by when who does
what, the second that what people had worried about was read out and has an answer.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.actions.meetings import WriteMinutes
from bot.conversation.message import Msg, Said, _
from bot.country.pack import Country
from bot.meetings.labels import WHAT
from bot.meetings.lifecycle import lock_meeting
from bot.meetings.promises import promise_text
from bot.storage.audit import AuditAction, note
from bot.storage.tables.meetings import Concern, Meeting, Promise
from bot.storage.unit_of_work import Office, Outcome

DECIDED = _("minutes.decided", "Decided: {what}.")
ANSWERED = _("minutes.answered", "What people worry about: there is an answer.")
NOTHING_DECIDED = _("report.wish.none", "Nothing")


def write_minutes(db: Session, effect: WriteMinutes, office: Office, at: int) -> Outcome[str]:
    """Written down by who organised it or by the women's side, in place of what was written before.

    Only the women's side, which reads the worries, says that they were answered. Outcomes: done | gone.
    """
    meeting = lock_meeting(db, effect, office, at, "count")
    if meeting is None:
        return Outcome("gone")
    meeting.decided = effect.decided
    meeting.answered = effect.settled == "yes" if effect.settled else meeting.answered
    note(db, office.vault, at, office.caller, AuditAction.MINUTES_WRITTEN, meeting.id)
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

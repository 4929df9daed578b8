"""Minutes of a meeting, in two lines that anybody may read: what was decided, from a list, with what was promised
(S74).

No free words, because what everybody reads must name nobody. The first line is what was decided, with who does what by
when; the second, that the concerns that people had sent were read out and have an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bot.meetings.steps import Step, lock_meeting
from bot.meetings.terms import Deed
from bot.storage.audit import AuditAction, note
from bot.storage.unit_of_work import Actor, Outcome, Work


def write(
    work: Work, actor: Actor, meeting_id: str, decided: Sequence[Deed], answered: bool | None = None
) -> Outcome[Literal["done", "gone"]]:
    """Store the minutes, in place of earlier ones; by the organiser or the women's side. `decided` may be empty.

    Only the women's side, which reads the concerns, is asked whether they were `answered`; None leaves the earlier
    answer. Outcomes: done | gone (not a meeting of which the actor writes minutes).
    """
    meeting = lock_meeting(work, actor, meeting_id, Step.COUNT)
    if meeting is None:
        return Outcome("gone")
    meeting.decided = ",".join(decided)
    meeting.answered = meeting.answered if answered is None else answered
    note(work.db, work.vault, work.at, actor.id, AuditAction.MINUTES_WRITTEN, meeting.id)
    return Outcome("done")

"""What was decided at a meeting, in two lines that anybody may read: from a list, with what was promised there (S74).

No words of one's own: what everybody reads must name nobody. The first line is what was decided and by when who does
what, the second that what people had worried about was read out and has an answer.
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
    note(work.db, work.vault, work.at, actor.id, AuditAction.MINUTES_WRITTEN, meeting.id)
    return Outcome("done")

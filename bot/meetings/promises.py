"""Promises made at meetings: chosen from a list, with who and by when, and read by anybody who dials (S75).

The leader writes a promise down; a women's advocate says when it was kept, so that nobody confirms a promise of his
own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.country.pack import Country
from bot.meetings.steps import Step, lock_meeting, works_in
from bot.meetings.terms import Deed, Promiser
from bot.storage.audit import AuditAction, note
from bot.storage.tables.meetings import Meeting, MeetingStatus, Promise
from bot.storage.unit_of_work import Actor, Outcome, Work

SILENT_AFTER_DAYS = 60  # days without a meeting after which a zone that has had one is an alarm


@dataclass(frozen=True)
class PromiseView:
    """One promise as everybody may read it."""

    id: str
    place: str  # the name of the zone
    what: Deed
    who: Promiser
    due: date
    late: bool  # its day is past and nobody has said that it was kept


def make(
    work: Work, actor: Actor, meeting_id: str, what: Deed, who: Promiser, due: date
) -> Outcome[Literal["done", "gone"]]:
    """Store a promise: what, who does it, and by which day. By the organiser of the meeting, or the women's side.

    Outcomes: done | gone (not a meeting of which the actor writes promises).
    """
    meeting = lock_meeting(work, actor, meeting_id, Step.COUNT)
    if meeting is None:
        return Outcome("gone")
    work.db.add(Promise(meeting=meeting.id, zone=meeting.zone, what=what, who=who, due=due.isoformat()))
    note(work.db, work.vault, work.at, actor.id, AuditAction.PROMISED, meeting.id)
    return Outcome("done")


def keep(work: Work, actor: Actor, promise_id: str) -> Outcome[Literal["done", "gone"]]:
    """An advocate of the zone says that a promise was kept. Outcomes: done | gone (kept already, or not
    hers to say).
    """
    promise = work.db.get(Promise, promise_id, with_for_update=True)
    if promise is None or promise.kept or not may_say_kept(actor, promise, work.country):
        return Outcome("gone")
    promise.kept = True
    note(work.db, work.vault, work.at, actor.id, AuditAction.PROMISE_KEPT, promise.meeting)
    return Outcome("done")


def may_say_kept(actor: Actor, promise: Promise, country: Country) -> bool:
    """Whether the actor is a women's advocate of the zone of a promise."""
    return actor.role == "advocate" and works_in(actor, promise.zone, country)


def promise_view(promise: Promise, country: Country, today: date) -> PromiseView:
    """A promise as everybody may read it on that day."""
    due, place = date.fromisoformat(promise.due), country.places[promise.zone].name
    late = due < today and not promise.kept
    return PromiseView(promise.id, place, Deed(promise.what), Promiser(promise.who), due, late)


def silent_zones(db: Session, country: Country, today: date) -> list[tuple[str, int]]:
    """Zones that have had meetings and none for `SILENT_AFTER_DAYS` days: their name, and the number of days."""
    quiet = []
    for zone in country.served:
        held = select(Meeting.starts).where(Meeting.zone == zone.code, Meeting.status == MeetingStatus.RELEASED)
        last = db.scalar(held.order_by(Meeting.starts.desc()).limit(1))
        days = (today - country.clock(last).date()).days if last else 0
        if days > SILENT_AFTER_DAYS:
            quiet.append((zone.name, days))
    return quiet

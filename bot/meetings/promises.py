"""What was promised at meetings: from a list, with who and by when, read by anybody who dials (P02, S75).

The leader writes it down; the women's side says when it was kept, so that nobody praises himself.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.actions.meetings import KeepPromise, MakePromise
from bot.conversation.message import Said, _
from bot.country.pack import Country
from bot.meetings.labels import WHAT, WHO
from bot.meetings.lifecycle import lock_meeting
from bot.storage.audit import AuditAction, note
from bot.storage.tables.meetings import Meeting, MeetingStatus, Promise
from bot.storage.tables.people import Person
from bot.storage.unit_of_work import Office, Outcome

PROMISED = _("promise.line", "{place}: {what}. {who}, {day}.")
LATE_PROMISE = _("promise.late", "{place}: {what}. {who}, {day}: late.")
SILENT_AFTER_S = 60  # days without a meeting in a zone that has had one: then it is an alarm


def make_promise(db: Session, effect: MakePromise, office: Office, at: int) -> Outcome[str]:
    """Written down by who organised the meeting. Outcomes: done | gone."""
    meeting = lock_meeting(db, effect, office, at, "count")
    if meeting is None:
        return Outcome("gone")
    db.add(Promise(meeting=meeting.id, zone=meeting.zone, what=effect.what, who=effect.who, due=effect.due_handle))
    note(db, office.vault, at, office.caller, AuditAction.PROMISED, meeting.id)
    return Outcome("done")


def keep_promise(db: Session, effect: KeepPromise, office: Office, at: int) -> Outcome[str]:
    """The advocate of the zone says that it was kept. Outcomes: done | gone."""
    office.vault.private(office.caller, effect.pin_handle)
    person, promise = db.get(Person, office.caller), db.get(Promise, effect.promise, with_for_update=True)
    if person is None or promise is None or promise.kept or not may_say_kept(person, promise, office.country):
        return Outcome("gone")
    promise.kept = True
    note(db, office.vault, at, office.caller, AuditAction.PROMISE_KEPT, promise.meeting)
    return Outcome("done")


def may_say_kept(person: Person, promise: Promise, country: Country) -> bool:
    """Only a women's advocate of that zone."""
    around = {place.code for place in country.way_up(promise.zone)}
    return person.role == "advocate" and not around.isdisjoint(person.zones.split(","))


def open_promises(db: Session, zone: str = "") -> list[Promise]:
    """Those that were not kept yet, the oldest first: the late ones open the next meeting."""
    waiting = select(Promise).where(~Promise.kept).order_by(Promise.due, Promise.id)
    return list(db.scalars(waiting.where(Promise.zone == zone) if zone else waiting))


def promise_text(promise: Promise, country: Country, today: date) -> Said:
    """One promise as everybody reads it: where, what, who, by when, and that it is late."""
    due = date.fromisoformat(promise.due)
    values = {
        "what": WHAT[promise.what], "who": WHO[promise.who], "day": f"{due.day}/{due.month}",
        "place": country.places[promise.zone].name,
    }  # fmt: skip
    return Said(LATE_PROMISE if due < today and not promise.kept else PROMISED, values)


def silent_zones(db: Session, country: Country, today: date) -> list[tuple[str, int]]:
    """Zones that have had meetings and none for `QUIET` days: their name, and the days."""
    quiet = []
    for zone in country.served:
        held = select(Meeting.starts).where(Meeting.zone == zone.code, Meeting.status == MeetingStatus.RELEASED)
        last = db.scalar(held.order_by(Meeting.starts.desc()).limit(1))
        days = (today - country.clock(last).date()).days if last else 0
        if days > SILENT_AFTER_S:
            quiet.append((zone.name, days))
    return quiet

"""A meeting drafted by one SMS, `meet V1 12/3 14:30 training`, and confirmed after the PIN (design 6).

An SMS can be forged, so a draft is seen by its leader alone and does nothing. What the SMS does not say is taken over
from her last meeting at that place: whom it is for, who is asked to come, what is there. The first one is called by
dialling.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.effects import ConfirmMeeting, DraftMeeting
from bot.meetings import SAME, chosen, signers, tell
from bot.models import Meeting, MeetingStatus, Person, random_id
from bot.office import Office, Performed
from bot.planner import next_day
from bot.record import note

KINDS = ("consultation", "training", "sensitisation", "school", "theatre", "defence", "committee", "walk")


def draft_meeting(db: Session, effect: DraftMeeting, office: Office, at: int) -> Performed:
    """A draft that only its leader sees; a new one takes the place of an old one.

    Outcomes: draft | first (she has called none there yet) | gone (not a leader, no such place, no such day or hour).
    """
    leader, venue = db.get(Person, office.caller), office.country.venues.get(effect.venue.upper())
    starts = _moment(effect, office, at)
    if leader is None or leader.role != "leader" or venue is None or starts is None:
        return Performed("gone")
    mine = (Meeting.leader == leader.id) & (Meeting.venue == venue.ref) & (Meeting.status != MeetingStatus.DRAFT)
    before = db.scalar(select(Meeting).where(mine).order_by(Meeting.starts.desc()).limit(1))
    if before is None:
        return Performed("first")
    same = {name: getattr(before, name) for name in SAME} | ({"kind": effect.kind} if effect.kind in KINDS else {})
    first = int(starts.timestamp())
    db.execute(delete(Meeting).where(Meeting.leader == leader.id, Meeting.status == MeetingStatus.DRAFT))
    db.flush()
    db.add(Meeting(
        **same, id=random_id(), number=(db.scalar(select(func.max(Meeting.number))) or 0) + 1, starts=first,
        ends=first + before.ends - before.starts, status=MeetingStatus.DRAFT,
    ))  # fmt: skip
    return Performed("draft")


def _moment(effect: DraftMeeting, office: Office, at: int) -> datetime | None:
    """The coming day of that date at that hour, in the country's own time; None when there is none, or it is past."""
    now, (day, month), (hours, minutes) = office.country.clock(at), effect.date, effect.hour
    coming = next_day(day, month, now)
    if coming is None:
        return None
    if hours > 23 or minutes > 59:
        return None
    starts = datetime(coming.year, coming.month, coming.day, hours, minutes, tzinfo=office.country.timezone)
    return starts if starts > now + timedelta(hours=1) else None


def confirm_meeting(db: Session, effect: ConfirmMeeting, office: Office, at: int) -> Performed:
    """The draft is called: the woman officer is asked, the advocates have one to sign. Outcomes: done | gone."""
    meeting = chosen(db, effect, office, at, "draft")
    if meeting is None:
        return Performed("gone")
    meeting.status = MeetingStatus.CALLED
    note(db, office.vault, at, office.caller, "meeting called", meeting.id)
    people = [meeting.woman, *signers(db, office.country, meeting)]
    return Performed("done", {}, tuple(key for person in people for key in tell(db, person, meeting, at)))

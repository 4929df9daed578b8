"""Makes the `Plan` of a meeting from the tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.country.hours import is_away
from bot.country.pack import Country
from bot.meetings.planner import Plan
from bot.meetings.steps import UPCOMING, member, works_in
from bot.meetings.subscribers import wished
from bot.storage.tables.meetings import Meeting, Opinion, WomanSays
from bot.storage.tables.people import Person


def plan_of(db: Session, country: Country, meeting: Meeting, at: int) -> Plan:
    """The plan of a meeting, called already or about to be, as of the second `at`."""
    zone = country.timezone
    starts, ends, now = (datetime.fromtimestamp(second, zone) for second in (meeting.starts, meeting.ends, at))
    sunrise, sunset = country.daylight(meeting.zone, starts.date())
    venue = country.venues[meeting.venue]
    return Plan(
        starts, ends, now, sunrise, sunset, venue.kind, meeting.women_only, woman_says(db, meeting, starts),
        bool(meeting.organisation and advocates_of(db, country, meeting.zone)), meeting.childcare, meeting.way_home,
        venue.step_free, country.busy_in(meeting.zone), felt_safe(db, meeting.venue),
        others_of(db, meeting, zone), bool(meeting.contact), wished(db, country, meeting),
    )  # fmt: skip


def felt_safe(db: Session, venue: str) -> tuple[int, int]:
    """How many women answered after earlier meetings at a place, and how many of them had felt safe."""
    meetings = select(Meeting.id).where(Meeting.venue == venue)
    safe = select(func.sum(Opinion.yes), func.sum(Opinion.no)).where(Opinion.question == "safe")
    yes, no = db.execute(safe.where(Opinion.meeting.in_(meetings))).one()
    return (yes or 0) + (no or 0), yes or 0


def woman_says(db: Session, meeting: Meeting, starts: datetime) -> WomanSays:
    """The answer of the woman officer: yes | asked | no. One who serves no more or is on leave that day
    does not come.
    """
    woman = db.get(Person, meeting.woman)
    serves = woman is not None and woman.active and not is_away(woman, starts)
    return WomanSays(meeting.woman_says) if serves else WomanSays.NO


def others_of(db: Session, meeting: Meeting, zone: tzinfo) -> Sequence[tuple[datetime, datetime, bool]]:
    """The other meetings of the zone: from when, until when, and whether they are at the same place."""
    near = select(Meeting).where(Meeting.zone == meeting.zone, Meeting.status.in_(UPCOMING), Meeting.id != meeting.id)
    return [
        (datetime.fromtimestamp(m.starts, zone), datetime.fromtimestamp(m.ends, zone), m.venue == meeting.venue)
        for m in db.scalars(near)
    ]


def advocates_of(db: Session, country: Country, zone: str) -> list[str]:
    """The ids of the women's advocates of a zone, who sign its meetings."""
    advocates = db.scalars(select(Person).where(Person.role == "advocate", Person.active).order_by(Person.ref))
    return [person.id for person in advocates if works_in(member(person), zone, country)]

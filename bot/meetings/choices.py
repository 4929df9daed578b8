"""What a leader chooses from while she calls a meeting: zones, places, women who can be asked. What she uses most
stands first."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute

from bot.country.rows import Place, Venue
from bot.meetings.steps import Serves, member, works_in
from bot.storage.tables.meetings import Meeting
from bot.storage.tables.people import Person
from bot.storage.unit_of_work import Work


@dataclass(frozen=True)
class Somebody:
    """A person as others who work here know her: by unit and reference, for no name is kept."""

    id: str
    ref: str
    unit: str  # its name, or empty


def zones(work: Work, who: Serves) -> list[Place]:
    """The served zones in which she works."""
    often = _how_often(work, who.id, Meeting.zone)
    near = [zone for zone in work.country.served if works_in(who, zone.code, work.country)]
    return sorted(near, key=lambda zone: -often.get(zone.code, 0))


def venues(work: Work, leader: str, zone: str) -> list[Venue]:
    """The registered places of a zone."""
    often = _how_often(work, leader, Meeting.venue)
    there = [venue for venue in work.country.venues.values() if venue.zone == zone]
    return sorted(there, key=lambda venue: -often.get(venue.ref, 0))


def _how_often(work: Work, leader: str, what: InstrumentedAttribute[str]) -> dict[str, int]:
    """How often she has called one there."""
    mine = select(what, func.count()).where(Meeting.leader == leader).group_by(what)
    return {place: times for place, times in work.db.execute(mine)}


def zone_of(work: Work, meeting_id: str) -> str:
    """The zone of a meeting that she has begun to call or has called. Raises `NoResultFound`."""
    return work.db.get_one(Meeting, meeting_id).zone


def women_to_ask(work: Work, zone: str) -> list[Somebody]:
    """Women who can be asked to be there: officers and partners of the zone who have chosen their PIN; no shelter, of
    which nobody is to know who works there."""
    champions = Person.role.in_(("champion", "partner")) & (func.length(Person.public_key) > 0)
    return _women(work, zone, champions & (Person.kind != "shelter"), Person.role, Person.ref)


def other_women(work: Work, meeting_id: str) -> list[Somebody]:
    """The same for a meeting, without the one who was asked. Raises `NoResultFound`."""
    meeting = work.db.get_one(Meeting, meeting_id)
    return [woman for woman in women_to_ask(work, meeting.zone) if woman.id != meeting.woman]


def listeners(work: Work, zone: str) -> list[Somebody]:
    """Women's advocates and counsellors of a zone, to whom a woman may turn at a meeting."""
    serve = (Person.role == "advocate") | ((Person.role == "partner") & (Person.kind == "talk"))
    return _women(work, zone, serve, Person.ref)


def _women(work: Work, zone: str, who: ColumnElement[bool], *order: InstrumentedAttribute[str]) -> list[Somebody]:
    found = select(Person).where(who, Person.active, Person.sex == "f").order_by(*order)
    near = [person for person in work.db.scalars(found) if works_in(member(person), zone, work.country)]
    units = work.country.units
    return [Somebody(p.id, p.ref, units[p.unit].name if p.unit in units else "") for p in near]

"""What a leader chooses from while she calls a meeting: zones, places, women who can be asked. What she has used most
comes first.
"""

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
    """A person as other members of staff see her: unit and reference, because no name is stored."""

    id: str
    ref: str
    unit: str  # its name, or empty


def zones(work: Work, who: Serves) -> list[Place]:
    """The served zones in which a person works, those that she has used most first."""
    often = _how_often(work, who.id, Meeting.zone)
    near = [zone for zone in work.country.served if works_in(who, zone.code, work.country)]
    return sorted(near, key=lambda zone: -often.get(zone.code, 0))


def venues(work: Work, leader: str, zone: str) -> list[Venue]:
    """The registered places of a zone, those that the leader has used most first."""
    often = _how_often(work, leader, Meeting.venue)
    of_zone = [venue for venue in work.country.venues.values() if venue.zone == zone]
    return sorted(of_zone, key=lambda venue: -often.get(venue.ref, 0))


def _how_often(work: Work, leader: str, what: InstrumentedAttribute[str]) -> dict[str, int]:
    """How many meetings of the leader have each value of a column."""
    mine = select(what, func.count()).where(Meeting.leader == leader).group_by(what)
    return {place: times for place, times in work.db.execute(mine)}


def zone_of(work: Work, meeting_id: str) -> str:
    """The code of the zone of a meeting, begun or called. Raises `NoResultFound`."""
    return work.db.get_one(Meeting, meeting_id).zone


def women_to_ask(work: Work, zone: str) -> list[Somebody]:
    """Women who can be asked to be there: officers and partners of the zone who have chosen their PIN. No shelter
    staff, because nobody is to know who works in a shelter.
    """
    champions = Person.role.in_(("champion", "partner")) & (func.length(Person.public_key) > 0)
    return _women(work, zone, champions & (Person.kind != "shelter"), Person.role, Person.ref)


def other_women(work: Work, meeting_id: str) -> list[Somebody]:
    """The same for a meeting, without the woman who was asked already. Raises `NoResultFound`."""
    meeting = work.db.get_one(Meeting, meeting_id)
    return [woman for woman in women_to_ask(work, meeting.zone) if woman.id != meeting.woman]


def listeners(work: Work, zone: str) -> list[Somebody]:
    """Women's advocates and counsellors of a zone, to whom a woman can turn at a meeting."""
    serve = (Person.role == "advocate") | ((Person.role == "partner") & (Person.kind == "talk"))
    return _women(work, zone, serve, Person.ref)


def _women(work: Work, zone: str, who: ColumnElement[bool], *order: InstrumentedAttribute[str]) -> list[Somebody]:
    women = select(Person).where(who, Person.active, Person.sex == "f").order_by(*order)
    near = [person for person in work.db.scalars(women) if works_in(member(person), zone, work.country)]
    units = work.country.units
    return [Somebody(p.id, p.ref, units[p.unit].name if p.unit in units else "") for p in near]

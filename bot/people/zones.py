"""A women's advocate closes one of her zones at once; to open it again takes a second person (S91)."""

from __future__ import annotations

from typing import Literal

from bot.people import pairs
from bot.people.enrolment import PeopleError
from bot.people.pairs import PairAction, Wanted
from bot.storage.switches import off, turn
from bot.storage.tables.people import Person
from bot.storage.unit_of_work import Actor, Outcome, Work


def switch(work: Work, actor: Actor, zone: str) -> Outcome[Literal["closed", "asked", "gone"]]:
    """Close a zone that is open, or ask a second person to open one that is closed; `zone` is the code of a place.

    Outcomes: closed | asked | gone (the actor is no women's advocate of that zone, or nobody could confirm it).
    """
    around = {place.code for place in work.country.way_up(zone)}
    person = work.db.get(Person, actor.id)
    if person is None or actor.role != "advocate" or actor.zones.isdisjoint(around):
        return Outcome("gone")
    name = f"zone:{zone}"
    if name not in off(work.db):
        turn(work, name, False, person)
        return Outcome("closed")
    try:  # that no demo person decides in service is seen to where she signs in
        return pairs.propose(work, actor, Wanted(PairAction.SWITCH_ON, name), demo=True, on_phone=True)
    except PeopleError:
        return Outcome("gone")

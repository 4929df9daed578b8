"""A women's advocate closes one of her zones, or opens it again (S91)."""

from __future__ import annotations

from typing import Literal

from bot.storage.switches import off, turn
from bot.storage.tables.people import Person
from bot.storage.unit_of_work import Actor, Outcome, Work


def switch(work: Work, actor: Actor, zone: str) -> Outcome[Literal["closed", "opened", "gone"]]:
    """Close a zone that is open, or open one that is closed; `zone` is the code of a place.

    Outcomes: closed | opened | gone (the actor is no women's advocate of that zone).
    """
    around = {place.code for place in work.country.way_up(zone)}
    person = work.db.get(Person, actor.id)
    if person is None or actor.role != "advocate" or actor.zones.isdisjoint(around):
        return Outcome("gone")
    closed = f"zone:{zone}" in off(work.db)
    turn(work, f"zone:{zone}", closed, person)
    return Outcome("opened" if closed else "closed")

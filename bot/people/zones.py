"""An advocate closes a zone on her own phone, or opens it again (S91)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.actions.people import SwitchZone
from bot.storage.switches import off, turn
from bot.storage.tables.people import Person
from bot.storage.unit_of_work import Office, Outcome


def switch_zone(db: Session, effect: SwitchZone, office: Office, at: int) -> Outcome[str]:
    """An advocate closes a zone of hers on her own phone, or opens it again. Outcomes: closed | opened | gone."""
    office.vault.private(office.caller, effect.pin_handle)
    person, name = db.get(Person, office.caller), f"zone:{effect.closing}"
    around = {place.code for place in office.country.way_up(effect.closing)}
    if person is None or person.role != "advocate" or around.isdisjoint(person.zones.split(",")):
        return Outcome("gone")
    closed = name in off(db)
    turn(db, name, closed, person, office, at)
    return Outcome("opened" if closed else "closed")

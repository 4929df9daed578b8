"""Whoever answers says on her own phone, after her PIN, that she is not on duty until a day, or that she is back."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from bot.actions.people import ComeBack, GoAway
from bot.storage.audit import HERSELF, AuditAction, note
from bot.storage.tables.people import Person
from bot.storage.unit_of_work import Office, Outcome


def go_away(db: Session, effect: GoAway, office: Office, at: int) -> Outcome[str]:
    """Nothing new is routed to her from today until that day, both included; what she has taken stays hers.

    Outcomes: done | gone (she serves no more, or the day is past).
    """
    person, today = _she(db, effect.pin_handle, office), office.country.clock(at).date()
    if person is None or date.fromisoformat(effect.until_handle) < today:
        return Outcome("gone")
    person.away = f"{today}/{effect.until_handle}"
    note(db, office.vault, at, person.id, AuditAction.ON_LEAVE, detail=HERSELF)
    return Outcome("done")


def come_back(db: Session, effect: ComeBack, office: Office, at: int) -> Outcome[str]:
    """She serves again from now on. Outcomes: done | gone."""
    person = _she(db, effect.pin_handle, office)
    if person is None:
        return Outcome("gone")
    if person.away:
        person.away = ""
        note(db, office.vault, at, person.id, AuditAction.BACK, detail=HERSELF)
    return Outcome("done")


def _she(db: Session, handle: str, office: Office) -> Person | None:
    office.vault.private(office.caller, handle)
    person = db.get(Person, office.caller, with_for_update=True)
    return person if person is not None and person.active else None

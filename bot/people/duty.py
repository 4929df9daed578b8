"""A reader says for herself, after her PIN, that she is not on duty until a day, or that she is back."""

from __future__ import annotations

from datetime import date
from typing import Literal

from bot.storage.audit import HERSELF, AuditAction, note
from bot.storage.tables.people import Person
from bot.storage.unit_of_work import Actor, Outcome, Work


def go_away(work: Work, actor: Actor, until: date) -> Outcome[Literal["done", "gone"]]:
    """Route nothing new to the actor from today until that day, both included; what she has taken stays hers.

    Outcomes: done | gone (she serves no more, or the day is past).
    """
    person, today = _locked(work, actor), work.local.date()
    if person is None or until < today:
        return Outcome("gone")
    person.away = f"{today}/{until}"
    note(work.db, work.vault, work.at, person.id, AuditAction.ON_LEAVE, detail=HERSELF)
    return Outcome("done")


def come_back(work: Work, actor: Actor) -> Outcome[Literal["done", "gone"]]:
    """Route reports to the actor again from now on. Outcomes: done | gone (she serves no more)."""
    person = _locked(work, actor)
    if person is None:
        return Outcome("gone")
    if person.away:
        person.away = ""
        note(work.db, work.vault, work.at, person.id, AuditAction.BACK, detail=HERSELF)
    return Outcome("done")


def _locked(work: Work, actor: Actor) -> Person | None:
    """The row of the actor, locked until the transaction ends; None when she serves no more."""
    person = work.db.get(Person, actor.id, with_for_update={"key_share": True})
    return person if person is not None and person.active else None

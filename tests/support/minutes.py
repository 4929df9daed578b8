"""Minutes pass over an office: what is due is done, and whose phones have rung."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

import workers
from bot.storage import outbox
from bot.storage.tables.delivery import Message
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Request
from bot.storage.tables.runtime import Task
from tests.support.office import Caller, Office
from tests.support.staff import dial_as_staff, phone_of

CLOCKS = ("route", "answered", "remind")


@dataclass
class Minutes:
    """Minutes pass, and what is due is done; no SMS leaves. `ahead` is how many seconds have passed."""

    office: Office
    ahead: int = 0

    def passes(self, minutes: int) -> None:
        for _ in range(minutes):
            self.ahead += 60
            self.works()

    def works(self) -> None:
        due = Task.done_at.is_(None) & Task.name.in_(CLOCKS) & (Task.due_at <= outbox.now())
        for _ in range(4):
            with self.office.services.reads() as db:
                keys = list(db.scalars(select(Task.key).where(due).order_by(Task.due_at)))
            workers.run_tasks(*keys)
        self.office.rung.clear()


def staff(office: Office, ref: str, *keys: str) -> Caller:
    """Somebody who answers dials, gives her PIN and goes on."""
    return dial_as_staff(office, phone_of(office, ref), *keys)


def rung(office: Office) -> list[tuple[str, str]]:
    """Whose phone rang, and with what, in no order."""
    with office.services.reads() as db:
        whom = select(Person.ref, Message.kind).join(Message, Message.person == Person.id)
        return [(ref, kind) for ref, kind in db.execute(whom.order_by(Person.ref, Message.kind))]


def who(office: Office) -> set[str]:
    """Whose phone rang."""
    return {ref for ref, _kind in rung(office)}


def owner(office: Office) -> tuple[str, str]:
    """Status and owner of the only request to the police."""
    with office.services.reads() as db:
        found = select(Request.status, Person.ref).outerjoin(Person, Person.id == Request.owner)
        status, ref = db.execute(found.where(Request.service == "police")).one()
        return status, ref or ""

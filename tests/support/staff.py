"""Those who answer: their rows, their phones, their menus."""

from __future__ import annotations

import re

from sqlalchemy import select, update

import workers
from bot.storage.tables.people import FurtherNumber, Person
from bot.storage.tables.reports import Step
from tests.support.keys import STAFF_PIN, TO_TASKS
from tests.support.office import Caller, Office, choose_line


def phone_of(office: Office, ref: str) -> str:
    """The number of somebody who answers, by her reference."""
    with office.services.reads() as db:
        return office.services.vault.open_for_sender(db.scalars(select(Person.phone_sealed).filter_by(ref=ref)).one())


def phone_of_first_officer(office: Office) -> str:
    """The number of the officer whose phone rings first."""
    first = select(Person.ref).join(Step, Step.person == Person.id).where(Step.rung == 0, Person.role == "champion")
    with office.services.reads() as db:
        return phone_of(office, db.scalars(first).one())


def dial_as_staff(office: Office, phone: str, *keys: str) -> Caller:
    """Somebody who answers dials, gives her PIN and goes on; all alerts have been posted before."""
    while office.rung:
        workers.run_tasks(office.rung.pop(0))
    caller = office.call(f"w{len(office.store.kept)}", phone)
    caller.says(*TO_TASKS)
    if "New tasks" in caller.sees:  # she has other things to do here too
        choose_line(caller, "New tasks")
    caller.says(STAFF_PIN, *keys)
    if "Urgent. Is it finished?" in caller.sees:  # what is grave is asked twice: she means it
        caller.says("1")
    return caller


def read_by(office: Office, ref: str, *keys: str) -> str:
    """What stands on all pages for whoever has that reference, without the choices, which stand on each."""
    page = dial_as_staff(office, phone_of(office, ref), *keys)
    read = [page.sees]
    while "9 More" in page.sees:
        read.append(page.says("9"))
    return " ".join(line for one in read for line in one.splitlines() if not re.match(r"\d ", line))


def dial_as_first_officer(office: Office, *keys: str) -> Caller:
    """The officer whose phone rings first dials, gives her PIN and goes on."""
    return dial_as_staff(office, phone_of_first_officer(office), *keys)


def person_row(office: Office, ref: str) -> Person:
    """The row of somebody who answers, by her reference."""
    with office.services.reads() as db:
        return db.scalars(select(Person).where(Person.ref == ref)).one()


def first_are(office: Office, *refs: str) -> None:
    """Of those who give the same service, these stand first: their phones ring first."""
    with office.services.sessions.begin() as db:
        db.execute(update(Person).where(Person.ref.not_in(refs)).values(order=3))


def share_a_card(office: Office, *refs: str) -> None:
    """These people have one further number together; each dials from her own as before."""
    with office.services.sessions.begin() as db:
        for person in db.scalars(select(Person.id).where(Person.ref.in_(refs))).all():
            db.add(FurtherNumber(person=person, phone_digest=f"of {' '.join(refs)}"))

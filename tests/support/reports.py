"""A woman who tells on her phone, and what she does with her code."""

from __future__ import annotations

import re

from sqlalchemy import select

import workers
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, ReportReceipt
from tests.support.office import CALLER, Caller, Office

HER_PIN = "5293"


def dial_to_helpers(office: Office, session: str = "s1") -> Caller:
    """A woman dials and answers in English up to the question who may help her."""
    caller = office.call(session)
    caller.says("3", "3")
    while "9 More" in caller.sees:
        caller.says("9")
    caller.says("2", "1", "1", "1", "1")
    return caller


def file_report(office: Office, session: str = "s1", *, helpers: str = "6", notice: str = "1") -> str:
    """A woman tells of Buyenzi and wants a reply; her code.

    `helpers` are keys of whom she asks (6: the police); `notice`: a message never (1), in the morning (2) or in the
    evening (3).
    """
    caller = dial_to_helpers(office, session)
    page = caller.says(helpers, "1", "3", HER_PIN, "1", notice)
    assert caller.answer.ends
    return "".join(re.findall(r"\d", page)[:8])


def open_receipt(office: Office, code: str, pin: str = HER_PIN, phone: str = CALLER, session: str = "f") -> Caller:
    """Somebody dials and tries a code and a PIN."""
    caller = office.call(f"{session}{len(office.store.kept)}", phone)
    caller.says("3", "4", code, pin)
    return caller


def dial_as_champion(office: Office, session: str) -> Caller:
    """The champion whose phone rang dials and gives her PIN."""
    while office.rung:
        workers.run_tasks(office.rung.pop(0))
    with office.services.reads() as db:
        sealed = db.scalars(
            select(Person.phone_sealed).join(Copy, Copy.person == Person.id).where(Copy.rung == 0)
        ).first()
    assert sealed
    caller = office.call(session, office.services.vault.open_for_sender(sealed))
    caller.says("3", "4", "246810")
    return caller


def file_report_that_is_taken(office: Office) -> str:
    """Her report was taken by the champion; her code."""
    code = file_report(office)
    assert dial_as_champion(office, "c1").says("1", "1", "1").endswith("you have it. Thank you.")
    return code


def public_key_of_receipt(office: Office) -> bytes:
    with office.services.reads() as db:
        return db.scalars(select(ReportReceipt.public_key)).one()[:32]

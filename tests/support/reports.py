"""A woman who tells on her phone, and what she does with her code."""

from __future__ import annotations

import re

from sqlalchemy import select

import workers
from bot.reports.publication import keep_mistakes_out
from bot.storage.tables.delivery import Message, MessageKind
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Report, ReportReceipt
from bot.vault.guard import Caller as Kind
from tests.support.keys import (
    ANOTHER_OFFICER,
    CODE,
    DONE_WITH_A_CODE,
    FROM_LIMITS_TO_HELPERS,
    HAPPENS_NOW,
    NO_NOTICE,
    NO_WORD,
    NOT_POWERFUL,
    OPEN_TASKS,
    POLICE,
    SEND_NOW,
    TAKE_NEW_TASK,
    TO_LIMITS,
    TO_REPLIES,
    YES,
)
from tests.support.office import CALLER, Caller, Office, choose_line
from tests.support.vault_process import asking_as

HER_PIN = "5293"
REPORTS = (MessageKind.NEW, MessageKind.URGENT)


def dial_to_helpers(office: Office, session: str = "s1") -> Caller:
    """A woman dials and answers in English up to the question who may help her."""
    caller = office.call(session)
    caller.says(*TO_LIMITS)
    while "9 More" in caller.sees:
        caller.says("9")
    caller.says(*FROM_LIMITS_TO_HELPERS)
    return caller


def file_report(office: Office, session: str = "s1", *, helpers: str = POLICE, notice: str = NO_NOTICE) -> str:
    """A woman tells of Buyenzi and wants a reply; her code.

    `helpers` are keys of whom she asks, the police among them; `notice` says when an SMS may tell her of the answer.
    """
    caller = dial_to_helpers(office, session)
    if "No woman officer is on duty" in caller.says(helpers, NOT_POWERFUL):
        caller.says(ANOTHER_OFFICER)
    page = caller.says(SEND_NOW, *HAPPENS_NOW, CODE, HER_PIN, NO_WORD, notice)
    caller.says(DONE_WITH_A_CODE)
    assert caller.answer.ends
    return "".join(re.findall(r"\d", page)[:8])


def open_receipt(office: Office, code: str, pin: str = HER_PIN, phone: str = CALLER, session: str = "f") -> Caller:
    """Somebody dials and tries a code and a PIN."""
    caller = office.call(f"{session}{len(office.store.kept)}", phone)
    caller.says(*TO_REPLIES, code, pin)
    return caller


def erases(caller: Caller) -> str:
    """She has read the answer, and erases all that she told; what she reads then."""
    choose_line(caller, "Erase it all")
    return caller.says(YES)


def shuts_out(caller: Caller, whom: str) -> str:
    """She has read the answer, and changes who reads it; what she reads then."""
    choose_line(caller, "Change who reads it")
    return caller.says(whom)


def dial_as_champion(office: Office, session: str) -> Caller:
    """The champion whose phone rang dials and gives her PIN."""
    with asking_as(office.services.vault, Kind.WORKER) as vault:
        while office.rung:
            workers.run_tasks(office.rung.pop(0))
        with office.services.reads() as db:
            rung = select(Person.phone_sealed).join(Message, Message.person == Person.id)
            sealed = db.scalars(rung.where(Message.kind.in_(REPORTS)).order_by(Message.created, Message.number)).first()
        assert sealed
        phone = vault.open_for_sender(sealed)
    caller = office.call(session, phone)
    caller.says(*OPEN_TASKS)
    return caller


def file_report_that_is_taken(office: Office) -> str:
    """Her report was taken by the champion; her code."""
    code = file_report(office)
    assert dial_as_champion(office, "c1").says(*TAKE_NEW_TASK).endswith("you have it. Thank you.")
    return code


def public_key_of_receipt(office: Office) -> bytes:
    """The public key to which answers are sealed, without its signature."""
    with office.services.reads() as db:
        return db.scalars(select(ReportReceipt.public_key)).one()[:32]


def what_is_counted(office: Office) -> list[list[str]]:
    """Month, zone and what was told, of each report that would be counted if its month were over: what only the vault
    knows."""
    vault = office.services.vault
    with office.services.sessions() as db:
        for month in db.scalars(select(Report.month).distinct()).all():
            keep_mistakes_out(db, vault, month)
        rows = db.scalars(select(Report).where(Report.tally != b"")).all()
        inside = [vault._opened("tally", row.id, row.week, row.tally) for row in rows]
        db.rollback()
    return [one for one in inside if one]

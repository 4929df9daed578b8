"""Whoever leaves names who follows her: what she had taken opens for that colleague, and for her no more (S52)."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import workers
from bot.actions.reports import HandAll
from bot.people import enrolment
from bot.phone.perform import Caller as Colleague
from bot.phone.perform import perform
from bot.storage.tables.delivery import Message
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Request, RequestStatus
from bot.storage.tables.runtime import Event, Task
from bot.storage.unit_of_work import Work
from bot.vault.sealing import Unsealable
from tests.support.keys import (
    CLOSE_AS_HELPED,
    MY_FIRST_TASK,
    NO_MEN,
    OPEN_TASKS,
    REPLY_GO_TO_A_DOCTOR,
    TAKE_NEW_TASK,
    YES,
)
from tests.support.office import Caller, Office
from tests.support.reports import dial_as_champion, open_receipt, shuts_out
from tests.support.staff import person_row


def dial_with_pin(office: Office, ref: str, session: str) -> Caller:
    caller = office.call(session, office.services.vault.open_for_sender(person_row(office, ref).phone_sealed))
    caller.says(*OPEN_TASKS)
    return caller


def hand_over_all(office: Office, to: str = "C1B") -> Caller:
    leaver = dial_with_pin(office, "C1A", "leaves")
    leaver.says("5")
    key = next(line.partition(" ")[0] for line in leaver.sees.splitlines() if line.endswith(to))
    leaver.says(key)
    return leaver


def test_her_colleague_is_rung_and_reads_and_answers_and_she_herself_no_more(office: Office, taken_code: str) -> None:
    assert hand_over_all(office).sees == "It goes to another person."
    assert "no new task" in dial_with_pin(office, "C1A", "c3").sees
    while office.rung:
        workers.run_tasks(office.rung.pop(0))
    with office.services.reads() as db:
        assert person_row(office, "C1B").id in set(db.scalars(select(Message.person)))
    heir = dial_with_pin(office, "C1B", "c4")
    assert heir.says(*TAKE_NEW_TASK).endswith("you have it. Thank you.")
    heir = dial_with_pin(office, "C1B", "c5")
    assert heir.says(*MY_FIRST_TASK, *REPLY_GO_TO_A_DOCTOR) == "Sent."
    assert "Go to a doctor." in open_receipt(office, taken_code).sees


def at_work(office: Office, db: Session) -> Work:
    return Work(db, office.services.vault, office.services.country, 1_800_000_000)


def test_until_the_colleague_takes_it_the_clock_goes_on(office: Office, taken_code: str) -> None:
    hand_over_all(office)
    with office.services.reads() as db:
        request = db.scalars(select(Request)).one()
        waits = db.scalars(select(Task.due_at).where(Task.name == "route", Task.done_at.is_(None))).all()
        assert (request.status, request.owner) == (RequestStatus.NEW, "")
        assert "handed to a successor" in set(db.scalars(select(Event.what)))
    assert waits


def test_what_she_kept_from_that_colleague_goes_to_somebody_else(office: Office, taken_code: str) -> None:
    assert shuts_out(open_receipt(office, taken_code), NO_MEN) == "It is written. Thank you."  # no man reads it
    hand_over_all(office)
    with office.services.reads() as db:
        held = select(Person.ref).join(Copy, Copy.person == Person.id)
        assert set(db.scalars(held)) == {"O1", "O2"}


def test_nobody_of_another_place_or_role_can_be_named(office: Office, taken_code: str) -> None:
    caller = person_row(office, "C1A")
    handle = office.services.vault.unlock(caller.id, caller.wrapped_key, "246810").handle
    for ref in ("C2A", "P-HEALTH-1", "O1", "L1", "C1A"):
        with office.services.sessions.begin() as db:
            assert (
                perform(at_work(office, db), Colleague(caller.id), HandAll(handle, person_row(office, ref).id)).code
                == "gone"
            )
    with office.services.sessions.begin() as db, pytest.raises(Unsealable):
        perform(
            at_work(office, db), Colleague(person_row(office, "C1B").id), HandAll(handle, person_row(office, "C1A").id)
        )


def test_a_colleague_whose_phone_is_lost_is_not_offered(office: Office, taken_code: str) -> None:
    with office.services.sessions.begin() as db:
        enrolment.disable(db, "C1B", "K9", office.services.vault)
    leaver = dial_with_pin(office, "C1A", "leaves")
    assert leaver.says("5") == "Nobody else is there, or she did not agree."


def test_who_has_taken_nothing_gives_nothing(office: Office, taken_code: str) -> None:
    assert dial_as_champion(office, "c9").says(*MY_FIRST_TASK, *CLOSE_AS_HELPED, YES) == "It is finished."
    caller = person_row(office, "C1A")
    handle = office.services.vault.unlock(caller.id, caller.wrapped_key, "246810").handle
    with office.services.sessions.begin() as db:
        assert (
            perform(at_work(office, db), Colleague(caller.id), HandAll(handle, person_row(office, "C1B").id)).code
            == "none"
        )

"""Delhi, a child and sexual violence: the law wants the police told within a day, and a clock sees to it (S39)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

import workers
from bot.reports.erasure import erase
from bot.reports.filing import OVERDUE, TELL_WITHIN
from bot.storage import outbox
from bot.storage.tables.delivery import Message
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Report, Step
from bot.storage.tables.runtime import Event, Task
from tests.support.keys import (
    A_CHILD,
    ANOTHER_LANGUAGE,
    BACK,
    DONE,
    FORCED_SEX,
    GO_ON,
    HURT,
    IN_THE_LAST_3_DAYS,
    ME,
    MY_FIRST_TASK,
    NO_CHILD_PROTECTION,
    RAPE,
    SAY_MORE,
    SEND_AND_DONE,
    SEND_NOW,
    SOMEBODY_TO_TALK_TO,
    STAFF_PIN,
    TAKE_NEW_TASK,
    TASKS,
    TELL,
    Way,
)
from tests.support.office import Caller, Office

pytestmark = [pytest.mark.office(country="in"), pytest.mark.usefixtures("people_of_the_country")]

ENGLISH_IN_DELHI = "2"
TO_WHO: Way = (ENGLISH_IN_DELHI, TELL, GO_ON, GO_ON)  # the second page to go on from says what the law demands
TO_ITS_END: Way = ("1", SOMEBODY_TO_TALK_TO, SEND_NOW, SAY_MORE, RAPE, IN_THE_LAST_3_DAYS, BACK, DONE)
TOLD: Way = (*TO_WHO, A_CHILD, *FORCED_SEX, *TO_ITS_END)


def file_report_in_delhi(office: Office, *keys: str) -> None:
    caller = office.call("s1", "+919810000123")
    assert "arrived" in caller.says(*keys)


def counsellor(office: Office, session: str) -> Caller:
    with office.services.reads() as db:
        first = select(Person.phone_sealed).join(Step, Step.person == Person.id).where(Step.rung == 0)
        sealed = db.scalars(first.order_by(Person.ref)).first()
    assert sealed
    phone = office.services.vault.open_for_sender(sealed)
    caller = office.call(session, phone)
    caller.says(ANOTHER_LANGUAGE, ENGLISH_IN_DELHI, TASKS, STAFF_PIN)
    return caller


def overdue_task(office: Office) -> Task | None:
    with office.services.reads() as db:
        return db.scalar(select(Task).where(Task.name == "overdue"))


def test_the_law_is_said_before_the_questions_and_its_clock_starts_when_she_sends(office: Office) -> None:
    caller = office.call("s0", "+919810000123")
    assert "child protection and the police must know" in caller.says(*TO_WHO[:3])
    assert overdue_task(office) is None
    file_report_in_delhi(office, *TOLD)
    task = overdue_task(office)
    assert task
    assert task.key.startswith(OVERDUE)
    assert task.due_at % 3600 == 0  # the second would say when she called
    assert -10 < outbox.now() + TELL_WITHIN - task.due_at <= 3610


@pytest.mark.parametrize("keys", [
    (*TO_WHO, ME, *FORCED_SEX, *TO_ITS_END),  # a grown woman
    (*TO_WHO, A_CHILD, HURT, "1", SOMEBODY_TO_TALK_TO, NO_CHILD_PROTECTION, *SEND_AND_DONE),  # a child that was beaten
])  # fmt: skip
def test_of_what_the_law_does_not_name_there_is_no_clock(office: Office, keys: Way) -> None:
    file_report_in_delhi(office, *keys)
    assert overdue_task(office) is None


def test_whoever_has_taken_it_says_with_one_key_that_the_police_knows(office: Office) -> None:
    file_report_in_delhi(office, *TOLD)
    while office.rung:
        workers.run_tasks(office.rung.pop(0))
    assert "you have it" in counsellor(office, "c1").says(*TAKE_NEW_TASK)
    case = counsellor(office, "c2")
    assert "1 The police knows of it" in case.says(*MY_FIRST_TASK)
    assert case.says("1") == "It is written. Thank you."
    task = overdue_task(office)
    assert task
    assert task.done_at
    with office.services.reads() as db:
        assert "police told" in set(db.scalars(select(Event.what)))
    assert "1 Write a reply" in counsellor(office, "c3").says(*MY_FIRST_TASK)  # asked once


def test_when_nobody_has_said_so_within_a_day_oversight_hears_of_it(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    file_report_in_delhi(office, *TOLD)
    task = overdue_task(office)
    assert task
    with time_machine.travel(timedelta(hours=24, seconds=5)):
        workers.run_tasks(task.key)
    with office.services.reads() as db:
        rung = set(db.scalars(select(Person.role).join(Message, Message.person == Person.id)))
    assert rung == {"oversight"}
    assert "a duty of the law is a day old" in caplog.text


def test_what_she_took_back_has_no_clock_any_more(office: Office) -> None:
    file_report_in_delhi(office, *TOLD)
    with office.services.sessions.begin() as db:
        erase(db, office.services.vault, db.scalars(select(Report)).one(), outbox.now())
    task = overdue_task(office)
    assert task
    assert task.done_at

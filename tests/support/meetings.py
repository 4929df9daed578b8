"""A meeting as its leader, officer, advocate and coordinator make it on their phones."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import select, update

import workers
from bot.storage import outbox
from bot.storage.tables.meetings import Meeting
from bot.storage.tables.runtime import Task
from tests.support.keys import (
    ANSWER_YES,
    ANY_HOUR,
    ENGLISH,
    MEETINGS,
    STAFF_PIN,
    TASKS_OF_MEETINGS,
    TO_TASKS,
    YES,
    plan_meeting,
)
from tests.support.office import Caller, Office, choose_line
from tests.support.provider import Provider
from tests.support.staff import phone_of

MONDAY = datetime.fromisoformat("2026-11-23T09:00:00+02:00")
WOMEN = ["+25779000001", "+25779000002", "+25779000003"]


def dial_tasks(office: Office, ref: str) -> Caller:
    """Somebody who works for meetings dials, goes to her tasks and gives her PIN."""
    caller = office.call(f"w{len(office.store.kept)}", phone_of(office, ref))
    caller.says(*TO_TASKS)
    if "1 New tasks" in caller.sees:
        caller.says(TASKS_OF_MEETINGS)
    caller.says(STAFF_PIN)
    return caller


def call_meeting(office: Office, date: str = "3/12", hour: str = "14:00", venue: str = "1") -> Caller:
    """The leader calls a meeting in Buyenzi, to which the first woman officer is asked."""
    leader = dial_tasks(office, "L1")
    choose_line(leader, "New meeting")
    choose_line(leader, "Buyenzi")
    leader.says(*plan_meeting(date, hour, venue=venue))
    return leader


def call_and_agree(office: Office) -> None:
    """Called, the officer comes, the advocate has signed."""
    assert call_meeting(office).says(YES) == "Sent."
    assert dial_tasks(office, "C1A").says(*ANSWER_YES) == "It is written. Thank you."
    assert dial_tasks(office, "A1").says(*ANSWER_YES) == "It is written. Thank you."


def call_and_release(office: Office) -> Meeting:
    """And the coordinator has let it go."""
    call_and_agree(office)
    assert dial_tasks(office, "K1").says(*ANSWER_YES) == "It leaves in 10 minutes."
    return only_meeting(office)


def only_meeting(office: Office) -> Meeting:
    """The meeting of this test."""
    with office.services.reads() as db:
        return db.scalars(select(Meeting)).one()


def join_by_phone(office: Office, phone: str, zone: str = "Buyenzi", language: str = ENGLISH) -> Caller:
    """Somebody registers for all meetings of a zone, at any hour; her phone on the last page."""
    caller = office.call(f"j{len(office.store.kept)}", phone)
    caller.says(language, MEETINGS)
    if "SMS about meetings" in caller.sees:
        choose_line(caller, "SMS about meetings")
    choose_line(caller, "Send me SMS")
    choose_line(caller, zone)
    while re.search("^9 ", caller.sees, re.MULTILINE):
        caller.says("9")
    caller.says(re.findall("^([1-8]) ", caller.sees, re.MULTILINE)[-1], ANY_HOUR)  # the last: all kinds
    return caller


def work_off(office: Office) -> None:
    """Everything that is due now is done."""
    for _ in range(6):
        for key in outbox.due(office.services.sessions, outbox.now()):
            workers.run_tasks(key)
        with office.services.sessions.begin() as db:
            db.execute(update(Task).values(enqueued_at=0))


def sms_to(stand_in: Provider, phones: list[str] = WOMEN) -> list[tuple[str, str]]:
    """Who of the people was written to, and what."""
    each = ((phone, asked.form["message"]) for asked in stand_in.asked for phone in asked.form["to"].split(","))
    return [(phone, message) for phone, message in each if phone in phones]


def write_sms(office: Office, said: str, phone: str = "", message: str = "") -> str:
    """Somebody writes an SMS, the leader unless another phone is named; the answer."""
    return office.talk_sessions.sms("africastalking", message or said, phone or phone_of(office, "L1"), said).text


def drafts_of(office: Office) -> list[Meeting]:
    """The meetings that are drafts."""
    with office.services.reads() as db:
        return list(db.scalars(select(Meeting).where(Meeting.status == "draft")))

"""She may ask for an SMS when there is an answer: it reads like the news, comes in her hours, and leads nowhere."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

import workers
from bot.actions.reports import FileReport
from bot.delivery.alert_texts import NEWS
from bot.meetings.subscribers import opt_out
from bot.phone.perform import Caller, perform
from bot.reports import reply_notice
from bot.storage import outbox
from bot.storage.tables.delivery import Message
from bot.storage.tables.reports import Ping, Report
from bot.storage.tables.runtime import Event, Task
from bot.storage.unit_of_work import Work
from bot.upkeep import retention
from bot.words import checks
from bot.words.languages import LANGUAGES
from tests.support.keys import (
    ASK_IF_SAFE,
    BUYENZI,
    DOCTOR,
    ERASE,
    GO_ON,
    HURT,
    ME_A_CHILD,
    MY_FIRST_TASK,
    NO_WORD,
    NOTICE_IN_THE_EVENING,
    NOTICE_IN_THE_MORNING,
    NOW,
    REPLY_GO_TO_A_DOCTOR,
    SEND_FOR_REPLY,
    TAKE_NEW_TASK,
    TO_LIMITS,
)
from tests.support.office import CALLER, Office
from tests.support.provider import Provider
from tests.support.reports import HER_PIN, file_report, open_receipt
from tests.support.staff import dial_as_first_officer


def answered(office: Office) -> None:
    dial_as_first_officer(office, *TAKE_NEW_TASK)
    assert dial_as_first_officer(office, *MY_FIRST_TASK, *REPLY_GO_TO_A_DOCTOR).sees == "Sent."


def time_passes(office: Office) -> None:
    """A day: whatever waits for an hour leaves the house."""
    with office.services.sessions.begin() as db:
        keys = list(db.scalars(select(Task.key).where(Task.name == "deliver", Task.done_at.is_(None))))
        db.execute(update(Task).where(Task.key.in_(keys)).values(due_at=0))
    for key in keys:
        workers.run_tasks(key)


def written_to_her(stand_in: Provider) -> list[str]:
    return [asked.form["message"] for asked in stand_in.asked if asked.form["to"] == CALLER]


def test_she_who_said_yes_reads_the_news_once_a_day_and_nothing_else(office: Office, stand_in: Provider) -> None:
    file_report(office, notice=NOTICE_IN_THE_MORNING)
    answered(office)
    assert dial_as_first_officer(office, *MY_FIRST_TASK, *ASK_IF_SAFE).sees == "Sent."
    time_passes(office)
    (news,) = written_to_her(stand_in)
    assert news == "Local news: this week's news is here. Dial *384*55#, free."


@pytest.mark.parametrize("when", ["1"])
def test_she_who_said_no_is_never_written_to(office: Office, stand_in: Provider, when: str) -> None:
    file_report(office, notice=when)
    answered(office)
    time_passes(office)
    assert written_to_her(stand_in) == []
    with office.services.reads() as db:
        assert list(db.scalars(select(Ping))) == []


def test_a_child_is_not_asked_and_not_written_to_whatever_comes_in(office: Office) -> None:
    caller = office.call("s1")
    caller.says(*TO_LIMITS)
    while "9 More" in caller.sees:
        caller.says("9")
    assert "Your code" in caller.says(GO_ON, ME_A_CHILD, HURT, NOW, BUYENZI, DOCTOR, SEND_FOR_REPLY, HER_PIN, NO_WORD)
    vault = office.services.vault
    forged = FileReport("self_child", "hurt", "now", "talk", "BI-ZO-02-09-01", pin_handle=vault.issue(
        HER_PIN).handle, ping="morning", number_handle=vault.keep_number(CALLER).hex())  # fmt: skip
    with office.services.sessions.begin() as db:
        perform(Work(db, vault, office.services.country, 1_800_000_000), Caller(), forged)
        assert list(db.scalars(select(Ping))) == []


def test_who_opted_out_since_is_left_alone(office: Office, stand_in: Provider) -> None:
    file_report(office, notice=NOTICE_IN_THE_EVENING)
    opt_out(office.services.sessions, office.services.vault, CALLER, True)
    answered(office)
    time_passes(office)
    assert written_to_her(stand_in) == []


def test_what_she_takes_back_takes_her_number_along(office: Office) -> None:
    code = file_report(office, notice=NOTICE_IN_THE_MORNING)
    assert open_receipt(office, code).says(*ERASE) == "It is erased."
    with office.services.reads() as db:
        assert list(db.scalars(select(Ping))) == []


def test_nothing_in_the_tables_leads_from_her_number_to_her_report(office: Office) -> None:
    file_report(office, notice=NOTICE_IN_THE_MORNING)
    answered(office)
    with office.services.reads() as db:
        report, kept = db.scalars(select(Report)).one(), db.scalars(select(Ping)).one()
        message = db.scalars(select(Message).where(Message.kind == "ping")).one()
        task = db.scalars(select(Task).where(Task.due_at == message.created)).one()
        moments = set(db.scalars(select(Event.at)))
    assert report.id not in repr([vars(kept), vars(message), vars(task)])
    assert message.created - max(moments) >= 3600
    assert CALLER[4:].encode() not in kept.recipient + (message.recipient or b"")


@given(at=st.integers(1_790_000_000, 1_830_000_000), hour=st.sampled_from(sorted(reply_notice.HOURS.values())))
def test_it_comes_in_her_hour_and_never_within_the_next(at: int, hour: int) -> None:
    from zoneinfo import ZoneInfo

    for zone in (ZoneInfo("Africa/Bujumbura"), ZoneInfo("Asia/Kolkata")):
        due = reply_notice.next_hour(at, zone, hour)
        assert datetime.fromtimestamp(due, zone).hour == hour
        assert 3600 <= due - at <= 25 * 3600


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_message_says_nothing_to_whoever_holds_her_phone(tmp_path: Path, language: str) -> None:
    office = Office(tmp_path)
    said = office.services.words.say(language, NEWS, {"code": "*384*55#"})
    assert checks.sms_faults(language, said) == []
    office.services.engine.dispose()


@pytest.mark.parametrize(("later", "kept"), [(150, 1), (240, 0)])
def test_her_number_is_kept_for_half_a_year_after_the_last_message_and_no_longer(
    office: Office, later: int, kept: int
) -> None:
    code = file_report(office, notice=NOTICE_IN_THE_MORNING)
    retention.destroy_week_keys(office.services, outbox.now() + later * 86400)
    with office.services.reads() as db:
        assert len(db.scalars(select(Ping.key)).all()) == kept
    assert open_receipt(office, code).sees.startswith("It arrived.")  # what she told is another matter

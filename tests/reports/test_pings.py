"""She may ask for an SMS when there is an answer: it reads like the news, comes in her hours, and leads nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select, update

import workers
from bot.actions.reports import FileReport, GiveCode
from bot.delivery.alert_texts import NEWS
from bot.meetings.subscribers import opt_out
from bot.phone.perform import Caller, perform
from bot.reports import reply_notice
from bot.storage import outbox
from bot.storage.outbox import TaskName
from bot.storage.tables.delivery import Message
from bot.storage.tables.reports import Ping, Report, Request
from bot.storage.tables.runtime import Task
from bot.storage.unit_of_work import Work
from bot.upkeep import retention
from bot.vault.boxes import HOURS
from bot.words import checks
from bot.words.languages import LANGUAGES
from flows import FLOWS
from tests.support.keys import (
    ASK_IF_SAFE,
    BUYENZI,
    CLOSE_AS_HELPED,
    CODE,
    DOCTOR,
    DOCTOR_AND_POLICE,
    GO_ON,
    HURT,
    ME_A_CHILD,
    MY_FIRST_TASK,
    NO_CHILD_PROTECTION,
    NO_WORD,
    NOTICE_IN_THE_EVENING,
    NOTICE_IN_THE_MORNING,
    REPLY_GO_TO_A_DOCTOR,
    SEND_NOW,
    TAKE_NEW_TASK,
    TO_LIMITS,
)
from tests.support.office import CALLER, Office, choose_line
from tests.support.provider import Provider
from tests.support.reports import HER_PIN, erases, file_report, open_receipt
from tests.support.staff import dial_as_first_officer
from workers.ping import announce as announce_ping


def answered(office: Office) -> None:
    dial_as_first_officer(office, *TAKE_NEW_TASK)
    assert dial_as_first_officer(office, *MY_FIRST_TASK, *REPLY_GO_TO_A_DOCTOR).sees == "Sent."


def time_passes(office: Office, day: str = "2026-11-28") -> None:
    """A day: in the morning and in the evening numbers are opened, and whatever waits for an hour leaves the house."""
    with office.services.sessions.begin() as db:
        tasks = [outbox.task(f"ping:{day}:{hours}", TaskName.PING, {"day": day, "hours": hours}, 0) for hours in HOURS]
        keys = outbox.post(db, *tasks)
    for key in keys:
        workers.run_tasks(key)
    with office.services.sessions.begin() as db:
        keys = list(db.scalars(select(Task.key).where(Task.name == "deliver", Task.done_at.is_(None))))
        db.execute(update(Task).where(Task.key.in_(keys)).values(due_at=0))
    for key in keys:
        workers.run_tasks(key)


def numbers_kept(office: Office) -> int:
    """In how many reports there is a number."""
    with office.services.reads() as db:
        rows = db.scalars(select(Report).where(Report.contact != b"")).all()
    vault = office.services.vault
    return sum(len(vault._opened("contact", row.id, row.week, row.contact)) == 3 for row in rows)


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


def test_a_child_is_not_asked_and_not_written_to_whatever_comes_in(office: Office) -> None:
    caller = office.call("s1")
    caller.says(*TO_LIMITS)
    while "9 More" in caller.sees:
        caller.says("9")
    assert "Your code" in caller.says(
        GO_ON, ME_A_CHILD, HURT, BUYENZI, DOCTOR, NO_CHILD_PROTECTION, SEND_NOW, CODE, HER_PIN, NO_WORD
    )
    vault = office.services.vault
    with office.services.sessions.begin() as db:
        work = Work(db, vault, office.services.country, outbox.now())
        done = perform(work, Caller(), FileReport("self_child", "hurt", "talk", "BI-ZO-02-09-01"))
        handle, number = vault.issue(HER_PIN).handle, vault.keep_number(CALLER).hex()
        perform(work, Caller(), GiveCode(str(done.values["report_handle"]), handle, "morning", number))
    assert numbers_kept(office) == 0


def test_who_opted_out_since_is_left_alone(office: Office, stand_in: Provider) -> None:
    file_report(office, notice=NOTICE_IN_THE_EVENING)
    opt_out(office.services.sessions, office.services.vault, CALLER, True)
    answered(office)
    time_passes(office)
    assert written_to_her(stand_in) == []


def test_what_she_takes_back_takes_her_number_along(office: Office) -> None:
    code = file_report(office, notice=NOTICE_IN_THE_MORNING)
    answered(office)
    assert numbers_kept(office) == 1
    assert erases(open_receipt(office, code)) == "It is erased."
    assert numbers_kept(office) == 0
    assert office.services.vault.open_contacts("morning", "2026-11-28") == []


def test_nothing_in_the_tables_leads_from_her_number_to_her_report(office: Office) -> None:
    file_report(office, notice=NOTICE_IN_THE_MORNING)
    answered(office)
    with office.services.reads() as db:
        report = db.scalars(select(Report)).one()
        assert db.scalars(select(Message).where(Message.kind == "ping")).all() == []
        assert [task.key for task in db.scalars(select(Task).where(Task.name == "ping"))] == []
    (told,) = office.services.vault.open_contacts("morning", "2026-11-28")
    with office.services.sessions.begin() as db:
        reply_notice.post(db, [told], office.services.country, outbox.now())
    with office.services.reads() as db:
        message = db.scalars(select(Message).where(Message.kind == "ping")).one()
        task = db.scalars(select(Task).where(Task.args["message"].as_string() == message.id)).one()
    assert report.id not in repr([vars(message), vars(task)])
    assert message.created % 3600 == 0
    assert CALLER[4:].encode() not in report.contact + (message.recipient or b"")


def test_boxes_are_there_and_equally_long_whoever_leaves_a_number_or_is_counted(office: Office) -> None:
    file_report(office, "s1", notice=NOTICE_IN_THE_EVENING)
    file_report(office, "s2")
    with office.services.reads() as db:
        rows = db.execute(select(Report.tally, Report.contact)).all()
    assert len({(len(tally), len(contact)) for tally, contact in rows}) == 1
    assert len({box for row in rows for box in row}) == 4


def test_a_number_that_an_earlier_release_has_kept_hears_of_the_answer(office: Office, stand_in: Provider) -> None:
    file_report(office)
    vault = office.services.vault
    with office.services.sessions.begin() as db:
        report = db.scalars(select(Report)).one()
        row = {"key": vault.ping(report.id), "recipient": vault.seal_to_sender(CALLER), "day": "2026-11"}
        db.add(Ping(**row, hours="evening", language="en"))
    answered(office)
    time_passes(office)
    assert len(written_to_her(stand_in)) == 1


def test_a_worker_that_dies_before_it_has_posted_asks_again_and_nobody_is_told_twice(office: Office) -> None:
    file_report(office, notice=NOTICE_IN_THE_MORNING)
    answered(office)
    vault = office.services.vault
    first = vault.open_contacts("morning", "2026-11-28")
    assert vault.open_contacts("morning", "2026-11-28") == first
    assert len(first) == 1
    assert vault.open_contacts("morning", "2026-11-29") == []


def test_a_report_that_is_answered_twice_a_day_is_told_once(office: Office) -> None:
    file_report(office, notice=NOTICE_IN_THE_MORNING)
    answered(office)
    vault = office.services.vault
    assert len(vault.open_contacts("morning", "2026-11-28")) == 1
    assert dial_as_first_officer(office, *MY_FIRST_TASK, *ASK_IF_SAFE).sees == "Sent."
    assert vault.open_contacts("morning", "2026-11-29") == []  # of the vault's own day, whatever day it is told


@pytest.mark.parametrize(("hour", "posted"), [(8, []), (9, ["morning"]), (10, []), (17, ["evening"])])
def test_numbers_are_asked_for_in_their_hours_only(
    office: Office, clock: time_machine.Traveller, hour: int, posted: list[str]
) -> None:
    office.services.settings.mode = "production"
    clock.move_to(office.services.country.clock(outbox.now()).replace(hour=hour, minute=20))
    keys = announce_ping(office.services, outbox.now())
    assert [key.rpartition(":")[2] for key in keys] == posted
    assert announce_ping(office.services, outbox.now()) == ()


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
    assert numbers_kept(office) == kept
    assert open_receipt(office, code).sees.startswith("It arrived.")  # what she told is another matter


# -- after the closing -------------------------------------------------------------------------------------------------
def closed(office: Office, notice: str = NOTICE_IN_THE_MORNING, session: str = "s1") -> str:
    """A report whose only request was closed today; her code."""
    code = file_report(office, session, notice=notice)
    dial_as_first_officer(office, *TAKE_NEW_TASK)
    assert dial_as_first_officer(office, *MY_FIRST_TASK, *CLOSE_AS_HELPED).sees == "It is finished."
    return code


def days_pass(office: Office, clock: time_machine.Traveller, days: int) -> None:
    """So many days, each with its morning and its evening: the clock announces, and what is due leaves the house."""
    for _day in range(days):
        clock.shift(86400)
        for hour in (9, 17):
            clock.move_to(office.services.country.clock(outbox.now()).replace(hour=hour, minute=1))
            for key in announce_ping(office.services, outbox.now()):
                workers.run_tasks(key)
            clock.move_to(office.services.country.clock(outbox.now()).replace(minute=59, second=59))
            with office.services.reads() as db:
                keys = list(db.scalars(select(Task.key).where(Task.name == "deliver", Task.done_at.is_(None))))
            for key in keys:
                workers.run_tasks(key)


def test_three_and_thirty_days_after_the_closing_comes_the_same_message_which_asks_nothing(
    office: Office, stand_in: Provider, clock: time_machine.Traveller
) -> None:
    code = closed(office)
    for days, messages in ((2, 0), (1, 1), (26, 1), (1, 2), (3, 2)):
        days_pass(office, clock, days)
        assert len(written_to_her(stand_in)) == messages, days
    assert {*written_to_her(stand_in)} == {"Local news: this week's news is here. Dial *384*55#, free."}
    assert "Did the answer help?" in open_receipt(office, code).sees  # the question waits behind code and PIN


@pytest.mark.parametrize("notice", ["1", NOTICE_IN_THE_EVENING])
def test_only_who_allowed_it_is_written_to_after_the_closing(
    office: Office, stand_in: Provider, clock: time_machine.Traveller, notice: str
) -> None:
    closed(office, notice)
    days_pass(office, clock, 31)
    assert len(written_to_her(stand_in)) == (0 if notice == "1" else 2)


def test_never_more_than_three_messages_in_all(
    office: Office, stand_in: Provider, clock: time_machine.Traveller
) -> None:
    file_report(office, notice=NOTICE_IN_THE_MORNING)
    answered(office)
    for _again in range(2):
        days_pass(office, clock, 1)
        assert dial_as_first_officer(office, *MY_FIRST_TASK, *ASK_IF_SAFE).sees == "Sent."
    page = dial_as_first_officer(office, *MY_FIRST_TASK)
    choose_line(page, "It is finished")
    choose_line(page, "She got help")
    assert choose_line(page, "Yes") == "It is finished."  # it was urgent: she is asked twice
    days_pass(office, clock, 40)
    assert len(written_to_her(stand_in)) == 3


def test_planted_a_vault_that_does_not_count_in_all_is_found(
    office: Office, stand_in: Provider, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.vault.boxes.MOST_SMS", 99)
    with pytest.raises(AssertionError, match="5"):
        test_never_more_than_three_messages_in_all(office, stand_in, clock)


def test_her_number_dies_31_days_after_the_closing_and_what_was_told_stays(
    office: Office, clock: time_machine.Traveller
) -> None:
    code = closed(office)
    for days, kept in ((30, 1), (1, 0)):
        clock.shift(days * 86400)
        retention.destroy_week_keys(office.services, outbox.now())
        assert numbers_kept(office) == kept, days
    assert "It is finished." in open_receipt(office, code).sees


def test_while_a_part_of_it_is_open_nothing_comes_and_her_number_lives(
    office: Office, stand_in: Provider, clock: time_machine.Traveller
) -> None:
    file_report(office, notice=NOTICE_IN_THE_MORNING, helpers=DOCTOR_AND_POLICE)
    dial_as_first_officer(office, *TAKE_NEW_TASK)
    assert dial_as_first_officer(office, *MY_FIRST_TASK, *CLOSE_AS_HELPED).sees == "It is finished."
    days_pass(office, clock, 33)
    retention.destroy_week_keys(office.services, outbox.now())
    assert written_to_her(stand_in) == []
    assert numbers_kept(office) == 1


def test_what_she_has_opened_again_is_followed_by_nothing_also_when_it_was_due_already(
    office: Office, stand_in: Provider, clock: time_machine.Traveller
) -> None:
    code = closed(office, NOTICE_IN_THE_EVENING)
    clock.shift(3 * 86400)
    clock.move_to(office.services.country.clock(outbox.now()).replace(hour=9, minute=1))
    announce_ping(office.services, outbox.now())  # told to the vault in the morning, for the evening
    choose_line(open_receipt(office, code), "Open it again")
    days_pass(office, clock, 32)
    assert written_to_her(stand_in) == []


def test_who_stops_or_erases_after_the_closing_is_left_alone(
    office: Office, stand_in: Provider, clock: time_machine.Traveller
) -> None:
    erases(open_receipt(office, closed(office)))
    days_pass(office, clock, 4)
    closed(office, session="s2")
    opt_out(office.services.sessions, office.services.vault, CALLER, True)
    days_pass(office, clock, 31)
    assert written_to_her(stand_in) == []


def test_days_on_which_the_house_was_dark_are_made_up_for_once(
    office: Office, stand_in: Provider, clock: time_machine.Traveller
) -> None:
    closed(office)
    clock.shift(9 * 86400)
    days_pass(office, clock, 4)
    assert len(written_to_her(stand_in)) == 1


def test_the_tables_do_not_say_who_of_those_that_were_closed_has_left_a_number(
    office: Office, clock: time_machine.Traveller
) -> None:
    file_report(office, "s1", notice=NOTICE_IN_THE_MORNING)
    file_report(office, "s2")
    with office.services.sessions.begin() as db:
        db.execute(update(Request).values(status="closed", closing="helped", closed="2026-11-23"))
    days_pass(office, clock, 4)
    with office.services.reads() as db:
        rows = db.execute(select(Report.followed, Report.contact)).all()
    assert {(row.followed, len(row.contact)) for row in rows} == {(1, len(rows[0].contact))}


def test_she_is_told_that_there_are_three_at_most_before_she_says_yes() -> None:
    assert "Three at most" in FLOWS.flows["told_code"].nodes["ping"].text

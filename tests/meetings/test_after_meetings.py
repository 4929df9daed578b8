"""After a meeting: promises, worries, counts, the same again; zones that do not meet."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
import time_machine
from openpyxl import load_workbook
from sqlalchemy import select, update

from app import create_app
from bot.meetings.promises import silent_zones
from bot.meetings.subscribers import erase_rsvps
from bot.people import enrolment
from bot.storage import outbox
from bot.storage.tables.meetings import Attendance, Concern, Meeting, Promise
from bot.storage.tables.people import Person
from tests.support.keys import ANSWER_YES, FIRST_MEETING, TO_MEETINGS
from tests.support.meetings import (
    MONDAY,
    WOMEN,
    call_and_agree,
    call_and_release,
    call_meeting,
    dial_tasks,
    join_by_phone,
    sms_to,
    work_off,
)
from tests.support.office import Office, choose_line
from tests.support.provider import Provider
from tests.support.staff import phone_of

pytestmark = pytest.mark.usefixtures("clock")


def test_what_was_promised_is_read_by_anybody_and_only_the_womens_side_says_that_it_was_kept(
    office: Office, clock: time_machine.Traveller
) -> None:
    call_and_release(office)
    clock.move_to(MONDAY + timedelta(days=10, hours=8))
    leader = dial_tasks(office, "L1")
    choose_line(leader, "3/12 14:00")
    choose_line(leader, "A promise")
    assert leader.says("1", "2", "20/12") == "It is written. Thank you."
    woman = office.call("s1", WOMEN[0])
    woman.says(*TO_MEETINGS)
    page = choose_line(woman, "What was promised")
    assert page.startswith("Buyenzi: Light on the road. The commune, 20/12.")
    boasting = dial_tasks(office, "L1")
    choose_line(boasting, "3/12 14:00")
    choose_line(boasting, "A promise was kept")
    assert boasting.says("1") == "The women's group says that."
    clock.move_to(MONDAY + timedelta(days=22))  # two days late, and two weeks after
    with office.services.sessions.begin() as db:
        db.execute(update(Meeting).values(starts=outbox.now() - 3600, ends=outbox.now() - 60))
        db.execute(update(Promise).values(due="2026-12-14"))
    late = office.call("s2", WOMEN[0])
    late.says(*TO_MEETINGS)
    assert "14/12: late." in choose_line(late, "What was promised")
    advocate = dial_tasks(office, "A1")
    advocate.says("1")
    choose_line(advocate, "A promise was kept")
    assert advocate.says("1") == "It is written. Thank you."
    assert "What was promised" not in office.call("s3", WOMEN[0]).says(*TO_MEETINGS)


def test_a_zone_that_has_not_met_for_two_months_is_an_alarm(office: Office, clock: time_machine.Traveller) -> None:
    call_and_release(office)
    with office.services.reads() as db:
        assert silent_zones(db, office.services.country, MONDAY.date()) == []
        assert silent_zones(db, office.services.country, (MONDAY + timedelta(days=80)).date()) == [("Buyenzi", 70)]


def writes_minutes(office: Office, ref: str, *settled: str) -> None:
    """Light on the road and a safe way to water were decided."""
    caller = dial_tasks(office, ref)
    choose_line(caller, "3/12 14:00")
    choose_line(caller, "What was decided")
    assert caller.says("14", *settled) == "It is written. Thank you."


def tasks(stand_in: Provider, office: Office, ref: str) -> int:
    """How many SMS told somebody that there is a task."""
    return len(sms_to(stand_in, [phone_of(office, ref)]))


def test_once_it_is_written_down_whoever_was_told_hears_that_it_can_be_read_what_was_decided(
    office: Office, stand_in: Provider, clock: time_machine.Traveller
) -> None:
    join_by_phone(office, WOMEN[0])
    call_and_release(office)
    clock.shift(timedelta(minutes=11))
    work_off(office)
    join_by_phone(office, WOMEN[1])
    clock.move_to(MONDAY + timedelta(days=10, hours=8))
    work_off(office)
    reminded = tasks(stand_in, office, "L1")
    for day in (1, 2):  # each morning its leader is reminded
        clock.move_to(MONDAY + timedelta(days=10 + day, minutes=5))
        work_off(office)
        assert tasks(stand_in, office, "L1") == reminded + day
    assert not any("decided" in text for _phone, text in sms_to(stand_in))
    writes_minutes(office, "L1")
    clock.move_to(MONDAY + timedelta(days=13, minutes=5))
    work_off(office)
    assert sms_to(stand_in)[-1] == (WOMEN[0], "What was decided at the meeting: dial *384*55#.")
    assert [phone for phone, _text in sms_to(stand_in) if phone == WOMEN[1]] == []
    woman = office.call("s9", WOMEN[0])
    woman.says(*TO_MEETINGS)
    assert choose_line(woman, "3/12 14:00").startswith("Decided: Light on the road. A safe way to water.")
    assert woman.says("1") == "Thank you."  # too late to say how it was


def test_minutes_that_nobody_writes_in_a_week_are_an_alarm_and_nothing_is_sent(
    office: Office, stand_in: Provider, clock: time_machine.Traveller, caplog: pytest.LogCaptureFixture
) -> None:
    join_by_phone(office, WOMEN[0])
    call_and_release(office)
    for day in (0, 11, 12, 13, 14, 15, 16, 17, 18, 19):
        clock.move_to(MONDAY + timedelta(days=day, minutes=20))
        work_off(office)
    assert "ALARM: nobody wrote down what was decided at meeting 1" in caplog.text
    assert not any("decided" in text for _phone, text in sms_to(stand_in))


def test_what_people_worried_about_is_answered_in_the_minutes_by_who_read_it(
    office: Office, clock: time_machine.Traveller
) -> None:
    call_and_release(office)
    clock.shift(timedelta(minutes=11))
    woman = office.call("s1", WOMEN[0])
    woman.says(*TO_MEETINGS, FIRST_MEETING)
    choose_line(woman, "I worry about something")
    woman.says("the road is dark")
    clock.move_to(MONDAY + timedelta(days=10, hours=8))
    leader = dial_tasks(office, "L1")
    choose_line(leader, "3/12 14:00")
    choose_line(leader, "A promise")
    leader.says("1", "2", "20/12")
    writes_minutes(office, "L1")  # he has read none and is not asked
    writes_minutes(office, "A1", "1")
    reads = office.call("s2", WOMEN[1])
    page = reads.says(*TO_MEETINGS, FIRST_MEETING)
    while "9 More" in reads.sees:
        page += " " + reads.says("9")
    assert page.startswith("Decided: Light on the road. A safe way to water. Buyenzi: Light on the road. The commune, ")
    assert "there is an answer." in page
    assert reads.says("1").startswith("Were you safe on the way?")


def test_two_counts_that_differ_are_kept_and_both_sides_read_both(
    office: Office, stand_in: Provider, clock: time_machine.Traveller
) -> None:
    call_and_release(office)
    clock.move_to(MONDAY + timedelta(days=10, hours=8))
    work_off(office)
    leader = dial_tasks(office, "L1")
    choose_line(leader, "3/12 14:00")
    leader.says("1", "21 4 3 0")
    before = tasks(stand_in, office, "L1")
    advocate = dial_tasks(office, "A1")
    choose_line(advocate, "3/12 14:00")
    choose_line(advocate, "Who came")
    assert advocate.says("20 4 3 0") == "It is written. The other count is not the same."
    work_off(office)
    assert tasks(stand_in, office, "L1") == before + 1
    for ref in ("L1", "A1"):
        caller = dial_tasks(office, ref)
        page = choose_line(caller, "3/12 14:00").replace("\n", " ")
        while "9 More" in caller.sees:
            page += " " + caller.says("9").replace("\n", " ")
        assert "Community leader: 21 4 3 0." in page
        assert "Women's group: 20 4 3 0." in page


def test_a_count_by_sms_with_few_women_asks_what_is_to_change(office: Office, clock: time_machine.Traveller) -> None:
    call_and_release(office)
    clock.move_to(MONDAY + timedelta(days=10, hours=8))
    office.talk_sessions.sms("africastalking", "m1", phone_of(office, "L1"), "ATT 1 W3 M11")
    caller = dial_tasks(office, "L1")
    choose_line(caller, "3/12 14:00")
    assert choose_line(caller, "The number I sent by SMS").startswith("Few women came: what can be changed?")
    assert choose_line(caller, "Women go home together") == "It is written. Thank you."
    with office.services.reads() as db:
        (count,) = db.scalars(select(Attendance))
    assert (count.counted_by, count.women, count.men, count.girls, count.plan) == ("leader", 3, 11, 0, "way_home")


def test_what_she_worries_about_is_read_by_the_womens_side_alone(office: Office, clock: time_machine.Traveller) -> None:
    call_and_release(office)
    clock.shift(timedelta(minutes=11))
    woman = office.call("s1", WOMEN[0])
    woman.says(*TO_MEETINGS, FIRST_MEETING)
    choose_line(woman, "I worry about something")
    assert woman.says("the road is dark") == "Sent."
    with office.services.reads() as db:
        kept = db.scalars(select(Concern)).one()
        assert db.get_one(Person, kept.person).ref == "A1"
        assert b"dark" not in kept.sealed
    clock.move_to(MONDAY + timedelta(days=10, hours=8))
    for who, page in (("A1", "the road is dark"), ("L1", "Nobody wrote anything.")):
        caller = dial_tasks(office, who)
        choose_line(caller, "3/12 14:00")
        assert choose_line(caller, "What people worry about").startswith(page)
    with office.services.sessions.begin() as db:
        erase_rsvps(db, int((MONDAY + timedelta(days=60)).timestamp()))
        assert list(db.scalars(select(Concern))) == []


def test_a_third_announcement_in_a_day_waits_for_tomorrow(office: Office, clock: time_machine.Traveller) -> None:
    for day in ("3/12", "4/12", "7/12"):
        assert call_meeting(office, day).says("1") == "Sent."
    for ref in ("C1A", "A1"):
        for number in ("1", "2", "3"):
            assert dial_tasks(office, ref).says(number, "1") == "It is written. Thank you."
    said = [dial_tasks(office, "K1").says(number, "1") for number in ("1", "2", "3")]
    assert said == ["It leaves in 10 minutes."] * 2 + ["Enough SMS for today. Send it tomorrow."]
    clock.shift(timedelta(days=1))
    assert dial_tasks(office, "K1").says("3", "1") == "It leaves in 10 minutes."


@pytest.mark.parametrize(("suffix", "paid_by"), [("csv", False), ("xlsx", True), ("csv", True)])
def test_what_came_of_it_is_a_table_of_numbers(
    office: Office, clock: time_machine.Traveller, tmp_path: Path, suffix: str, paid_by: bool
) -> None:
    call_and_release(office)
    clock.move_to(MONDAY + timedelta(days=10, hours=8))
    leader = dial_tasks(office, "L1")
    choose_line(leader, "3/12 14:00")
    leader.says("1", "21 4 3 0")
    table = tmp_path / f"out.{suffix}"
    run = create_app(office.settings, office.services).test_cli_runner()
    projects = tmp_path / "projects.csv"
    projects.write_text(
        "tag,zone,kind,from,until\nEU-1,BI-ZO-02-09-01,consultation,2026-12-01,2026-12-31\nUN-2,,,,\n"
        "EU-1,BI-ZO-02-06-08,,,\nUS-3,,training,,\nUN-4,,,,2026-12-02\n"
    )
    given = ["--projects", str(projects)] if paid_by else []
    assert run.invoke(args=["meetings", str(table), *given]).output == f"1 meetings written to {table}.\n"
    if suffix == "csv":
        (row,) = csv.DictReader(table.open(encoding="utf-8"))
    else:
        head, *rows = load_workbook(table).active.iter_rows(values_only=True)
        (row,) = [dict(zip(head, map(str, cells), strict=True)) for cells in rows]
    assert (row["month"], row["place"], row["kind"], row["for"]) == ("2026-12", "Buyenzi", "consultation", "women")
    assert row["project"] == ("EU-1; UN-2" if paid_by else "")
    assert (row["women_leader"], row["girls_leader"], row["organiser_sex"]) == ("21", "3", "m")
    assert "Error: the file is called" in run.invoke(args=["meetings", str(tmp_path / "out.pdf")]).output


def test_a_count_by_sms_counts_once_it_is_confirmed_with_the_pin(office: Office, clock: time_machine.Traveller) -> None:
    call_and_release(office)
    leader, at = phone_of(office, "L1"), "africastalking"
    assert (
        office.talk_sessions.sms(at, "m0", leader, "att 1 W23 M11 G4 B0").text == "That is wrong. Write again."
    )  # too early
    clock.move_to(MONDAY + timedelta(days=10, hours=8))
    assert (
        office.talk_sessions.sms(at, "m1", leader, "Abaje 1 W23 M11 G4 B0 O3 D1").text
        == "Vyanditswe. Fyonda *384*55# uvyemeze."
    )
    assert office.talk_sessions.sms(at, "m2", leader, "att 1 W23 11").text.endswith("Example: 23 11 4 0")
    assert office.talk_sessions.sms(at, "m5", leader, "att 1 1 1 1 1 5").text.endswith(
        "Example: 23 11 4 0"
    )  # more than came
    assert office.talk_sessions.sms(at, "m6", leader, "att 1 1 1 1 1 1 1 1").text.endswith("Example: 23 11 4 0")
    assert office.talk_sessions.sms(at, "m3", leader, "att 9 1 1 1 1").text == "That is wrong. Write again."
    assert office.talk_sessions.sms(at, "m4", WOMEN[0], "att 1 W99 M0 G0 B0").text.startswith("Fyonda")
    with office.services.reads() as db:
        assert [row.counted_by for row in db.scalars(select(Attendance))] == ["leader?"]
    caller = dial_tasks(office, "L1")
    choose_line(caller, "3/12 14:00")
    assert choose_line(caller, "The number I sent by SMS") == "It is written. Thank you."
    with office.services.reads() as db:
        (row,) = db.scalars(select(Attendance))
        assert (row.counted_by, row.women, row.elders, row.disabled) == ("leader", 23, 3, 1)
    again = dial_tasks(office, "L1")
    choose_line(again, "3/12 14:00")
    assert choose_line(again, "The number I sent by SMS") == "You sent none."


def test_the_same_again_is_two_keys_and_is_signed_anew(office: Office, clock: time_machine.Traveller) -> None:
    call_and_release(office)
    clock.shift(timedelta(minutes=11))
    leader = dial_tasks(office, "L1")
    choose_line(leader, "3/12 14:00")
    choose_line(leader, "The same again")
    assert leader.sees.startswith("The same again\n1 10/12\n2 17/12\n3 3/1\n4 7/1")  # weekly, the date, first Thursday
    assert leader.says("4") == "Sent."
    with office.services.reads() as db:
        first, again = db.scalars(select(Meeting).order_by(Meeting.number))
    assert office.services.country.clock(again.starts).isoformat() == "2027-01-07T14:00:00+02:00"
    assert (again.venue, again.woman, again.status, again.woman_says) == (first.venue, first.woman, "called", "asked")
    advocate = dial_tasks(office, "A1")
    choose_line(advocate, "7/1 14:00")
    assert advocate.says("1") == "It cannot go out like this."  # the officer has not said yes to that day
    second = dial_tasks(office, "K1")
    choose_line(second, "7/1 14:00")
    assert "The same again" not in second.sees


def test_an_officer_who_goes_on_leave_or_serves_no_more_does_not_come(office: Office) -> None:
    call_and_agree(office)
    with office.services.sessions.begin() as db:
        enrolment.leave(db, "C1A", date(2026, 12, 1), date(2026, 12, 5), "K9", office.services.vault)
    assert dial_tasks(office, "K1").says(*ANSWER_YES) == "It cannot go out like this."
    with office.services.sessions.begin() as db:
        enrolment.leave(db, "C1A", date(2026, 12, 10), date(2026, 12, 12), "K9", office.services.vault)
        enrolment.disable(db, "C1A", "K9", office.services.vault)
    assert dial_tasks(office, "K1").says(*ANSWER_YES) == "It cannot go out like this."

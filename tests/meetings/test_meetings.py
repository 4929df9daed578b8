"""A meeting from the first key to the head count: called, agreed to, signed, released, heard of, moved, called off."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from bot.meetings.labels import NEWS
from bot.meetings.notices import render_sms
from bot.meetings.subscribers import erase_rsvps
from bot.storage import outbox
from bot.storage.tables.delivery import Message, Notice
from bot.storage.tables.meetings import Attendance, Coming, Meeting, MeetingStatus, Opinion, Subscriber
from bot.storage.tables.people import Person
from bot.storage.tables.runtime import Event
from bot.upkeep.retention import delete_expired_rows
from bot.words import checks
from bot.words.gsm import segments
from bot.words.languages import LANGUAGES
from tests.support.keys import ANSWER_NO, ANSWER_YES, FIRST_MEETING, I_COME, TO_MEETINGS, TO_TASKS
from tests.support.meetings import (
    MONDAY,
    WOMEN,
    call_and_agree,
    call_and_release,
    call_meeting,
    dial_tasks,
    join_by_phone,
    only_meeting,
    sms_to,
    work_off,
)
from tests.support.office import Office, choose_line
from tests.support.provider import Provider
from tests.support.staff import phone_of

pytestmark = pytest.mark.usefixtures("clock")


def test_from_the_first_key_to_the_head_count(
    office: Office, stand_in: Provider, clock: time_machine.Traveller
) -> None:
    for phone in WOMEN:
        assert join_by_phone(office, phone).sees == "You are registered for meetings. STOP to leave."
    call_and_release(office)
    clock.shift(timedelta(minutes=9))
    work_off(office)
    assert sms_to(stand_in) == []  # the hold
    clock.shift(timedelta(minutes=2))
    work_off(office)
    assert sorted(sms_to(stand_in)) == [(p, "Community meeting Thursday 3/12, 14:00. Dial *384*55#.") for p in WOMEN]
    work_off(office)
    assert len(sms_to(stand_in)) == 3
    woman = office.call("s1", WOMEN[0])
    assert "3/12 14:00" in woman.says(*TO_MEETINGS)
    page = woman.says("1")
    assert page.startswith("Meeting: Thursday 3/12, 14:00. Women only. A woman police officer will be there.")
    assert "Centre" not in page  # the place of a women's circle is for who comes
    assert woman.says("1") == "Thank you. Place: Centre (demo) Buyenzi."
    assert "Place: Centre (demo) Buyenzi." in office.call("s1b", WOMEN[0]).says(
        *TO_MEETINGS, FIRST_MEETING
    )  # she calls again
    assert "Centre" not in office.call("s1c", WOMEN[1]).says(*TO_MEETINGS, FIRST_MEETING)
    clock.move_to(MONDAY + timedelta(days=9, hours=0.1))  # the day before, nine o'clock
    work_off(office)
    assert [m for _, m in sms_to(stand_in)][3:] == ["Remember: meeting Thursday 3/12, 14:00. Dial *384*55#."] * 3
    clock.move_to(MONDAY + timedelta(days=10, hours=3.1))
    work_off(office)
    assert len(sms_to(stand_in)) == 9
    clock.move_to(MONDAY + timedelta(days=10, hours=8))  # it is over
    after = office.call("s2", WOMEN[1])
    after.says(*TO_MEETINGS, FIRST_MEETING)
    assert after.sees.startswith("Were you safe on the way?")
    assert after.says("1", "2", "1") == "Thank you."
    leader = dial_tasks(office, "L1")
    choose_line(leader, r"3/12 14:00")
    assert leader.says("1", "21 4 3 0") == "It is written. Thank you."
    advocate = dial_tasks(office, "A1")
    choose_line(advocate, "3/12 14:00")
    choose_line(advocate, "Who came")
    assert advocate.says("W20 M4 G3") == "It is written. The other count is not the same."
    with office.services.reads() as db:
        counts = {row.counted_by: row.women for row in db.scalars(select(Attendance))}
        assert counts == {"leader": 21, "advocate": 20}
        assert {(o.question, o.yes, o.no) for o in db.scalars(select(Opinion))} == {
            ("safe", 1, 0), ("spoke", 0, 1), ("again", 1, 0)}  # fmt: skip


def test_nothing_goes_out_while_the_officer_has_not_said_yes(office: Office) -> None:
    call_meeting(office).says("1")
    assert dial_tasks(office, "A1").says(*ANSWER_YES) == "It cannot go out like this."
    assert only_meeting(office).status == MeetingStatus.CALLED


def test_the_officers_no_takes_the_signature_away(office: Office) -> None:
    call_and_agree(office)
    assert dial_tasks(office, "C1A").says(*ANSWER_NO) == "It is written. Thank you."
    meeting = only_meeting(office)
    assert (meeting.status, meeting.woman_says, meeting.advocate) == ("called", "no", "")
    assert "There is no meeting now." in dial_tasks(office, "K1").sees or "3/12" in dial_tasks(office, "K1").sees
    assert "No woman officer has said yes." in dial_tasks(office, "L1").says("2")


def test_whoever_called_it_cannot_release_it_and_nobody_but_the_advocate_signs(office: Office) -> None:
    call_meeting(office).says("1")
    dial_tasks(office, "C1A").says(*ANSWER_YES)
    assert "I agree" not in dial_tasks(office, "K1").says("1")
    assert "I agree" not in dial_tasks(office, "L1").says("2")
    dial_tasks(office, "A1").says(*ANSWER_YES)
    assert "Send to" not in dial_tasks(office, "L1").says("2")
    assert "Send to 0 people?" in dial_tasks(office, "K1").says("1")


def test_in_the_ten_minutes_the_advocate_or_a_leader_stops_it(
    office: Office, stand_in: Provider, clock: time_machine.Traveller
) -> None:
    join_by_phone(office, WOMEN[0])
    call_and_release(office)
    assert dial_tasks(office, "A1").says(*ANSWER_YES) == "It is written. Thank you."
    clock.shift(timedelta(minutes=30))
    work_off(office)
    assert sms_to(stand_in) == []
    assert only_meeting(office).status == MeetingStatus.SIGNED
    assert "There is no meeting now." in office.call("s1", WOMEN[0]).says(*TO_MEETINGS)


def test_at_night_nothing_is_released(office: Office, clock: time_machine.Traveller) -> None:
    call_and_agree(office)
    clock.move_to(MONDAY.replace(hour=3) + timedelta(days=1))
    assert dial_tasks(office, "K1").says(*ANSWER_YES) == "Send it by day: 8:00 to 20:00."
    with office.services.reads() as db:
        assert "release refused: out of hours" in set(db.scalars(select(Event.what)))


def test_a_meeting_that_is_moved_is_told_at_once_and_no_old_reminder_follows(
    office: Office, stand_in: Provider, clock: time_machine.Traveller
) -> None:
    join_by_phone(office, WOMEN[0])
    call_and_release(office)
    clock.shift(timedelta(minutes=11))
    work_off(office)
    leader = dial_tasks(office, "L1")
    leader.says("2")
    choose_line(leader, "Move a meeting")
    assert "Saturday 5/12, 10:00" in leader.says("5/12", "10:00")
    assert leader.says("1") == "Sent."
    work_off(office)
    assert sms_to(stand_in)[-1][1] == "The meeting is moved. Dial *384*55#."
    assert "There is no meeting now." in office.call("s1", WOMEN[0]).says(*TO_MEETINGS)
    clock.move_to(MONDAY + timedelta(days=11))
    work_off(office)
    assert len(sms_to(stand_in)) == 2  # no reminder of the third


def test_who_was_told_hears_that_it_is_off_and_nothing_else(
    office: Office, stand_in: Provider, clock: time_machine.Traveller
) -> None:
    join_by_phone(office, WOMEN[0])
    call_and_release(office)
    clock.shift(timedelta(minutes=11))
    work_off(office)
    join_by_phone(office, WOMEN[1])  # she came later and was told of nothing
    leader = dial_tasks(office, "L1")
    leader.says("2")
    choose_line(leader, "Cancel a meeting")
    assert leader.says("1") == "Sent."
    work_off(office)
    assert sms_to(stand_in)[1:] == [(WOMEN[0], "The meeting of Thursday 3/12, 14:00 is cancelled. Sorry.")]
    clock.move_to(MONDAY + timedelta(days=10, hours=4))
    work_off(office)
    assert len(sms_to(stand_in)) == 2


def test_who_leaves_by_phone_or_by_stop_is_written_to_no_more_and_is_nowhere(
    office: Office, stand_in: Provider, clock: time_machine.Traveller
) -> None:
    for phone in WOMEN:
        join_by_phone(office, phone)
    join_by_phone(office, WOMEN[2])  # twice: one entry
    leaving = office.call("l1", WOMEN[0])
    leaving.says(*TO_MEETINGS)
    assert choose_line(leaving, "No more SMS") == "You will get no more messages from us."
    office.talk_sessions.sms("africastalking", "m1", WOMEN[1], "STOP")
    stranger = office.call("l2", "+25779777777")
    stranger.says(*TO_MEETINGS)
    assert choose_line(stranger, "No more SMS") == leaving.sees  # the same words for who was never there
    call_and_release(office)
    clock.shift(timedelta(minutes=11))
    work_off(office)
    assert [phone for phone, _ in sms_to(stand_in)] == [WOMEN[2]]
    with office.services.reads() as db:
        assert len(list(db.scalars(select(Subscriber)))) == 1


def test_whoever_releases_it_reads_to_how_many_and_in_which_languages_it_goes(office: Office) -> None:
    join_by_phone(office, WOMEN[0])
    join_by_phone(office, WOMEN[1])
    join_by_phone(office, WOMEN[2], "Musaga")
    call_and_agree(office)
    assert "Send to 2 (en 2) people?" in dial_tasks(office, "K1").says("1")


def test_each_reads_her_own_language_and_only_her_zone(
    office: Office, stand_in: Provider, clock: time_machine.Traveller
) -> None:
    join_by_phone(office, WOMEN[0])
    caller = office.call("rn", WOMEN[1])
    caller.says("1", "1", "1", "1", "6", "1")
    assert caller.sees.startswith("Uranditswe")
    join_by_phone(office, WOMEN[2], "Musaga")
    call_and_release(office)
    clock.shift(timedelta(minutes=11))
    work_off(office)
    assert sorted(sms_to(stand_in)) == [
        (WOMEN[0], "Community meeting Thursday 3/12, 14:00. Dial *384*55#."),
        (WOMEN[1], "Inama: ku wa kane 3/12, isaha umunani z'umuhingamo (14:00). Fyonda *384*55#."),
    ]


def test_how_many_come_is_a_total_and_small_ones_are_few(office: Office, clock: time_machine.Traveller) -> None:
    call_and_release(office)
    clock.shift(timedelta(minutes=11))
    for number in range(6):
        office.call(f"s{number}", f"+2577900001{number}").says(*TO_MEETINGS, FIRST_MEETING, I_COME)
        with office.services.reads() as db:
            assert len(list(db.scalars(select(Coming)))) == number + 1
        page = dial_tasks(office, "L1").says("2")
        while "9 More" in page and "They come" not in page:
            break
        assert ("They come: < 5." if number < 4 else f"They come: {number + 1}.") in page
    with office.services.sessions.begin() as db:
        erase_rsvps(db, int((MONDAY + timedelta(days=12)).timestamp()))
        assert list(db.scalars(select(Coming))) == []


@pytest.mark.parametrize(
    ("date", "says"),
    [("31/2", "That is wrong."), ("32/1", "That is wrong."), ("ejo", "That is wrong."), ("kal", "That is wrong."),
     ("1/13", "That is wrong."), ("3102", "That is wrong."), ("312", "That is wrong."), ("22/11", "That day is past."),
     ("", "That is wrong.")],
)  # fmt: skip
def test_a_date_that_is_none_is_asked_again_and_the_rest_is_kept(office: Office, date: str, says: str) -> None:
    leader = dial_tasks(office, "L1")
    choose_line(leader, "New meeting")
    choose_line(leader, "Buyenzi")
    assert leader.says("1", "1", date).startswith(says)
    assert "Date? Example: 12/3" in leader.sees
    assert "Hour?" in leader.says("3/12")
    for hour in ("25:00", "isaha zitatu", "14:60", "9"):
        assert leader.says(hour).startswith("That is wrong.")
    assert "Thursday 3/12, 14:30" in leader.says("14h30")
    assert "Hour?" in leader.says("0")
    assert "Thursday 3/12, 9:30" in leader.says("0930")


def test_the_leader_reads_what_speaks_against_it_before_it_is_sent(office: Office) -> None:
    page = call_meeting(office, "24/11", "18:00", venue="3").sees
    assert page.startswith("It ends in the dark. Women may be afraid of that place.")


def test_nobody_counts_nobody_or_ten_thousand_and_few_women_ask_for_a_plan(
    office: Office, clock: time_machine.Traveller
) -> None:
    call_and_release(office)
    clock.move_to(MONDAY + timedelta(days=10, hours=8))
    leader = dial_tasks(office, "L1")
    choose_line(leader, "3/12 14:00")
    leader.says("1")
    assert leader.says("10000 0 0 0").startswith("That is wrong.")
    assert leader.says("0 0 0 0") == "Nobody came? Then cancel it."
    again = dial_tasks(office, "L1")
    choose_line(again, "3/12 14:00")
    assert again.says("1", "2*20*0*0").startswith("Few women came: what can be changed?")
    assert again.says("1") == "It is written. Thank you."
    with office.services.reads() as db:
        assert [(count.men, count.plan) for count in db.scalars(select(Attendance))] == [(20, "childcare")]


def test_who_is_no_leader_gets_the_ordinary_menu(office: Office) -> None:
    assert "Tasks" not in office.call("s1").says("3")
    assert "New meeting" not in office.call("s2", phone_of(office, "C1B")).says(*TO_TASKS)


def test_no_list_of_meetings_shares_a_key_or_a_number_with_a_report(office: Office) -> None:
    join_by_phone(office, WOMEN[0])
    with office.services.reads() as db:
        row = db.scalars(select(Subscriber)).one()
        staff = set(db.scalars(select(Person.phone_digest)))
    assert WOMEN[0][4:].encode() not in row.phone_sealed
    assert row.phone_digest not in staff
    assert row.phone_digest != office.services.vault.digest("staff", WOMEN[0])
    assert {
        key.column.table.name for table in (Subscriber, Notice, Coming) for key in table.__table__.foreign_keys
    } == {"meeting"}


def test_the_clock_forgets_the_day_after(office: Office, clock: time_machine.Traveller) -> None:
    call_and_release(office)
    clock.shift(timedelta(minutes=11))
    office.call("s1", WOMEN[0]).says(*TO_MEETINGS, FIRST_MEETING, I_COME)
    clock.move_to(MONDAY + timedelta(days=12))
    delete_expired_rows(office.services.sessions, outbox.now())
    with office.services.reads() as db:
        assert list(db.scalars(select(Coming))) == []
        assert not [m for m in db.scalars(select(Message)) if m.kind == "meeting" and m.recipient]
    assert re.search("no meeting", office.call("s2", WOMEN[0]).says(*TO_MEETINGS))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", sorted(NEWS))
def test_what_is_sent_about_a_meeting_is_neutral_and_one_sms(office: Office, kind: str, language: str) -> None:
    saturday = int(datetime.fromisoformat("2026-12-26T06:30:00+02:00").timestamp())
    meeting = Meeting(starts=saturday, venue="V1")
    text = render_sms(office.services.words, office.services.country, "*384*55#", meeting, kind, language)
    assert checks.sms_faults(language, text) == []
    assert segments(text) == 1
    assert "Centre" not in text

"""What makes it possible to come is read by anybody; what speaks against a meeting is answered for (S65, S66)."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from bot.storage.tables.meetings import Meeting, Promise
from tests.support.keys import (
    ALL_WOMEN,
    ANSWER_YES,
    ANY_NUMBER,
    EVERYONE,
    FIRST_MEETING,
    NOTHING_IS_THERE,
    TO_MEETINGS,
    WOMEN_IN_A_CIRCLE,
    plan_meeting,
)
from tests.support.meetings import WOMEN, call_and_release, call_meeting, dial_tasks, only_meeting
from tests.support.office import Office, choose_line

pytestmark = pytest.mark.usefixtures("clock")


def test_who_thinks_of_coming_reads_what_is_there_and_for_how_many(office: Office) -> None:
    call_and_release(office)
    with office.services.sessions.begin() as db:
        db.execute(update(Meeting).values(public_at=0))
    woman = office.call("s1", WOMEN[0])
    woman.says(*TO_MEETINGS, FIRST_MEETING)
    choose_line(woman, "What is there?")
    page = woman.sees
    while "9 More" in woman.sees:
        page += " " + woman.says("9")
    for line in (
        "stays with the children.",
        "go home together.",
        "The way is paid.",
        "talk to a woman",
        "Ikirundi",
        "For 30 people.",
    ):
        assert line in page.replace("\n", " ")


def test_a_meeting_with_something_against_it_says_why_and_the_advocate_reads_that(office: Office) -> None:
    leader = dial_tasks(office, "L1")
    choose_line(leader, "New meeting")
    choose_line(leader, "Buyenzi")
    leader.says(*plan_meeting("3/12", "14:00", there=NOTHING_IS_THERE))
    assert "Nobody stays with the children." in leader.sees
    while "9 More" in leader.sees:
        leader.says("9")
    assert leader.says("1").startswith("Why?")
    assert leader.says("2") == "Sent."
    assert only_meeting(office).reason == "only"
    dial_tasks(office, "C1A").says(*ANSWER_YES)
    advocate = dial_tasks(office, "A1")
    page = advocate.says("1")
    while "9 More" in advocate.sees:
        page += advocate.says("9")
    assert "There is no other" in page


def test_what_was_promised_there_and_is_late_is_read_beside_the_next_meeting(office: Office) -> None:
    meeting = call_and_release(office)
    with office.services.sessions.begin() as db:
        db.execute(update(Meeting).values(public_at=0))
        for due, what in (("2026-11-01", "light"), ("2027-01-01", "water")):
            db.add(Promise(meeting=meeting.id, zone=meeting.zone, what=what, who="commune", due=due))
    woman = office.call("s1", WOMEN[0])
    woman.says(*TO_MEETINGS)
    choose_line(woman, "3/12 14:00")
    choose_line(woman, "What is there?")
    page = woman.sees
    while "9 More" in woman.sees:
        page += " " + woman.says("9")
    assert "Light on" in page
    assert "the road. The commune, 1/11: late." in page
    assert "water" not in page


def test_the_places_that_she_uses_most_stand_first(office: Office) -> None:
    assert call_meeting(office, "3/12", venue="2").says("1") == "Sent."  # the school
    leader = dial_tasks(office, "L1")
    assert "1 Buyenzi" in choose_line(leader, "New meeting")
    assert "1 School (demo) Buyenzi\n2 Centre (demo) Buyenzi" in choose_line(leader, "Buyenzi")
    with office.services.sessions.begin() as db:
        db.execute(update(Meeting).values(zone="BI-ZO-02-06-08"))
    assert "1 Musaga" in choose_line(dial_tasks(office, "L1"), "New meeting")


def test_a_meeting_is_a_small_group_of_women_or_of_all_women_or_of_everybody(office: Office) -> None:
    for whom, women_only, most in ((WOMEN_IN_A_CIRCLE, True, 15), (ALL_WOMEN, True, 0), (EVERYONE, False, 0)):
        leader = dial_tasks(office, "L1")
        choose_line(leader, "New meeting")
        choose_line(leader, "Buyenzi")
        leader.says(*plan_meeting("3/12", "14:00", whom=whom, most=ANY_NUMBER))
        while "9 More" in leader.sees:
            leader.says("9")
        leader.says("1")
        with office.services.sessions.begin() as db:
            called = db.query(Meeting).one()
            assert (called.women_only, called.most) == (women_only, most)
            db.delete(called)

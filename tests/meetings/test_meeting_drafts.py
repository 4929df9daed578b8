"""A leader drafts her next meeting by one SMS; nothing comes of it before she has given her PIN."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from bot.storage.tables.delivery import Message
from bot.storage.tables.meetings import Meeting
from tests.support.keys import plan_meeting
from tests.support.meetings import MONDAY, WOMEN, dial_tasks, drafts_of, write_sms
from tests.support.office import Office, choose_line
from tests.support.staff import phone_of

pytestmark = pytest.mark.usefixtures("clock")
WRITTEN = "It is written. Dial *384*55# to confirm it."


def messages(office: Office) -> int:
    with office.services.reads() as db:
        return db.scalar(select(func.count()).select_from(Message).where(Message.kind == "meeting")) or 0


def test_one_sms_drafts_it_and_only_her_pin_calls_it(office: Office, before: Meeting) -> None:
    told = messages(office)
    assert write_sms(office, "meet v1 17/12 10:30 training") == WRITTEN
    (draft,) = drafts_of(office)
    assert office.services.country.clock(draft.starts).isoformat() == "2026-12-17T10:30:00+02:00"
    assert (draft.kind, draft.venue, draft.woman, draft.woman_says) == ("training", "V1", before.woman, "asked")
    assert draft.ends - draft.starts == before.ends - before.starts
    assert messages(office) == told  # nobody hears of a draft
    for ref in ("A1", "K1"):
        assert "17/12" not in dial_tasks(office, ref).sees
    leader = dial_tasks(office, "L1")
    page = choose_line(leader, "17/12 10:30")
    assert "Send it to the women's group?" in page
    assert choose_line(leader, "Yes") == "Sent."
    assert drafts_of(office) == []
    assert messages(office) > told
    advocate = dial_tasks(office, "A1")
    assert "17/12 10:30" in advocate.sees


@pytest.mark.parametrize("said", ["Reunion V1 17/12 10h30", "inama V1 17-12 10.30", "MEET V1 17.12 10:30 xyz"])
def test_it_is_understood_in_every_word_for_a_meeting(office: Office, before: Meeting, said: str) -> None:
    write_sms(office, said)
    (draft,) = drafts_of(office)
    assert draft.kind == before.kind


WRONG = [  # what a leader writes, and what she is asked for: place, date, hour, fewer words, a day to come
    ("V9 17/12 10:30", 0), ("Cibitoke 17/12 10:30", 0), ("V1 31/2 10:30", 1), ("V1 17/13 10:30", 1),
    ("V1 ejo 10:30", 1), ("V1 कल 10:30", 1), ("V1 kal 10:30", 1), ("V1", 1), ("V1 17/12 25:30", 2),
    ("V1 17/12 10:75", 2), ("V1 17/12 zitatu", 2), ("V1 17/12", 2), ("V1 17/12 10:30 training soyez nombreux", 3),
    ("V1 22/11 10:30", 4), ("V1 23/11 9:30", 4),
]  # fmt: skip


@pytest.mark.parametrize(
    ("word", "asked"),
    [("meet", ["Place?", "Date?", "Hour?", "Too many words.", "That day is past."]),
     ("reunion", ["Lieu?", "Date?", "Heure?", "Trop de mots.", "Ce jour est passé."]),
     ("inama", ["Ikibanza?", "Itariki?", "Isaha?", "Amajambo ni menshi.", "Iyo tariki yaraheze."]),
     ("बैठक", ["जगह?", "तारीख?", "समय?", "शब्द ज़्यादा हैं।", "वह दिन बीत गया।"]),
     ("baithak", ["Jagah?", "Tareekh?", "Samay?", "Shabd zyada hain.", "Woh din beet gaya."])],
)  # fmt: skip
def test_what_is_wrong_is_asked_for_with_an_example_in_her_language(
    office: Office, before: Meeting, word: str, asked: list[str]
) -> None:
    for said, wrong in WRONG:
        answer = write_sms(office, f"{word} {said}")
        assert answer.startswith(asked[wrong]), said
        assert ("V1 12/3 14:30" in answer) == (wrong < 4)
        assert drafts_of(office) == []


def test_the_first_one_at_a_place_is_called_by_dialling(office: Office) -> None:
    assert write_sms(office, "meet V1 17/12 10:30") == "It was not sent. Dial *384*55#."
    assert drafts_of(office) == []


def test_a_second_draft_takes_the_place_of_the_first(office: Office, before: Meeting) -> None:
    write_sms(office, "meet V1 17/12 10:30")
    write_sms(office, "meet V1 18/12 11:00")
    assert [office.services.country.clock(draft.starts).day for draft in drafts_of(office)] == [18]


@pytest.mark.parametrize("who", ["A1", "K1", "C1A"])
def test_nobody_but_a_leader_drafts_one(office: Office, before: Meeting, who: str) -> None:
    assert "*384*55#" in write_sms(office, "meet V1 17/12 10:30", phone_of(office, who))  # as anybody who writes
    assert drafts_of(office) == []


def test_a_stranger_who_writes_it_is_offered_the_code_as_anybody(office: Office, before: Meeting) -> None:
    assert "*384*55#" in write_sms(office, "meet V1 17/12 10:30", WOMEN[0])
    assert drafts_of(office) == []


def test_a_draft_of_a_day_that_has_come_is_nothing_any_more(
    office: Office, before: Meeting, clock: time_machine.Traveller
) -> None:
    write_sms(office, "meet V1 17/12 10:30")
    clock.move_to(MONDAY + timedelta(days=30))
    assert "17/12" not in dial_tasks(office, "L1").sees


def test_a_talk_that_is_cut_off_goes_on_behind_her_pin(office: Office, clock: time_machine.Traveller) -> None:
    cut = dial_tasks(office, "L1")
    choose_line(cut, "New meeting")
    choose_line(cut, "Buyenzi")
    choose_line(cut, "School (demo) Buyenzi")
    choose_line(cut, "Theatre")
    cut.says("3/12", "14:00", "1", "2")  # it is for two hours; the line breaks
    for ref in ("A1", "K1"):
        assert "3/12" not in dial_tasks(office, ref).sees  # nobody else sees it
    leader = dial_tasks(office, "L1")
    assert "For whom?" in (choose_line(leader, "3/12 14:00"), leader.says("2"))[1]
    leader.says(*plan_meeting("3/12", "14:00")[6:])
    assert leader.sees.startswith("Everything is well.")
    assert leader.says("1") == "Sent."
    with office.services.reads() as db:
        (called,) = db.scalars(select(Meeting))
    kept = (called.venue, called.kind, called.status, office.services.country.clock(called.starts).isoformat())
    assert kept == ("V2", "theatre", "called", "2026-12-03T14:00:00+02:00")
    assert called.ends - called.starts == 7200


def test_only_one_is_kept_and_an_sms_draft_beside_it(office: Office, before: Meeting) -> None:
    write_sms(office, "meet V1 17/12 10:30")
    for day in ("18/12", "19/12"):
        cut = dial_tasks(office, "L1")
        choose_line(cut, "New meeting")
        choose_line(cut, "Buyenzi")
        cut.says(*plan_meeting(day, "14:00")[:5])
    days = sorted(office.services.country.clock(draft.starts).day for draft in drafts_of(office))
    assert days == [17, 19]

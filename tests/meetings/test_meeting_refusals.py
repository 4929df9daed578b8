"""What is refused about a meeting is refused in its own sentence and stands in the record; of several advocates
who do not agree the one who says no is heard."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from bot.meetings import lifecycle
from bot.people import sign_in
from bot.people.enrolment import DEMO_PIN
from bot.storage.outbox import now
from bot.storage.tables.meetings import Meeting, MeetingStatus
from bot.storage.tables.people import Person
from bot.storage.tables.runtime import Event
from bot.storage.unit_of_work import Work
from tests.support.keys import ANSWER_YES, plan_meeting
from tests.support.meetings import (
    MONDAY,
    call_and_agree,
    call_and_release,
    call_meeting,
    dial_tasks,
    drafts_of,
    only_meeting,
    write_sms,
)
from tests.support.office import Office, choose_line
from tests.support.staff import share_a_card

pytestmark = pytest.mark.usefixtures("clock")


def record(office: Office) -> list[str]:
    with office.services.reads() as db:
        return list(db.scalars(select(Event.what).order_by(Event.id)))


def sends(office: Office, ref: str, row: str = r"3/12 14:00") -> str:
    """Somebody who works for meetings wants to send it now."""
    caller = dial_tasks(office, ref)
    choose_line(caller, row)
    choose_line(caller, "Send now")
    return choose_line(caller, "Yes")


def test_nobody_sends_alone_what_no_advocate_has_signed(office: Office) -> None:
    call_meeting(office).says("1")
    for ref in ("L1", "K1"):
        assert sends(office, ref) == "Nobody has signed it yet."
    assert record(office)[-2:] == ["release refused: nobody has signed"] * 2
    assert only_meeting(office).status == MeetingStatus.CALLED


def test_whoever_called_or_signed_it_is_not_the_one_who_sends_it(office: Office) -> None:
    call_and_agree(office)
    assert sends(office, "L1") == "Somebody else sends it."
    with office.services.reads() as db:
        advocate = db.scalars(select(Person).where(Person.ref == "A1")).one()
    handle = office.services.vault.unlock(advocate.id, advocate.wrapped_key, DEMO_PIN).handle
    with office.services.sessions.begin() as db:
        work = Work(db, office.services.vault, office.services.country, now())
        which = db.scalars(select(Meeting.id)).one()
        assert lifecycle.release(work, sign_in.resume(work, advocate.id, handle), which).code == "author"
    assert record(office)[-2:] == ["release refused: its author"] * 2
    assert only_meeting(office).status == MeetingStatus.SIGNED


def test_at_three_in_the_morning_and_over_the_cap_nothing_leaves(office: Office, clock: time_machine.Traveller) -> None:
    call_and_agree(office)
    clock.move_to(MONDAY.replace(hour=3) + timedelta(days=1))
    assert dial_tasks(office, "K1").says(*ANSWER_YES) == "Send it by day: 8:00 to 20:00."
    assert record(office)[-1] == "release refused: out of hours"
    clock.move_to(MONDAY + timedelta(days=1))
    with office.services.sessions.begin() as db:
        one = db.scalars(select(Meeting)).one()
        kept = {c.name: getattr(one, c.name) for c in Meeting.__table__.columns if c.name not in ("id", "number")}
        for number in (7, 8):
            told = kept | {"number": number, "status": MeetingStatus.RELEASED, "starts": one.starts + 86400 * number}
            db.add(Meeting(**told | {"ends": one.ends + 86400 * number, "public_at": now()}))
    assert dial_tasks(office, "K1").says(*ANSWER_YES) == "Enough SMS for today. Send it tomorrow."
    assert record(office)[-1] == "release refused: enough for today"


@pytest.mark.parametrize(
    ("said", "answer", "why"),
    [("meet V1 17/12 10:30 training come all to the bar", "Too many words.", "words"),
     ("meet Cibitoke 17/12 10:30", "Place?", "place"), ("meet V99 17/12 10:30", "Place?", "place")],
)  # fmt: skip
def test_words_of_her_own_and_a_place_that_nobody_registered_are_refused_and_recorded(
    office: Office, clock: time_machine.Traveller, said: str, answer: str, why: str
) -> None:
    call_and_release(office)
    assert write_sms(office, said) == f"{answer} Example: MEET V1 12/3 14:30"
    assert record(office)[-1] == f"draft refused: {why}"
    assert drafts_of(office) == []


def test_where_no_advocate_serves_no_meeting_is_called(office: Office) -> None:
    with office.services.sessions.begin() as db:
        db.execute(update(Person).where(Person.role == "advocate").values(active=False))
    leader = dial_tasks(office, "L1")
    choose_line(leader, "New meeting")
    choose_line(leader, "Buyenzi")
    leader.says(*plan_meeting("3/12", "14:00")[:-1])
    if "Someone to talk to" in leader.sees:
        leader.says("1")
    assert leader.sees.startswith("No women's group takes part.")
    choose_line(leader, "Yes")
    assert leader.says("1") == "No women's group takes part."
    assert record(office)[-1] == "meeting refused: no advocate"
    with office.services.reads() as db:
        assert list(db.scalars(select(Meeting))) == []


def another_advocate(office: Office) -> None:
    """A second one serves in Buyenzi: the coordinator of before, with her own phone and PIN."""
    with office.services.sessions.begin() as db:
        db.execute(update(Person).where(Person.ref == "K1").values(role="advocate"))


def test_of_two_advocates_the_one_who_says_no_is_heard_and_the_leader_reads_it(office: Office) -> None:
    another_advocate(office)
    call_and_agree(office)
    other = dial_tasks(office, "K1")
    choose_line(other, "3/12 14:00")
    assert choose_line(other, "No") == "It is written. Thank you."
    meeting = only_meeting(office)
    assert (meeting.status, meeting.advocate) == (MeetingStatus.REFUSED, "")
    leader = dial_tasks(office, "L1")
    assert "The women's group does not agree." in choose_line(leader, "3/12 14:00")
    choose_line(leader, "Move a meeting")
    leader.says("4/12", "14:00", "1")
    assert only_meeting(office).status == MeetingStatus.CALLED
    assert "I agree" in choose_line(dial_tasks(office, "K1"), "4/12 14:00")


def test_the_other_advocate_sends_it_or_wants_a_change_first(office: Office) -> None:
    another_advocate(office)
    call_and_agree(office)
    other = dial_tasks(office, "K1")
    choose_line(other, "3/12 14:00")
    assert choose_line(other, "Change it first") == "It is written. Thank you."
    assert "The women's group wants a change." in choose_line(dial_tasks(office, "L1"), "3/12 14:00")
    assert dial_tasks(office, "A1").says(*ANSWER_YES) == "It is written. Thank you."  # she signs it all the same
    assert choose_line(dial_tasks(office, "K1"), "3/12 14:00").startswith("Meeting:")
    sending = dial_tasks(office, "K1")
    choose_line(sending, "3/12 14:00")
    assert choose_line(sending, "Yes") == "It leaves in 10 minutes."


def test_another_leader_of_the_zone_may_be_the_second_person(office: Office) -> None:
    call_and_agree(office)
    with office.services.sessions.begin() as db:
        db.execute(update(Person).where(Person.ref == "K1").values(role="leader"))
    assert choose_line(dial_tasks(office, "K1"), "3/12 14:00").startswith("Meeting:")
    other = dial_tasks(office, "K1")
    choose_line(other, "3/12 14:00")
    assert choose_line(other, "Yes") == "It leaves in 10 minutes."


def test_whoever_signed_takes_her_own_word_back(office: Office) -> None:
    call_and_agree(office)
    assert dial_tasks(office, "A1").says("1", "3") == "It is written. Thank you."
    assert only_meeting(office).status == MeetingStatus.REFUSED
    assert "3/12" not in dial_tasks(office, "K1").sees


def test_an_advocate_with_a_phone_of_the_leader_may_refuse_her_meeting_and_does_not_sign_it(office: Office) -> None:
    call_meeting(office).says("1")
    dial_tasks(office, "C1A").says(*ANSWER_YES)
    share_a_card(office, "L1", "A1")
    assert dial_tasks(office, "A1").says(*ANSWER_YES) == "Somebody else sends it."
    assert only_meeting(office).status == MeetingStatus.CALLED
    assert dial_tasks(office, "A1").says("1", "3") == "It is written. Thank you."
    assert only_meeting(office).status == MeetingStatus.REFUSED


@pytest.mark.parametrize("author", ["L1", "A1"])
def test_who_has_a_phone_of_whoever_called_or_signed_it_is_not_the_one_who_sends_it(
    office: Office, author: str
) -> None:
    call_and_agree(office)
    share_a_card(office, author, "K1")
    assert dial_tasks(office, "K1").says(*ANSWER_YES) == "Somebody else sends it."
    assert record(office)[-1] == "release refused: its author"
    assert only_meeting(office).status == MeetingStatus.SIGNED


def test_what_two_with_one_phone_by_now_have_called_and_signed_nobody_has_signed(office: Office) -> None:
    call_and_agree(office)
    share_a_card(office, "L1", "A1")
    assert dial_tasks(office, "K1").says(*ANSWER_YES) == "Nobody has signed it yet."

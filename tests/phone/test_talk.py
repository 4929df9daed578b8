"""From a dialled code to a report that its champion reads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from bot.phone.sessions import NOT_THE_REST
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Report, Request, Tally
from bot.storage.tables.runtime import Event, Task
from bot.words.gsm import fold
from tests.support.doors import count
from tests.support.keys import (
    ASK_POLICE,
    CODE,
    DOCTOR,
    DOCTOR_AND_POLICE,
    DONE,
    FROM_LIMITS_TO_HELPERS,
    GO_ON,
    LEAVE_IT_TO_MEN,
    ME,
    NO_NOTICE,
    NO_WORD,
    NOW,
    OPEN_TASKS,
    POLICE,
    SAY_MORE,
    SEND_AND_SAY_MORE,
    SEND_NOW,
    STAFF_PIN,
    TO_HELPERS,
    TO_LIMITS,
    TO_TASKS,
    WISH_COUNT,
    WISH_WOMAN_AND_NO_VISIT,
    YES_POWERFUL,
)
from tests.support.office import CALLER, CHAMPION, Office
from tests.support.reports import HER_PIN, dial_as_champion, dial_to_helpers, what_is_counted


def test_what_she_told_is_sealed_and_the_woman_champion_reads_it(office: Office) -> None:
    caller = dial_to_helpers(office)
    assert caller.sees.startswith("Who may read it and help?")
    caller.says(*ASK_POLICE, *SEND_AND_SAY_MORE, WISH_WOMAN_AND_NO_VISIT, LEAVE_IT_TO_MEN, "ubona *neza* aha", DONE)
    assert caller.answer.ends
    assert caller.sees.startswith("Thank you. It arrived.")
    assert {key.split(":")[0] for key in office.rung} == {"route"}
    with office.services.reads() as db:
        report, request = db.execute(select(Report, Request).join(Request, Request.report == Report.id)).one()
    assert request.service == "police"
    assert b"neza" not in report.sealed
    champion = dial_as_champion(office, "s2")
    champion.says("1")
    pages = champion.sees
    while "9 " in champion.sees:
        pages += champion.says("9")
    assert "neza" in pages
    champion.says("1")
    while not champion.answer.ends:
        champion.says("1")
    with office.services.reads() as db:
        assert db.scalars(select(Request.status)).one() == "taken"
        assert list(db.scalars(select(Event.what).order_by(Event.id))) == ["opened", "taken"]


def test_a_repeated_last_request_files_one_report_and_gets_the_same_words(office: Office) -> None:
    caller = dial_to_helpers(office)
    first = caller.says(DOCTOR, SEND_NOW)
    assert caller.again() == first
    office.store.kept.clear()
    assert "arrived" in caller.again() or "yashitse" in caller.sees
    assert count(office, Report) == 1


def test_whose_talk_is_lost_after_the_sending_hears_that_it_arrived_and_files_no_second_report(office: Office) -> None:
    caller = dial_to_helpers(office)
    caller.says(DOCTOR, SEND_NOW)
    for typed in (SAY_MORE, "1", "2"):  # whatever she types, on whatever page the store was lost
        office.store.kept.clear()
        caller.says(typed)
        assert caller.answer.ends
        assert caller.sees == fold(office.services.words.say("rn", NOT_THE_REST))
    assert count(office, Report) == 1


def test_whose_line_to_the_database_breaks_after_the_sending_is_not_told_that_nothing_was_sent(office: Office) -> None:
    caller = dial_to_helpers(office)
    caller.says(DOCTOR, SEND_NOW, SAY_MORE)
    office.loses_its_database()
    assert caller.says(NOW) == "It has arrived. What you told after that was not kept."


def test_one_request_with_all_answers_reads_the_limits_and_files_nothing(office: Office) -> None:
    caller = office.call("s1")
    caller.heard = [*TO_HELPERS, DOCTOR, SEND_NOW]
    office.store.kept.clear()
    assert "The phone company sees the call" in caller.again()
    assert caller.says("1").startswith("Go where") or "Danger now" in caller.sees
    assert count(office, Report) == 0


def test_24_identical_last_requests_at_once_file_one_report(office: Office) -> None:
    caller = dial_to_helpers(office)
    caller.says("1")
    heard = "*".join([*caller.heard, "1"])
    with ThreadPoolExecutor(24) as pool:
        replies = list(
            pool.map(lambda _: office.talk_sessions.ussd("africastalking", "s1", caller.phone, heard), range(24))
        )
    assert {reply.text.splitlines()[0] for reply in replies} == {"It arrived."}
    assert count(office, Report) == 1
    assert count(office, Task) == 3  # one for each rung of its ladder


def test_a_session_that_was_lost_is_replayed_to_the_limits_and_goes_on_from_there(office: Office) -> None:
    caller = dial_to_helpers(office)
    page = caller.sees
    office.store.kept.clear()
    assert "The phone company sees the call" in caller.says(DOCTOR)
    assert caller.says(*FROM_LIMITS_TO_HELPERS) == page


def test_where_a_pin_was_typed_a_lost_session_is_not_replayed(office: Office) -> None:
    champion = office.call("s2", CHAMPION)
    champion.says(*OPEN_TASKS)
    office.store.kept.clear()
    champion.says("1")
    assert champion.answer.ends
    assert "dial" in champion.sees.lower() or "guhamagara" in champion.sees


def test_hanging_up_erases_her_draft(office: Office) -> None:
    dial_to_helpers(office)
    office.talk_sessions.hang_up("africastalking", "s1")
    assert office.store.kept == {}


def test_a_report_is_counted_only_if_she_agreed(office: Office) -> None:
    dial_to_helpers(office).says(DOCTOR, SEND_NOW)
    assert what_is_counted(office) == []
    dial_to_helpers(office, "s3").says(DOCTOR, *SEND_AND_SAY_MORE, WISH_COUNT)
    assert [what for _month, _zone, what in what_is_counted(office)] == ["hurt"]
    assert count(office, Tally) == 0  # nothing in the clear, whatever she agreed to


def test_a_powerful_person_closes_the_way_to_every_police_role(office: Office) -> None:
    dial_to_helpers(office).says(DOCTOR_AND_POLICE, YES_POWERFUL, SEND_NOW)
    with office.services.reads() as db:
        roles = set(db.scalars(select(Person.role).join(Copy, Copy.person == Person.id)))
    assert roles == {"partner", "oversight"}


def test_an_sms_that_comes_again_late_leaves_her_talk_where_it_is(office: Office) -> None:
    for number, text in enumerate(("bambe", "1", "1")):
        said = office.talk_sessions.sms("twilio", f"SM{number}", CALLER, text)
    assert office.talk_sessions.sms("twilio", "SM1", CALLER, "1") == said
    assert office.talk_sessions.sms("twilio", "SM0", CALLER, "bambe") == said


def test_three_hundred_steps_of_one_call_are_answered(office: Office) -> None:
    caller = office.call("s1")
    for number in range(300):
        caller.says("0" if number % 2 else "3")
        assert not caller.answer.ends


def test_a_call_of_more_than_a_person_can_type_ends_with_a_word_how_to_go_on(office: Office) -> None:
    caller = office.call("s1")
    caller.says("x" * 7000)
    assert caller.answer.ends
    assert caller.sees != ""


def test_an_empty_pin_is_no_try(office: Office) -> None:
    champion = office.call("s9", CHAMPION)
    champion.says(*TO_TASKS, *[""] * 8)
    assert "New tasks" in champion.says(STAFF_PIN) or "no new task" in champion.sees


def test_a_session_from_before_her_last_pages_is_not_taken_for_where_she_stands(office: Office) -> None:
    caller = dial_to_helpers(office)
    old = dict(office.store.kept)
    page = caller.says(POLICE)
    office.store.kept = old  # the store comes back from an outage with what it knew
    caller.heard.append("x")
    assert "Is the person police" in page
    assert "Who may read it and help?" in caller.again()  # it is asked again, and "6" and "x" are no answer to it


def test_a_pin_in_devanagari_digits_opens_too(office: Office) -> None:
    champion = office.call("s8", CHAMPION)
    champion.says(*TO_TASKS, "२४६८१०")
    assert "no new task" in champion.sees


def test_two_answers_at_once_are_never_tried_as_a_pin(office: Office) -> None:
    champion = office.call("s7", CHAMPION)
    champion.says(*TO_TASKS)
    champion.heard += [STAFF_PIN, "1"]
    for _ in range(8):
        assert champion.again() != ""
    assert champion.sees.startswith("That is wrong. Write again.")  # no try is counted
    assert "no new task" in champion.says(STAFF_PIN)


@pytest.mark.parametrize("typed", ["1*2", "2*1", "12*12", "*1", "1*"])
def test_a_star_where_one_thing_is_chosen_is_asked_again_and_every_choice_holds(office: Office, typed: str) -> None:
    woman = office.call("s5")
    woman.says(*TO_LIMITS, GO_ON)
    page = woman.sees
    woman.says(typed)
    assert woman.sees.endswith(page)
    assert not woman.answer.ends
    assert "What is the problem?" in woman.says(ME)


def test_a_star_after_the_sending_is_asked_again_and_she_still_gets_her_code(office: Office) -> None:
    woman = office.call("s5")
    woman.says(*TO_HELPERS, DOCTOR, SEND_NOW, CODE, HER_PIN, NO_WORD)
    assert "May we send you an SMS?" in woman.says("1*2")
    assert "Your code" in woman.says(NO_NOTICE)

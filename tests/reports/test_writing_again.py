"""She writes again to a report that is open: a line from a list, or her own words. Whoever has it hears of it by an SMS
that says nothing, danger rings at once, and whoever forces her to give her digits reads none of it."""

from __future__ import annotations

import pytest
import time_machine
from sqlalchemy import select, update

import workers
from bot.conversation import answers
from bot.reports import writing_again
from bot.reports.care import keys_of
from bot.reports.erasure import erase_free_text
from bot.reports.writing_again import Again
from bot.storage import outbox
from bot.storage.base import hour_of
from bot.storage.tables.delivery import Message
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Reply, Request, Step
from bot.storage.tables.runtime import Event, Task
from flows import FLOWS
from tests.support.keys import (
    ASK_IF_SAFE,
    CLOSE_AS_HELPED,
    CLOSE_AS_UNHELPED,
    DOCTOR_AND_POLICE,
    FIRST_NEW_TASK,
    MY_FIRST_TASK,
    TAKE_NEW_TASK,
)
from tests.support.office import Caller, Office, choose_line
from tests.support.reports import erases, file_report, open_receipt, public_key_of_receipt, shuts_out
from tests.support.staff import dial_as_staff, first_are, phone_of, read_by

OFFICER = "C1A"
MORE, WORDS, NOW = "Say more", "In my words", "Danger now"


@pytest.fixture(autouse=True)
def monday(clock: time_machine.Traveller) -> None:
    """Everybody of the demo is on duty, and the day is known."""


@pytest.fixture
def code(office: Office) -> str:
    """A report to the police of Buyenzi, filed as danger, that C1A has taken."""
    first_are(office, OFFICER)
    code = file_report(office)
    staff(office, OFFICER, *TAKE_NEW_TASK)
    return code


@pytest.fixture
def quiet(office: Office, code: str) -> str:
    """The same, but of the class that waits for a person."""
    with office.services.sessions.begin() as db:
        db.execute(update(Request).values(urgency="person"))
    return code


def staff(office: Office, ref: str, *keys: str) -> Caller:
    return dial_as_staff(office, phone_of(office, ref), *keys)


def writes(office: Office, code: str, *labels: str, words: str = "") -> Caller:
    caller = open_receipt(office, code)
    for label in (MORE, *labels):
        choose_line(caller, label)
    if words:
        caller.says(words)
    return caller


def rung(office: Office) -> list[tuple[str, str]]:
    """Whose phones have rung, and with which kind of message, each time."""
    while office.rung:
        workers.run_tasks(office.rung.pop(0))
    with office.services.reads() as db:
        whom = select(Person.ref, Message.kind).join(Message, Message.person == Person.id)
        return [(ref, str(kind)) for ref, kind in db.execute(whom)]


def rung_by(office: Office, code: str, *labels: str, words: str = "") -> list[tuple[str, str]]:
    """Whose phones ring because she writes that."""
    before = rung(office)
    writes(office, code, *labels, words=words)
    after = rung(office)
    for one in before:
        after.remove(one)
    return sorted(after)


def test_the_lines_on_her_phone_are_those_that_are_kept() -> None:
    assert list(FLOWS.flows["follow"].nodes["tell_more"].labels) == list(Again)  # type: ignore[attr-defined]


@pytest.mark.parametrize("line", ["It is getting worse", "Please do not call", "I moved", "It is over"])
def test_who_has_it_hears_of_it_discreetly_and_reads_it(office: Office, quiet: str, line: str) -> None:
    assert rung_by(office, quiet, line) == [(OFFICER, "new")]
    assert f"23/11, her: {line}" in read_by(office, OFFICER, *MY_FIRST_TASK)


def test_she_reads_that_it_was_sent_and_whoever_has_her_digits_reads_nothing_of_it(office: Office, quiet: str) -> None:
    assert writes(office, quiet, "I moved").sees == "Sent."
    assert writes(office, quiet, WORDS, words="Ndi kwa mama").sees == "Sent."
    page = open_receipt(office, quiet).sees
    assert "moved" not in page
    assert "mama" not in page
    with office.services.reads() as db:
        assert db.scalars(select(Reply).where(Reply.reader == "")).all() == []


def test_her_own_words_are_read_as_she_wrote_them(office: Office, quiet: str) -> None:
    words = "वह फिर आया था, दरवाज़ा तोड़ा"
    assert rung_by(office, quiet, WORDS, words=words) == [(OFFICER, "new")]
    assert words in read_by(office, OFFICER, *MY_FIRST_TASK).replace("\n", " ")


def test_whatever_she_writes_every_row_is_as_long_as_the_longest(office: Office, quiet: str) -> None:
    writes(office, quiet, "I moved")
    for words in ("a", "क" * answers.LONGEST_WORDS, "😀" * answers.LONGEST_WORDS):
        assert writes(office, quiet, WORDS, words=words).sees == "Sent."
    with office.services.reads() as db:
        assert len({len(row.sealed) for row in db.scalars(select(Reply))}) == 1


def test_danger_rings_at_once_shows_where_to_go_and_the_class_only_rises(office: Office, quiet: str) -> None:
    page = writes(office, quiet, NOW)
    assert page.sees.startswith("Sent.")
    assert "Go where there are other people and light" in page.sees
    assert (OFFICER, "urgent") in rung(office)
    with office.services.reads() as db:
        request = db.scalars(select(Request)).one()
    assert (request.urgency, request.status) == ("danger", "taken")
    writes(office, quiet, "It is over")
    with office.services.reads() as db:
        assert db.scalars(select(Request.urgency)).one() == "danger"
        due = select(Task.due_at).where(Task.key.startswith("answered:"), Task.done_at.is_(None))
        minutes = office.services.country.answered["danger"]  # type: ignore[index]
        assert db.scalars(due).one() <= outbox.now() + minutes * 60 + 60


def test_danger_rings_those_who_were_rung_and_nobody_who_has_only_opened_it_holds_it_back(office: Office) -> None:
    first_are(office, OFFICER)
    code = file_report(office)
    with office.services.sessions.begin() as db:
        db.execute(update(Request).values(urgency="person"))
    rung(office)
    staff(office, OFFICER, FIRST_NEW_TASK)  # has read it, and has two days
    assert (OFFICER, "urgent") in rung_by(office, code, NOW)
    with office.services.reads() as db:
        waits = select(Task.due_at).where(Task.key.startswith("route:"), Task.done_at.is_(None))
        holds = select(Task.key).where(Task.key.startswith("answered:"), Task.done_at.is_(None))
        assert min(db.scalars(waits)) <= outbox.now() + 11 * 60
        assert db.scalars(holds).all() == []


def test_nobody_was_rung_yet_and_danger_makes_the_first_alert_due(office: Office) -> None:
    first_are(office, OFFICER)
    code = file_report(office)
    with office.services.sessions.begin() as db:
        db.execute(update(Request).values(urgency="person"))
        db.execute(update(Task).where(Task.key.startswith("route:")).values(due_at=outbox.now() + 999, done_at=None))
        db.execute(update(Step).values(alerted=0))
    office.rung.clear()
    writes(office, code, NOW)
    assert [key for key in office.rung if key.startswith("route:") and key.endswith(":0")]


def test_two_services_hear_of_it_each_and_one_that_has_finished_does_not(office: Office) -> None:
    first_are(office, OFFICER)
    code = file_report(office, helpers=DOCTOR_AND_POLICE)
    staff(office, OFFICER, *TAKE_NEW_TASK)
    first = {ref for ref, _kind in rung(office)}
    both = {ref for ref, _kind in rung_by(office, code, "I moved")}
    assert both == first
    staff(office, OFFICER, *MY_FIRST_TASK, *CLOSE_AS_HELPED)
    assert {ref for ref, _kind in rung_by(office, code, "It is getting worse")} == first - {OFFICER}


def test_what_nobody_could_help_rings_oversight_when_she_writes_again(office: Office, code: str) -> None:
    staff(office, OFFICER, *MY_FIRST_TASK, *CLOSE_AS_UNHELPED)
    assert {ref for ref, _kind in rung_by(office, code, "It is getting worse")} == {"O1", "O2"}
    assert "It is getting worse" in read_by(office, "O1", FIRST_NEW_TASK, "1")


def test_a_question_to_her_still_waits_after_she_has_written(office: Office, quiet: str) -> None:
    staff(office, OFFICER, *MY_FIRST_TASK, *ASK_IF_SAFE)
    assert writes(office, quiet, "I moved").sees == "Sent."
    page = open_receipt(office, quiet)
    choose_line(page, "Yes")
    assert page.sees == "Sent."


def test_words_of_ending_her_life_lead_to_people_and_hurry(office: Office, quiet: str) -> None:
    page = writes(office, quiet, WORDS, words="I want to kill myself")
    assert "Go where there are other people and light" in page.sees
    with office.services.reads() as db:
        assert db.scalars(select(Request.urgency)).one() == "medicine"


def test_whom_she_shut_out_hears_and_reads_nothing(office: Office, quiet: str) -> None:
    shuts_out(open_receipt(office, quiet), "2")
    assert OFFICER not in {ref for ref, _kind in rung_by(office, quiet, "I moved")}
    with office.services.reads() as db:
        readers = select(Person.role).join(Reply, Reply.reader == Person.id)
        assert {*db.scalars(readers)} == {"oversight"}


def test_what_is_closed_or_erased_while_the_page_stood_before_her_says_so(office: Office, quiet: str) -> None:
    pages = [open_receipt(office, quiet, session=session) for session in ("a", "b")]
    for page in pages:
        choose_line(page, MORE)
    staff(office, OFFICER, *MY_FIRST_TASK, *CLOSE_AS_HELPED)
    assert pages[0].says("2") == "It was not sent: it is finished. You may open it again."
    assert MORE not in open_receipt(office, quiet).sees
    erases(open_receipt(office, quiet))
    assert pages[1].says("1") == "It is erased."
    with office.services.reads() as db:
        assert db.scalars(select(Reply)).all() == []


def test_her_later_words_go_when_the_time_of_words_is_over_and_answers_stay(office: Office, quiet: str) -> None:
    staff(office, OFFICER, *MY_FIRST_TASK, *ASK_IF_SAFE)
    writes(office, quiet, WORDS, words="Ndi kwa mama")
    with office.services.sessions.begin() as db:
        before = len(db.scalars(select(Reply)).all())
        erase_free_text(db, "2030-W01")
        left = db.scalars(select(Reply.reader)).all()
    assert 0 < len(left) < before
    assert "" in left


def test_the_record_names_no_hour_finer_than_an_hour_and_nothing_that_she_said(office: Office, quiet: str) -> None:
    writes(office, quiet, "Please do not call")
    with office.services.reads() as db:
        event = db.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()
    assert (event.what, event.person, event.at) == ("wrote again", "", hour_of(event.at))


def test_planted_a_line_that_is_sealed_to_her_receipt_too_is_found(
    office: Office, quiet: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, receipt = keys_of, public_key_of_receipt(office)
    monkeypatch.setattr(writing_again, "keys_of", lambda work, people: {"": receipt, **real(work, people)})
    writes(office, quiet, "I moved")
    assert "moved" in open_receipt(office, quiet).sees


def test_planted_danger_that_only_notes_is_found(office: Office, quiet: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing_again, "raise_class", lambda work, report, urgency: ((), ()))
    writes(office, quiet, NOW)
    with office.services.reads() as db:
        assert db.scalars(select(Request.urgency)).one() == "person"

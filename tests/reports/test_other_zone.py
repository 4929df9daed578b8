"""It belongs to another zone: whoever has it proposes it, she is asked at her next look, and only her yes lets anybody
there read it; until then it stays whose it is, and no clock waits for her."""

from __future__ import annotations

from itertools import product

import pytest
import time_machine
from sqlalchemy import delete, select, update

import workers
from bot.reports import other_zone
from bot.reports.erasure import erase_free_text
from bot.storage import outbox
from bot.storage.tables.delivery import Message
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Report, ReportReceipt, Request, Step, Transfer
from bot.storage.tables.runtime import Event, Task
from bot.vault.sealing import Unsealable, open_line
from tests.support.keys import (
    ASK_IF_SAFE,
    FIRST_NEW_TASK,
    MY_FIRST_TASK,
    REPLY_GO_TO_A_DOCTOR,
    TAKE_NEW_TASK,
)
from tests.support.office import Caller, Office, choose_line
from tests.support.planting import plant
from tests.support.reports import erases, file_report, open_receipt, shuts_out, what_is_counted
from tests.support.staff import dial_as_staff, first_are, phone_of, read_by

OFFICER, DEPUTY = "C1A", "C1B"  # of Buyenzi
THERE, THERE_TOO = "C4A", "C4B"  # of Musaga
ZONE, PLACE = "BI-ZO-02-06-08", "Musaga"
QUESTION = f"May it go to another zone? Police: {PLACE}\n1 Yes\n2 No\n3 Your replies\n0 Back"
ASKED = "She is asked when she looks. It is your task until she says yes."


@pytest.fixture(autouse=True)
def monday(clock: time_machine.Traveller) -> None:
    """Everybody of the demo is on duty, and the day is known."""


@pytest.fixture
def code(office: Office) -> str:
    """A report to the police of Buyenzi that C1A has taken, of the class that waits for a person."""
    first_are(office, OFFICER, THERE)
    code = file_report(office)
    staff(office, OFFICER, *TAKE_NEW_TASK)
    of_class(office, "person")
    return code


def of_class(office: Office, urgency: str) -> None:
    with office.services.sessions.begin() as db:
        db.execute(update(Request).values(urgency=urgency))


def staff(office: Office, ref: str, *keys: str) -> Caller:
    return dial_as_staff(office, phone_of(office, ref), *keys)


def proposes(office: Office, ref: str = OFFICER, place: str = PLACE) -> str:
    """Whoever has it proposes a zone; what she reads then."""
    page = staff(office, ref, *MY_FIRST_TASK)
    choose_line(page, "Another zone")
    return choose_line(page, place) if page.sees.startswith("Where did it happen?") else page.sees


def says(office: Office, code: str, answer: str = "Yes") -> str:
    """She looks, and answers the question; what she reads then."""
    page = open_receipt(office, code)
    assert page.sees == QUESTION
    return choose_line(page, answer)


def works(office: Office) -> None:
    while office.rung:
        workers.run_tasks(office.rung.pop(0))


def rung(office: Office) -> list[str]:
    """Whose phones have rung, once for each time."""
    works(office)
    with office.services.reads() as db:
        return sorted(db.scalars(select(Person.ref).join(Message, Message.person == Person.id)))


def state(office: Office) -> tuple[str, str, str]:
    """Status, owner's reference and zone of the one request."""
    with office.services.reads() as db:
        found = select(Request.status, Person.ref, Request.zone).outerjoin(Person, Person.id == Request.owner)
        status, ref, zone = db.execute(found).one()
        return status, ref or "", zone


def who_holds(office: Office) -> set[str]:
    with office.services.reads() as db:
        return {*db.scalars(select(Person.ref).join(Copy, Copy.person == Person.id))} - {""}


def test_she_is_asked_when_she_looks_and_until_then_nobody_there_has_anything(office: Office, code: str) -> None:
    before = rung(office)
    assert proposes(office) == ASKED
    assert state(office) == ("taken", OFFICER, "")
    assert {THERE, THERE_TOO}.isdisjoint(who_holds(office))
    assert rung(office) == before
    assert open_receipt(office, code).sees == QUESTION


def test_after_her_yes_those_there_are_rung_and_who_had_it_reads_nothing_any_more(office: Office, code: str) -> None:
    proposes(office)
    assert says(office, code) == "It goes to another person."
    assert rung(office).count(THERE) == 1
    assert state(office) == ("new", "", ZONE)
    holders = who_holds(office)
    assert {THERE, THERE_TOO, "O1", "O2"} <= holders
    assert {OFFICER, DEPUTY}.isdisjoint(holders)
    assert "no new task" in staff(office, OFFICER).sees
    assert staff(office, THERE, *TAKE_NEW_TASK).sees.endswith("you have it. Thank you.")
    assert state(office) == ("taken", THERE, ZONE)
    assert "It goes to another person." in open_receipt(office, code).sees


def test_they_read_the_whole_thread_also_what_was_said_while_she_was_asked(office: Office, code: str) -> None:
    staff(office, OFFICER, *MY_FIRST_TASK, *REPLY_GO_TO_A_DOCTOR)
    staff(office, OFFICER, *MY_FIRST_TASK, *ASK_IF_SAFE)
    choose_line(open_receipt(office, code), "Yes")
    proposes(office)
    page = open_receipt(office, code)
    choose_line(page, "Your replies")
    choose_line(page, "Say more")
    choose_line(page, "In my words")
    page.says("He came back")
    staff(office, OFFICER, *MY_FIRST_TASK, *REPLY_GO_TO_A_DOCTOR)
    says(office, code)
    staff(office, THERE, *TAKE_NEW_TASK)
    read = read_by(office, THERE, *MY_FIRST_TASK)
    for line in (
        "Go to a doctor.",
        "Are you safe now?",
        "23/11, her: Yes",
        "her: He came back",
        "She said yes: another zone",
    ):
        assert line in read, line
    assert read.count("Go to a doctor.") == 2
    assert "Happened to: her" in read


def test_her_number_receipt_and_pin_go_on_and_the_answer_of_the_other_zone_reaches_her(
    office: Office, code: str
) -> None:
    proposes(office)
    says(office, code)
    staff(office, THERE, *TAKE_NEW_TASK)
    assert staff(office, THERE, *MY_FIRST_TASK, *REPLY_GO_TO_A_DOCTOR).sees == "Sent."
    assert "Go to a doctor." in open_receipt(office, code).sees


def test_her_no_leaves_it_with_its_owner_who_is_rung_reads_it_and_has_a_time(office: Office, code: str) -> None:
    proposes(office)
    before = rung(office)
    assert says(office, code, "No") == "It is written. Thank you."
    assert rung(office).count(OFFICER) == before.count(OFFICER) + 1
    assert state(office) == ("taken", OFFICER, "")
    assert {THERE, THERE_TOO}.isdisjoint(who_holds(office))
    assert "She said no: it stays here" in read_by(office, OFFICER, *MY_FIRST_TASK)
    with office.services.reads() as db:
        waits = select(Task.key).where(Task.key.startswith("answered:"), Task.done_at.is_(None))
        assert len(db.scalars(waits).all()) >= 1
        assert db.scalars(select(Transfer)).all() == []
    assert proposes(office) == ASKED  # he may ask her again


def test_danger_does_not_wait_for_her_answer(office: Office, code: str) -> None:
    of_class(office, "danger")
    assert proposes(office) == "She is asked when she looks. Another phone rings now."
    assert DEPUTY in rung(office)
    assert state(office) == ("new", "", "")
    assert says(office, code) == "It goes to another person."
    assert rung(office).count(THERE) == 1
    with office.services.reads() as db:
        kinds = db.scalars(select(Message.kind).join(Person, Person.id == Message.person).where(Person.ref == THERE))
        assert set(kinds) == {"urgent"}


def test_without_a_code_there_is_nobody_to_ask_and_he_reads_what_else_can_be_done(office: Office, code: str) -> None:
    with office.services.sessions.begin() as db:
        db.execute(delete(ReportReceipt))
    told = "She has no code: nobody can ask her. If you cannot help, choose: I cannot."
    assert proposes(office) == told


def test_where_nobody_serves_it_is_said_before_she_is_asked(office: Office, code: str) -> None:
    with office.services.sessions.begin() as db:
        db.execute(update(Person).where(Person.ref.in_((THERE, THERE_TOO))).values(active=False))
    nobody = "Nobody there can read it now. If you cannot help, choose: I cannot."
    assert proposes(office) == nobody
    assert proposes(office, place="Somewhere else") == nobody
    assert "May it go" not in open_receipt(office, code).sees


def test_a_second_proposal_waits_for_her_first_answer(office: Office, code: str) -> None:
    proposes(office)
    assert proposes(office) == "She is asked already."


def test_whom_she_shut_out_meanwhile_does_not_get_it(office: Office, code: str) -> None:
    proposes(office)
    page = open_receipt(office, code)
    choose_line(page, "Your replies")
    shuts_out(page, "2")  # no police
    assert says(office, code) == "Nobody is there now. It stays where it is."
    assert {THERE, THERE_TOO}.isdisjoint(who_holds(office))


def test_a_wish_for_a_woman_is_a_wish_there_too(office: Office) -> None:
    first_are(office, OFFICER, THERE)
    code = file_report(office)
    with office.services.sessions.begin() as db:
        db.execute(update(Request).values(urgency="person"))
    staff(office, OFFICER, *TAKE_NEW_TASK)
    proposes(office)
    page = open_receipt(office, code)
    choose_line(page, "Your replies")
    shuts_out(page, "1")  # a woman officer
    assert says(office, code) == "It goes to another person."
    assert THERE in who_holds(office)
    assert THERE_TOO not in who_holds(office)


def test_what_she_erases_is_gone_with_what_was_asked(office: Office, code: str) -> None:
    proposes(office)
    page = open_receipt(office, code)
    choose_line(page, "Your replies")
    assert erases(page) == "It is erased."
    with office.services.reads() as db:
        assert db.scalars(select(Transfer)).all() == []


def test_her_words_in_what_was_asked_live_no_longer_than_her_words(office: Office, code: str) -> None:
    proposes(office)
    with office.services.sessions.begin() as db:
        erase_free_text(db, "2000-W01")
        assert len(db.scalars(select(Transfer)).all()) == 1
        erase_free_text(db, "2099-W01")
        assert db.scalars(select(Transfer)).all() == []
    assert "May it go" not in open_receipt(office, code).sees


def test_what_is_closed_asks_her_nothing(office: Office, code: str) -> None:
    proposes(office)
    page = staff(office, OFFICER, *MY_FIRST_TASK)
    choose_line(page, "It is finished")
    choose_line(page, "She got help")
    assert "May it go" not in open_receipt(office, code).sees


def test_it_is_counted_once_and_the_record_says_who_proposed_and_what_she_said(office: Office, code: str) -> None:
    before = what_is_counted(office)
    proposes(office)
    says(office, code)
    assert what_is_counted(office) == before
    with office.services.reads() as db:
        done = db.execute(select(Event.what, Person.ref).outerjoin(Person, Person.id == Event.person)).all()
    assert (f"other zone proposed: {ZONE}", OFFICER) in done
    assert ("other zone agreed", None) in done


def test_nothing_that_lies_there_before_her_yes_opens_for_those_of_the_other_zone(office: Office, code: str) -> None:
    """Not with every key of the vault: the outer box is sealed to her receipt alone."""
    proposes(office)
    with office.services.reads() as db:
        row = db.scalars(select(Transfer)).one()
        request = db.get_one(Request, row.request)
        week = db.get_one(Report, request.report).week
        who = db.scalars(select(Person).where(Person.ref == THERE)).one()
    vault = office.services.vault
    (sealed,) = vault.unwrap(week, request.report, [row.sealed])
    private = vault.private(who.id, vault.unlock(who.id, who.wrapped_key, "246810").handle)
    for reader in (row.request, who.id):
        with pytest.raises(Unsealable):
            open_line(sealed, request.report, -1, reader, private)
    assert who.id.encode() not in sealed


def now_all_is_due(office: Office) -> None:
    for _ in range(6):
        with office.services.sessions.begin() as db:
            waits = Task.done_at.is_(None) & Task.name.in_(("route", "answered"))
            db.execute(update(Task).where(waits).values(due_at=0, enqueued_at=0, claimed_until=0))
        office.rung += outbox.due(office.services.sessions, outbox.now())
        works(office)


def is_heard(office: Office) -> bool:
    """Whether the request has an owner who serves, or somebody's phone has rung for it or will ring."""
    with office.services.reads() as db:
        request = db.scalars(select(Request)).one()
        if request.status == "taken":
            return db.get_one(Person, request.owner).active
        rung = select(Step.person).join(Person, Person.id == Step.person)
        rung = rung.where(Step.request == request.id, Step.alerted > 0, Person.active)
        waits = select(Task.key).where(Task.key.contains(request.id), Task.done_at.is_(None))
        return db.scalar(rung.limit(1)) is not None or db.scalar(waits.limit(1)) is not None


WAYS = [*product(("person", "danger"), ("", "Yes", "No"), (False, True))]


@pytest.mark.parametrize(("urgency", "answer", "nobody_acts"), WAYS)
def test_whatever_she_answers_no_open_request_is_without_somebody_who_hears_of_it(
    office: Office, code: str, urgency: str, answer: str, nobody_acts: bool
) -> None:
    of_class(office, urgency)
    proposes(office)
    if nobody_acts:
        now_all_is_due(office)
    assert is_heard(office)
    if answer:
        says(office, code, answer)
    assert is_heard(office)
    now_all_is_due(office)
    assert is_heard(office)
    if answer == "Yes":
        assert {THERE, THERE_TOO, "O1", "O2"} <= {*rung(office)}
    else:
        assert "O1" in rung(office)  # asking her is no answer: her time, or his, was over


PLANTS = {
    "her yes rings nobody": ("_move", "outbox.post(work.db, *alerts.values())", "pass"),
    "the thread stays behind": ("_give", "_keep_lines(work, report, place.person, new.lines | sealed)", "pass"),
    "those of before read on": ("_move", "if person not in stays:", "if False:"),
    "danger waits for her": ("propose", "if request.urgency == Urgency.DANGER else []", "if False else []"),
}  # fmt: skip
TESTS = {
    "her yes rings nobody": test_after_her_yes_those_there_are_rung_and_who_had_it_reads_nothing_any_more,
    "the thread stays behind": test_they_read_the_whole_thread_also_what_was_said_while_she_was_asked,
    "those of before read on": test_after_her_yes_those_there_are_rung_and_who_had_it_reads_nothing_any_more,
    "danger waits for her": test_danger_does_not_wait_for_her_answer,
}


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_fault_is_found(office: Office, code: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, other_zone, *PLANTS[name])
    with pytest.raises(AssertionError):
        TESTS[name](office, code)


def test_a_task_of_another_zone_is_read_by_its_first_officer_only_after_the_yes(office: Office, code: str) -> None:
    proposes(office)
    assert "no new task" in staff(office, THERE).sees
    says(office, code)
    assert "Happened to" in read_by(office, THERE, FIRST_NEW_TASK)

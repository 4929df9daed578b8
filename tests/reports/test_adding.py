"""What she adds in the talk that sent her report: joined at once, at the same length, read by nobody new."""

from __future__ import annotations

import json

import pytest
import time_machine
from sqlalchemy import func, select

from bot.actions.reports import AddPlace, AddWhen, AddWishes, AddWords, EndTelling, FileReport, GiveCode, TakeBack
from bot.phone.perform import Caller, perform
from bot.reports.held import held_report
from bot.reports.reading import old_words
from bot.storage import outbox
from bot.storage.tables.delivery import Message, MessageKind
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Reply, Report, ReportReceipt, Request, RequestStatus, Step
from bot.storage.tables.runtime import Task
from bot.storage.unit_of_work import Outcome, Work
from bot.vault.sealing import Unsealable, open_answers
from tests.support.keys import (
    BUT_NOT_TO,
    DOCTOR,
    DOCTOR_AND_POLICE,
    DONE,
    GO_ON,
    HAPPENS_NOW,
    ME,
    NOT_POWERFUL,
    SEND_NOW,
    TAKE_BACK,
    TO_LIMITS,
    YES,
)
from tests.support.office import CALLER, Office, choose_line
from tests.support.reports import dial_to_helpers

TELLS = FileReport("self", "hurt", "health,police", "BI-ZO-02-09-01", power="no")
LONGEST = "x" * 400


def act(office: Office, action: object) -> Outcome[str]:
    """One action, committed."""
    with office.services.sessions.begin() as db:
        work = Work(db, office.services.vault, office.services.country, outbox.now())
        return perform(work, Caller(), action)


def sent(office: Office, report: FileReport = TELLS) -> str:
    """The handle of a report that was sent a moment ago."""
    return str(act(office, report).values["report_handle"])


def rows(office: Office) -> list[int]:
    tables = (Report, Request, Copy, Step, Reply, ReportReceipt, Task)
    with office.services.reads() as db:
        return [db.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def lengths(office: Office) -> tuple[int, ...]:
    with office.services.reads() as db:
        row = db.scalars(select(Report)).one()
        return len(row.sealed), len(row.words), len(row.tally), len(row.contact)


def told(office: Office, handle: str) -> dict[str, str]:
    held = held_report(handle)
    with office.services.reads() as db:
        sealed = db.scalars(select(Report.sealed).where(Report.id == held.id)).one()
    answers: dict[str, str] = json.loads(open_answers(sealed, held.id, held.key))
    return answers


def test_all_that_she_adds_is_joined_at_the_same_length_and_writes_no_row(office: Office) -> None:
    handle = sent(office)
    before = rows(office), lengths(office)
    added = (AddWhen(handle, "older"), AddPlace(handle, "market"), AddWishes(handle, "woman,plain,no_visit,count"))
    for action in (*added, AddWords(handle, LONGEST), AddWhen(handle, "days3")):
        assert act(office, action).code == "kept"
        assert (rows(office), lengths(office)) == before
    now = told(office, handle)
    assert (now["when"], now["near"], now["help"]) == ("days3", "market", "health,police")
    assert now["words_key"]


def test_the_longest_report_that_can_be_told_has_the_length_of_the_shortest(office: Office) -> None:
    shortest = sent(office, FileReport("self", "hurt", "health", "BI-ZO-02-09-01"))
    with office.services.reads() as db:
        length = db.scalar(select(func.length(Report.sealed)).where(Report.id == held_report(shortest).id))
    every = "health,talk,legal,shelter,child,police"
    handle = sent(office, FileReport("self_child", "other", every, "BI-ZO-02-09-01", "skip", "skip", "talk", "officer"))
    act(office, AddWhen(handle, "older"))
    act(office, AddPlace(handle, "market"))
    act(office, AddWishes(handle, "woman,plain,no_visit,count"))
    act(office, AddWords(handle, LONGEST, "talk"))
    with office.services.reads() as db:
        assert db.scalar(select(func.length(Report.sealed)).where(Report.id == held_report(handle).id)) == length


def test_another_talk_cannot_add_to_it_take_it_back_or_have_a_code(office: Office) -> None:
    handle, other = sent(office), sent(office)
    forged = held_report(handle).id + held_report(other).key.hex()
    code = office.services.vault.issue("5293").handle
    for wrong in (forged, "", "x" * 84):
        for action in (AddWhen(wrong, "now"), EndTelling(wrong), TakeBack(wrong), GiveCode(wrong, code)):
            with pytest.raises(Unsealable):
                act(office, action)
    assert told(office, handle).get("when") is None


def test_a_class_only_rises_and_what_waits_is_brought_forward(office: Office, clock: time_machine.Traveller) -> None:
    handle = sent(office)
    assert {request.urgency for request in requests(office)} == {"person"}
    assert act(office, AddWhen(handle, "older")).tasks == ()
    assert len(act(office, AddWhen(handle, "now")).tasks) == 2  # doctor and police
    assert {request.urgency for request in requests(office)} == {"danger"}
    act(office, AddWhen(handle, "older"))
    assert {request.urgency for request in requests(office)} == {"danger"}
    clock.shift(11 * 60)
    due = outbox.due(office.services.sessions, outbox.now())
    assert {key.rsplit(":", 1)[1] for key in due} == {"0", "1"}  # the deputies too, as of any danger


def requests(office: Office) -> list[Request]:
    with office.services.reads() as db:
        return list(db.scalars(select(Request)))


def test_nobody_is_rung_before_she_has_done_or_two_minutes_are_over(
    office: Office, clock: time_machine.Traveller
) -> None:
    caller = dial_to_helpers(office)
    caller.says(DOCTOR, SEND_NOW)
    assert office.rung == []
    caller.says(DONE)
    assert len(office.rung) == 1
    dial_to_helpers(office, "s2").says(DOCTOR, SEND_NOW)  # and she is cut off
    waiting = {key for key in all_tasks(office) if key.endswith(":0")} - {*office.rung}
    assert waiting.isdisjoint(outbox.due(office.services.sessions, outbox.now()))
    clock.shift(3 * 60)
    assert waiting <= {*outbox.due(office.services.sessions, outbox.now())}


def all_tasks(office: Office) -> list[str]:
    with office.services.reads() as db:
        return list(db.scalars(select(Task.key)))


def test_danger_rings_at_once_while_she_still_tells(office: Office) -> None:
    caller = dial_to_helpers(office)
    caller.says(DOCTOR, SEND_NOW, *HAPPENS_NOW)
    assert not caller.answer.ends
    assert len(office.rung) == 1


def test_what_she_takes_back_at_once_opens_for_nobody_and_rings_nobody(office: Office) -> None:
    caller = dial_to_helpers(office)
    caller.says(DOCTOR_AND_POLICE, NOT_POWERFUL, SEND_NOW, TAKE_BACK)
    assert caller.sees.startswith("Erase all that you told?")
    assert caller.says(YES) == "It is erased."
    with office.services.reads() as db:
        report = db.scalars(select(Report)).one()
        assert (report.status, report.sealed, report.words) == ("erased", b"", b"")
        assert db.scalar(select(func.count()).select_from(Copy)) == 0
        open_tasks = select(Task.key).where(Task.done_at.is_(None), Task.key.startswith("route:"))
        assert db.scalars(open_tasks).all() == []


def test_an_answer_to_what_was_erased_meanwhile_is_not_said_to_be_kept(office: Office) -> None:
    handle = sent(office)
    act(office, TakeBack(handle))
    code = office.services.vault.issue("5293").handle
    for action in (AddWhen(handle, "now"), AddWords(handle, "x"), EndTelling(handle), GiveCode(handle, code)):
        assert act(office, action).code == "gone"
    assert act(office, TakeBack(handle)).code == "gone"


def units(office: Office) -> set[str]:
    with office.services.reads() as db:
        held = select(Person.unit).join(Copy, Copy.person == Person.id).where(Person.role == "champion")
        return set(db.scalars(held))


def test_a_station_that_she_leaves_out_gets_no_copy_and_none_later(office: Office) -> None:
    caller = dial_to_helpers(office)
    caller.says(DOCTOR_AND_POLICE, NOT_POWERFUL)
    caller.says(BUT_NOT_TO)
    names = [unit.name for unit in office.services.country.units.values() if unit.name in caller.sees]
    unit = next(code for code, unit in office.services.country.units.items() if unit.name == names[0])
    choose_line(caller, names[0])
    caller.says(SEND_NOW)
    assert unit not in units(office)
    with office.services.reads() as db:
        assert f"no_unit-{unit}" in db.scalars(select(Report.wishes)).one()


def test_a_service_that_she_leaves_out_is_not_asked(office: Office) -> None:
    caller = dial_to_helpers(office)
    caller.says(DOCTOR_AND_POLICE, NOT_POWERFUL, BUT_NOT_TO)
    assert choose_line(caller, "Police").startswith("Send it to: Doctor?")
    caller.says(SEND_NOW)
    assert {request.service for request in requests(office)} == {"health"}
    assert units(office) == set()


@pytest.mark.parametrize("staff", [False, True])
def test_a_complaint_from_a_place_that_nobody_serves_is_read_by_oversight_alone(office: Office, staff: bool) -> None:
    caller = office.call("s1", CALLER)
    caller.says(*TO_LIMITS)
    caller.says(GO_ON, ME)
    assert choose_line(caller, "Police or our staff").startswith("Only Supervisor reads it: no officer, nobody else.")
    choose_line(caller, "About who answers here" if staff else "About the police")
    choose_line(caller, "Somewhere else")
    while caller.sees.startswith("Where did it happen?"):
        caller.says("2")
    caller.says("2", "he asked for money")
    assert caller.sees.startswith("Send it to: Supervisor?")
    assert caller.says(SEND_NOW).startswith("It arrived.\nRead by: Supervisor.")
    with office.services.reads() as db:
        zone = db.scalars(select(Report.zone)).one()
        roles = set(db.scalars(select(Person.role).join(Copy, Copy.person == Person.id)))
    assert zone not in {place.code for place in office.services.country.served}
    assert roles == {"oversight"}
    assert [request.service for request in requests(office)] == ["oversight"]


def test_a_place_that_nobody_serves_is_said_before_she_has_told_more(office: Office) -> None:
    caller = office.call("s1", CALLER)
    caller.says(*TO_LIMITS)
    caller.says(GO_ON, ME, "1")
    choose_line(caller, "Somewhere else")
    while caller.sees.startswith("Where did it happen?"):
        caller.says("2")
    assert caller.sees.startswith("Nobody answers there yet and nothing was sent.")
    assert rows(office)[0] == 0
    assert choose_line(caller, "Where to get help").startswith("Where to get help")


def test_whoever_says_more_twice_and_does_not_know_loses_nothing_of_what_she_said(office: Office) -> None:
    handle = sent(office)
    first = (AddWhen(handle, "days3"), AddPlace(handle, "home"), AddWishes(handle, "no_visit"), AddWords(handle, "one"))
    for action in (
        *first,
        AddWhen(handle, "skip"),
        AddPlace(handle, "skip"),
        AddWishes(handle, ""),
        AddWords(handle, ""),
    ):
        assert act(office, action).code == "kept"
    answers = told(office, handle)
    assert (answers["when"], answers["near"], answers["wishes"]) == ("days3", "home", "no_visit")
    act(office, AddWords(handle, "two"))
    with office.services.reads() as db:
        row = db.scalars(select(Report)).one()
        assert old_words(office.services.vault, row, told(office, handle)) == "one two"
        assert row.wishes == "no_visit"


@pytest.mark.parametrize("taken", [False, True])
def test_danger_that_is_said_after_the_first_alert_rings_whoever_has_it_anew(office: Office, *, taken: bool) -> None:
    handle = sent(office)
    with office.services.sessions.begin() as db:
        first = db.scalars(select(Step).where(Step.rung == 0).order_by(Step.request, Step.person)).all()
        for step in first:
            step.alerted = outbox.now()
            request = db.get_one(Request, step.request)
            if taken:
                request.status, request.owner = RequestStatus.TAKEN, step.person
        whom = {step.person for step in first} if not taken else {*db.scalars(select(Request.owner))}
    act(office, AddWhen(handle, "now"))
    with office.services.reads() as db:
        rung = {*db.scalars(select(Message.person).where(Message.kind == MessageKind.URGENT))}
        clocks = db.scalars(select(Task.due_at).where(Task.name == "answered", Task.done_at.is_(None))).all()
    assert rung == whom
    assert all(due <= outbox.now() + 3600 for due in clocks)
    assert len(clocks) == (2 if taken else 0)

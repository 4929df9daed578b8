"""How a request ends: nobody buries one with two keys, and where nobody could help oversight has the last word."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

import workers
from bot.actions.reports import CloseReport
from bot.reports.statistics import heard
from bot.storage import outbox
from bot.storage.tables.delivery import Message
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Closing, Copy, Report, Request
from bot.storage.tables.runtime import Event, Task
from flows import FLOWS
from tests.support.keys import (
    ACCEPT_IT,
    ASK_IF_SAFE,
    CLOSE_AS_A_MISTAKE,
    CLOSE_AS_HELPED,
    CLOSE_AS_UNHELPED,
    DOCTOR_AND_POLICE,
    FIRST_NEW_TASK,
    GIVE_IT_ON,
    HAND_OVER,
    I_CANNOT,
    I_TAKE_IT,
    MY_FIRST_TASK,
    PASS_NEW_TASK,
    READ_ON,
    TAKE_NEW_TASK,
)
from tests.support.office import Caller, Office
from tests.support.reports import file_report, open_receipt, what_is_counted
from tests.support.staff import dial_as_staff, first_are, phone_of

OFFICER, DEPUTY = "C1A", "C1B"
WHY = "1"  # the first of the reasons that oversight gives before it reads


@pytest.fixture
def code(office: Office) -> str:
    """A report to the police of Buyenzi that C1A has taken; C1B is her deputy."""
    first_are(office, OFFICER)
    code = file_report(office)
    assert staff(office, OFFICER, *TAKE_NEW_TASK).sees.endswith("you have it. Thank you.")
    return code


def staff(office: Office, ref: str, *keys: str) -> Caller:
    return dial_as_staff(office, phone_of(office, ref), *keys)


def now_all_is_due(office: Office) -> None:
    with office.services.sessions.begin() as db:
        waits = Task.done_at.is_(None) & (Task.name == "route")
        db.execute(update(Task).where(waits).values(due_at=0, enqueued_at=0, claimed_until=0))
    office.rung += outbox.due(office.services.sessions, outbox.now())
    while office.rung:
        workers.run_tasks(office.rung.pop(0))


def rung(office: Office) -> list[str]:
    """Whose phones have rung, once for each time."""
    while office.rung:
        workers.run_tasks(office.rung.pop(0))
    with office.services.reads() as db:
        whom = select(Person.ref).join(Message, Message.person == Person.id).order_by(Person.ref)
        return list(db.scalars(whom))


def state(office: Office) -> tuple[str, str, str]:
    """Status, owner's reference and reason of the one request."""
    with office.services.reads() as db:
        found = select(Request.status, Person.ref, Request.closing).outerjoin(Person, Person.id == Request.owner)
        status, ref, closing = db.execute(found).one()
        return status, ref or "", closing


def test_the_reasons_on_the_phone_are_the_reasons_that_are_kept() -> None:
    reason = FLOWS.flows["inbox"].nodes["reason"]
    assert list(reason.labels) == list(Closing)  # type: ignore[attr-defined]
    assert {end.effect for end in FLOWS.flows["inbox"].nodes.values() if end.name == "closed"} == {CloseReport}  # type: ignore[attr-defined]


def test_i_cannot_is_asked_twice_and_no_key_of_it_closes_anything(office: Office, code: str) -> None:
    page = staff(office, OFFICER, *MY_FIRST_TASK, *I_CANNOT)
    assert page.sees == "Give it to another person?\n1 Yes\n2 No\n0 Back"
    assert page.says("2") == "Thank you."
    assert state(office) == ("taken", OFFICER, "")
    assert staff(office, OFFICER, *MY_FIRST_TASK, *HAND_OVER).sees == "It goes to another person."
    assert state(office) == ("new", "", "")
    assert DEPUTY in rung(office)


def test_i_cannot_twice_and_then_oversight_is_rung(office: Office) -> None:
    first_are(office, OFFICER)
    file_report(office)
    assert staff(office, OFFICER, *PASS_NEW_TASK).sees == "It goes to another person."
    assert set(rung(office)) == {OFFICER, DEPUTY}
    assert staff(office, DEPUTY, *PASS_NEW_TASK).sees == "It goes to another person."
    assert {"O1", "O2"} <= set(rung(office))
    assert state(office) == ("new", "", "")


def test_when_all_of_them_cannot_oversight_is_rung_again_and_only_the_last_is_told(office: Office) -> None:
    first_are(office, OFFICER)
    file_report(office)
    now_all_is_due(office)
    for ref in (OFFICER, DEPUTY):
        assert staff(office, ref, *PASS_NEW_TASK).sees == "It goes to another person."
    assert rung(office).count("O1") > 1  # again, though its turn had come before
    with office.services.sessions.begin() as db:
        others = select(Person.id).where(Person.ref != "O1")
        db.query(Copy).where(Copy.person.in_(others)).delete(synchronize_session=False)
    page = staff(office, "O1", FIRST_NEW_TASK, WHY, "2", "1")
    assert page.sees == "There is nobody else. Please answer yourself."


def test_what_could_not_be_helped_rings_oversight_who_reads_why_and_gives_it_on(office: Office, code: str) -> None:
    before = rung(office)
    assert staff(office, OFFICER, *MY_FIRST_TASK, *CLOSE_AS_UNHELPED).sees == "It goes to the supervisor."
    assert state(office) == ("unhelped", OFFICER, "unhelped")
    assert sorted({*rung(office)} - {*before}) == ["O1", "O2"]
    assert "We could not help. It goes to the supervisor." in open_receipt(office, code).sees
    page = staff(office, "O1", FIRST_NEW_TASK, WHY)
    assert page.sees.startswith("She could not be helped. Danger now. ")
    while "9 More" in page.sees:
        page.says("9")
    assert page.says(GIVE_IT_ON) == "It goes to another person."
    assert state(office) == ("new", "", "")
    assert DEPUTY in rung(office)
    assert "no new task" in staff(office, OFFICER).sees  # he has said that he cannot
    assert staff(office, DEPUTY, *TAKE_NEW_TASK).sees.endswith("you have it. Thank you.")


def test_oversight_may_take_it_herself_or_agree_and_she_reads_that_nobody_could(office: Office, code: str) -> None:
    staff(office, OFFICER, *MY_FIRST_TASK, *CLOSE_AS_UNHELPED)
    first, second = (staff(office, ref, FIRST_NEW_TASK, WHY) for ref in ("O1", "O2"))
    for page in (first, second):
        while "9 More" in page.sees:
            page.says("9")
    assert first.says(I_TAKE_IT, READ_ON).endswith("you have it. Thank you.")
    assert state(office) == ("taken", "O1", "")
    assert second.says(ACCEPT_IT) == "You cannot read it any more."
    assert staff(office, "O1", *MY_FIRST_TASK, *CLOSE_AS_UNHELPED).sees == "It goes to the supervisor."
    page = staff(office, "O2", FIRST_NEW_TASK, WHY)
    while "9 More" in page.sees:
        page.says("9")
    assert page.says(ACCEPT_IT) == "It is finished."
    assert state(office) == ("closed", "O1", "unhelped")
    assert "We cannot do it." in open_receipt(office, code).sees
    with office.services.reads() as db:
        assert "closing accepted" in set(db.scalars(select(Event.what)))


def test_whoever_could_not_help_never_has_the_last_word_of_oversight(office: Office, code: str) -> None:
    staff(office, OFFICER, *MY_FIRST_TASK, *CLOSE_AS_UNHELPED)
    assert "My tasks" not in staff(office, OFFICER).sees
    assert "no new task" in staff(office, OFFICER).sees
    assert "no new task" in staff(office, DEPUTY).sees


def test_a_trial_or_a_mistake_is_in_no_figure(office: Office) -> None:
    first_are(office, OFFICER, "P-HEALTH-1")
    file_report(office, helpers=DOCTOR_AND_POLICE)
    with office.services.sessions.begin() as db:
        report = db.scalars(select(Report)).one()
        counted = office.services.vault.seal_boxes(report.id, report.week, [report.month, report.zone, "hurt"], [])
        report.tally, length = counted[0], len(counted[0])
    for ref, left in ((OFFICER, 1), ("P-HEALTH-1", 0)):
        assert len(what_is_counted(office)) == 1
        staff(office, ref, *TAKE_NEW_TASK)
        assert staff(office, ref, *MY_FIRST_TASK, *CLOSE_AS_A_MISTAKE).sees == "It is finished."
        assert len(what_is_counted(office)) == left  # who asked two services is counted while one of them helps
    with office.services.reads() as db:
        assert len(db.scalars(select(Report.tally)).one()) == length
        assert heard(db) == []


def test_what_was_helped_stays_in_the_figures(office: Office, code: str) -> None:
    staff(office, OFFICER, *MY_FIRST_TASK, *CLOSE_AS_HELPED)
    with office.services.reads() as db:
        assert len(heard(db)) == 1


def test_what_is_grave_is_finished_only_after_a_second_yes(office: Office, code: str) -> None:
    page = staff(office, OFFICER, *MY_FIRST_TASK)
    while "9 More" in page.sees:
        page.says("9")
    assert page.says(*CLOSE_AS_HELPED) == "Urgent. Is it finished?\n1 Yes\n2 No\n0 Back"
    assert page.says("2") == "Thank you."
    assert state(office) == ("taken", OFFICER, "")


def test_what_is_not_grave_is_finished_with_one_key(office: Office, code: str) -> None:
    with office.services.sessions.begin() as db:
        db.execute(update(Request).values(urgency="person"))
    page = staff(office, OFFICER, *MY_FIRST_TASK)
    assert page.says(*CLOSE_AS_HELPED) == "It is finished."


def test_danger_that_she_has_told_later_rings_oversight_as_danger_when_nobody_could_help(
    office: Office, code: str
) -> None:
    staff(office, OFFICER, *MY_FIRST_TASK, *CLOSE_AS_UNHELPED)
    rung(office)
    with office.services.reads() as db:
        whom = select(Message.kind).join(Person, Message.person == Person.id).where(Person.ref == "O1")
        assert db.scalars(whom).all()[-1] == "urgent"


def test_who_answers_a_question_of_what_was_closed_meanwhile_reads_that_it_was_not_sent(
    office: Office, code: str
) -> None:
    staff(office, OFFICER, *MY_FIRST_TASK, *ASK_IF_SAFE)
    page = open_receipt(office, code)
    staff(office, OFFICER, *MY_FIRST_TASK, *CLOSE_AS_HELPED)
    assert page.says("1") == "It was not sent: it is finished. You may open it again."

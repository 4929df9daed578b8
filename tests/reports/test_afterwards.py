"""Once somebody has answered or closed it, she says whether it helped, and opens it again where it did not."""

from __future__ import annotations

import pytest
import time_machine
from sqlalchemy import delete, select, update

import workers
from bot.reports import ladders, statistics
from bot.storage import outbox
from bot.storage.audit import AuditAction
from bot.storage.tables.delivery import Message
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Report, Request, Step
from bot.storage.tables.runtime import Event, Task
from bot.upkeep import retention
from tests.support.keys import (
    CLOSE_AS_A_MISTAKE,
    CLOSE_AS_HELPED,
    CLOSE_AS_UNHELPED,
    DOCTOR_AND_POLICE,
    FIRST_NEW_TASK,
    HAND_OVER,
    MY_FIRST_TASK,
    REPLY_GO_TO_A_DOCTOR,
    STAFF_PIN,
    TAKE_NEW_TASK,
    TO_TASKS,
)
from tests.support.office import Caller, Office, choose_line
from tests.support.reports import file_report, open_receipt
from tests.support.staff import dial_as_staff, first_are, phone_of

OFFICER, DEPUTY = "C1A", "C1B"
WHY = "1"
RATE, AGAIN = "Did the answer help?", "Open it again"
SAVED, OPEN_AGAIN = "It is written. Thank you.", "It is open again."


@pytest.fixture(autouse=True)
def monday(clock: time_machine.Traveller) -> None:
    """Everybody of the demo is on duty, and the day is known."""


@pytest.fixture
def code(office: Office) -> str:
    """A report to the police of Buyenzi that C1A has taken; C1B is her deputy."""
    first_are(office, OFFICER)
    code = file_report(office)
    staff(office, OFFICER, *TAKE_NEW_TASK)
    return code


def staff(office: Office, ref: str, *keys: str) -> Caller:
    return dial_as_staff(office, phone_of(office, ref), *keys)


def chooses(caller: Caller, *labels: str) -> str:
    for label in labels:
        choose_line(caller, label)
    return caller.sees


def she(office: Office, code: str, *labels: str) -> str:
    """She dials with her code, and what she reads after these choices."""
    return chooses(open_receipt(office, code), *labels)


def request(office: Office, service: str = "police") -> Request:
    with office.services.reads() as db:
        return db.scalars(select(Request).where(Request.service == service)).one()


def messages(office: Office) -> list[str]:
    """Whose phones have rung, once for each time."""
    while office.rung:
        workers.run_tasks(office.rung.pop(0))
    with office.services.reads() as db:
        return list(db.scalars(select(Person.ref).join(Message, Message.person == Person.id)))


def rung_by(office: Office, code: str, *labels: str) -> tuple[str, list[str]]:
    """What she reads after these choices, and whose phones ring because of them."""
    before = messages(office)
    page = she(office, code, *labels)
    after = messages(office)
    for ref in before:
        after.remove(ref)
    return page, sorted(after)


def unhelped(office: Office) -> None:
    """The officer could not help, and oversight agreed."""
    staff(office, OFFICER, *MY_FIRST_TASK, *CLOSE_AS_UNHELPED)
    chooses(staff(office, "O1", FIRST_NEW_TASK, WHY), "It is finished")


# -- she says whether it helped ----------------------------------------------------------------------------------------
def test_nobody_is_asked_whether_it_helped_before_somebody_has_answered(office: Office, code: str) -> None:
    page = open_receipt(office, code).sees
    assert RATE not in page
    assert AGAIN not in page


@pytest.mark.parametrize(("choice", "kept"), [("Yes", 1), ("A little", 2), ("No", 3)])
def test_she_says_whether_the_answer_helped(office: Office, code: str, choice: str, kept: int) -> None:
    staff(office, OFFICER, *MY_FIRST_TASK, *REPLY_GO_TO_A_DOCTOR)
    page = open_receipt(office, code)
    assert AGAIN not in page.sees
    assert chooses(page, RATE, choice) == SAVED
    assert request(office).rating == kept


def test_she_may_say_it_of_what_is_closed_too_and_think_better_of_it(office: Office, code: str) -> None:
    staff(office, OFFICER, *MY_FIRST_TASK, *CLOSE_AS_HELPED)
    assert she(office, code, RATE, "No") == SAVED
    assert she(office, code, RATE, "Yes") == SAVED
    assert request(office).rating == 1


def test_of_two_services_she_says_which_one_helped(office: Office) -> None:
    first_are(office, OFFICER)
    code = file_report(office, helpers=DOCTOR_AND_POLICE)
    for ref in (OFFICER, *doctors(office)):
        staff(office, ref, *TAKE_NEW_TASK)
        staff(office, ref, *MY_FIRST_TASK, *CLOSE_AS_HELPED)
    page = open_receipt(office, code)
    chooses(page, RATE)
    assert page.sees.startswith("Which one?")
    assert chooses(page, "Police", "A little") == SAVED
    assert (request(office).rating, request(office, "health").rating) == (2, 0)


def doctors(office: Office) -> list[str]:
    """The doctor whose phone rings first."""
    first = select(Person.ref).join(Step, Step.person == Person.id).where(Step.rung == 0, Person.kind == "health")
    with office.services.reads() as db:
        return db.scalars(first.limit(1)).all()  # type: ignore[return-value]


def test_what_she_said_goes_when_she_erases_it_and_when_its_time_is_over(office: Office, code: str) -> None:
    staff(office, OFFICER, *MY_FIRST_TASK, *CLOSE_AS_HELPED)
    she(office, code, RATE, "Yes")
    page = open_receipt(office, code)
    chooses(page, RATE)
    assert she(office, code, "Erase it all", "Yes") == "It is erased."
    assert page.says("1") == "It is erased."  # while the question stood before her
    assert request(office).rating == 0


def test_an_expired_report_keeps_no_rating(office: Office, code: str) -> None:
    staff(office, OFFICER, *MY_FIRST_TASK, *CLOSE_AS_HELPED)
    she(office, code, RATE, "Yes")
    retention.destroy_week_keys(office.services, outbox.now() + 60 * 7 * 86400)
    assert request(office).rating == 0


# -- oversight reads it ------------------------------------------------------------------------------------------------
def rated(office: Office, *ratings: int, month: str = "2026-10", reopened: int = 0) -> None:
    with office.services.sessions.begin() as db:
        for number, rating in enumerate(ratings):
            report = Report(zone="z", wishes="", month=month, filed="2026-10-01", sealed=b"")
            db.add(report)
            db.flush()
            again = int(number < reopened)
            db.add(Request(report=report.id, service="health", urgency="other", rating=rating, reopened=again))


def test_oversight_reads_how_many_of_a_service_were_helped_in_tenths_and_never_of_fewer_than_five(
    office: Office,
) -> None:
    rated(office, 1, 1, 2, 3, 0, 0)
    with office.services.reads() as db:
        assert statistics.helped(db, "2026-11") == []
    rated(office, 3)
    with office.services.reads() as db:
        assert statistics.helped(db, "2026-11") == [("health", "4/10")]
        assert statistics.helped(db, "2026-10") == []  # a month that is not over


def test_the_figures_say_how_many_were_opened_again(office: Office) -> None:
    rated(office, 0, 0, 0, 0, 0, reopened=2)
    with office.services.reads() as db:
        (row,) = statistics.service(statistics.heard(db))
    assert row["reopened"] == "4/10"


def test_they_stand_on_the_phone_of_oversight_in_words(office: Office) -> None:
    rated(office, 1, 1, 1, 3, 3, reopened=1)
    page = office.call("watch", phone_of(office, "O1"))
    page.says(*TO_TASKS)
    chooses(page, "Oversight")
    page.says(STAFF_PIN)
    shown = chooses(page, "Figures")
    while "9 More" in page.sees:
        shown += " " + page.says("9")
    assert "Opened again: 2/10" in shown
    assert "Doctor, it helped: 6/10" in shown


# -- she opens it again ------------------------------------------------------------------------------------------------
def test_what_was_closed_is_open_again_the_same_and_its_first_rung_is_rung(office: Office, code: str) -> None:
    staff(office, OFFICER, *MY_FIRST_TASK, *CLOSE_AS_HELPED)
    before = request(office)
    assert before.closed == "2026-11-23"
    page, rung = rung_by(office, code, AGAIN)
    assert page == OPEN_AGAIN
    after = request(office)
    assert (after.id, after.status, after.owner, after.closing, after.closed) == (before.id, "new", "", "", "")
    assert after.reopened == 1
    assert rung == [OFFICER]
    news = open_receipt(office, code).sees
    assert news.startswith("It is open again. Read on 23/11: Police.")
    assert "not been read" not in news
    assert "23/11: It was opened again." in news


def test_its_clocks_begin_anew(office: Office, code: str) -> None:
    staff(office, OFFICER, *MY_FIRST_TASK, *CLOSE_AS_HELPED)
    with office.services.reads() as db:
        old = {*db.scalars(select(Task.key))}
    rung_by(office, code, AGAIN)
    with office.services.reads() as db:
        waits = {*db.scalars(select(Task.key).where(Task.done_at.is_(None), Task.key.startswith("route:")))}
    assert waits
    assert not waits & old  # the next rung has a time of its own, counted from now
    assert staff(office, OFFICER, *TAKE_NEW_TASK).sees.endswith("you have it. Thank you.")
    with office.services.reads() as db:
        runs = Task.key.startswith("answered:") & Task.done_at.is_(None)
        assert db.scalar(select(Task.key).where(runs)) is not None
    assert AGAIN not in open_receipt(office, code).sees


def test_who_had_said_that_she_could_not_help_is_not_the_first(office: Office, code: str) -> None:
    unhelped(office)
    page, rung = rung_by(office, code, AGAIN)
    assert page == OPEN_AGAIN
    assert rung == [DEPUTY]
    assert "no new task" in staff(office, OFFICER).sees
    assert staff(office, DEPUTY, *TAKE_NEW_TASK).sees.endswith("you have it. Thank you.")


def test_who_had_passed_it_on_or_let_her_time_go_by_is_asked_again(office: Office, code: str) -> None:
    staff(office, OFFICER, *MY_FIRST_TASK, *HAND_OVER)  # loses her copy
    staff(office, DEPUTY, *TAKE_NEW_TASK)
    staff(office, DEPUTY, *MY_FIRST_TASK, *CLOSE_AS_UNHELPED)
    chooses(staff(office, "O1", FIRST_NEW_TASK, WHY), "It is finished")
    page, rung = rung_by(office, code, AGAIN)
    assert (page, rung) == (OPEN_AGAIN, ["O1", "O2"])  # nobody else is left
    assert staff(office, "O1", FIRST_NEW_TASK, WHY).sees.startswith("Danger now. Told on")


def test_a_trial_that_was_none_is_opened_again_and_counts(office: Office, code: str) -> None:
    with office.services.reads() as db:
        box = db.scalars(select(Report.tally)).one()
    staff(office, OFFICER, *MY_FIRST_TASK, *CLOSE_AS_A_MISTAKE)
    assert RATE not in open_receipt(office, code).sees  # it helped nobody, and there is nothing to say of it
    with office.services.reads() as db:
        assert db.scalars(select(Report.tally)).one() == box
    assert she(office, code, AGAIN) == OPEN_AGAIN
    with office.services.reads() as db:
        assert len(statistics.heard(db)) == 1


def test_of_two_services_she_says_which_one_is_opened_again(office: Office) -> None:
    first_are(office, OFFICER)
    code = file_report(office, helpers=DOCTOR_AND_POLICE)
    staff(office, OFFICER, *TAKE_NEW_TASK)
    staff(office, OFFICER, *MY_FIRST_TASK, *CLOSE_AS_HELPED)
    page, rung = rung_by(office, code, AGAIN)
    assert (page, rung) == (OPEN_AGAIN, [OFFICER])  # the one that is closed; the doctor's goes its way
    for ref in (OFFICER, *doctors(office)):
        staff(office, ref, *TAKE_NEW_TASK)
        staff(office, ref, *MY_FIRST_TASK, *CLOSE_AS_HELPED)
    page, rung = rung_by(office, code, AGAIN, "Doctor")
    assert (page, rung) == (OPEN_AGAIN, doctors(office))
    assert request(office).status == "closed"


def test_nobody_is_on_duty_and_she_reads_it(office: Office, code: str) -> None:
    staff(office, OFFICER, *MY_FIRST_TASK, *CLOSE_AS_HELPED)
    with office.services.sessions.begin() as db:
        db.execute(update(Person).where(Person.role == "champion").values(duty="sun 08:00-17:00"))
    page, rung = rung_by(office, code, AGAIN)
    assert page == "It is open again. Nobody is on duty now."
    assert rung == [OFFICER]  # all the same


def test_who_is_off_duty_is_passed_over_for_who_is_on(office: Office, code: str) -> None:
    staff(office, OFFICER, *MY_FIRST_TASK, *CLOSE_AS_HELPED)
    with office.services.sessions.begin() as db:
        db.execute(update(Person).where(Person.ref == OFFICER).values(away="2026-11-01/2026-12-10"))
    page, rung = rung_by(office, code, AGAIN)
    assert (page, rung) == (OPEN_AGAIN, [DEPUTY])


def test_whom_she_has_shut_out_is_not_rung_when_she_opens_it_again(office: Office, code: str) -> None:
    she(office, code, "Change who reads it", "No police")
    chooses(staff(office, "O1", FIRST_NEW_TASK, WHY), "I take it", "Continue")
    staff(office, "O1", *MY_FIRST_TASK, *CLOSE_AS_HELPED)
    page, rung = rung_by(office, code, AGAIN)
    assert (page, rung) == (OPEN_AGAIN, ["O1", "O2"])
    with office.services.reads() as db:
        hers = select(Step).join(Person, Person.id == Step.person).where(Person.role == "champion")
        assert db.scalars(hers).all() == []


def test_the_pages_that_stand_before_her_say_what_is_true(office: Office, code: str) -> None:
    staff(office, OFFICER, *MY_FIRST_TASK, *CLOSE_AS_HELPED)
    two = [open_receipt(office, code, session=session) for session in ("a", "b")]
    assert chooses(two[0], AGAIN) == OPEN_AGAIN
    assert chooses(two[1], AGAIN) == OPEN_AGAIN  # it is open already: nothing happens twice
    assert request(office).reopened == 1
    staff(office, OFFICER, *TAKE_NEW_TASK)
    staff(office, OFFICER, *MY_FIRST_TASK, *CLOSE_AS_HELPED)
    page = open_receipt(office, code)
    she(office, code, "Erase it all", "Yes")
    assert chooses(page, AGAIN) == "It is erased."
    assert request(office).status == "erased"


def test_where_nobody_can_read_it_any_more_she_is_told_so_and_it_stays_closed(office: Office, code: str) -> None:
    staff(office, OFFICER, *MY_FIRST_TASK, *CLOSE_AS_HELPED)
    with office.services.sessions.begin() as db:
        db.execute(delete(Copy).where(Copy.person.in_(select(Person.id).where(Person.role != "recovery"))))
    assert she(office, code, AGAIN) == "We cannot do it."
    assert request(office).status == "closed"


def test_planted_a_reopening_that_forgets_who_could_not_help_is_found(
    office: Office, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ladders, "COULD_NOT_HELP", "nothing")
    ladders.has_passed.cache_clear()
    unhelped(office)
    _page, rung = rung_by(office, code, AGAIN)
    ladders.has_passed.cache_clear()
    assert OFFICER in rung


def test_the_record_says_that_she_has_opened_it_again_and_nothing_of_what_she_found(office: Office, code: str) -> None:
    staff(office, OFFICER, *MY_FIRST_TASK, *CLOSE_AS_HELPED)
    she(office, code, RATE, "No")
    she(office, code, AGAIN)
    with office.services.reads() as db:
        last = db.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()
    assert (last.what, last.person) == (AuditAction.REOPENED, "")
    assert not AuditAction.REOPENED.startswith(AuditAction.OPENED)  # readings are found by how they begin

"""Each service that she asked has a request of its own; whoever has lost the copy has lost the request too."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

import workers
from bot.actions.reports import Exclude, TakeReport
from bot.people import enrolment
from bot.people.decided import Decided
from bot.people.enrolment import DEMO_PIN
from bot.phone.perform import Caller, perform
from bot.reports import care
from bot.storage import outbox
from bot.storage.tables.delivery import DeliveryStatus, Message
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Reply, Report, Request, RequestStatus, Step
from bot.storage.tables.runtime import Task
from bot.storage.unit_of_work import Work
from tests.support.keys import (
    ASK_IF_SAFE,
    CLOSE_AS_HELPED,
    DOCTOR_AND_POLICE,
    MY_FIRST_TASK,
    REPLY_GO_TO_A_DOCTOR,
    TAKE_NEW_TASK,
)
from tests.support.office import Caller as Phone
from tests.support.office import Office, choose_line
from tests.support.provider import Provider
from tests.support.reports import HER_PIN, file_report, open_receipt, public_key_of_receipt
from tests.support.staff import dial_as_staff, first_are, person_row, phone_of

DOCTOR, OFFICER, MAN = "P-HEALTH-1", "C1A", "C1B"


def pages(caller: Phone) -> str:
    """All that a page says, with those that follow it."""
    said = caller.sees
    while "9 More" in caller.sees:
        said = said.replace("\n9 More", " ") + caller.says("9")
    return " ".join(said.split())


def states(office: Office) -> dict[str, tuple[str, str]]:
    """Status and owner's reference of each request, by service."""
    with office.services.reads() as db:
        found = select(Request.service, Request.status, Person.ref).outerjoin(Person, Person.id == Request.owner)
        return {service: (status, ref or "") for service, status, ref in db.execute(found)}


def staff(office: Office, ref: str, *keys: str) -> Phone:
    return dial_as_staff(office, phone_of(office, ref), *keys)


def everybody_rung(office: Office) -> None:
    """All the time of every clock passes."""
    with office.services.sessions.begin() as db:
        db.execute(update(Task).where(Task.done_at.is_(None), Task.name == "route").values(due_at=0))
    office.rung += outbox.due(office.services.sessions, outbox.now())
    while office.rung:
        workers.run_tasks(office.rung.pop(0))


@pytest.fixture
def asked_both(office: Office) -> str:
    """A report to a doctor and to the police; the man of the station is the deputy of the woman."""
    first_are(office, DOCTOR, OFFICER)
    return file_report(office, helpers=DOCTOR_AND_POLICE)


def test_who_asked_for_a_doctor_and_the_police_has_both_and_neither_takes_the_other_away(
    office: Office, asked_both: str
) -> None:
    assert states(office) == {"health": ("new", ""), "police": ("new", "")}
    assert staff(office, OFFICER, *TAKE_NEW_TASK).sees.endswith("you have it. Thank you.")
    assert states(office) == {"health": ("new", ""), "police": ("taken", OFFICER)}
    assert staff(office, DOCTOR, *TAKE_NEW_TASK).sees.endswith("you have it. Thank you.")
    assert staff(office, OFFICER, *MY_FIRST_TASK, *CLOSE_AS_HELPED).sees == "It is finished."
    assert states(office) == {"health": ("taken", DOCTOR), "police": ("closed", OFFICER)}
    with office.services.reads() as db:
        assert set(db.scalars(select(Request.closing))) == {"helped", ""}
    assert staff(office, DOCTOR, *MY_FIRST_TASK, *REPLY_GO_TO_A_DOCTOR).sees == "Sent."
    page = pages(open_receipt(office, asked_both))
    assert page.startswith("Doctor: A person you can trust is following it. Police: It is finished. Read on ")
    assert "Go to a doctor." in page


def test_she_reads_one_line_for_each_service(office: Office, asked_both: str) -> None:
    news = "It arrived. It has not been read yet."
    assert pages(open_receipt(office, asked_both)).startswith(f"Doctor: {news} Police: {news} No reply yet.")


def test_each_request_has_its_own_clock(office: Office, asked_both: str) -> None:
    staff(office, OFFICER, *TAKE_NEW_TASK)
    with office.services.reads() as db:
        of = {service: id for service, id in db.execute(select(Request.service, Request.id))}
        waiting = [*db.scalars(select(Task.key).where(Task.name == "route", Task.done_at.is_(None)))]
    assert {key.split(":")[1] for key in waiting} == {*of.values()}
    everybody_rung(office)
    with office.services.reads() as db:
        rung = select(Person.ref, Request.service).join(Message, Message.person == Person.id)
        rung = rung.join(Step, (Step.person == Person.id) & (Step.number == Message.number))
        heard = {tuple(row) for row in db.execute(rung.join(Request, Request.id == Step.request))}
    assert {(ref, service) for ref, service in heard if ref.startswith("O")} == {("O1", "health"), ("O2", "health")}
    assert (MAN, "police") not in heard


def test_whoever_stands_on_two_ladders_holds_one_copy_and_has_two_tasks(office: Office, asked_both: str) -> None:
    oversight = person_row(office, "O1")
    with office.services.reads() as db:
        assert len(db.scalars(select(Copy).where(Copy.person == oversight.id)).all()) == 1
        numbers = db.scalars(select(Step.number).where(Step.person == oversight.id)).all()
        assert sorted(numbers) == [oversight.tasks - 1, oversight.tasks]


def test_who_gives_one_of_her_two_requests_back_still_reads_the_other(office: Office, asked_both: str) -> None:
    """The same person for both, as where a counsellor is asked to talk and to find a place."""
    doctor = person_row(office, DOCTOR)
    with office.services.sessions.begin() as db:
        police = db.scalars(select(Request).where(Request.service == "police")).one()
        db.add(Step(request=police.id, report=police.report, person=doctor.id, rung=0, number=900))
        db.execute(update(Request).values(status="taken", owner=doctor.id))
    work = staff(office, DOCTOR, "2")
    choose_line(work, "900")
    choose_line(work, "I cannot")
    work.says("1")
    assert work.sees == "It goes to another person."
    assert states(office) == {"health": ("taken", DOCTOR), "police": ("new", "")}
    assert "Buyenzi" in staff(office, DOCTOR, *MY_FIRST_TASK).sees


def test_her_answer_goes_to_who_has_asked_and_to_nobody_of_the_other_ladder(office: Office, asked_both: str) -> None:
    staff(office, OFFICER, *TAKE_NEW_TASK)
    staff(office, DOCTOR, *TAKE_NEW_TASK)
    staff(office, OFFICER, *MY_FIRST_TASK, *ASK_IF_SAFE)
    staff(office, DOCTOR, *MY_FIRST_TASK, *REPLY_GO_TO_A_DOCTOR)  # the last message is no question, and one is open
    woman = open_receipt(office, asked_both)
    choose_line(woman, "Yes")
    assert woman.sees == "Sent."
    with office.services.reads() as db:
        last = db.scalars(select(Reply.number).order_by(Reply.number.desc())).first()
        sealed_to = select(Person.ref).join(Reply, Reply.reader == Person.id).where(Reply.number == last)
        assert set(db.scalars(sealed_to)) == {OFFICER, MAN, "O1", "O2"}


# -- whoever was shut out (finding 6) ----------------------------------------------------------------------------------
def test_a_man_whom_she_shut_out_while_the_page_stood_before_him_takes_nothing(office: Office, asked_both: str) -> None:
    everybody_rung(office)
    man = staff(office, MAN, "1", "1")
    woman = open_receipt(office, asked_both)
    choose_line(woman, "Change who reads it")
    woman.says("1")
    while "9 More" in man.sees:
        man.says("9")
    assert man.says("1") == "You cannot read it any more."
    assert states(office)["police"] == ("new", "")
    assert staff(office, OFFICER, *TAKE_NEW_TASK).sees.endswith("you have it. Thank you.")


def test_what_she_answers_later_is_not_sealed_to_whom_she_shut_out(office: Office, asked_both: str) -> None:
    staff(office, OFFICER, *TAKE_NEW_TASK)
    staff(office, OFFICER, *MY_FIRST_TASK, *ASK_IF_SAFE)
    woman = open_receipt(office, asked_both)
    choose_line(woman, "Change who reads it")
    woman.says("1")  # no men
    woman = open_receipt(office, asked_both)
    choose_line(woman, "Yes")
    with office.services.reads() as db:
        assert person_row(office, MAN).id not in set(db.scalars(select(Reply.reader)))


def test_an_owner_whose_copy_goes_loses_the_request_and_the_next_is_rung(office: Office, asked_both: str) -> None:
    staff(office, OFFICER, *TAKE_NEW_TASK)
    staff(office, DOCTOR, *TAKE_NEW_TASK)
    woman = open_receipt(office, asked_both)
    choose_line(woman, "Change who reads it")
    assert woman.says("2") == "It goes to another person."
    assert states(office) == {"health": ("taken", DOCTOR), "police": ("new", "")}
    everybody_rung(office)
    with office.services.reads() as db:
        assert "O1" in set(db.scalars(select(Person.ref).join(Message, Message.person == Person.id)))


def stopped(office: Office) -> None:
    with office.services.sessions.begin() as db:
        enrolment.disable(db, OFFICER, "K9", office.services.vault)


def destroyed(office: Office) -> None:
    stopped(office)
    with office.services.sessions.begin() as db:
        enrolment.make_final(db, OFFICER, Decided("K8", "O9"), office.services.vault)
        db.execute(update(Person).where(Person.ref == OFFICER).values(active=True))  # as if she served again


def shut_out(office: Office) -> None:
    with office.services.sessions.begin() as db:
        db.execute(update(Person).where(Person.ref == OFFICER).values(unit="POST-9", sex="m"))
        care.shut_out(db, db.scalars(select(Report)).one(), "unit-POST-9")


@pytest.mark.parametrize("lose", [stopped, destroyed, shut_out], ids=lambda lose: lose.__name__)
def test_an_alert_that_waits_does_not_leave_to_who_was_stopped_or_shut_out(
    office: Office, asked_both: str, stand_in: Provider, lose: Callable[[Office], None]
) -> None:
    for key in [key for key in office.rung if key.startswith("route:")]:
        workers.run_tasks(key)  # the alert is in the outbox, and has not left
    with office.services.reads() as db:
        hers = select(Message).where(Message.person == person_row(office, OFFICER).id)
        assert [m.status for m in db.scalars(hers)] == [DeliveryStatus.PENDING]
    phone = phone_of(office, OFFICER)
    lose(office)
    while office.rung:
        workers.run_tasks(office.rung.pop(0))
    with office.services.reads() as db:
        assert [m.status for m in db.scalars(hers)] == [DeliveryStatus.SUPPRESSED]
    assert phone not in {asked.form["to"] for asked in stand_in.asked}


@pytest.mark.parametrize("again", range(8))
def test_of_shutting_out_and_taking_at_once_either_order_leaves_no_owner_without_a_key(
    office: Office, asked_both: str, again: int
) -> None:
    vault, man = office.services.vault, person_row(office, MAN)
    handle = vault.unlock(man.id, man.wrapped_key, DEMO_PIN).handle
    hers = vault.try_receipt(asked_both, HER_PIN, public_key_of_receipt(office), "she").handle
    with office.services.reads() as db:
        number = str(db.scalars(select(Step.number).where(Step.person == man.id)).one())
    start = threading.Barrier(2)

    def act(caller: str, effect: object) -> str:
        start.wait()
        with office.services.sessions.begin() as db:
            return perform(Work(db, vault, office.services.country, 1), Caller(caller), effect).code

    with ThreadPoolExecutor(2) as pool:
        takes = pool.submit(act, man.id, TakeReport(handle, number))
        shuts = pool.submit(act, "", Exclude(code=asked_both, pin_handle=hers, readers="men"))
        assert takes.result() in ("done", "gone")
        assert shuts.result() == ("moved" if takes.result() == "done" else "done")
    with office.services.reads() as db:
        request = db.scalars(select(Request).where(Request.service == "police")).one()
        assert (request.status, request.owner) == (RequestStatus.NEW, "")

"""What nobody takes goes on: to the next of the same kind, then outside the force; what a human took stays with her."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

import workers
from bot.actions.reports import TakeReport
from bot.country.hours import DAYS, is_away, on_duty
from bot.country.routing_rules import PATIENCE, Urgency
from bot.people.enrolment import DEMO_PIN
from bot.phone.perform import Caller, perform
from bot.reports.filing import alert_at
from bot.reports.routing import Case, Reader, is_trained, route
from bot.storage import outbox
from bot.storage.tables.delivery import Message
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Request, Step
from bot.storage.tables.runtime import Event, Task
from bot.storage.unit_of_work import Work
from tests.support.keys import (
    ASK_POLICE,
    CLOSE_AS_HELPED,
    DO_NOT_SEND,
    MY_FIRST_TASK,
    OPEN_TASKS,
    PASS_NEW_TASK,
    SEND_IN_DANGER,
    TAKE_NEW_TASK,
)
from tests.support.office import Office, choose_line
from tests.support.reports import dial_to_helpers

NOON = datetime(2026, 11, 23, 12)  # noqa: DTZ001  (a local hour, as routing takes it)


def after(office: Office, minutes: int) -> list[tuple[str, str, str]]:
    """Time passes: whose phones have rung by then, as (role, sex, unit)."""
    with office.services.sessions.begin() as db:
        late = Task.due_at <= outbox.now() + minutes * 60
        db.execute(update(Task).where(late, Task.done_at.is_(None)).values(due_at=0, enqueued_at=0, claimed_until=0))
    office.rung.extend(outbox.due(office.services.sessions, outbox.now()))
    while office.rung:
        workers.run_tasks(office.rung.pop(0))
    with office.services.reads() as db:
        rung = select(Person.role, Person.sex, Person.unit).join(Message, Message.person == Person.id)
        return [(role, sex, unit) for role, sex, unit in db.execute(rung.order_by(Person.ref))]


def to_the_police(office: Office, *wishes: str) -> None:
    dial_to_helpers(office).says(*ASK_POLICE, *(wishes or SEND_IN_DANGER))


def test_danger_that_nobody_takes_reaches_the_deputy_in_ten_minutes_and_oversight_in_an_hour(office: Office) -> None:
    to_the_police(office)
    assert [role for role, _, _ in after(office, 0)] == ["champion"]
    assert [role for role, _, _ in after(office, 8)] == ["champion"]
    assert [role for role, _, _ in after(office, 11)] == ["champion", "champion"]
    assert "oversight" not in [role for role, _, _ in after(office, 55)]
    assert "oversight" in [role for role, _, _ in after(office, 121)]


def test_a_report_that_was_taken_rings_nobody_else(office: Office) -> None:
    to_the_police(office)
    after(office, 0)
    with office.services.reads() as db:
        number = office.services.vault.open_for_sender(
            db.scalars(select(Person.phone_sealed).join(Message, Message.person == Person.id)).one()
        )
    champion = office.call("s2", number)
    champion.says(*OPEN_TASKS, *TAKE_NEW_TASK)
    assert champion.answer.ends
    assert {role for role, _, _ in after(office, 17)} == {"champion"}  # she is reminded, nobody else hears of it


def test_a_deputy_reads_only_what_has_reached_her(office: Office) -> None:
    to_the_police(office)
    after(office, 0)
    with office.services.reads() as db:
        first = db.scalars(select(Message.person)).one()
        deputy = db.scalars(
            select(Person).where(Person.role == "champion", Person.id != first, Person.zones.contains("BI-ZO-02-09-01"))
        ).one()
    number = office.services.vault.open_for_sender(deputy.phone_sealed)
    assert "no new task" in office.call("s2", number).says(*OPEN_TASKS)
    after(office, 11)
    assert "New tasks" in office.call("s3", number).says(*OPEN_TASKS)
    with office.services.reads() as db:
        assert list(db.scalars(select(Event.what))) == ["escalated"]


def test_where_she_asked_for_a_woman_no_man_is_ever_rung(office: Office) -> None:
    send_the_women_home(office)
    to_the_police(office, "1", *SEND_IN_DANGER)  # somebody to talk to, since no woman officer is there
    rung = after(office, 10_000)
    assert {role for role, _, _ in rung} == {"partner", "oversight"}


def test_the_waiting_row_does_not_tell_the_minute_she_called() -> None:
    assert {alert_at(at, 60) for at in range(7200, 7200 + 3600, 7)} <= {10800, 14400}
    assert {alert_at(at, 10) % 60 for at in range(1000, 1400)} == {0}
    assert alert_at(1234, 0) == 1234


READERS = st.lists(
    st.builds(
        Reader, st.uuids().map(str), st.sampled_from(["champion", "partner", "oversight", "leader"]),
        st.sampled_from(["", "health", "talk", "legal", "child"]), st.sampled_from("fm"),
        st.sampled_from([frozenset({"Z1"}), frozenset({"Z2"}), frozenset({"Z1", "Z2"})]),
        st.sampled_from(["", "mon-fri 08:00-17:00", "mon-fri 19:00-07:00", "sat 08:00-12:00"]),
        st.sampled_from(["", "2090-12-31", "2026-11-22"]), st.integers(0, 9),
        st.sampled_from(["", "2026-11-20/2026-11-23", "2026-11-24/2026-11-30"]),
        st.sampled_from([frozenset(), frozenset({"rn"}), frozenset({"fr", "hi"})]),
    ),
    max_size=12,
    unique_by=lambda reader: reader.id,
)  # fmt: skip
CASES = st.builds(
    Case, st.just(frozenset({"Z1"})),
    st.frozensets(st.sampled_from(["health", "talk", "legal", "shelter", "child", "police"]), min_size=1),
    st.frozensets(st.sampled_from(["woman", "plain", "no_visit"])), st.sampled_from(["no", "yes", "skip"]),
    st.booleans(), st.booleans(), st.sampled_from(Urgency), language=st.sampled_from(["", "rn", "hi_Latn"]),
    parked=st.booleans(),
)  # fmt: skip


@given(CASES, READERS)
def test_through_every_escalation_her_choice_holds_and_oversight_comes_last(case: Case, people: list[Reader]) -> None:
    """With any roster, leave, training and language."""
    way = route(case, people, NOON)
    by_id = {reader.id: reader for reader in people}
    rungs = sorted(way.ladder, key=lambda rung: rung.rung)
    holders = [(by_id[rung.person], rung) for rung in rungs]
    assert len({rung.person for rung in rungs}) == len(rungs)
    assert [rung.rung for rung in rungs] == sorted(rung.rung for rung in rungs)
    if rungs:
        assert {reader.id for reader in people if reader.role == "oversight"} <= {rung.person for rung in rungs}
    for reader, rung in holders:
        assert reader.role != "leader"
        if reader.role == "champion":
            assert "police" in case.services
            assert case.power == "no"
            assert not case.about_police
            assert reader.sex == "f" or "woman" not in case.wishes
        if reader.role != "oversight":
            assert not case.parked
            assert "Z1" in reader.zones
            assert not is_away(reader, NOON)
        if reader.role == "champion":
            assert is_trained(reader, NOON)
        if reader.role == "oversight":
            assert all(other.role == "oversight" for other, later in holders if later.rung >= rung.rung)
        assert rung.after in (0, *PATIENCE[case.urgency])
    if rungs:
        assert rungs[0].rung == 0
        assert rungs[0].after == 0


def holder(office: Office, position: int) -> str:
    """The number of the person whose phone rang in that place of order."""
    with office.services.reads() as db:
        rung = (
            select(Person.phone_sealed)
            .join(Message, Message.person == Person.id)
            .join(Step, (Step.person == Message.person) & (Step.number == Message.number))
            .order_by(Step.rung, Message.id)
        )
        return office.services.vault.open_for_sender(db.scalars(rung).all()[position])


def test_who_cannot_take_it_keeps_nobody_waiting_and_does_not_see_it_again(office: Office) -> None:
    to_the_police(office)
    after(office, 0)
    first = holder(office, 0)
    champion = office.call("s2", first)
    champion.says(*OPEN_TASKS, *PASS_NEW_TASK)
    assert champion.sees == "It goes to another person."
    assert len(after(office, 0)) == 2
    assert "no new task" in office.call("s3", first).says(*OPEN_TASKS)


def test_who_passes_it_on_when_all_were_rung_rings_the_next_again(office: Office) -> None:
    to_the_police(office)
    before = len(after(office, 10_000))
    champion = office.call("s2", holder(office, 0))
    assert champion.says(*OPEN_TASKS, *PASS_NEW_TASK) == "It goes to another person."
    assert len(after(office, 0)) == before + 1


def send_the_women_home(office: Office) -> None:
    another_day = DAYS[(datetime.now(office.services.country.timezone).weekday() + 3) % 7]
    with office.services.sessions.begin() as db:
        women = update(Person).where(Person.role == "champion", Person.sex == "f")
        db.execute(women.values(duty=f"{another_day} 08:00-17:00"))


@pytest.mark.parametrize(("key", "roles"), [("1", {"partner"}), ("2", {"champion"})])
def test_without_a_woman_officer_she_says_who_may_read_it_instead(office: Office, key: str, roles: set[str]) -> None:
    send_the_women_home(office)
    caller = dial_to_helpers(office)
    assert caller.says(*ASK_POLICE).startswith("No woman officer is on duty now.")
    assert "It arrived." in caller.says(key, *SEND_IN_DANGER)
    assert {role for role, _, _ in after(office, 0)} == roles


def test_without_a_woman_officer_she_may_send_nothing_at_all(office: Office) -> None:
    send_the_women_home(office)
    caller = dial_to_helpers(office)
    assert caller.says(*ASK_POLICE, DO_NOT_SEND) == "Nothing was sent."
    assert after(office, 10_000) == []


def test_a_powerful_man_keeps_the_police_out_and_she_says_who_may_read_it(office: Office) -> None:
    caller = dial_to_helpers(office)
    assert caller.says("6", "2").startswith("Nobody you chose can read it now.")
    assert caller.says("1", *SEND_IN_DANGER).startswith("Thank you. It arrived.")
    assert {role for role, _, _ in after(office, 0)} == {"partner"}
    assert "champion" not in {role for role, _, _ in after(office, 10_000)}


def messages(office: Office) -> list[str]:
    with office.services.reads() as db:
        return sorted(db.scalars(select(Message.kind)))


def test_whoever_has_taken_one_and_does_nothing_is_reminded_once(office: Office) -> None:
    to_the_police(office)
    after(office, 0)
    champion = office.call("s2", holder(office, 0))
    champion.says(*OPEN_TASKS, *TAKE_NEW_TASK)
    after(office, 8)
    assert messages(office) == ["urgent"]
    after(office, 11)
    assert messages(office) == ["overdue", "urgent"]
    after(office, 17)
    assert messages(office) == ["overdue", "urgent"]  # later it goes on: tests/reports/test_clocks.py


def test_whoever_has_closed_it_is_not_reminded(office: Office) -> None:
    to_the_police(office)
    after(office, 0)
    phone = holder(office, 0)
    office.call("s2", phone).says(*OPEN_TASKS, *TAKE_NEW_TASK)
    page = office.call("s3", phone)
    assert page.says(*OPEN_TASKS, *MY_FIRST_TASK, *CLOSE_AS_HELPED).startswith("Urgent. Is it finished?")
    assert choose_line(page, "Yes") == "It is finished."
    after(office, 10_000)
    assert messages(office) == ["urgent"]


def test_who_is_on_leave_gets_nothing_new_and_oversight_always_does() -> None:
    on_leave = Reader("a", "champion", "", "f", frozenset({"Z1"}), "", "", away="2026-11-20/2026-11-23")
    there = Reader("b", "champion", "", "f", frozenset({"Z1"}), "", "", load=2)
    oversight = Reader("o", "oversight", "", "f", frozenset({"Z1"}), "", "", away="2026-11-20/2026-11-23")
    case = Case(frozenset({"Z1"}), frozenset({"police"}), frozenset(), "no", False, False, Urgency.DANGER)
    assert [rung.person for rung in route(case, [on_leave, there, oversight], NOON).ladder] == ["b", "o"]
    assert [rung.person for rung in route(case, [on_leave, oversight], NOON).ladder] == []
    later = NOON.replace(day=24)
    assert [rung.person for rung in route(case, [on_leave, there, oversight], later).ladder] == ["a", "b", "o"]


def test_a_night_shift_serves_until_morning_and_a_holiday_is_a_sunday() -> None:
    night, sundays = "mon-fri 19:00-07:00", "sun 08:00-12:00"
    monday = NOON.replace(hour=20)
    assert on_duty(night, monday)
    assert on_duty(night, monday.replace(day=24, hour=6))
    assert not on_duty(night, monday.replace(hour=6))  # Sunday's night has no shift
    assert on_duty(night, monday.replace(day=28, hour=6))  # Friday's shift ends on Saturday
    assert not on_duty(sundays, NOON.replace(hour=9))
    assert on_duty(sundays, NOON.replace(hour=9), holiday=True)
    assert not on_duty(night, monday, holiday=True)


def test_somebody_who_writes_that_she_saw_it_stops_no_clock(office: Office) -> None:
    to_the_police(office)
    after(office, 0)
    with office.services.reads() as db:
        first = db.scalars(select(Person).join(Message, Message.person == Person.id)).one()
    phone, at = office.services.vault.open_for_sender(first.phone_sealed), "africastalking"
    assert office.talk_sessions.sms(at, "m1", phone, "Ndabibonye 1").text == "Vyanditswe. Murakoze."
    assert office.talk_sessions.sms(at, "m2", phone, "seen 99").text == "That is wrong. Write again."
    assert office.talk_sessions.sms(at, "m3", "+25779123456", "seen 1").text.startswith("Fyonda")
    with office.services.reads() as db:
        assert list(db.scalars(select(Event.person).where(Event.what == "seen"))) == [first.id]
    assert [role for role, _, _ in after(office, 11)] == ["champion", "champion"]


def test_of_all_who_take_it_at_once_one_has_it_and_the_others_are_told(office: Office) -> None:
    to_the_police(office)
    after(office, 10_000)
    with office.services.reads() as db:
        rung = select(Person, Step.number).join(Step, Step.person == Person.id)
        there = db.execute(rung.join(Message, (Message.person == Person.id) & (Message.number == Step.number))).all()
    vault = office.services.vault
    ready = [(p.id, vault.unlock(p.id, p.wrapped_key, DEMO_PIN).handle, str(number)) for p, number in there]
    start = threading.Barrier(len(ready))

    def takes(person: str, handle: str, number: str) -> str:
        start.wait()
        with office.services.sessions.begin() as db:
            work = Work(db, vault, office.services.country, 1)
            return perform(work, Caller(person), TakeReport(handle, number)).code

    with ThreadPoolExecutor(len(ready)) as pool:
        outcomes = list(pool.map(lambda one: takes(*one), ready))
    assert sorted(outcomes) == ["done", *["late"] * (len(ready) - 1)]
    assert len(ready) == 4  # officer, deputy, and two of oversight
    with office.services.reads() as db:
        assert db.scalars(select(Request.owner)).one() == ready[outcomes.index("done")][0]

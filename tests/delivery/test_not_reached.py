"""An alert that reached nobody rings the next at once and is an alarm; one that arrived stops nothing."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable

import pytest
from sqlalchemy import select, update

import workers
from bot.channels.messages import DeliveryReport, MessageStatus, Reason
from bot.country.routing_rules import PATIENCE, Urgency
from bot.delivery.attempts import kept_id
from bot.phone import delivery_callbacks
from bot.reports import ladders, not_reached
from bot.storage import demo_clock, outbox
from bot.storage.audit import AuditAction
from bot.storage.tables.delivery import DeliveryStatus, Message
from bot.storage.tables.people import Person
from bot.storage.tables.runtime import Event, Task
from tests.support.keys import PASS_NEW_TASK, TAKE_NEW_TASK
from tests.support.minutes import Minutes, owner, rung, staff, who
from tests.support.office import Office
from tests.support.planting import plant
from tests.support.provider import Provider, Reply, accepted
from tests.support.reports import file_report
from tests.support.staff import first_are

OFFICER, DEPUTY = "C1A", "C1B"
SEEN, TO_OVERSIGHT = PATIENCE[Urgency.DANGER]


@pytest.fixture
def clock(office: Office, monkeypatch: pytest.MonkeyPatch) -> Minutes:
    clock = Minutes(office)
    monkeypatch.setattr(demo_clock, "ahead", lambda: clock.ahead)
    first_are(office, OFFICER)
    file_report(office)
    clock.works()
    return clock


def says(office: Office, status: MessageStatus, *refs: str) -> None:
    """A provider has taken the last alert of each of these people, and says what became of it."""
    for ref in refs:
        last = select(Message.id).join(Person, Person.id == Message.person).where(Person.ref == ref)
        with office.services.sessions.begin() as db:
            sent = last.where(Message.status == DeliveryStatus.PENDING).order_by(Message.id).limit(1)
            its = kept_id(office.services.vault, f"of {ref}")
            db.execute(update(Message).where(Message.provider_id == its).values(provider_id=""))
            values = {"status": DeliveryStatus.SENT, "provider_id": its}
            db.execute(update(Message).where(Message.id == db.scalars(sent).one()).values(**values))
        reason = Reason.BAD_NUMBER if status == MessageStatus.FAILED else None
        delivery_callbacks.note(office.services, DeliveryReport(f"of {ref}", status, reason))


def says_dead(office: Office, *refs: str) -> None:
    says(office, MessageStatus.FAILED, *refs)


def test_an_alert_that_its_receipt_calls_dead_rings_the_next_at_once_and_is_an_alarm(
    office: Office, clock: Minutes, caplog: pytest.LogCaptureFixture
) -> None:
    assert who(office) == {OFFICER}
    says_dead(office, OFFICER)
    assert office.rung  # a worker is told, not only the clock
    clock.works()
    assert who(office) == {OFFICER, DEPUTY}
    assert f"ALARM: the phone of {OFFICER} takes no SMS: bad_number" in caplog.text
    assert not re.search(r"\+?257\d{8}", caplog.text)
    with office.services.reads() as db:
        assert db.scalars(select(Event.what).where(Event.what == AuditAction.NOT_REACHED)).all() == ["not reached"]


def test_a_receipt_that_comes_twice_rings_one_rung(office: Office, clock: Minutes) -> None:
    says_dead(office, OFFICER)
    delivery_callbacks.note(office.services, DeliveryReport(f"of {OFFICER}", MessageStatus.FAILED, None))
    clock.works()
    assert who(office) == {OFFICER, DEPUTY}


def test_an_alert_that_arrived_stops_no_clock(office: Office, clock: Minutes) -> None:
    says(office, MessageStatus.DELIVERED, OFFICER)
    clock.works()
    assert who(office) == {OFFICER}
    clock.passes(SEEN + 1)
    assert DEPUTY in who(office)


def test_the_clock_of_the_rung_after_goes_on(office: Office, clock: Minutes) -> None:
    says_dead(office, OFFICER)
    clock.works()
    clock.passes(2 * TO_OVERSIGHT)
    assert {"O1", "O2"} <= who(office)


def test_when_every_phone_below_is_dead_oversight_is_rung_within_the_minute(office: Office, clock: Minutes) -> None:
    while not {"O1", "O2"} <= who(office):
        before = who(office)
        dead = [ref for ref, kind in rung(office) if kind == "urgent" and ref not in said_dead(office)]
        says_dead(office, *dead)
        clock.works()
        assert who(office) != before
    assert clock.ahead == 0


def said_dead(office: Office) -> set[str]:
    with office.services.reads() as db:
        whose = select(Person.ref).join(Event, Event.person == Person.id)
        return {*db.scalars(whose.where(Event.what == AuditAction.NOT_REACHED))}


def everybody_dies(office: Office, clock: Minutes, but: Iterable[str] = ()) -> int:
    """Whatever alert is posted never arrives, but those of some; how many there were."""
    for times in range(40):
        with office.services.reads() as db:
            whom = select(Person.ref).join(Message, Message.person == Person.id)
            waits = whom.where(Message.status == DeliveryStatus.PENDING, Person.ref.not_in([*but]))
            ref = db.scalar(waits.order_by(Message.id).limit(1))
        if ref is None:
            return times
        says_dead(office, ref)
        clock.works()
    return 40


def test_when_every_phone_is_dead_it_is_said_and_ends(
    office: Office, clock: Minutes, caplog: pytest.LogCaptureFixture
) -> None:
    assert everybody_dies(office, clock) < 10
    assert "ALARM: nobody whose phone takes an SMS is left for an open request" in caplog.text
    assert staff(office, OFFICER, *TAKE_NEW_TASK).sees.endswith("you have it. Thank you.")  # it is in her list still


def test_whoever_has_passed_it_on_is_asked_again_before_it_rings_dead_phones(office: Office, clock: Minutes) -> None:
    staff(office, OFFICER, *PASS_NEW_TASK)
    clock.works()
    before = rung(office).count((OFFICER, "urgent"))
    assert everybody_dies(office, clock, [OFFICER]) < 10
    assert rung(office).count((OFFICER, "urgent")) > before
    assert owner(office) == ("new", "")


def test_a_dead_reminder_to_whoever_has_taken_it_rings_nobody_else(office: Office, clock: Minutes) -> None:
    staff(office, OFFICER, *TAKE_NEW_TASK)
    says_dead(office, OFFICER)
    clock.works()
    assert who(office) == {OFFICER}
    assert owner(office) == ("taken", OFFICER)


@pytest.mark.office(provider_timeout="0.5")
def test_an_alert_that_every_provider_has_refused_rings_the_next_at_once(
    office: Office, clock: Minutes, stand_in: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    body = accepted(message="None").body.replace("102", "403").replace("Success", "InvalidPhoneNumber")
    stand_in.replies = [Reply(201, body)]
    sends(office)
    clock.works()
    assert who(office) == {OFFICER, DEPUTY}
    assert f"ALARM: the phone of {OFFICER} takes no SMS" in caplog.text


def test_whoever_was_stopped_before_her_alert_left_is_no_reason_to_wait(office: Office, clock: Minutes) -> None:
    with office.services.sessions.begin() as db:
        db.execute(update(Person).where(Person.ref == OFFICER).values(active=False))
    sends(office)
    clock.works()
    assert who(office) == {OFFICER, DEPUTY}


def sends(office: Office) -> None:
    """The alerts that wait leave."""
    with office.services.reads() as db:
        waits = Task.name == outbox.TaskName.DELIVER, Task.done_at.is_(None)
        keys = db.scalars(select(Task.key).where(*waits)).all()
    workers.run_tasks(*keys)


PLANTS = {
    "a dead alert is forgotten": (not_reached, "not_reached", "db.scalars(new.", "[] and db.scalars(new."),
    "only the alarm is given": (ladders, "bring_forward", "values(due_at=at, enqueued_at=0)", "values(enqueued_at=0)"),
    "dead phones are rung for ever": (not_reached, "_ask_another", "if has_living(db, request):", "if True:"),
    "whose phone is dead is asked again": (
        ladders, "is_dead", "lost.what == AuditAction.NOT_REACHED", "lost.what == 'nothing'"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTS)
def test_a_dead_alert_that_is_forgotten_or_rings_for_ever_is_found(
    name: str, office: Office, clock: Minutes, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, function, right, wrong = PLANTS[name]
    plant(monkeypatch, module, function, right, wrong)
    for known in (not_reached, sys.modules["workers.route"], delivery_callbacks):
        if hasattr(known, function):
            monkeypatch.setattr(known, function, getattr(module, function))
    with pytest.raises(AssertionError):  # noqa: PT012  (whichever of them sees it)
        says_dead(office, OFFICER)
        clock.works()
        assert who(office) == {OFFICER, DEPUTY}
        assert everybody_dies(office, clock) < 10

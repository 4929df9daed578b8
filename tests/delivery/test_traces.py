"""Nothing is kept of a message that is final but a count of its day, and no list of times says when she called."""

from __future__ import annotations

import pytest
import time_machine
from sqlalchemy import select, update

import workers
from bot.delivery import staff_alerts
from bot.delivery.attempts import kept_id
from bot.delivery.pruning import prune
from bot.storage import demo_clock, outbox
from bot.storage.outbox import now
from bot.storage.tables.delivery import Attempt, AttemptCount, DeliveryStatus, Message, MessageKind
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Step
from bot.storage.tables.runtime import Event, Task
from bot.upkeep import alarms, retention
from bot.upkeep.health import metrics
from tests.support.keys import OPEN_TASKS
from tests.support.office import Office
from tests.support.reports import file_report
from tests.support.staff import dial_as_first_officer

DAY, HOUR = 86400, 3600


def works(office: Office) -> None:
    while office.rung:
        workers.run_tasks(office.rung.pop(0))


def arrived(office: Office) -> None:
    """The provider says that all messages have arrived."""
    with office.services.sessions.begin() as db:
        db.execute(update(Message).values(status=DeliveryStatus.DELIVERED))


def test_what_has_arrived_is_gone_within_minutes_and_counted_by_day(office: Office) -> None:
    file_report(office)
    works(office)
    with office.services.reads() as db:
        attempts = len(db.scalars(select(Attempt.id)).all())
        assert attempts
    retention.delete_expired_rows(office.services.sessions, now())
    with office.services.reads() as db:
        assert db.scalars(select(Message.id)).all()  # sent, and its delivery report is waited for
    arrived(office)
    retention.delete_expired_rows(office.services.sessions, now())
    with office.services.reads() as db:
        assert db.scalars(select(Message.id)).all() == []
        assert db.scalars(select(Attempt.id)).all() == []
        counted = db.scalars(select(AttemptCount)).all()
        assert [(row.day % DAY, row.taken, row.times) for row in counted] == [(0, True, attempts)]
        waiting = db.scalars(select(Task).where(Task.name.in_(("route", "deliver")))).all()
        assert [task.key for task in waiting if task.done_at is not None] == []
        assert sum(alarms.states(db, now() - DAY, now() + 1).values()) == attempts


def test_what_no_provider_tells_of_is_kept_for_a_day(office: Office) -> None:
    file_report(office)
    works(office)
    with office.services.sessions.begin() as db:
        assert prune(db, now() + DAY - HOUR - 60) == 0
        assert prune(db, now() + DAY + HOUR) > 0


def test_times_that_stay_are_whole_hours_and_of_what_she_did_whole_days(office: Office) -> None:
    file_report(office)
    works(office)
    dial_as_first_officer(office, *OPEN_TASKS[-1:])
    with office.services.reads() as db:
        seconds = [*db.scalars(select(Message.created)), *db.scalars(select(Step.alerted))]
        seconds += [at for row in db.execute(select(Attempt.began, Attempt.ended)) for at in row]
        assert {at % HOUR for at in seconds} == {0}
        for person, at, report in db.execute(select(Event.person, Event.at, Event.report)):
            assert not report or at % (HOUR if person else DAY) == 0


def test_an_id_of_a_provider_is_kept_as_a_digest_and_its_report_is_still_understood(office: Office) -> None:
    file_report(office)
    works(office)
    with office.services.reads() as db:
        ids = set(db.scalars(select(Message.provider_id)))
    assert ids == {kept_id(office.services.vault, "ATXid_1")} or all(len(id) == 32 for id in ids)


def alerts(office: Office, kind: MessageKind, number: int) -> list[int]:
    """After how many seconds so many alerts leave."""
    with office.services.sessions.begin() as db:
        person = db.scalars(select(Person.id)).first() or ""
        keys = [key for _ in range(number) for key in staff_alerts.post_alert(db, kind, person, 1, 1000, outbox.ALERT)]
        return [db.get_one(Task, key).due_at - 1000 for key in keys]


@pytest.mark.parametrize(("kind", "most"), [(MessageKind.NEW, 300), (MessageKind.URGENT, 0)])
def test_an_alert_waits_up_to_five_minutes_unless_it_is_of_danger(
    office: Office, monkeypatch: pytest.MonkeyPatch, kind: MessageKind, most: int
) -> None:
    assert {*alerts(office, kind, 20)} == {0}  # a visitor of the demonstration looks at the phone
    monkeypatch.setattr(demo_clock, "is_followed", lambda: False)
    waits = alerts(office, kind, 60)
    assert all(0 <= wait <= most for wait in waits)
    assert len({*waits}) > (20 if most else 0)
    assert max(waits) >= most * 0.7


def test_whoever_collects_the_figures_every_few_seconds_sees_nobody_call(
    office: Office, clock: time_machine.Traveller
) -> None:
    """Where everything works no figure changes; where it does not, it changes at full five minutes only."""
    clock.shift(17)
    before = metrics(office.services)
    file_report(office, "s1")
    assert metrics(office.services) == before  # nobody was rung yet
    works(office)
    assert metrics(office.services) == before
    file_report(office, "s2")
    seen = set()
    for _ in range(1000 // 15):
        clock.shift(15)
        figures = metrics(office.services)
        if figures != before:
            seen.add(int(now() % 300 < 15))
            before = figures
    assert seen == {1}
    assert b'ijwi_oldest_minutes{class="alert"} 10.0' in before


def test_an_operator_still_reads_that_yesterday_failed(office: Office, clock: time_machine.Traveller) -> None:
    file_report(office)
    works(office)
    clock.shift(DAY)
    assert b'ijwi_attempts_day{provider="africastalking",state="' in metrics(office.services)

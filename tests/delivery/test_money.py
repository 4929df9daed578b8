"""What messages cost, and who hears of it before there is no money left."""

from __future__ import annotations

import json
import logging

import pytest
from sqlalchemy import insert, select, update

import workers
from app import create_app
from bot.channels.messages import Balance
from bot.delivery import prices
from bot.people.enrolment import DEMO_PIN
from bot.phone.world import World
from bot.storage import outbox
from bot.storage.counters import add
from bot.storage.tables import delivery
from bot.storage.tables.delivery import Attempt, DeliveryStatus, ProviderState
from bot.storage.tables.meetings import Meeting
from bot.storage.tables.people import Person
from bot.storage.tables.runtime import Task
from bot.upkeep import alarms
from tests.support.delivery_house import PEOPLE
from tests.support.office import Office
from tests.support.provider import Provider, Reply
from tests.support.sdk import africas_talking, twilio
from tests.support.subscribers import add_released_meeting, add_subscribers, cancel, notice_statuses, run_due_tasks
from tests.support.timed_provider import post_alert

BALANCE = Reply(200, json.dumps({"UserData": {"balance": "KES 12.50"}}))


def spent(office: Office) -> list[tuple[str, int, int]]:
    with office.services.reads() as db:
        return [(row.provider, row.segments, row.millionths) for row in db.scalars(select(delivery.Spent))]


def a_budget(office: Office, budget: float, used: float) -> None:
    office.settings.month_budget = budget
    key = {"month": prices.month_of(office.services.country, outbox.now()), "provider": "africastalking"}
    with office.services.sessions.begin() as db:
        add(db, delivery.Spent, key, segments=1, millionths=int(used * prices.MILLION))


def test_what_leaves_is_counted_in_segments_at_the_price_of_its_network(office: Office) -> None:
    add_subscribers(office, [*PEOPLE[:3], "+25768000001"])
    add_released_meeting(office)
    run_due_tasks(office)
    assert spent(office) == [("africastalking", 4, 3 * 25_000 + 30_000)]


def test_what_was_refused_costs_nothing(office: Office, stand_in: Provider) -> None:
    add_subscribers(office, PEOPLE[:3])
    stand_in.usual = Reply(500, "")
    add_released_meeting(office)
    run_due_tasks(office)
    assert spent(office) == []


def test_a_demo_price_is_no_price_in_service(office: Office) -> None:
    land = office.services.country
    assert prices.price(land, "africastalking", "+25779000001", demo=True) == 25_000
    assert prices.price(land, "africastalking", "+25779000001", demo=False) == 0
    assert prices.price(land, "africastalking", "", demo=True) == 30_000  # a forecast is not too low
    assert prices.price(land, "africastalking", "+14155550100", demo=True) == 0


def test_the_coordinator_reads_what_it_costs_and_what_is_left(office: Office) -> None:
    a_budget(office, 100, 12.6)
    add_subscribers(office, PEOPLE, ("rn", "hi"))
    meeting = add_released_meeting(office)
    with office.services.reads() as db:
        person = db.scalars(select(Person).where(Person.ref == "L1")).one()
    world = World(office.services, office.services.vault.open_for_sender(person.phone_sealed))
    handle = office.services.vault.unlock(person.id, person.wrapped_key, DEMO_PIN).handle
    shown = world.meetings.preview(handle, meeting.id)
    assert shown["count"] == "12 (hi 6, rn 6)"
    assert isinstance(shown["meeting"], tuple)
    words = [office.services.words.say("en", line, line.values) for line in shown["meeting"][-2:]]
    assert words == ["12 SMS: 0.36 USD.", "Left this month: 87.40 USD."]


def test_without_money_notices_wait_and_a_cancellation_and_an_alert_do_not(office: Office, stand_in: Provider) -> None:
    add_subscribers(office, PEOPLE[:2])
    told, waits = add_released_meeting(office, 1), add_released_meeting(office, 2)
    with office.services.sessions.begin() as db:
        db.execute(update(Meeting).where(Meeting.id == waits.id).values(public_at=2**40))
    run_due_tasks(office)
    a_budget(office, 5, 5)
    stand_in.asked.clear()
    with office.services.sessions.begin() as db:
        db.execute(update(Meeting).where(Meeting.id == waits.id).values(public_at=1))
        args = {"meeting": waits.id, "revision": 1, "kind": "new"}
        outbox.post(db, outbox.task("again", outbox.TaskName.ANNOUNCE, args, outbox.now()))
    run_due_tasks(office)
    assert notice_statuses(office) == {DeliveryStatus.SENT: 2, DeliveryStatus.PENDING: 2}
    cancel(office, told)
    run_due_tasks(office)
    assert notice_statuses(office) == {DeliveryStatus.SENT: 4, DeliveryStatus.PENDING: 2}
    workers.run_tasks(post_alert(office))
    assert stand_in.asked[-1].form["to"] == "+25778000001"
    office.settings.month_budget = 6
    with office.services.sessions.begin() as db:
        db.execute(update(Task).where(Task.name == "notify", Task.done_at.is_(None)).values(due_at=1))
    run_due_tasks(office)  # within the hour it is looked at again
    assert notice_statuses(office) == {DeliveryStatus.SENT: 6}


@pytest.mark.parametrize(
    ("used", "alarm"), [(79, ""), (80, "20.00 USD of"), (101, "0.00 USD of the month's budget are")]
)
def test_four_fifths_of_the_budget_are_an_alarm(office: Office, used: float, alarm: str) -> None:
    a_budget(office, 100, used)
    found = list(alarms.alarms(office.services, outbox.now()))
    assert len(found) == bool(alarm)
    assert alarm in "".join(found)


def test_an_account_that_runs_dry_is_an_alarm_and_so_is_one_that_nobody_can_read(
    office: Office, stand_in: Provider
) -> None:
    office.settings.balance_low = 20
    stand_in.usual = BALANCE
    assert list(alarms.alarms(office.services, outbox.now())) == ["the account at africastalking holds 12.50 KES"]
    stand_in.usual = Reply(200, "<html>", "text/html")
    assert list(alarms.alarms(office.services, outbox.now())) == [
        "the balance of africastalking cannot be read: unknown (reply)"
    ]


def test_each_provider_is_asked_for_the_account_in_its_own_words(stand_in: Provider) -> None:
    stand_in.usual = BALANCE
    assert africas_talking(stand_in.url).balance() == Balance(12.5, "KES")
    stand_in.usual = Reply(200, json.dumps({"account_sid": "AC0", "balance": "3.25", "currency": "USD"}))
    assert twilio(stand_in.url).balance() == Balance(3.25, "USD")
    stand_in.usual = Reply(404, json.dumps({"code": 20404, "status": 404}))
    assert twilio(stand_in.url).balance() is None
    assert [ask.path.partition("?")[0] for ask in stand_in.asked[:2]] == [
        "/version1/user", f"/2010-04-01/Accounts/AC{'0' * 32}/Balance.json",
    ]  # fmt: skip


def test_a_line_that_told_of_messages_and_tells_no_more_is_silent(office: Office) -> None:
    at = outbox.now()
    row = {"message": "m", "task": "t", "provider": "africastalking", "ended": 1, "reason": "", "code": ""}
    old = [{**row, "provider_id": f"o{n}", "began": at - 3 * 86400, "state": "delivered"} for n in range(5)]
    new = [{**row, "provider_id": f"n{n}", "began": at - 9000, "state": "sent"} for n in range(alarms.FEWEST_TO_JUDGE)]
    with office.services.sessions.begin() as db:
        db.execute(insert(Attempt), new)
        assert alarms.silent(db, at) == []  # it never told of any
        db.execute(insert(Attempt), old)
        assert alarms.silent(db, at) == ["africastalking"]
        db.execute(update(Attempt).where(Attempt.provider_id == "n1").values(state="delivered"))
        assert alarms.silent(db, at) == []


def test_the_daily_line_adds_up_and_names_nobody(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    add_subscribers(office, PEOPLE[:5])
    add_released_meeting(office)
    run_due_tasks(office)
    with office.services.sessions.begin() as db:
        outbox.post(db, outbox.task("daily:x", outbox.TaskName.DAILY, {}, 1))
        add(db, ProviderState, {"provider": "twilio"}, failures=3, closed_until=outbox.now() + 60)
    with caplog.at_level(logging.INFO, "ijwi"):
        workers.run_tasks("daily:x")
    assert "delivery: since yesterday africastalking: 5 sent" in caplog.text
    assert "delivery: this month africastalking: 5 SMS, 0.12 USD" in caplog.text
    assert "ALARM: twilio is not asked for" in caplog.text
    assert "+257" not in caplog.text


def test_an_operator_reads_the_same_at_any_time(office: Office) -> None:
    a_budget(office, 1, 1)
    told = create_app(office.settings, office.services).test_cli_runner().invoke(args=["lines"])
    assert told.exit_code == 1
    assert "this month africastalking: 1 SMS, 1.00 USD" in told.output
    assert "ALARM: 0.00 USD of the month's budget are left: notices are stopped" in told.output

"""A report rings its champion's phone, through the providers' own libraries over HTTP; what fails is tried again."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select, update

import workers
from bot.storage import outbox
from bot.storage.tables.delivery import DeliveryStatus, Message, OptOut, ProviderState
from bot.storage.tables.runtime import Task
from tests.support.keys import ASK_POLICE_AND_SEND
from tests.support.office import Office
from tests.support.provider import Provider, Reply, accepted
from tests.support.reports import dial_to_helpers

pytestmark = pytest.mark.office(provider_timeout="0.5")

CHAMPIONS = {"+25778000001", "+25778000002"}  # the two of her zone; whoever has less to do


def work(office: Office) -> None:
    """What the worker and the clock do until nothing is rung any more."""
    while office.rung:
        workers.run_tasks(office.rung.pop(0))


def come_due(office: Office) -> None:
    """Time passes: what was put off is due, what was claimed by a dead worker is free, a line that rested is open."""
    with office.services.sessions.begin() as db:
        soon = Task.due_at <= outbox.now() + 300  # escalations come later
        db.execute(update(Task).where(soon).values(due_at=0, enqueued_at=0, claimed_until=0))
        db.execute(update(ProviderState).values(closed_until=0))
    office.rung.extend(outbox.due(office.services.sessions, outbox.now()))
    work(office)


def statuses(office: Office) -> list[str]:
    with office.services.reads() as db:
        return list(db.scalars(select(Message.status)))


def filed(office: Office) -> None:
    dial_to_helpers(office).says(*ASK_POLICE_AND_SEND)
    work(office)


def test_her_report_rings_the_champions_phone_with_words_that_say_nothing(office: Office, stand_in: Provider) -> None:
    filed(office)
    assert [asked.path for asked in stand_in.asked] == ["/version1/messaging"]
    form = stand_in.asked[0].form
    assert form["to"] in CHAMPIONS
    assert form["message"] == "Ningoga. Igikorwa gishasha 1. Fyonda *384*55#."
    assert statuses(office) == [DeliveryStatus.SENT]


def test_the_same_task_rung_twice_sends_one_alert(office: Office, stand_in: Provider) -> None:
    dial_to_helpers(office).says(*ASK_POLICE_AND_SEND)
    office.rung *= 3
    work(office)
    come_due(office)
    assert len(stand_in.asked) == 1


def test_a_provider_that_is_down_is_asked_again_until_it_takes_the_alert(office: Office, stand_in: Provider) -> None:
    stand_in.replies = [Reply(503, "<html>busy</html>", "text/html"), Reply(500, "{}")]
    filed(office)
    assert statuses(office) == [DeliveryStatus.PENDING]
    come_due(office)
    come_due(office)
    assert statuses(office) == [DeliveryStatus.SENT]
    assert len(stand_in.asked) == 3


def test_an_alert_whose_fate_is_unknown_is_sent_again_rather_than_lost(office: Office, stand_in: Provider) -> None:
    stand_in.replies = [Reply(201, accepted().body, wait=1.2)]
    filed(office)
    assert statuses(office) == [DeliveryStatus.PENDING]
    come_due(office)
    assert statuses(office) == [DeliveryStatus.SENT]


def test_a_created_reply_without_recipients_is_not_taken_for_sent(office: Office, stand_in: Provider) -> None:
    stand_in.replies = [Reply(201, '{"SMSMessageData":{"Message":"InvalidSenderId","Recipients":[]}}')]
    filed(office)
    assert statuses(office) == [DeliveryStatus.PENDING]


def test_a_worker_that_died_while_sending_an_alert_is_followed_by_another(office: Office, stand_in: Provider) -> None:
    dial_to_helpers(office).says(*ASK_POLICE_AND_SEND)
    workers.run_tasks(office.rung.pop(0))
    with office.services.sessions.begin() as db:
        db.execute(update(Message).values(status=DeliveryStatus.SENDING))
    come_due(office)
    assert statuses(office) == [DeliveryStatus.SENT]
    assert len(stand_in.asked) == 1


def test_a_number_that_does_not_exist_is_given_up_and_said_so(office: Office, stand_in: Provider) -> None:
    body = accepted(message="None").body.replace("102", "403").replace("Success", "InvalidPhoneNumber")
    stand_in.replies = [Reply(201, body)]
    filed(office)
    come_due(office)
    dead, next_one = (asked.form["to"] for asked in stand_in.asked)  # whoever stands next is rung at once
    assert {dead, next_one} == CHAMPIONS
    assert sorted(statuses(office)) == [DeliveryStatus.FAILED, DeliveryStatus.SENT]


def test_a_task_that_fails_keeps_the_name_of_the_error_and_nothing_else(office: Office) -> None:
    with office.services.sessions.begin() as db:
        outbox.post(db, outbox.task("odd", outbox.TaskName.ROUTE, {"report": "nobody", "rung": 0}, 0))
    workers.run_tasks("odd")
    with office.services.reads() as db:
        task = db.get_one(Task, "odd")
    assert (task.error, task.done_at, task.tries) == ("NoResultFound", None, 1)


def test_a_number_that_its_provider_says_has_opted_out_is_recorded_once_for_all(
    office: Office, stand_in: Provider
) -> None:
    recipient = {
        "statusCode": 406,
        "number": "+25778000001",
        "status": "UserInBlacklist",
        "cost": "0",
        "messageId": "None",
    }
    told_so = {"SMSMessageData": {"Message": "Sent to 0/1", "Recipients": [recipient]}}
    stand_in.replies = [Reply(201, json.dumps(told_so))]
    filed(office)
    opted_out, next_one = (asked.form["to"] for asked in stand_in.asked)  # whoever stands next is rung at once
    with office.services.reads() as db:
        (digest,) = db.scalars(select(OptOut.phone_digest))
    assert digest == office.services.vault.digest("opt-out", opted_out)
    assert next_one != opted_out
    assert sorted(statuses(office)) == [DeliveryStatus.FAILED, DeliveryStatus.SENT]

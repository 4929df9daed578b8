"""What the provider keeps of her words is erased there as soon as they were answered (S35)."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

import workers
from bot.channels.messages import Erasing, Reason, SendError
from bot.delivery import redaction
from bot.storage.tables.runtime import Task
from tests.support.office import Office
from tests.support.provider import Provider, Reply
from tests.support.sdk import SID, africas_talking, kannel, twilio


def task_of(office: Office) -> Task | None:
    with office.services.reads() as db:
        return db.scalar(select(Task).where(Task.name == "redact"))


def due(office: Office) -> str:
    """The task's time has come."""
    with office.services.sessions.begin() as db:
        task = db.scalars(select(Task).where(Task.name == "redact")).one()
        task.due_at, task.claimed_until = 0, 0
        return task.key


def test_twilio_is_asked_for_an_empty_body_of_that_very_message(office: Office, stand_in: Provider) -> None:
    office.services._channels["twilio"] = twilio(stand_in.url)
    stand_in.replies.append(Reply(200, json.dumps({"sid": SID, "body": ""})))
    redaction.ask(office.services.sessions, office.services.vault, "twilio", SID, 1)
    redaction.ask(office.services.sessions, office.services.vault, "twilio", SID, 2)  # a webhook that is repeated
    workers.run_tasks(due(office))
    (asked,) = stand_in.asked
    assert asked.path.endswith(f"/Messages/{SID}.json")
    assert asked.form == {"Body": ""}
    task = task_of(office)
    assert task
    assert task.done_at


@pytest.mark.parametrize(("status", "code", "done"), [(404, 20404, True), (400, 20001, False), (503, 0, False),
                                                      (429, 20429, False)])  # fmt: skip
def test_what_is_gone_is_done_and_what_was_refused_is_asked_again(
    office: Office, stand_in: Provider, status: int, code: int, done: bool
) -> None:
    office.services._channels["twilio"] = twilio(stand_in.url)
    stand_in.usual = Reply(status, json.dumps({"code": code, "message": "x", "status": status}))
    redaction.ask(office.services.sessions, office.services.vault, "twilio", SID, 1)
    workers.run_tasks(due(office))
    task = task_of(office)
    assert task
    assert bool(task.done_at) == done


def test_after_a_day_of_refusals_whoever_operates_is_told(
    office: Office, stand_in: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    office.services._channels["twilio"] = twilio(stand_in.url)
    stand_in.usual = Reply(503, json.dumps({"code": 0, "message": "x"}))
    redaction.ask(office.services.sessions, office.services.vault, "twilio", SID, 1)
    for _ in range(30):
        workers.run_tasks(due(office))
    assert "ALARM: twilio did not erase a message" in caplog.text
    assert SID not in caplog.text
    task = task_of(office)
    assert task
    assert task.done_at


@pytest.mark.parametrize("message", ["", "x" * 65, "../../Accounts", "a b", "SM1?x=1"])
def test_what_is_no_id_of_a_message_is_never_asked_for(office: Office, message: str) -> None:
    redaction.ask(office.services.sessions, office.services.vault, "twilio", message, 1)
    assert task_of(office) is None


def test_others_have_no_way_to_erase_and_a_line_that_is_down_says_so(stand_in: Provider) -> None:
    assert not isinstance(africas_talking(stand_in.url), Erasing)
    assert not isinstance(kannel(stand_in.url), Erasing)
    with pytest.raises(SendError) as refused:
        twilio("http://127.0.0.1:9").redact(SID)
    assert refused.value.reason == Reason.PASSING

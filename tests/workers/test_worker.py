"""The real queue and a real worker: only `workers.run_tasks` runs, and a bell that nobody heard is rung again."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import select

from bot.storage import outbox
from bot.storage.tables.delivery import DeliveryStatus, Message
from bot.upkeep.retention import delete_expired_rows
from tests.support.keys import ASK_POLICE, ASK_POLICE_AND_SEND, DONE, LEAVE_IT_TO_MEN, SEND_AND_SAY_MORE, WISH_WOMAN
from tests.support.office import Office
from tests.support.reports import dial_to_helpers
from workers import run
from workers.clock import TASKS_A_JOB, holds, rq_enqueuer, together

pytestmark = [pytest.mark.office(redis_url="{valkey}"), pytest.mark.usefixtures("ringing")]


def statuses(office: Office) -> list[str]:
    with office.services.reads() as db:
        return list(db.scalars(select(Message.status)))


def test_the_bell_rings_a_worker_that_sends_the_alert(office: Office) -> None:
    dial_to_helpers(office).says(*ASK_POLICE_AND_SEND)
    run.run(office.services, burst=True)
    assert statuses(office) == [DeliveryStatus.SENT]


def test_what_nobody_rang_for_the_clock_rings(office: Office) -> None:
    office.services.signal = lambda keys: None
    dial_to_helpers(office).says(*ASK_POLICE_AND_SEND)
    office.services.signal = rq_enqueuer(office.services.redis)
    outbox.signal_workers(office.services.signal, outbox.due(office.services.sessions, outbox.now()))
    run.run(office.services, burst=True)
    assert statuses(office) == [DeliveryStatus.SENT]


def test_whoever_writes_to_the_queue_cannot_run_what_he_likes(office: Office, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with Redis.from_url(office.settings.redis_url) as redis:
        Queue("ijwi", connection=redis, serializer=JSONSerializer).enqueue("os.mkdir", str(mark))
        run.run(office.services, burst=True)
    assert not mark.exists()


def test_the_queue_holds_a_key_and_nothing_that_was_told(office: Office) -> None:
    keys = (*ASK_POLICE, *SEND_AND_SAY_MORE, WISH_WOMAN, LEAVE_IT_TO_MEN)
    dial_to_helpers(office).says(*keys, "ubona neza aha", DONE)
    with Redis.from_url(office.settings.redis_url) as redis:
        (job,) = Queue("ijwi", connection=redis, serializer=JSONSerializer).jobs
    (key,) = job.args
    assert (job.func_name, job.kwargs, job.description) == ("workers.run_tasks", {}, "task")
    assert key.startswith("route:")


def test_reports_of_a_crowd_find_their_readers_in_few_jobs_and_each_message_has_its_own(office: Office) -> None:
    keys = [f"route:r{number}:0" for number in range(23)]
    assert together([*keys, "deliver:a", "deliver:b", "route:s:0", "route:t:0"]) == [
        tuple(keys[:10]),
        tuple(keys[10:20]),
        tuple(keys[20:]),
        ("deliver:a",),
        ("deliver:b",),
        ("route:s:0", "route:t:0"),
    ]
    office.services.signal = lambda keys: None
    for number in range(TASKS_A_JOB + 1):
        dial_to_helpers(office, f"s{number}").says(*ASK_POLICE_AND_SEND)
    rq_enqueuer(office.services.redis)(outbox.due(office.services.sessions, outbox.now()))
    queue = Queue("ijwi", connection=office.services.redis, serializer=JSONSerializer)
    assert [len(job.args) for job in queue.jobs] == [TASKS_A_JOB, 1]
    office.services.signal = rq_enqueuer(office.services.redis)
    run.run(office.services, burst=True)
    told = statuses(office)  # beyond five an hour danger rings the next rung too
    assert {*told} == {DeliveryStatus.SENT}
    assert len(told) >= TASKS_A_JOB + 1


def test_an_alert_stands_before_reminders_and_reminders_before_first_notices(office: Office) -> None:
    queue = Queue("ijwi", connection=office.services.redis, serializer=JSONSerializer)
    keys = ["deliver:an alert", "notify:m:1:today:0", "notify:m:1:today:1", "notify:n:1:new:0"]
    queue.enqueue("workers.run_tasks", "notify:n:1:new:9")
    rq_enqueuer(office.services.redis)(keys)
    found = [job.args[0] for job in queue.jobs]
    assert found[:3] == keys[:3]
    assert set(found[3:]) == {"notify:n:1:new:0", "notify:n:1:new:9"}


def test_one_clock_rings_and_the_next_takes_over_when_it_is_dead(office: Office) -> None:
    assert holds(office.services.sessions, "clock", "a", 100)
    assert not holds(office.services.sessions, "clock", "b", 105)
    assert holds(office.services.sessions, "clock", "a", 109)
    assert holds(office.services.sessions, "clock", "b", 119)
    assert not holds(office.services.sessions, "clock", "a", 120)


def test_keys_of_old_requests_are_forgotten(office: Office) -> None:
    dial_to_helpers(office).says(*ASK_POLICE_AND_SEND)
    delete_expired_rows(office.services.sessions, outbox.now() + 10 * 86400)
    office.store.kept.clear()
    dial_to_helpers(office, "s1").says(*ASK_POLICE_AND_SEND)  # the provider's session id comes again: a new request
    assert len(outbox.due(office.services.sessions, outbox.now() + 1)) == 2

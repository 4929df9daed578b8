"""The store's machine dies and another takes over: whoever is in the middle of a talk goes on, and hears nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.phone.sessions import TalkSessions
from bot.storage.redis import client, clock_waker, patient_client
from bot.storage.session_store import RedisStore, Rows
from bot.storage.tables.reports import Report
from ops.load.machines import Stores, eventually
from tests.support.doors import count
from tests.support.keys import DOCTOR, FROM_LIMITS_TO_HELPERS, SEND_AND_DONE, TO_LIMITS
from tests.support.office import Caller, Office


def test_the_stores_machine_dies_in_the_middle_of_her_talk_and_she_goes_on(office: Office, stores: Stores) -> None:
    redis = patient_client(stores.url)
    services = replace(office.services, redis=redis, signal=clock_waker(redis))
    talk_sessions = TalkSessions(services, RedisStore(redis, Rows(services.sessions)))
    callers = [Caller(talk_sessions, f"s{number}", f"+2577912{number:04d}") for number in range(20)]
    for caller in callers:
        caller.says(*TO_LIMITS)
    stores.servers[0].kill()
    for caller in callers[:10]:  # while nobody is master: the talks are in the database, or are replayed
        assert caller.says(*FROM_LIMITS_TO_HELPERS[:2]) not in ("", "END")
    eventually(lambda: stores.info(stores.replica)["role"] == "master")
    eventually(lambda: redis.set("x", "1"))
    for number, caller in enumerate(callers):
        caller.says(*(FROM_LIMITS_TO_HELPERS[2:] if number < 10 else FROM_LIMITS_TO_HELPERS), DOCTOR, *SEND_AND_DONE)
        assert caller.answer.ends
        assert caller.sees.startswith("Thank you. It arrived.")
    assert count(office, Report) == 20


@pytest.mark.parametrize("url", ["redis+sentinel://h:1", "redis+sentinel://h/ijwi", "redis+sentinel:///ijwi"])
def test_an_address_that_names_no_sentinel_or_no_master_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="a URL like"):
        client(url)

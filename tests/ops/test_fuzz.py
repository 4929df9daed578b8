"""Rubbish at every door of every provider: an answer at once, no trace, and who talks meanwhile is not disturbed."""

from __future__ import annotations

import random

import pytest

from app import create_app
from ops.load.fuzz import doors, request
from tests.support.doors import NO_REDIS
from tests.support.keys import TO_LIMITS
from tests.support.office import Office

AT, SHARED = "c" * 32, "g" * 32
pytestmark = pytest.mark.office(redis_url=NO_REDIS, gateway_secret=SHARED)


def test_two_thousand_odd_requests_get_an_answer_each(office: Office) -> None:
    client, chance = create_app(office.settings, office.services).test_client(), random.Random(7)
    addresses = doors(AT, SHARED)
    known = {rule.rule.split("/<")[0] for rule in client.application.url_map.iter_rules()}
    ours = {path for path in known if path.startswith(("/ussd/africastalking", "/sms", "/receipts", "/optout"))}
    assert {path for path in ours if not any(one.startswith(path) for one in addresses)} == set()
    she = office.call("hers")
    page = she.says(*TO_LIMITS)
    for _ in range(2000):
        method, body, headers = request(chance)
        reply = client.open(chance.choice(addresses), method=method, data=body, headers=headers)
        assert reply.status_code < 500
        assert "Traceback" not in reply.text
    she.again()
    assert she.sees == page

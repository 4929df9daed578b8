"""A service of yesterday, and one that rings real workers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.hours import hour_of_today
from tests.support.office import Office
from workers.clock import rq_enqueuer
from workers.daily import announce


@pytest.fixture
def installed_yesterday(office: Office) -> None:
    announce(office.services, hour_of_today(office, 9) - 86400)


@pytest.fixture
def ringing(office: Office) -> Iterator[None]:
    """What is due is put into the queue of the store."""
    office.services.signal = rq_enqueuer(office.services.redis)
    yield
    office.services.redis.close()

"""The hour of the golden stories."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

BEGAN = "2026-11-25 08:00+00:00"  # a Wednesday, ten o'clock in Bujumbura


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEGAN, tick=False) as moved:
        yield moved

"""A provider that says what a test wants."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.provider import Provider, provider


@pytest.fixture(scope="module")
def standing() -> Iterator[Provider]:
    with provider() as stands:
        yield stands


@pytest.fixture
def stand_in(standing: Provider) -> Provider:
    standing.replies.clear()
    standing.asked.clear()
    return standing

"""A provider that says what a test wants, and minds what it is asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.provider import Provider, provider
from tests.support.real_kannel import RunningKannel
from tests.support.wire import strange


@pytest.fixture(scope="module")
def standing() -> Iterator[Provider]:
    with provider() as stands:
        yield stands


@pytest.fixture
def stand_in(standing: Provider) -> Iterator[Provider]:
    """It answers as a test wants, and in the end every request must be one that its description allows."""
    standing.replies.clear()
    standing.asked.clear()
    yield standing
    assert [fault for asked in standing.asked for fault in strange(asked)] == []


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningKannel]:
    """A Kannel, and a woman who has written to it."""
    line = RunningKannel(tmp_path_factory.mktemp("kannel"))
    line.network("25779123456 55 text Amahoro")
    yield line
    line.stop()

"""Women dial at their own moments while their database is killed: who was told that it arrived is in it afterwards."""

from __future__ import annotations

import os

import pytest

from ops.load.open import RECOVERS, campaign


@pytest.mark.skipif(bool(os.environ.get("WITHOUT_POSTGRES")), reason="no PostgreSQL here")
def test_with_the_database_killed_among_twenty_calls_a_second_nobody_is_told_what_is_not_so() -> None:
    """A tenth of `python -m ops.load.open --postgres 5`."""
    run = campaign(rate=20, seconds=6, down=2)
    before, meanwhile = run.parts
    assert run.lost == set()
    assert (before.errors, before.refused) == (meanwhile.errors, 0) == (0, 0)
    assert meanwhile.unanswered == 0
    assert meanwhile.silence < RECOVERS
    assert len(run.acknowledged) + meanwhile.refused == 72

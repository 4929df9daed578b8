"""Two machines serve women while what they stand on dies, part after part: nobody is told what is not so."""

from __future__ import annotations

import os

import pytest

from ops.load.machines import campaign


@pytest.mark.skipif(bool(os.environ.get("WITHOUT_POSTGRES")), reason="no PostgreSQL here")
def test_the_store_the_database_and_a_machine_die_and_every_woman_is_answered_and_told_the_truth() -> None:
    """A little of `python -m ops.load.machines`."""
    run, silent = campaign(rate=4, seconds=6)
    assert len(run.parts) == 5
    assert [(part.errors, part.unanswered) for part in run.parts] == [(0, 0)] * 5
    assert [part.refused for part in run.parts if "PostgreSQL" not in part.name] == [0] * 4
    assert (run.lost, silent) == (set(), 0)

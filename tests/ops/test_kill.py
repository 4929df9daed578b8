"""Real processes are killed while women report: what was confirmed is there, and its champion is alerted."""

from __future__ import annotations

import os

import pytest

from ops.load.kill import campaign


@pytest.mark.parametrize("on_postgres", [False, True], ids=["SQLite", "PostgreSQL"])
def test_what_she_was_told_has_arrived_survives_kill_9_of_every_process(on_postgres: bool) -> None:
    if on_postgres and os.environ.get("WITHOUT_POSTGRES"):
        pytest.skip("no PostgreSQL here")
    seen = campaign(reports=24, kills=8, pause=0.7, moody=True, on_postgres=on_postgres)
    assert seen.kills == 8
    assert seen.arrived == 24
    assert seen.acknowledged
    assert seen.lost == set()
    assert seen.filed_twice == 0
    assert seen.alerts_missing == 0
    assert seen.rung_twice <= seen.doubtful

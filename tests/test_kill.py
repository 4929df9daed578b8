"""Real processes are killed while women report: what was confirmed is there, and its champion is alerted."""

from __future__ import annotations

from ops.load.kill import campaign


def test_what_she_was_told_has_arrived_survives_kill_9_of_every_process() -> None:
    seen = campaign(reports=24, kills=8, pause=0.7)
    assert seen.kills == 8
    assert len(seen.acknowledged) == 24
    assert seen.lost == set()
    assert seen.filed_twice == 0
    assert seen.alerts_missing == 0

"""A provider fails in every way that we know of while people are told of a meeting: each hears it once."""

from __future__ import annotations

from pathlib import Path

from ops.load.failing import campaign


def test_however_a_provider_fails_everybody_is_told_once_or_counted(tmp_path: Path) -> None:
    """A second of each; `python -m ops.load.failing` takes a minute of each and 10,000 people."""
    seen = campaign(tmp_path, people=180, seconds=1, patience=1)
    assert (seen.twice, seen.untold) == (0, 0)
    assert seen.states.total() == 180
    assert seen.unknown < 60

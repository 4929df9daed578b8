"""Who seals the boxes of a report, who has a number opened, and who gets counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.vault.client import RemoteVault, VaultRefused
from bot.vault.guard import ADMIN, CLOCK, WORKER
from bot.vault.sealing import Unsealable
from tests.support.vault_process import vault_process


def test_who_files_opens_no_box_who_sends_opens_none_that_was_not_answered_and_the_clock_gets_tables_only(
    tmp_path: Path,
) -> None:
    at = tmp_path / "v.sock"
    with vault_process(tmp_path / "vault", at):
        asked(RemoteVault(at), RemoteVault(at, WORKER), RemoteVault(at, CLOCK), RemoteVault(at, ADMIN))


def asked(web: RemoteVault, worker: RemoteVault, clock: RemoteVault, admin: RemoteVault) -> None:
    """What each of them is answered."""
    month = ["2026-01", "Z", "hurt"]
    boxes = {
        f"{number}": web.seal_boxes(f"{number}", "2026-W05", month, ["+25779123456", "morning", "fr"])
        for number in range(6)
    }
    assert worker.open_contacts("morning", "2026-11-27") == []
    web.answered("1", "2026-W05", boxes["1"][1])
    with pytest.raises(Unsealable):
        web.answered("2", "2026-W05", boxes["1"][1])  # a box of another report
    assert len(worker.open_contacts("morning", "2026-11-28")) == 1
    clock.answered("3", "2026-W05", boxes["3"][1])  # closed days ago: the clock says so, and opens no number
    with pytest.raises(VaultRefused, match="Refused"):
        clock.open_contacts("morning", "2026-11-29")
    for other in (worker, web):
        with pytest.raises(VaultRefused, match="Refused"):
            other.gather("2026-01", [])
    assert clock.gather("2026-01", [(id, "2026-W05", tally) for id, (tally, _contact) in boxes.items()]) == 6
    table = [("2026-01", "Z", "hurt", 6)]
    assert [tuple(row) for row in clock.publish("2026-01", 6, [], [("Z", ["Z", "BI"])])] == table
    assert [tuple(row) for row in admin.published()] == table
    for other in (worker, admin):
        with pytest.raises(Unsealable):
            other.open_for_sender(boxes["2"][1])  # no other question opens it

"""The boxes of a report, as the vault seals them: what is counted of it (S19), and the number that hears of an answer
(S1, S7, S40).
"""

from __future__ import annotations

from bot.reports.new_report import NewReport
from bot.reports.receipts import WantedReceipt
from bot.vault.boxes import HOURS
from bot.vault.sealing import Unsealable
from bot.vault.vault import Vault


def boxes_of(
    vault: Vault, id: str, week: str, month: str, report: NewReport, wanted: WantedReceipt | None
) -> dict[str, bytes]:
    """The columns `tally` and `contact` of a report; both are there, and equally long, whatever she agreed to."""
    counted = [month, report.zone, report.what] if "count" in report.wishes else []
    tally, contact = vault.seal_boxes(id, week, counted, _contact(vault, report, wanted))
    return {"tally": tally, "contact": contact}


def _contact(vault: Vault, report: NewReport, wanted: WantedReceipt | None) -> list[str]:
    """Number, hours and language; empty unless she wants an SMS and it happened to herself (S40)."""
    if wanted is None or wanted.notice not in HOURS or report.who != "self":
        return []
    kept = bytes.fromhex(wanted.number_handle)
    try:
        return [vault.kept_number(kept), wanted.notice, report.language]
    except Unsealable:  # a talk that began under the release before the vault was a guard
        return []

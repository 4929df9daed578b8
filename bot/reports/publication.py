"""Publication of counts: when a month is over, the boxes of its reports are handed to the vault, which publishes once.

Whoever asks twice, or from two machines, is given the same table; only after it is remembered there are the boxes, and
the counts that an earlier release kept in a table of its own, erased here.
"""

from __future__ import annotations

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from bot.country.pack import Country
from bot.storage.outbox import SessionFactory
from bot.storage.tables.reports import Closing, Report, Request, RequestStatus, Tally
from bot.vault.vault import Vault

AT_ONCE = 200  # boxes in one question to the vault: other questions are answered in between
IS_THERE = func.length(Report.tally) > 0


def publish_months(
    sessions: SessionFactory, reads: SessionFactory, vault: Vault, country: Country, at: int
) -> list[str]:
    """Publish all months that are over and were not published; which ones."""
    month = f"{country.clock(at):%Y-%m}"
    with reads() as db:
        waiting = {*db.scalars(select(Report.month).where(Report.month < month, IS_THERE).distinct())}
        waiting |= {*db.scalars(select(Tally.month).where(Tally.month < month).distinct())}
    for one in sorted(waiting):
        with sessions.begin() as db:
            keep_mistakes_out(db, vault, one)
        with reads() as db:
            reports = hand_over(db, vault, one)
            older = _older(db, one)
        vault.publish(one, reports, older, way_up(country))
        with sessions.begin() as db:
            db.execute(update(Report).where(Report.month == one, IS_THERE).values(tally=b""))
            db.execute(delete(Tally).where(Tally.month == one))
    return sorted(waiting)


def keep_mistakes_out(db: Session, vault: Vault, month: str) -> None:
    """Put an empty box in the place of what is counted of a report, where every request of it was a trial or a mistake.

    It is done when the month is over and not when a request is closed: she may open it again, and then it counts.
    """
    hers = select(Request.id).where(Request.report == Report.id, Request.status != RequestStatus.PROPOSED)
    mistaken = hers.where(Request.closing == Closing.MISTAKE).exists()
    real = hers.where(Request.closing != Closing.MISTAKE).exists()
    for report in db.scalars(select(Report).where(Report.month == month, IS_THERE, mistaken, ~real)).all():
        report.tally, _ = vault.seal_boxes(report.id, report.week, [], [])


def hand_over(db: Session, vault: Vault, month: str) -> int:
    """Hand the boxes of a month to the vault; how many."""
    rows = db.execute(select(Report.id, Report.week, Report.tally).where(Report.month == month, IS_THERE))
    boxes = [(id, week, tally) for id, week, tally in rows]
    for first in range(0, len(boxes), AT_ONCE):
        vault.gather(month, boxes[first : first + AT_ONCE])
    return len(boxes)


def _older(db: Session, month: str) -> list[tuple[str, str, int]]:
    """Counts of a month, by zone and what was told, that releases before 0.3 have made."""
    counted = select(Tally.zone, Tally.group, func.sum(Tally.count)).where(Tally.month == month)
    return [(zone, what, int(number)) for zone, what, number in db.execute(counted.group_by(Tally.zone, Tally.group))]


def way_up(country: Country) -> list[tuple[str, list[str]]]:
    """Each place of the country with those in which it lies, itself first."""
    return [(code, [place.code for place in country.way_up(code)]) for code in country.places]

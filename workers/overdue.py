"""A day has passed and nobody has said that the police was told of a child's case: oversight hears of it (S39)."""

from __future__ import annotations

import logging

from sqlalchemy import select

from bot import outbox
from bot.models import Copy, Person, Report, ReportStatus
from bot.outbox import Claim
from bot.record import note
from bot.thread import HELD, alert
from bot.wiring import Wiring

log = logging.getLogger("ijwi")


def overdue(wiring: Wiring, claim: Claim, at: int) -> tuple[str, ...]:
    """An alert to each oversight member and to whoever has taken it, unless it was erased meanwhile."""
    keys: list[str] = []
    with wiring.sessions.begin() as db:
        if not outbox.done(db, claim, at):
            return ()
        report = db.scalars(select(Report).where(Report.id == claim.args["report"])).one()
        if report.status == ReportStatus.ERASED:
            return ()
        there = select(Copy).join(Person, Person.id == Copy.person).where(Copy.report == report.id, Person.active, HELD)
        for copy in db.scalars(there.where((Person.role == "oversight") | (Person.id == report.owner))):
            keys += alert(db, copy.person, copy.number, at)
        note(db, wiring.vault, at, "", "police not told within a day", report.id)
    log.error("ALARM: a duty of the law is a day old: flask record shows which report")
    return tuple(keys)

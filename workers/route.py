"""A report finds its readers: one message to each holder on the first rung. It says nothing to a stranger."""

from __future__ import annotations

from sqlalchemy import select

from bot import outbox
from bot.models import Copy, Message, Report, random_id
from bot.outbox import Claim
from bot.wiring import Wiring


def route(wiring: Wiring, claim: Claim, at: int) -> tuple[str, ...]:
    """Messages, their tasks and `done` in one transaction: every alert exactly once in the outbox."""
    keys: list[str] = []
    with wiring.sessions.begin() as db:
        if not outbox.done(db, claim, at):
            return ()
        report = db.get_one(Report, claim.args["report"])
        for copy in db.scalars(select(Copy).where(Copy.report == report.id, Copy.rung == 0)):
            message = Message(
                id=random_id(),
                kind="urgent" if report.urgent else "new",
                person=copy.person,
                number=copy.number,
                created=at,
            )
            db.add(message)
            keys.append(outbox.post(db, f"deliver:{message.id}", "deliver", {"message": message.id}, at, outbox.ALERT))
    return tuple(keys)

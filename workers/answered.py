"""The task that is due when somebody who has opened or taken a request should have done something for the reporter."""

from __future__ import annotations

from bot.reports import clocks
from bot.reports.ladders import request_of
from bot.services import Services
from bot.storage import outbox
from bot.storage.outbox import Claim
from bot.storage.tables.reports import Request


def answered(services: Services, claim: Claim, at: int) -> tuple[str, ...]:
    """Unless she has replied, asked, referred or told the police since, the request goes on and she is told."""
    with services.sessions.begin() as db:
        if not outbox.done(db, claim, at):
            return ()
        request = db.get_one(Request, request_of(claim.args), with_for_update=True)
        person = str(claim.args["person"])
        if clocks.acted(db, request.id, person, int(claim.args["since"])):
            return ()
        return tuple(clocks.is_over(db, services.vault, services.country, request, person, at))

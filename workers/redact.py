"""The task that has the text of a message erased at its provider; tried for some hours, then the failure is logged for
operators (S35).
"""

from __future__ import annotations

import logging

from bot.channels.messages import Erasing, SendError
from bot.services import Services
from bot.storage import outbox
from bot.storage.outbox import Claim
from bot.vault.sealing import Unsealable

log = logging.getLogger("ijwi")
MOST_TRIES = 30  # of at most a quarter of an hour each


def redact(services: Services, claim: Claim, at: int) -> tuple[str, ...]:
    """Ask the provider once, with no transaction open; asking twice does no harm."""
    channel = services.channel(claim.args["provider"])
    try:
        if isinstance(channel, Erasing):
            channel.redact(_id_of(services, claim.args["message"]))
    except SendError as error:
        if claim.tries < MOST_TRIES:
            outbox.retry_later(services.sessions, claim, at, str(error.reason), error.retry_after)
            return ()
        log.error("ALARM: %s did not erase a message: %s", claim.args["provider"], error)
    with services.sessions.begin() as db:
        outbox.done(db, claim, at)
    return ()


def _id_of(services: Services, kept: str) -> str:
    """The provider's id of the message; tasks of releases before 0.3 hold it as it is."""
    try:
        return services.vault.open_for_sender(bytes.fromhex(kept))
    except (ValueError, Unsealable):
        return kept

"""What a broken connection to a provider means: surely not taken, or nobody knows."""

from __future__ import annotations

import requests
from requests.exceptions import InvalidHeader, InvalidSchema, InvalidURL, MissingSchema
from urllib3.exceptions import NewConnectionError

from bot.channels.messages import Reason, SendError

UNASKED = (InvalidHeader, InvalidSchema, InvalidURL, MissingSchema)  # our own settings: nothing went out


def broken(error: requests.RequestException) -> SendError:
    """The failure in our words. Only a connection that never stood is surely not taken."""
    if isinstance(error, requests.ConnectTimeout):
        return SendError(Reason.PASSING, "connect")
    if isinstance(error, requests.Timeout):
        return SendError(Reason.PASSING, "timeout", unknown_outcome=True)
    if isinstance(error, requests.ConnectionError):
        return SendError(Reason.PASSING, "connection", unknown_outcome=not never_connected(error))
    if isinstance(error, UNASKED):
        return SendError(Reason.CONFIGURATION, "address")
    return SendError(Reason.UNKNOWN, "reply", unknown_outcome=True)


def never_connected(error: requests.ConnectionError) -> bool:
    """Refused, unreachable or a name that nobody knows, as against a line that broke after we had spoken."""
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", cause), NewConnectionError)

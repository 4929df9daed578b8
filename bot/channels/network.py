"""What a broken connection to a provider means for a message: surely not taken, or unknown."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import requests
from requests.exceptions import InvalidHeader, InvalidSchema, InvalidURL, MissingSchema
from urllib3.exceptions import NewConnectionError

from bot.channels.messages import RECIPIENT_REASONS, TIMEOUT, Reason, SendError, Sent

UNASKED = (InvalidHeader, InvalidSchema, InvalidURL, MissingSchema)  # a fault of the settings: nothing was sent


def broken(error: requests.RequestException) -> SendError:
    """The `SendError` for it. A message is surely not taken only if there never was a connection."""
    if isinstance(error, requests.ConnectTimeout):
        return SendError(Reason.PASSING, "connect")
    if isinstance(error, requests.Timeout):
        return SendError(Reason.PASSING, TIMEOUT, unknown_outcome=True)
    if isinstance(error, requests.ConnectionError):
        return SendError(Reason.PASSING, "connection", unknown_outcome=not never_connected(error))
    if isinstance(error, UNASKED):
        return SendError(Reason.CONFIGURATION, "address")
    return SendError(Reason.UNKNOWN, "reply", unknown_outcome=True)


def one_by_one(phones: Sequence[str], send: Callable[[str], Sent], patience: float) -> Mapping[str, Sent | SendError]:
    """One request each. It ends when the provider fails, or after `patience` seconds: for a number that is
    missing in the result the provider was not asked."""
    became: dict[str, Sent | SendError] = {}
    began = time.monotonic()
    for phone in phones:
        try:
            became[phone] = send(phone)
        except SendError as error:
            became[phone] = error
            if error.reason not in RECIPIENT_REASONS:
                break
        if time.monotonic() - began > patience:
            break
    return became


def never_connected(error: requests.ConnectionError) -> bool:
    """Whether no connection was made (refused, unreachable, unknown name), so that nothing can have been sent."""
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", cause), NewConnectionError)

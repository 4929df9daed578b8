"""Types of messages, the same for every provider; and `Channel`, which sends them.

The `repr` of a type that holds a number or a text shows ‹sealed›, because it may end in a log.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol, runtime_checkable


class MessageStatus(StrEnum):
    """What a provider says has become of a message."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


class Reason(StrEnum):
    """Why a message was not sent or delivered; the provider's own code is stored beside it."""

    OPTED_OUT = "opted_out"
    BAD_NUMBER = "bad_number"
    CONFIGURATION = "configuration"
    CONTENT = "content"
    PASSING = "passing"
    THROTTLED = "throttled"
    AUTH = "auth"
    UNKNOWN = "unknown"


RETRYABLE = frozenset({Reason.PASSING, Reason.THROTTLED, Reason.CONFIGURATION, Reason.AUTH, Reason.UNKNOWN})
TIMEOUT = "timeout"  # the code when a provider was asked and did not answer in time
RECIPIENT_REASONS = frozenset(
    {Reason.OPTED_OUT, Reason.BAD_NUMBER, Reason.CONTENT}
)  # about one recipient or message: the provider works


class SendError(Exception):
    """A message was not sent, or nobody knows (`unknown_outcome`: the provider may have taken it).

    `retry_after`: the seconds for which the provider asks not to be called. It never holds a number or a text: its
    message is the reason and the provider's code.
    """

    def __init__(self, reason: Reason, code: str = "", unknown_outcome: bool = False, retry_after: int = 0) -> None:
        super().__init__(f"{reason} ({code})" if code else str(reason))
        self.reason, self.provider_code, self.unknown_outcome = reason, code, unknown_outcome
        self.retry_after = retry_after
        self.retryable = reason in RETRYABLE


class _Sealed:
    """A type whose `repr` shows none of its values."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(‹sealed›)"


@dataclass(frozen=True, repr=False)
class UssdRequest(_Sealed):
    """One USSD request; `heard` is the text that came: all that was typed so far where the provider sends that."""

    session: str
    phone: str
    service_code: str
    heard: str


@dataclass(frozen=True, repr=False)
class Inbound(_Sealed):
    """One SMS from a person."""

    provider: str
    id: str
    phone: str
    text: str
    optout: Literal["", "STOP", "START", "HELP"] = ""


def unnamed(form: Mapping[str, str]) -> str:
    """An id for an SMS that came without one: its date tells a repeat; without a date every SMS is a new one.

    One id for all of them would make the second woman's message a repeat of the first one's.
    """
    if not form.get("date"):
        return secrets.token_hex(16)
    whole = repr(sorted(form.items())).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(whole, digest_size=16).hexdigest()


@dataclass(frozen=True)
class DeliveryReport:
    """What a provider reports of a message that it took; `status` is None for a word of the provider that is unknown
    here.

    `phone` is set only where the reason is that the recipient opted out; `repr` does not show it.
    """

    id: str
    status: MessageStatus | None
    reason: Reason | None = None
    code: str = ""
    phone: str = field(default="", repr=False)


@dataclass(frozen=True, repr=False)
class OptedOut(_Sealed):
    """A number that opted out of messages at the provider."""

    phone: str


@dataclass(frozen=True)
class Sent:
    """A message that the provider has taken, under its id."""

    id: str
    status: MessageStatus = field(default=MessageStatus.QUEUED)


@dataclass(frozen=True)
class Balance:
    """What an account still holds, in the provider's own currency."""

    amount: float
    currency: str


@runtime_checkable
class Erasing(Protocol):
    """A channel to a provider that erases the words of a message on request."""

    def redact(self, message: str) -> None:
        """Erase the words of the message with that id; nothing for one that the provider has no more. Raises
        `SendError`."""
        ...


class Channel(Protocol):
    """Something that sends an SMS."""

    def balance(self) -> Balance | None:
        """What the account holds; None where the provider does not tell. Raises `SendError`."""
        ...

    def send(self, phone: str, text: str) -> Sent:
        """Send `text` to an E.164 number. Raises `SendError`."""
        ...

    def send_many(self, phones: Sequence[str], text: str, lasts: int = 0) -> Mapping[str, Sent | SendError]:
        """Send one text to at most 100 numbers; the outcome of each for which the provider was asked. `lasts`:
        seconds after which the text is of no use, for providers that can be told that (0: no limit).

        A number that is missing in the result was surely not sent to: after a failure of the provider it is not asked
        for the others. Raises nothing.
        """
        ...

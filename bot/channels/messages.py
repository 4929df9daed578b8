"""What goes through a channel, in the same words for every provider. Numbers and texts print as ‹sealed›."""

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
    """Why a message did not go, classified; the provider's own code stands beside it."""

    OPTED_OUT = "opted_out"
    BAD_NUMBER = "bad_number"
    CONFIGURATION = "configuration"
    CONTENT = "content"
    PASSING = "passing"
    THROTTLED = "throttled"
    AUTH = "auth"
    UNKNOWN = "unknown"


RETRYABLE = frozenset({Reason.PASSING, Reason.THROTTLED, Reason.CONFIGURATION, Reason.AUTH, Reason.UNKNOWN})
TIMEOUT = "timeout"  # the code of a provider that was asked and said nothing for as long as we wait
RECIPIENT_REASONS = frozenset(
    {Reason.OPTED_OUT, Reason.BAD_NUMBER, Reason.CONTENT}
)  # about one message: the line is well


class SendError(Exception):
    """A message did not go, or nobody knows. `unknown_outcome`: the provider may have taken it.

    `retry_after`: the seconds for which the provider wants to be left alone. Never holds a number or a text: its words
    are the reason and the provider's code.
    """

    def __init__(self, reason: Reason, code: str = "", unknown_outcome: bool = False, retry_after: int = 0) -> None:
        super().__init__(f"{reason} ({code})" if code else str(reason))
        self.reason, self.provider_code, self.unknown_outcome = reason, code, unknown_outcome
        self.retry_after = retry_after
        self.retryable = reason in RETRYABLE


class _Sealed:
    """Prints nothing of what it holds."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(‹sealed›)"


@dataclass(frozen=True, repr=False)
class UssdRequest(_Sealed):
    """One USSD request; `heard` is all that was typed so far where the provider sends that."""

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
    """What became of a message that we sent; `status` None is a word of the provider's that we do not know.

    `phone` is there where the reason is that she has opted out, and is never printed.
    """

    id: str
    status: MessageStatus | None
    reason: Reason | None = None
    code: str = ""
    phone: str = field(default="", repr=False)


@dataclass(frozen=True, repr=False)
class OptedOut(_Sealed):
    """A number that the provider says wants no more."""

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
    """A provider that erases the words of a message when it is asked to."""

    def redact(self, message: str) -> None:
        """Erase the words of the message with that id; of one that is gone, nothing. Raises `SendError`."""
        ...


class Channel(Protocol):
    """Something that sends an SMS."""

    def balance(self) -> Balance | None:
        """What the account holds, None where the provider does not say. Raises `SendError`."""
        ...

    def send(self, phone: str, text: str) -> Sent:
        """Send `text` to an E.164 number. Raises `SendError`."""
        ...

    def send_many(self, phones: Sequence[str], text: str, lasts: int = 0) -> Mapping[str, Sent | SendError]:
        """Send one text to at most 100 numbers; what became of each that the provider was asked for. `lasts`: seconds
        after which it is of no use, for a provider that can be told so (0: no matter).

        Who is missing was surely not told: a line that fails is not asked for all the others too.
        """
        ...

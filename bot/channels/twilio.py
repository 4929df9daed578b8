"""Twilio: SMS webhooks (signed), SMS by the official SDK. Twilio has no USSD.

What had to be respected here: the signature covers the URL as configured and every field, empty ones too; a request
without a signature must not reach the SDK's validator (TypeError); the SDK's default time-out is none at all and it
keeps the last body in memory; status callbacks come more than once and out of order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal
from xml.sax.saxutils import escape

import requests

from bot.channels.messages import Balance, DeliveryReport, Inbound, MessageStatus, Reason, SendError, Sent, unnamed
from bot.channels.network import broken, one_by_one
from bot.channels.provider import Need, Provider, Route, RouteKind, Webhook, not_an_address, reaches_phones
from bot.settings import DEMO, Settings

NAME = "twilio"
NUMBER = re.compile(r"\+[0-9]{7,15}")
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
STATES = {
    "queued": MessageStatus.QUEUED,
    "accepted": MessageStatus.QUEUED,
    "scheduled": MessageStatus.QUEUED,
    "sending": MessageStatus.QUEUED,
    "sent": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.DELIVERED,
    "undelivered": MessageStatus.FAILED,
    "failed": MessageStatus.FAILED,
    "canceled": MessageStatus.FAILED,
}
CODES: dict[Reason, frozenset[int]] = {
    Reason.OPTED_OUT: frozenset({21610}),
    Reason.BAD_NUMBER: frozenset({21211, 21214, 21217, 21612, 21614, 30005, 30006}),
    Reason.CONFIGURATION: frozenset(
        {21408, 21603, 21606, 21608, 21703, 21704, 21705, 21900, 21901, 30018, 30024, 30029, 30032, 30034}
    ),
    Reason.CONTENT: frozenset({21602, 21617, 30004, 30007}),
    Reason.THROTTLED: frozenset({20429, 21611, 14107}),
    Reason.PASSING: frozenset({30001, 30003, 30008, 30017, 30022, 30410, 63018}),
    Reason.AUTH: frozenset({20003, 30002}),
}
LONGEST_QUEUE = 36000  # seconds: the longest that Twilio permits
LONGEST_WAIT = 3600  # seconds: the longest pause that a provider may ask for
REASONS = {code: reason for reason, codes in CODES.items() for code in codes}


class _Fields(dict[str, str]):
    """The form as the SDK's validator wants it: `getlist` for a field that comes more than once."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        super().__init__(pairs)
        self._pairs = pairs

    def getlist(self, name: str) -> list[str]:
        """All values of a field."""
        return [value for known, value in self._pairs if known == name]


def signed(url: str, pairs: Sequence[tuple[str, str]], signature: str | None, token: str) -> bool:
    """Whether Twilio signed this request over the configured public URL and all its fields."""
    if not signature:
        return False
    from twilio.request_validator import RequestValidator

    try:
        return bool(RequestValidator(token).validate(url, _Fields(pairs), signature))
    except (TypeError, ValueError, UnicodeError):
        return False


def parse_sms(form: Mapping[str, str]) -> Inbound | None:
    """An SMS, or None when it is not from a number (whatsapp:… is no SMS). The body may be missing."""
    phone = form.get("From", "")
    if not NUMBER.fullmatch(phone):
        return None
    kind = form.get("OptOutType", "").upper()
    optout: Literal["", "STOP", "START", "HELP"] = (
        "STOP" if kind == "STOP" else "START" if kind == "START" else "HELP" if kind == "HELP" else ""
    )
    return Inbound(
        NAME, form.get("MessageSid") or form.get("SmsSid") or unnamed(form), phone, form.get("Body", ""), optout
    )


def parse_delivery_report(form: Mapping[str, str]) -> DeliveryReport | None:
    """A status callback, keyed by the message and its status."""
    sid = form.get("MessageSid", "")
    if not sid:
        return None
    status = STATES.get(form.get("MessageStatus", "").lower())
    code = form.get("ErrorCode", "")
    failed = status == MessageStatus.FAILED
    reason = REASONS.get(_number(code), Reason.UNKNOWN) if failed else None
    phone = form.get("To", "") if reason == Reason.OPTED_OUT else ""
    return DeliveryReport(sid, status, reason, str(_number(code) or ""), phone if NUMBER.fullmatch(phone) else "")


def render_sms(text: str | None) -> str:
    """The TwiML that answers with `text`, or with nothing."""
    message = f"<Message>{escape(NOT_XML.sub('', text))}</Message>" if text else ""
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{message}</Response>'


class Twilio:
    """Sends by the official SDK. `base_url` is for the simulator and tests.

    Twilio is asked not to keep words and to hide numbers (S35); `retains` is for an account that may not ask (30029).
    """

    def __init__(
        self,
        account_sid: str,
        token: str,
        base_url: str = "",
        sender: str = "",
        callback: str = "",
        timeout: float = 9.0,
        retains: bool = False,
    ) -> None:
        from twilio.http.http_client import TwilioHttpClient
        from twilio.rest import Client

        self._client = Client(account_sid, token, http_client=TwilioHttpClient(timeout=timeout))
        if base_url:
            self._client.api.base_url = base_url.rstrip("/")
        self._sender = sender
        self._more = {} if retains else {"content_retention": "discard", "address_retention": "obfuscate"}
        self._more |= {"status_callback": callback} if callback else {}

    def balance(self) -> Balance | None:
        """What the account holds; a subaccount has none of its own. Raises `SendError`."""
        from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException

        try:
            balance = self._client.api.v2010.account.balance.fetch()
            return Balance(float(balance.balance), str(balance.currency)[:3])
        except (TwilioRestException, TwilioServiceException) as error:
            if _number(error.status) == 404:
                return None
            raise classified(error.status, error.code) from None
        except requests.RequestException as error:
            raise broken(error) from None
        except (TwilioException, ValueError, TypeError, AttributeError):
            raise SendError(Reason.UNKNOWN, "reply") from None

    def redact(self, message: str) -> None:
        """Replace the words of a message by an empty body; nothing for one that is gone. Raises `SendError`."""
        from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException

        try:
            self._client.messages(message).update(body="")
        except (TwilioRestException, TwilioServiceException) as error:
            if _number(error.status) != 404:
                raise classified(error.status, error.code, self._retry_after()) from None
        except requests.RequestException as error:
            raise broken(error) from None
        except (TwilioException, ValueError, TypeError, AttributeError):
            raise SendError(Reason.UNKNOWN, "reply") from None
        finally:
            self._client.http_client._test_only_last_request = None
            self._client.http_client._test_only_last_response = None

    def send_many(self, phones: Sequence[str], text: str, lasts: int = 0) -> Mapping[str, Sent | SendError]:
        """One request each: Twilio has no other."""
        return one_by_one(phones, lambda phone: self.send(phone, text, lasts), self._client.http_client.timeout)

    def send(self, phone: str, text: str, lasts: int = 0) -> Sent:
        """Send one SMS, which Twilio drops when it has not left within `lasts` seconds: it queues for up to ten hours,
        and a reminder would come after the meeting. Raises `SendError`; a read time-out is an unknown outcome."""
        from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException

        try:
            sent = self._client.messages.create(
                to=phone,
                from_=self._sender,
                body=text,
                **self._more,
                **({"validity_period": min(lasts, LONGEST_QUEUE)} if lasts else {}),
            )
        except (TwilioRestException, TwilioServiceException) as error:
            raise classified(error.status, error.code, self._retry_after()) from None
        except requests.RequestException as error:
            raise broken(error) from None
        except (TwilioException, ValueError, TypeError, AttributeError):
            raise SendError(Reason.UNKNOWN, "reply", unknown_outcome=True) from None
        finally:
            self._client.http_client._test_only_last_request = None  # it keeps the number and the text in memory
            self._client.http_client._test_only_last_response = None
        if not sent.sid:
            raise SendError(Reason.UNKNOWN, "no sid", unknown_outcome=True)
        return Sent(str(sent.sid))

    def _retry_after(self) -> int:
        """The seconds that the last answer asks to wait, 0 when it does not say."""
        answered = self._client.http_client._test_only_last_response
        return min(LONGEST_WAIT, _number((answered.headers or {}).get("Retry-After", 0))) if answered else 0


def classified(status: object, code: object, retry_after: int = 0) -> SendError:
    """What Twilio's answer means: its own code first, then the HTTP status. A code that is no number is not kept."""
    status, code = _number(status), _number(code)
    if code in REASONS:
        return SendError(REASONS[code], str(code), retry_after=retry_after)
    if status in (401, 403):
        return SendError(Reason.AUTH, str(code or status))
    if status == 429:
        return SendError(Reason.THROTTLED, str(status), retry_after=retry_after)
    if status >= 500:
        return SendError(Reason.PASSING, str(status), retry_after=retry_after)
    return SendError(Reason.UNKNOWN, str(code or status))


def _number(code: object) -> int:
    """A code of up to six digits, or 0: longer ones might be somebody's number."""
    return int(str(code)) if re.fullmatch("[0-9]{1,6}", str(code)) else 0


def build(settings: Settings) -> Twilio:
    """The channel that these settings describe."""
    token = settings.twilio_auth_token.get_secret_value()
    callback = settings.public_base_url.rstrip("/") + "/receipts/twilio"
    return Twilio(
        settings.twilio_account_sid, token, settings.twilio_base_url, settings.twilio_sender, callback,
        settings.provider_timeout, settings.twilio_retention == "retain",
    )  # fmt: skip


def is_signed(asked: Webhook, settings: Settings) -> bool:
    """Whether a request is Twilio's, for our own account; without a token nobody's is."""
    token = settings.twilio_auth_token.get_secret_value()
    if any(name == "AccountSid" and value != settings.twilio_account_sid for name, value in asked.pairs):
        return False
    return bool(token) and signed(asked.url, asked.pairs, asked.headers.get("X-Twilio-Signature"), token)


def wrong(settings: Settings) -> list[str]:
    """Settings of this provider that do not go together, a sentence each."""
    found = not_an_address("TWILIO_BASE_URL", settings.twilio_base_url, "https://api.twilio.com")
    if settings.is_demo:
        return found + [reaches_phones("TWILIO_BASE_URL")] * ("twilio.com" in settings.twilio_base_url)
    invented = {"TWILIO_ACCOUNT_SID": settings.twilio_account_sid, "TWILIO_SENDER": settings.twilio_sender}
    for name, value in invented.items():
        if value and value == DEMO.get(name):
            found.append(f"{name} is the demonstration's, and MODE is production. Set your own.")
    if "/simulator" in settings.twilio_base_url:
        found.append("TWILIO_BASE_URL is the simulator's, and MODE is production. Leave it out.")
    if not settings.public_base_url.startswith("https://"):
        why = "PUBLIC_BASE_URL is not https://, where Twilio sends"
        found.append(f"{why}. Example: PUBLIC_BASE_URL=https://ijwi.example")
    return found


PROVIDER = Provider(
    name=NAME,
    channel=Twilio,
    build=build,
    needs=(Need("TWILIO_ACCOUNT_SID", "AC..."), Need("TWILIO_AUTH_TOKEN"), Need("TWILIO_SENDER", "+257...")),
    routes=(
        Route("/sms/twilio", ("POST",), RouteKind.SMS),
        Route("/receipts/twilio", ("POST",), RouteKind.DELIVERY_REPORT),
    ),
    signs=is_signed,
    reports_delivery=True,
    tells_optout=True,  # with her SMS
    tells_balance=True,
    erases=True,
    erases_final=lambda settings: settings.twilio_retention == "retain",
    answers=render_sms,
    parse_sms=lambda asked: parse_sms(asked.fields),
    parse_delivery_report=lambda asked: parse_delivery_report(asked.fields),
    wrong=wrong,
)

"""Africa's Talking: USSD and SMS webhooks (form POST, unsigned), SMS by the official SDK.

Facts that shape this file: `text` is cumulative and unescaped; success is HTTP 201, and so is a rejected sender, with
an empty list of recipients; the SDK answers a str when the content type is not exactly application/json; network
errors come through as exceptions of `requests`; there is no idempotency parameter, so a read time-out is an unknown.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from bot.channels.messages import (
    Balance,
    DeliveryReport,
    Inbound,
    MessageStatus,
    OptedOut,
    Reason,
    SendError,
    Sent,
    UssdRequest,
    unnamed,
)
from bot.channels.network import broken
from bot.channels.provider import Need, Provider, Route, RouteKind, not_an_address, reaches_phones
from bot.settings import Settings

NAME = "africastalking"
NUMBER = re.compile(r"\+[0-9]{7,15}")
ACCEPTED = frozenset({100, 101, 102})
REASONS = {
    401: Reason.PASSING,  # risk hold
    402: Reason.CONFIGURATION,
    403: Reason.BAD_NUMBER,
    404: Reason.BAD_NUMBER,
    405: Reason.CONFIGURATION,  # insufficient balance
    406: Reason.OPTED_OUT,
    407: Reason.BAD_NUMBER,  # could not route
    409: Reason.OPTED_OUT,  # do-not-disturb
    500: Reason.PASSING,
    501: Reason.PASSING,
    502: Reason.PASSING,
}
STATES = {
    "sent": MessageStatus.SENT,
    "submitted": MessageStatus.SENT,
    "buffered": MessageStatus.SENT,
    "success": MessageStatus.DELIVERED,
    "rejected": MessageStatus.FAILED,
    "failed": MessageStatus.FAILED,
    "expired": MessageStatus.FAILED,
}
FAILURES = {
    "insufficientcredit": Reason.CONFIGURATION,
    "invalidlinkid": Reason.CONFIGURATION,
    "usernotsubscribedtoproduct": Reason.CONFIGURATION,
    "userinblacklist": Reason.OPTED_OUT,
    "userdoesnotexist": Reason.BAD_NUMBER,
    "notnetworksubscriber": Reason.BAD_NUMBER,
    "notnetworksubcriber": Reason.BAD_NUMBER,  # so spelt in their documents
    "userisinactive": Reason.PASSING,
    "useraccountsuspended": Reason.PASSING,
    "absentsubscriber": Reason.PASSING,
    "deliveryfailure": Reason.PASSING,
}
NAMES = {  # of a recipient that comes without a statusCode
    "success": 101,
    "riskhold": 401,
    "invalidsenderid": 402,
    "invalidphonenumber": 403,
    "unsupportednumbertype": 404,
    "insufficientbalance": 405,
    "userinblacklist": 406,
    "couldnotroute": 407,
    "donotdisturbrejection": 409,
    "internalservererror": 500,
    "gatewayerror": 501,
    "rejectedbygateway": 502,
}
WORD = re.compile(r"[A-Za-z]{1,40}")  # a name of an error; a sentence might hold a number
HTTP = re.compile(r"\b([45]\d\d)\b")


def parse_ussd(form: Mapping[str, str]) -> UssdRequest:
    """A USSD request; every field is optional, a missing one is empty."""
    return UssdRequest(
        form.get("sessionId", ""), form.get("phoneNumber", ""), form.get("serviceCode", ""), form.get("text", "")
    )


def render_ussd(text: str, ends: bool) -> str:
    """The body that continues or ends the session."""
    return f"{'END' if ends else 'CON'} {text}"


def parse_ussd_end(form: Mapping[str, str]) -> str:
    """The id of the session that is over; `input` and `lastAppResponse` are not read."""
    return form.get("sessionId", "")


def parse_sms(form: Mapping[str, str]) -> Inbound | None:
    """An SMS, or None when it is not from a person (`from` may be MTN). An empty text is a text."""
    phone = form.get("from", "")
    if not NUMBER.fullmatch(phone):
        return None
    return Inbound(NAME, form.get("id") or unnamed(form), phone, form.get("text", ""))


def parse_delivery_report(form: Mapping[str, str]) -> DeliveryReport | None:
    """A delivery report; it may come before `send` has returned."""
    if not form.get("id"):
        return None
    status = STATES.get(form.get("status", "").lower())
    failed = status == MessageStatus.FAILED
    said = form.get("failureReason", "")
    reason = FAILURES.get(said.lower(), Reason.UNKNOWN) if failed else None
    code, gone = said if failed and WORD.fullmatch(said) else "", form.get("phoneNumber", "")
    known = reason == Reason.OPTED_OUT and NUMBER.fullmatch(gone)
    return DeliveryReport(form["id"], status, reason, code, gone if known else "")


def parse_optout(form: Mapping[str, str]) -> OptedOut | None:
    """A number that opted out at Africa's Talking: it comes with neither id nor date."""
    phone = form.get("phoneNumber", "")
    return OptedOut(phone) if NUMBER.fullmatch(phone) else None


class AfricasTalking:
    """Sends by the official SDK. `base_url` (without /version1) is for the simulator and tests."""

    def __init__(self, username: str, api_key: str, base_url: str = "", sender: str = "", timeout: float = 9.0) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # the SDK warns of its WhatsApp sandbox
            from africastalking.Application import ApplicationService
            from africastalking.SMS import SMSService

            self._service, self._account = SMSService(username, api_key), ApplicationService(username, api_key)
        if base_url:
            self._service._baseUrl = self._account._baseUrl = base_url.rstrip("/") + "/version1"
        self._sender, self._timeout = sender or None, (3.05, timeout)

    def send(self, phone: str, text: str) -> Sent:
        """Send one SMS. Raises `SendError`; a read time-out is an unknown outcome."""
        return taken(self._ask([phone], text))

    def send_many(self, phones: Sequence[str], text: str, lasts: int = 0) -> Mapping[str, Sent | SendError]:
        """One request for all of them; each is judged by its own line of the reply. It knows no `lasts`."""
        try:
            reply = self._ask(phones, text)
        except SendError as error:
            return dict.fromkeys(phones, error)
        return {phone: _judged(reply, phone) for phone in phones}

    def balance(self) -> Balance | None:
        """What the account holds: `KES 1785.50` (the SDK's application data). Raises `SendError`."""
        from africastalking.Service import AfricasTalkingException

        try:
            told = self._account.fetch_application_data(timeout=self._timeout)
            data = json.loads(told) if isinstance(told, str) else told
            currency, amount = data["UserData"]["balance"].split()
            return Balance(float(amount), currency[:3])
        except requests.RequestException as error:
            raise broken(error) from None
        except AfricasTalkingException as error:
            raise classified(str(error)) from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise SendError(Reason.UNKNOWN, "reply") from None

    def _ask(self, phones: Sequence[str], text: str) -> Any:
        from africastalking.Service import AfricasTalkingException

        try:
            return self._service.send(text, [*phones], sender_id=self._sender, timeout=self._timeout)
        except requests.RequestException as error:  # a garbled body too: it is a ValueError, but no bad number
            raise broken(error) from None
        except AfricasTalkingException as error:
            raise classified(str(error)) from None
        except UnicodeError:
            raise SendError(Reason.CONTENT, "sdk") from None
        except ValueError:
            raise SendError(Reason.BAD_NUMBER, "sdk") from None


def classified(said: str) -> SendError:
    """What an error without a status code means; the SDK passes on only the body's words."""
    lowered = said.lower()
    if "authentication" in lowered or "api key" in lowered:
        return SendError(Reason.AUTH, "401")
    code = HTTP.search(said)
    if "too many" in lowered or "throttl" in lowered or (code and code.group() == "429"):
        return SendError(Reason.THROTTLED, "429")
    return SendError(Reason.PASSING, code.group(1) if code else "http", unknown_outcome=False)


def _judged(reply: Any, phone: str) -> Sent | SendError:
    try:
        return taken(reply, phone)
    except SendError as error:
        return error


def taken(reply: Any, phone: str = "") -> Sent:
    """The provider's reply, judged by the line of one recipient (the first one without `phone`). Raises `SendError`.

    A number that is missing in a reply that names others may have been taken or not.
    """
    try:
        data = json.loads(reply) if isinstance(reply, str) else reply
        told = data["SMSMessageData"]
        recipients = told["Recipients"]
        if not recipients:
            word = WORD.fullmatch(str(told.get("Message", "")))
            raise SendError(Reason.CONFIGURATION, word.group() if word else "no recipient")
        first = next(one for one in recipients if not phone or one.get("number") == phone)
        code = int(first.get("statusCode") or NAMES.get(str(first.get("status", "")).lower(), 0))
        message_id = str(first.get("messageId", ""))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, StopIteration):
        raise SendError(Reason.UNKNOWN, "reply", unknown_outcome=True) from None
    if code not in ACCEPTED:
        raise SendError(REASONS.get(code, Reason.UNKNOWN), str(code))
    return Sent("" if message_id == "None" else message_id)


def build(settings: Settings) -> AfricasTalking:
    """The channel that these settings describe."""
    key = settings.at_api_key.get_secret_value()
    return AfricasTalking(
        settings.at_username, key, settings.at_base_url, settings.at_sender, settings.provider_timeout
    )


def wrong(settings: Settings) -> list[str]:
    """Settings of this provider that do not go together, a sentence each."""
    found = not_an_address("AT_BASE_URL", settings.at_base_url, "https://api.africastalking.com")
    live = "africastalking.com" in settings.at_base_url and "sandbox" not in settings.at_base_url
    if settings.is_demo and live:
        found.append(reaches_phones("AT_BASE_URL"))
    if not settings.is_demo and settings.at_username == "sandbox":
        found.append("AT_USERNAME=sandbox reaches no phone, and MODE is production. Example: AT_USERNAME=ijwi")
    if not settings.is_demo and "/simulator" in settings.at_base_url:
        found.append("AT_BASE_URL is the simulator's, and MODE is production. Leave it out.")
    return found


POST = ("POST",)
PROVIDER = Provider(
    name=NAME,
    channel=AfricasTalking,
    build=build,
    needs=(Need("AT_USERNAME", "ijwi"), Need("AT_API_KEY", "atsk_..."), Need("AT_CALLBACK_SECRET")),
    routes=(
        Route("/ussd/africastalking/<given>", POST, RouteKind.USSD),
        Route("/ussd/africastalking/<given>/end", POST, RouteKind.USSD_END),
        Route("/sms/africastalking/<given>", POST, RouteKind.SMS),
        Route("/receipts/africastalking/<given>", POST, RouteKind.DELIVERY_REPORT),
        Route("/optout/africastalking/<given>", POST, RouteKind.OPTOUT),
    ),
    guarded_by="AT_CALLBACK_SECRET",
    reports_delivery=True,
    tells_optout=True,
    tells_balance=True,
    parse_ussd=lambda asked: parse_ussd(asked.fields),
    render_ussd=render_ussd,
    parse_ussd_end=lambda asked: parse_ussd_end(asked.fields),
    parse_sms=lambda asked: parse_sms(asked.fields),
    parse_delivery_report=lambda asked: parse_delivery_report(asked.fields),
    parse_optout=lambda asked: parse_optout(asked.fields),
    wrong=wrong,
)

"""Kannel: SMS over an operator's own line (SMPP), by HTTP on a machine of ours. The road for Burundi.

Facts that shape this file, all seen with Kannel 1.4.5: `sendsms` takes a POST whose words are the body and whose
parameters are X-Kannel-* headers, so that no number and no word stands in a URL; it gives a message no id, so the
report's address carries ours; 8 (the operator has it) may come after 1 (delivered); an SMS comes in the same form.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

import requests

from bot.channels.messages import Balance, DeliveryReport, Inbound, MessageStatus, Reason, SendError, Sent, unnamed
from bot.channels.network import broken, one_by_one
from bot.channels.provider import Need, Provider, Route, RouteKind, not_an_address
from bot.country.phone_numbers import e164
from bot.settings import Settings
from bot.words.gsm import septets

NAME = "kannel"
REPORTS = 1 + 2 + 8 + 16  # delivered, failed, with the operator, rejected by the operator; not 4, queued
STATES = {
    1: MessageStatus.DELIVERED,
    2: MessageStatus.FAILED,
    4: MessageStatus.QUEUED,
    8: MessageStatus.SENT,
    16: MessageStatus.FAILED,
}
TAKEN = ("0: ", "3: ")  # accepted for delivery; queued for later delivery
REFUSALS = {  # how its sentence begins, in small letters
    "authorization failed": Reason.AUTH,
    "not routable": Reason.BAD_NUMBER,
    "missing receiver": Reason.BAD_NUMBER,
    "number(s) has/have been denied": Reason.OPTED_OUT,
    "empty text": Reason.CONTENT,
    "sender missing": Reason.CONFIGURATION,
    "unknown request": Reason.CONFIGURATION,
    "temporal failure": Reason.PASSING,
}
STATUSES = {400: Reason.CONTENT, 401: Reason.AUTH, 403: Reason.AUTH, 404: Reason.CONFIGURATION, 429: Reason.THROTTLED}


def parse_sms(headers: Mapping[str, str], body: bytes, region: str) -> Inbound | None:
    """An SMS that `post-url` brings, or None when it is not from a person. A repeat has the same hour and words."""
    phone = e164(headers.get("X-Kannel-From", ""), region)
    if not phone:
        return None
    text = decoded(body, headers.get("Content-Type", ""), headers.get("X-Kannel-Coding", ""))
    form = {"date": headers.get("X-Kannel-Time", ""), "from": phone, "text": text}
    return Inbound(NAME, headers.get("X-Kannel-SMS-ID") or unnamed(form), phone, text)


def decoded(body: bytes, content_type: str, coding: str) -> str:
    """The words in the alphabet that Kannel names; what cannot be read in it is shown as such, not refused."""
    charset = content_type.partition("charset=")[2].strip(" \"'") or ("utf-16-be" if coding == "2" else "utf-8")
    try:
        return body.decode(charset, "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


def parse_delivery_report(form: Mapping[str, str]) -> DeliveryReport | None:
    """A delivery report: our own id, and what has become of it."""
    told, id = form.get("status", ""), form.get("id", "")
    if not id:
        return None
    status = STATES.get(int(told)) if told.isascii() and told.isdecimal() and len(told) < 4 else None
    failed = status == MessageStatus.FAILED
    return DeliveryReport(id, status, Reason.UNKNOWN if failed else None, told if failed else "")


class Kannel:
    """Sends by `sendsms`. `url` is the whole address, like http://127.0.0.1:13013/cgi-bin/sendsms."""

    def __init__(
        self, url: str, username: str, password: str, sender: str = "", report_url: str = "", timeout: float = 9.0
    ) -> None:
        self._url, self._report_url, self._timeout = url, report_url, (3.05, timeout)
        self._known = {"X-Kannel-Username": username, "X-Kannel-Password": password}
        self._known |= {"X-Kannel-From": sender} if sender else {}

    def balance(self) -> Balance | None:
        """None: the operator's account is not Kannel's to know."""
        return None

    def send(self, phone: str, text: str, lasts: int = 0) -> Sent:
        """Send one SMS, for which its centre tries at most `lasts` seconds, in whole minutes. Raises `SendError`; a
        read time-out is an unknown outcome."""
        id = secrets.token_hex(16)
        wide = septets(text) is None
        headers = self._known | {
            "X-Kannel-To": phone,
            "X-Kannel-Coding": "2" if wide else "0",
            "Content-Type": f"text/plain; charset={'UTF-16BE' if wide else 'UTF-8'}",
        }
        headers |= {"X-Kannel-Validity": str(max(1, lasts // 60))} if lasts else {}
        if self._report_url:
            report = f"{self._report_url}?id={id}&status=%d"
            headers |= {"X-Kannel-DLR-Mask": str(REPORTS), "X-Kannel-DLR-Url": report}
        try:
            body = text.encode("utf-16-be" if wide else "utf-8")
            reply = requests.post(self._url, data=body, headers=headers, timeout=self._timeout, allow_redirects=False)
        except requests.RequestException as error:
            raise broken(error) from None
        except (UnicodeError, ValueError):
            raise SendError(Reason.CONTENT, "encoding") from None
        judge(reply.status_code, reply.text)
        return Sent(id)

    def send_many(self, phones: Sequence[str], text: str, lasts: int = 0) -> Mapping[str, Sent | SendError]:
        """One request each: each has its own report."""
        return one_by_one(phones, lambda phone: self.send(phone, text, lasts), self._timeout[1])


def judge(status: int, said: str) -> None:
    """Raises `SendError` unless Kannel has taken the message. A page of somebody else's with 200 is an unknown."""
    if 200 <= status < 300:
        if not said.startswith(TAKEN):
            raise SendError(Reason.UNKNOWN, "reply", unknown_outcome=True)
        return
    known = (reason for begins, reason in REFUSALS.items() if said.lower().startswith(begins))
    passing = Reason.PASSING if status >= 500 else Reason.UNKNOWN
    raise SendError(next(known, STATUSES.get(status, passing)), str(status))


def build(settings: Settings) -> Kannel:
    """The channel that these settings describe."""
    password, secret = settings.kannel_password.get_secret_value(), settings.gateway_secret.get_secret_value()
    reports = f"{settings.public_base_url.rstrip('/')}/receipts/kannel/{secret}"
    return Kannel(
        settings.kannel_url, settings.kannel_username, password, settings.kannel_sender, reports,
        settings.provider_timeout,
    )  # fmt: skip


EXAMPLE = "http://127.0.0.1:13013/cgi-bin/sendsms"
PROVIDER = Provider(
    name=NAME,
    channel=Kannel,
    build=build,
    needs=(Need("KANNEL_URL", EXAMPLE), Need("KANNEL_USERNAME", "ijwi"), Need("KANNEL_PASSWORD"),
           Need("GATEWAY_SECRET")),
    routes=(
        Route("/sms/kannel/<given>", ("POST",), RouteKind.SMS, reads="body"),
        Route("/receipts/kannel/<given>", ("GET", "POST"), RouteKind.DELIVERY_REPORT, reads="query"),
    ),
    guarded_by="GATEWAY_SECRET",
    reports_delivery=True,
    parse_sms=lambda asked: parse_sms(asked.headers, asked.body, asked.region),
    parse_delivery_report=lambda asked: parse_delivery_report(asked.fields),
    wrong=lambda settings: not_an_address("KANNEL_URL", settings.kannel_url, EXAMPLE),
)  # fmt: skip

"""Channels that talk to a stand-in provider over HTTP, and what a test asks of them."""

from __future__ import annotations

import traceback

import pytest

from bot.channels.africastalking import AfricasTalking
from bot.channels.kannel import Kannel
from bot.channels.messages import Channel, SendError
from bot.channels.twilio import Twilio

HER = "+25779123456"
WORDS = "Ningoga. Igikorwa gishasha 1."
SID = "SM" + "0" * 32
TOKEN = "t" * 32


def africas_talking(url: str, sender: str = "") -> AfricasTalking:
    return AfricasTalking("sandbox", "key", url, sender, timeout=0.4)


def twilio(url: str, callback: str = "") -> Twilio:
    return Twilio("AC" + "0" * 32, TOKEN, url, "+15005550006", callback, timeout=0.4)


def kannel(url: str, sender: str = "IJWI", reports: str = "") -> Kannel:
    return Kannel(f"{url}/cgi-bin/sendsms", "ijwi", "kannelpass", sender, reports, timeout=0.4)


def refusal(channel: Channel, phone: str = HER, text: str = WORDS) -> SendError:
    """The error that sending ends in; it must hold neither the number nor the words."""
    with pytest.raises(SendError) as caught:
        channel.send(phone, text)
    error = caught.value
    for said in (str(error), repr(error), error.provider_code, "".join(traceback.format_exception(error))):
        assert phone.lstrip("+") not in said
        assert text not in said
    return error

"""The SMS providers, by name."""

from __future__ import annotations

from collections.abc import Callable

from bot.channels.messages import Channel
from bot.settings import Settings


def _africastalking(settings: Settings) -> Channel:
    from bot.channels.africastalking import AfricasTalking

    key = settings.at_api_key.get_secret_value()
    return AfricasTalking(
        settings.at_username, key, settings.at_base_url, settings.at_sender, settings.provider_timeout
    )


def _twilio(settings: Settings) -> Channel:
    from bot.channels.twilio import Twilio

    token = settings.twilio_auth_token.get_secret_value()
    callback = settings.public_base_url.rstrip("/") + "/receipts/twilio"
    return Twilio(
        settings.twilio_account_sid, token, settings.twilio_base_url, settings.twilio_sender, callback,
        settings.provider_timeout, settings.twilio_retention == "retain",
    )  # fmt: skip


def _kannel(settings: Settings) -> Channel:
    from bot.channels.kannel import Kannel

    password, secret = settings.kannel_password.get_secret_value(), settings.gateway_secret.get_secret_value()
    reports = f"{settings.public_base_url.rstrip('/')}/receipts/kannel/{secret}"
    return Kannel(
        settings.kannel_url, settings.kannel_username, password, settings.kannel_sender, reports,
        settings.provider_timeout,
    )  # fmt: skip


CHANNELS: dict[str, Callable[[Settings], Channel]] = {
    "africastalking": _africastalking,
    "twilio": _twilio,
    "kannel": _kannel,
}

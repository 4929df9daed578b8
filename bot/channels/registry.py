"""THE list of SMS providers. A new one is a file of `bot/channels/` that ends in a `PROVIDER`, and a line here.

Its row says what it needs of the settings, which addresses of ours it calls, how its channel is made and what it can
do besides sending. Settings, doors, alarms and delivery ask this list; nothing else names all providers.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping

from bot.channels import africastalking, kannel, twilio
from bot.channels.gateway import GatewayError, gateways
from bot.channels.provider import Provider, half_added
from bot.settings import RATE, Settings

PROVIDERS: Mapping[str, Provider] = {
    "africastalking": africastalking.PROVIDER,
    "twilio": twilio.PROVIDER,
    "kannel": kannel.PROVIDER,
}


def faults(settings: Settings) -> list[str]:
    """Why the providers of these settings cannot work, a sentence each: a provider that is only half there, a name that
    nobody knows, a setting that is missing, settings that do not go together. Nothing when all is well.
    """
    half = [fault for name, provider in PROVIDERS.items() for fault in half_added(provider, name)]
    half += [*_gateways()]
    enabled = [PROVIDERS[name] for name in dict.fromkeys(settings.providers) if name in PROVIDERS]
    missing = [lack for provider in enabled for lack in provider.missing(settings)]
    wrong = [fault for provider in enabled for fault in provider.wrong(settings)]
    return list(dict.fromkeys([*half, *missing, *_order(settings), *_rates(settings), *_accounts(settings), *wrong]))


def _gateways() -> Iterator[str]:
    """What is wrong with the blocks of the USSD gateways, which have no row here."""
    try:
        gateways()
    except GatewayError as error:
        yield from (f"bot/channels/gateways.toml: {line}." for line in str(error).splitlines())
    except tomllib.TOMLDecodeError as error:
        yield f"bot/channels/gateways.toml is no TOML: {error}."


def _order(settings: Settings) -> Iterator[str]:
    """What is wrong with the order of failover."""
    for name in dict.fromkeys(settings.providers):
        if name not in PROVIDERS:
            new = f"A new provider is a file bot/channels/{name}.py and a line in bot/channels/registry.py"
            new = f" {new}." if name.isidentifier() else ""
            yield f"SMS_PROVIDERS names {name!r}; known: {', '.join(PROVIDERS)}.{new}"
    if not settings.providers or len({*settings.providers}) < len(settings.providers):
        yield "SMS_PROVIDERS names nobody, or somebody twice. Example: SMS_PROVIDERS=africastalking,twilio"


def _rates(settings: Settings) -> Iterator[str]:
    """What is wrong with the limits of the providers."""
    parts = [part.strip() for part in settings.sms_rates.split(",") if part.strip()]
    rated = [part.partition("=")[0].strip() for part in parts]
    for part in parts:
        read = RATE.fullmatch(part)
        if not read or read["who"] not in PROVIDERS:
            yield f"SMS_RATES has {part!r}. Example: SMS_RATES=africastalking=50,twilio=1/2"
    well = f"Example: SMS_RATES={','.join(f'{name}=50' for name in settings.providers)}"
    if ({*rated} & {*PROVIDERS}) - {*settings.providers}:
        yield f"SMS_RATES limits a provider that SMS_PROVIDERS does not name. {well}"
    if len({*rated}) < len(rated):
        yield f"SMS_RATES limits a provider twice. {well}"


def _accounts(settings: Settings) -> Iterator[str]:
    """An alarm that could never ring."""
    enabled = [PROVIDERS[name] for name in settings.providers if name in PROVIDERS]
    if settings.balance_low and enabled and not any(provider.tells_balance for provider in enabled):
        yield "BALANCE_LOW is set and no provider of SMS_PROVIDERS tells its balance. Leave BALANCE_LOW out."

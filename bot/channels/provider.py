"""What a provider is: one row, written in the provider's own file and listed in `bot.channels.registry`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from pydantic import SecretStr

from bot.channels.messages import Channel, DeliveryReport, Inbound, OptedOut, UssdRequest
from bot.settings import WEB_ADDRESS, ConfigError, Settings


class RouteKind(StrEnum):
    """What comes in by a route."""

    USSD = "ussd"
    USSD_END = "ussd_end"
    SMS = "sms"
    DELIVERY_REPORT = "delivery_report"
    OPTOUT = "optout"


NO_BUILD = "`build` is missing: write a function that makes its channel from Settings"
PARSER_OF = {
    RouteKind.USSD: "parse_ussd",
    RouteKind.USSD_END: "parse_ussd_end",
    RouteKind.SMS: "parse_sms",
    RouteKind.DELIVERY_REPORT: "parse_delivery_report",
    RouteKind.OPTOUT: "parse_optout",
}
BESIDE = {RouteKind.USSD: "render_ussd"}  # what a route needs besides its parser


@dataclass(frozen=True)
class Route:
    """An address of ours that a provider calls. `<given>` in it is the provider's secret.

    `reads`: where its fields stand; `body`: nowhere, its words are the whole body.
    """

    path: str
    methods: tuple[str, ...]
    kind: RouteKind
    reads: Literal["form", "query", "body"] = "form"


@dataclass(frozen=True, repr=False)
class Webhook:
    """A request of a provider, for its parse functions. Prints nothing of what it holds.

    `fields`: the form or the query, as the route says; `pairs`: the form's fields as they came; `url`: the public
    address that was called; `region`: the country in capitals, to read local numbers by.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    pairs: Sequence[tuple[str, str]] = ()
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    region: str = ""

    def __repr__(self) -> str:
        return "Webhook(‹sealed›)"


@dataclass(frozen=True)
class Need:
    """A setting without which a provider cannot work, by its name in the environment, and a value as an example."""

    name: str
    example: str = "..."


def _nothing_wrong(settings: Settings) -> list[str]:
    return []


def _never(settings: Settings) -> bool:
    return False


@dataclass(frozen=True)
class Provider:
    """One row. What it claims to have is held against what it brings, at every start: `half_added`.

    `channel` sends; `build` makes it from the settings. `guarded_by`: the setting whose secret stands in its addresses;
    `signs`: each request is signed instead, and this says whether it is. `answers` is the body of the response that
    answers her SMS at once (None: without a word); without it the answer goes out by the provider's own road.
    `erases_final`: whether what has arrived is to be erased there. `wrong` says which of its settings contradict each
    other, a sentence each.
    """

    name: str
    channel: type[Channel] | None = None
    build: Callable[[Settings], Channel] | None = None
    needs: tuple[Need, ...] = ()
    routes: tuple[Route, ...] = ()
    guarded_by: str = ""
    signs: Callable[[Webhook, Settings], bool] | None = None
    reports_delivery: bool = False
    tells_optout: bool = False
    tells_balance: bool = False
    erases: bool = False
    erases_final: Callable[[Settings], bool] = _never
    answers: Callable[[str | None], str] | None = None
    parse_ussd: Callable[[Webhook], UssdRequest] | None = None
    render_ussd: Callable[[str, bool], str] | None = None
    parse_ussd_end: Callable[[Webhook], str] | None = None
    parse_sms: Callable[[Webhook], Inbound | None] | None = None
    parse_delivery_report: Callable[[Webhook], DeliveryReport | None] | None = None
    parse_optout: Callable[[Webhook], OptedOut | None] | None = None
    wrong: Callable[[Settings], list[str]] = _nothing_wrong

    @property
    def file(self) -> str:
        """Where it is written."""
        return f"bot/channels/{self.name}.py"

    def secret(self, settings: Settings) -> str | None:
        """What stands in its addresses; empty where it is not set, None where each request is signed instead."""
        return text_of(settings, self.guarded_by) if self.signs is None else None

    def open(self, settings: Settings) -> Channel:
        """The channel to it. Raises `ConfigError` for a provider that cannot be sent by."""
        if self.build is None:
            raise ConfigError(f"{self.file}: {NO_BUILD}.")
        return self.build(settings)

    def missing(self, settings: Settings) -> list[str]:
        """The settings that it needs and nobody has given, a sentence each with a line that would be well."""
        lacking = [need for need in self.needs if not text_of(settings, need.name)]
        return [f"{need.name} is not set. Example: {need.name}={need.example}" for need in lacking]


def text_of(settings: Settings, name: str) -> str:
    """The setting with this name in the environment, a secret too; empty where there is no such setting."""
    value = getattr(settings, name.lower(), "")
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def not_an_address(name: str, value: str, example: str) -> list[str]:
    """The sentence about a setting that should be a web address and is none; nothing where it is one, or is not set."""
    return [] if not value or WEB_ADDRESS.fullmatch(value) else [f"{name} is no address. Example: {name}={example}"]


def reaches_phones(name: str) -> str:
    """The sentence about a demonstration that would send to real phones."""
    return f"{name} reaches real phones, and MODE is demo. Leave it out, or: MODE=production"


def half_added(provider: Provider, listed_as: str) -> list[str]:
    """What a provider's file does not have yet, a sentence each that says where and what to do."""
    if provider.name != listed_as:
        where = f"bot/channels/registry.py lists {provider.name!r} as {listed_as!r}"
        return [f"{where}: write the same name in both places."]
    return [f"{provider.file}: {fault}." for fault in _faults(provider)]


def _faults(provider: Provider) -> Iterator[str]:
    if provider.channel is None:
        yield "`channel` is missing: write a class with send, send_many and balance, and name it in PROVIDER"
    else:
        for method in ("send", "send_many", "balance", *(["redact"] if provider.erases else [])):
            if not callable(getattr(provider.channel, method, None)):
                yield f"{provider.channel.__name__} has no {method}(): write it as bot/channels/messages.py says"
    if provider.build is None:
        yield NO_BUILD
    for need in provider.needs:
        if need.name.lower() not in Settings.model_fields:
            yield f"it needs {need.name}, which Settings does not read: add the field to bot/settings.py"
    yield from _claims(provider)
    for route in provider.routes:
        yield from _route_faults(provider, route)


def _claims(provider: Provider) -> Iterator[str]:
    """What a row says that the provider does, and its file does not hear."""
    kinds = {route.kind for route in provider.routes}
    if provider.reports_delivery and RouteKind.DELIVERY_REPORT not in kinds:
        yield "`reports_delivery` is set and no route takes delivery reports: add the Route, or leave it out"
    if provider.reports_delivery and provider.parse_delivery_report is None:
        yield "`reports_delivery` is set and parse_delivery_report is missing: write it, or leave it out"
    if provider.tells_optout and not kinds & {RouteKind.OPTOUT, RouteKind.SMS}:
        yield "`tells_optout` is set and no route takes SMS or opt-outs: add the Route, or leave it out"


def _route_faults(provider: Provider, route: Route) -> Iterator[str]:
    parser = PARSER_OF[route.kind]
    claimed = route.kind == RouteKind.DELIVERY_REPORT and provider.reports_delivery  # then `_claims` has said it
    if getattr(provider, parser) is None and not claimed:
        yield f"{route.path} takes {route.kind} and {parser} is missing: write it, or leave the Route out"
    if (beside := BESIDE.get(route.kind)) and getattr(provider, beside) is None:
        yield f"{route.path} takes {route.kind} and {beside} is missing: write it, or leave the Route out"
    if not re.fullmatch(rf"/[a-z]+/{provider.name}(/.*)?", route.path):
        yield f"{route.path} is no address of {provider.name}: it must begin like /sms/{provider.name}"
    if provider.signs is None and not (provider.guarded_by and "<given>" in route.path):
        yield f"{route.path} could be called by anybody: write `<given>` into it and set guarded_by, or set signs"

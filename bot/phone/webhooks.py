"""The callers' doors: webhooks of providers, and what answers them. No trace is shown, no provider is called, and a
person who waits never gets a 5xx; what a provider sends on its own and cannot be stored is asked for again.

The addresses are read from the row of each provider (bot.channels.registry) and from gateways.toml. A provider that
signs nothing has a secret in its path; of one that signs, each signature is checked.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from flask import Blueprint, Response, abort, request
from werkzeug.exceptions import HTTPException

from bot.channels.provider import Provider, Route, RouteKind, Webhook
from bot.channels.registry import PROVIDERS
from bot.phone.delivery_callbacks import optout_in, report_in
from bot.phone.forms import webhook
from bot.phone.replies import answer, taken
from bot.phone.sessions import TalkSessions
from bot.phone.sms import sms_in
from bot.phone.ussd import UssdDoor, sorry, ussd_end, ussd_page
from bot.services import Services

log = logging.getLogger("ijwi")
SIGNED = None  # instead of a secret in the path


class Address(NamedTuple):
    """An address and its view. `secret`: what `<given>` must be; `SIGNED` where each request is signed."""

    path: str
    methods: tuple[str, ...]
    secret: str | None
    view: Callable[..., Response]


View = Callable[[Services, TalkSessions, Provider, Webhook], Response]
VIEWS: Mapping[RouteKind, View] = {  # what answers each kind of route, USSD aside
    RouteKind.USSD_END: lambda _here, talks, provider, asked: ussd_end(talks, provider, asked),
    RouteKind.SMS: sms_in,
    RouteKind.DELIVERY_REPORT: lambda here, _talks, provider, asked: report_in(here, provider, asked),
    RouteKind.OPTOUT: lambda here, _talks, provider, asked: optout_in(here, provider, asked),
}


def addresses(services: Services, talk_sessions: TalkSessions, doors: Mapping[str, UssdDoor]) -> list[Address]:
    """All addresses at which providers call: the USSD doors, and the other routes of each provider's row."""
    others = [
        Address(
            route.path,
            route.methods,
            provider.secret(services.settings),
            partial(_asked, services, talk_sessions, provider, route),
        )
        for provider in PROVIDERS.values()
        for route in provider.routes
        if route.kind in VIEWS
    ]
    return [*(address for door in doors.values() for address in ussd_addresses(door)), *others]


def _asked(services: Services, talk_sessions: TalkSessions, provider: Provider, route: Route) -> Response:
    return VIEWS[route.kind](services, talk_sessions, provider, webhook(services, provider, route))


def ussd_addresses(door: UssdDoor) -> list[Address]:
    """The addresses of a USSD door: its own, and the paths below it where a provider may ask for those."""
    address = Address(f"/ussd/{door.name}/<given>", door.methods, door.secret, partial(ussd_page, door))
    return [address, address._replace(path=f"{address.path}/<path:below>")] if door.has_paths else [address]


def webhooks(services: Services, talk_sessions: TalkSessions, doors: Mapping[str, UssdDoor]) -> Blueprint:
    """The blueprint with all addresses; `doors` is the table of USSD doors, which the shortcut before Flask
    uses too.
    """
    blueprint = Blueprint("webhooks", __name__)
    for path, methods, secret, view in addresses(services, talk_sessions, doors):
        answers = view if secret is SIGNED else _guarded(view, secret)
        blueprint.add_url_rule(path, path, answers, methods=methods)
    blueprint.register_error_handler(Exception, _never_a_trace)
    return blueprint


def _guarded(view: Callable[..., Response], secret: str) -> Callable[..., Response]:
    """The view behind a path that ends in a secret: 404 for any other secret, or where none is set."""

    def guarded(given: str, **below: str) -> Response:
        if not secret or not hmac.compare_digest(given.encode(), secret.encode()):
            abort(404)
        return view(**below)

    return guarded


def _never_a_trace(error: Exception) -> Response | HTTPException:
    """The answer to an unexpected error: a valid end instead of a 5xx (a USSD gateway drops anything else)."""
    if isinstance(error, HTTPException):
        return error
    if request.path.startswith("/ussd/"):
        return sorry(error).response()
    log.error("a webhook failed: %s", type(error).__name__)
    kind, _, name = request.path.strip("/").partition("/")
    provider = PROVIDERS.get(name.partition("/")[0])
    return answer(provider, None) if kind == "sms" and provider else taken()

"""The callers' doors: providers' webhooks in, an answer out. Never a trace, never a provider call, never a 5xx where a
person waits: what comes from a provider alone, and cannot be kept, is asked for again.

Which addresses there are is read from the row of each provider (bot.channels.registry) and from gateways.toml. A
provider that signs nothing has a secret in its path; one that signs is asked whether it did.
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
    """An address and what answers there. `secret`: what `<given>` must be; `SIGNED` where each request is signed."""

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
    """All addresses at which providers call: the USSD doors, and what each provider's row names besides."""
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
    """The addresses of a USSD door: its own, and all below it where a provider may ask for those."""
    own = Address(f"/ussd/{door.name}/<given>", door.methods, door.secret, partial(ussd_page, door))
    return [own, own._replace(path=f"{own.path}/<path:below>")] if door.has_paths else [own]


def webhooks(services: Services, talk_sessions: TalkSessions, doors: Mapping[str, UssdDoor]) -> Blueprint:
    """The blueprint with all of them; `doors` is the table of USSD doors, which the way before Flask has too."""
    blueprint = Blueprint("webhooks", __name__)
    for path, methods, secret, view in addresses(services, talk_sessions, doors):
        answers = view if secret is SIGNED else _guarded(view, secret)
        blueprint.add_url_rule(path, path, answers, methods=methods)
    blueprint.register_error_handler(Exception, _never_a_trace)
    return blueprint


def _guarded(view: Callable[..., Response], secret: str) -> Callable[..., Response]:
    """The view behind a path that ends in a secret: with any other, or where none is set, it is nobody's address."""

    def guarded(given: str, **below: str) -> Response:
        if not secret or not hmac.compare_digest(given.encode(), secret.encode()):
            abort(404)
        return view(**below)

    return guarded


def _never_a_trace(error: Exception) -> Response | HTTPException:
    """A caller never sees a 5xx: what nobody foresaw is a valid end (a USSD gateway drops anything else)."""
    if isinstance(error, HTTPException):
        return error
    if request.path.startswith("/ussd/"):
        return sorry(error).response()
    log.error("a webhook failed: %s", type(error).__name__)
    kind, _, name = request.path.strip("/").partition("/")
    provider = PROVIDERS.get(name.partition("/")[0])
    return answer(provider, None) if kind == "sms" and provider else taken()

"""The callers' doors: providers' webhooks in, an answer out. Never a trace, never a provider call, never a 5xx where a
person waits: what comes from a provider alone, and cannot be kept, is asked for again.

Africa's Talking and the gateways sign nothing, so their paths carry a secret; Twilio signs the public URL and every
field.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from flask import Blueprint, Response, abort, request
from werkzeug.exceptions import HTTPException

from bot.phone.delivery_callbacks import opt_out, receipt_africastalking, receipt_kannel, receipt_twilio
from bot.phone.replies import taken, twiml
from bot.phone.sessions import TalkSessions
from bot.phone.sms import sms_africastalking, sms_kannel, sms_twilio
from bot.phone.ussd import UssdDoor, sorry, ussd_end, ussd_page
from bot.services import Services

log = logging.getLogger("ijwi")
SIGNED = None  # instead of a secret in the path


class Route(NamedTuple):
    """An address and what answers there. `secret`: what `<given>` must be; `SIGNED` where the view looks itself."""

    path: str
    methods: tuple[str, ...]
    secret: str | None
    view: Callable[..., Response]


def routes(services: Services, talk_sessions: TalkSessions, doors: Mapping[str, UssdDoor]) -> list[Route]:
    """All addresses at which providers call."""
    here, post, both = services, ("POST",), ("GET", "POST")
    at = services.settings.at_callback_secret.get_secret_value()
    ours = services.settings.gateway_secret.get_secret_value()
    return [
        *(route for door in doors.values() for route in ussd_routes(door)),
        Route("/ussd/africastalking/<given>/end", post, at, lambda: ussd_end(talk_sessions)),
        Route("/sms/africastalking/<given>", post, at, lambda: sms_africastalking(here, talk_sessions)),
        Route("/receipts/africastalking/<given>", post, at, lambda: receipt_africastalking(here)),
        Route("/optout/africastalking/<given>", post, at, lambda: opt_out(here)),
        Route("/sms/kannel/<given>", post, ours, lambda: sms_kannel(here, talk_sessions)),
        Route("/receipts/kannel/<given>", both, ours, lambda: receipt_kannel(here)),
        Route("/sms/twilio", post, SIGNED, lambda: sms_twilio(here, talk_sessions)),
        Route("/receipts/twilio", post, SIGNED, lambda: receipt_twilio(here)),
    ]


def ussd_routes(door: UssdDoor) -> list[Route]:
    """The addresses of a USSD door: its own, and all below it where a provider may ask for those."""
    own = Route(f"/ussd/{door.name}/<given>", door.methods, door.secret, partial(ussd_page, door))
    return [own, own._replace(path=f"{own.path}/<path:below>")] if door.has_paths else [own]


def webhooks(services: Services, talk_sessions: TalkSessions, doors: Mapping[str, UssdDoor]) -> Blueprint:
    """The blueprint with all of them; `doors` is the table of USSD doors, which the way before Flask has too."""
    blueprint = Blueprint("webhooks", __name__)
    for route in routes(services, talk_sessions, doors):
        view = route.view if route.secret is SIGNED else _guarded(route.view, route.secret)
        blueprint.add_url_rule(route.path, route.path, view, methods=route.methods)
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
    return twiml(None) if request.path.startswith("/sms/twilio") else taken()

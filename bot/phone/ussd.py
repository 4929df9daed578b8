"""USSD in: one table of the providers' addresses (doors), each with a function that makes a page of a request.

Flask's views and the shortcut before Flask (`fast_path.py`) call the same functions of the same table, so both give the
same page.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from flask import Response, abort, request

from bot.channels.gateway import Event, Gateway, gateways
from bot.channels.gateway_answers import Rendered
from bot.channels.provider import Provider, RouteKind, Webhook
from bot.channels.registry import PROVIDERS
from bot.channels.urlencoded import TooMany, form_pairs
from bot.conversation.message import Msg
from bot.phone.forms import raw
from bot.phone.replies import taken
from bot.phone.sessions import AWAY, Answer, TalkSessions
from bot.services import Services
from bot.words.catalogues import Untranslated
from bot.words.gsm import fold

log = logging.getLogger("ijwi")
PLAIN = (("Content-Type", "text/plain; charset=utf-8"),)
SORRY = "END Sorry. Please come back later."


class Page(NamedTuple):
    """A page of a talk as it goes out, always with status 200; `headers` without the length."""

    body: bytes
    headers: tuple[tuple[str, str], ...]

    def response(self) -> Response:
        """The page for Flask."""
        return Response(self.body, headers=list(self.headers))


@dataclass(frozen=True)
class UssdDoor:
    """A provider's USSD address: `/ussd/<name>/<secret>`, and the paths below it.

    `page` takes the path below the address, the query string and the body; it raises `TooMany` for a form with more
    fields than any provider sends, and nothing else.
    """

    name: str
    secret: str  # empty: the address answers 404
    methods: tuple[str, ...]
    has_paths: bool  # whether anything below the address is served
    stands_below: Callable[[str], bool]  # whether this path below the address, or none, is what the provider asks for
    page: Callable[[str, str, bytes], Page]


def ussd_doors(services: Services, talk_sessions: TalkSessions) -> Mapping[str, UssdDoor]:
    """All USSD doors by the provider's name. Raises `GatewayError` when a block of gateways.toml is wrong."""
    shared = services.settings.gateway_secret.get_secret_value()
    doors = []
    for provider in PROVIDERS.values():
        for route in (route for route in provider.routes if route.kind == RouteKind.USSD):
            page = partial(_cumulative, services, talk_sessions, provider)
            secret = provider.secret(services.settings) or ""
            doors.append(UssdDoor(provider.name, secret, route.methods, False, lambda below: not below, page))
    for name, gateway in gateways().items():
        page = partial(_gateway, services, talk_sessions, gateway)
        doors.append(UssdDoor(name, shared, ("GET", "POST", "PUT"), True, gateway.stands_below, page))
    return {door.name: door for door in doors}


def _cumulative(
    services: Services, talk_sessions: TalkSessions, provider: Provider, _below: str, _query: str, body: bytes
) -> Page:
    """A page of a provider that sends all that was typed so far; without a session id the answer is an end page."""
    form = dict(form_pairs(body.decode("utf-8", "replace")))
    try:
        if provider.parse_ussd is None or provider.render_ussd is None:
            raise TypeError(f"{provider.file} takes no USSD")
        asked = provider.parse_ussd(Webhook(form))
        if asked.session:
            answer = talk_sessions.ussd(provider.name, asked.session, asked.phone, asked.heard)
        else:
            answer = _end(services, AWAY)
        return Page(provider.render_ussd(answer.text, answer.ends).encode(), PLAIN)
    except Exception as error:
        return sorry(error)


def _gateway(
    services: Services, talk_sessions: TalkSessions, gateway: Gateway, below: str, query: str, body: bytes
) -> Page:
    """A page of a gateway of gateways.toml. Any request, right or wrong, is answered in the format of the gateway."""
    try:
        done = _rendered(services, talk_sessions, gateway, below, query, body)
        return Page(done.body.encode(), done.headers)
    except Exception as error:
        return sorry(error)


def _rendered(
    services: Services, talk_sessions: TalkSessions, gateway: Gateway, below: str, query: str, body: bytes
) -> Rendered:
    event, settings = None, services.settings
    try:
        event = gateway.parse(below, query, body, settings.country.upper(), settings.service_code)
        answer = _heard(talk_sessions, gateway, event) if event else _end(services, AWAY)
    except ValueError:
        answer = _end(services, AWAY)
    except Exception as error:  # as `sorry`, in the words of this gateway
        log.error("a webhook failed: %s", type(error).__name__)
        answer = _end(services, AWAY)
    return gateway.closed() if answer is None else gateway.render(answer.text, answer.ends, event)


def _heard(talk_sessions: TalkSessions, gateway: Gateway, event: Event) -> Answer | None:
    """The answer for an event of a gateway; None when the caller has hung up."""
    if event.kind == "close":
        talk_sessions.hang_up(gateway.name, event.session)
        return None
    if gateway.cumulative:
        return talk_sessions.ussd(gateway.name, event.session, event.phone, event.text)
    new = None if event.kind == "any" else event.kind == "new"
    return talk_sessions.ussd_last(gateway.name, event.session, event.phone, event.text, new, event.turn)


def sorry(error: Exception) -> Page:
    """The page for an unexpected error: a valid end, because a USSD gateway drops anything else and the phone would
    show what was typed before.
    """
    log.error("a webhook failed: %s", error if isinstance(error, Untranslated) else type(error).__name__)
    return Page(SORRY.encode(), PLAIN)


def _end(services: Services, message: Msg) -> Answer:
    return Answer(fold(services.words.say(services.words.before_choice, message)), True)


def ussd_page(door: UssdDoor, below: str = "") -> Response:
    """The Flask view of a door. Aborts with 413 or 400 when the body is too large or has too many fields."""
    body, query = raw(), request.query_string.decode("latin-1")
    try:
        return door.page(below, query, body).response()
    except TooMany:
        abort(400)


def ussd_end(talk_sessions: TalkSessions, provider: Provider, asked: Webhook) -> Response:
    """Answer the notice that a session is over. It may repeat what was typed and shown, so its content is not read."""
    if provider.parse_ussd_end and (session := provider.parse_ussd_end(asked)):
        talk_sessions.hang_up(provider.name, session)
    return taken()

"""The callers' doors: providers' webhooks in, an answer out. Never a trace, never a provider call, never a 5xx where a
person waits: what comes from a provider alone, and cannot be kept, is asked for again.

Africa's Talking signs nothing, so its paths carry a secret; Twilio signs the public URL and every field.
"""

from __future__ import annotations

import contextlib
import hmac
import logging
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Flask, Response, abort, request
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import HTTPException

from bot.channels import africastalking, kannel, twilio
from bot.channels.gateway import Event, Gateway, gateways
from bot.channels.messages import DeliveryReport, Inbound, MessageStatus, Reason
from bot.conversation.message import Msg
from bot.delivery import delivery_reports, redaction
from bot.delivery.attempts import is_reply_loop
from bot.meetings import subscribers
from bot.phone.fast_path import LARGEST_BODY, PLAIN, FastPath, TooMany, form_pairs
from bot.phone.sessions import AWAY, Answer, TalkSessions
from bot.services import Services
from bot.storage.base import random_id
from bot.storage.database import UNAVAILABLE
from bot.storage.outbox import ANSWER, now, post, signal_workers, task
from bot.storage.tables.delivery import Message
from bot.storage.tables.runtime import Task
from bot.upkeep.health_routes import metrics_page, ready
from bot.words.gsm import fold

log = logging.getLogger("ijwi")
USSD = "/ussd/africastalking/"  # and the secret
SORRY = "END Sorry. Please come back later."


def raw() -> bytes:
    """The body of this request, read once. Aborts with 413 when it is too large."""
    length = request.content_length
    if length is None:  # in chunks: Flask counts them
        return request.get_data(cache=False)
    if length > LARGEST_BODY:
        abort(413)
    body: bytes = request.environ["wsgi.input"].read(length)
    return body


def fields() -> list[tuple[str, str]]:
    """The form of this request, read once. Aborts with 413 or 400 when it is too large or has too many fields."""
    try:
        return form_pairs(raw())
    except TooMany:
        abort(400)


def doors(services: Services, talk_sessions: TalkSessions) -> Blueprint:
    """The blueprint with all webhooks."""
    door = Blueprint("doors", __name__)
    secret = services.settings.at_callback_secret.get_secret_value()
    routes: dict[str, Callable[..., Response]] = {
        USSD + "<given>": lambda: Response(ussd(services, talk_sessions, dict(fields())), content_type=PLAIN),
        "/ussd/africastalking/<given>/end": lambda: ussd_end(talk_sessions),
        "/sms/africastalking/<given>": lambda: sms_africastalking(services, talk_sessions),
        "/receipts/africastalking/<given>": lambda: receipt(
            services, africastalking.parse_delivery_report(dict(fields()))
        ),
        "/optout/africastalking/<given>": lambda: opt_out(services),
    }
    for path, view in routes.items():
        door.add_url_rule(path, path, _guarded(view, secret), methods=["POST"])
    shared = services.settings.gateway_secret.get_secret_value()
    door.add_url_rule(
        "/sms/kannel/<given>",
        "sms_kannel",
        _guarded(lambda: sms_kannel(services, talk_sessions), shared),
        methods=["POST"],
    )
    told = _guarded(lambda: receipt(services, kannel.parse_delivery_report(request.args)), shared)
    door.add_url_rule("/receipts/kannel/<given>", "receipts_kannel", told, methods=["GET", "POST"])
    named, names = (
        _gateway_door(services, talk_sessions, shared),
        ",".join(gateways()),
    )  # a block that is wrong stops the start
    for path in (f"/ussd/<any({names}):name>/<given>", f"/ussd/<any({names}):name>/<given>/<path:below>"):
        door.add_url_rule(path, path, named, methods=["GET", "POST", "PUT"])
    door.add_url_rule("/sms/twilio", "sms_twilio", lambda: sms_twilio(services, talk_sessions), methods=["POST"])
    door.add_url_rule("/receipts/twilio", "receipts_twilio", lambda: receipts_twilio(services), methods=["POST"])
    door.add_url_rule("/healthz", "healthz", lambda: Response("ok\n", mimetype="text/plain"))
    door.add_url_rule("/readyz", "readyz", lambda: ready(services))
    door.add_url_rule("/metrics", "metrics", lambda: metrics_page(services))
    door.register_error_handler(Exception, _never_a_trace)
    return door


def _guarded(view: Callable[[], Response], secret: str) -> Callable[..., Response]:
    def guarded(given: str) -> Response:
        if not secret or not hmac.compare_digest(given.encode(), secret.encode()):
            abort(404)
        return view()

    return guarded


def _gateway_door(services: Services, talk_sessions: TalkSessions, secret: str) -> Callable[..., Response]:
    def view(name: str, given: str, below: str = "") -> Response:
        return _guarded(lambda: ussd_gateway(services, talk_sessions, gateways()[name], below), secret)(given)

    return view


def _never_a_trace(error: Exception) -> Response | HTTPException:
    """A caller never sees a 5xx: what nobody foresaw is a valid end (a USSD gateway drops anything else)."""
    if isinstance(error, HTTPException):
        return error
    log.error("a webhook failed: %s", type(error).__name__)
    if request.path.startswith("/ussd/"):
        return Response(SORRY, mimetype="text/plain")
    return _twiml(None) if request.path.startswith("/sms/twilio") else Response("", mimetype="text/plain")


def put_fast_path_before(app: Flask, services: Services, talk_sessions: TalkSessions) -> None:
    """Put the shortest way before an application that has these doors."""
    if secret := services.settings.at_callback_secret.get_secret_value():
        app.wsgi_app = FastPath(app.wsgi_app, USSD + secret, lambda form: ussd(services, talk_sessions, form))  # type: ignore[method-assign, assignment]


def ussd(services: Services, talk_sessions: TalkSessions, form: Mapping[str, str]) -> str:
    """What one USSD request is answered; without a session id there is nobody to talk to."""
    asked = africastalking.parse_ussd(form)
    try:
        talks = bool(asked.session)
        heard = (asked.session, asked.phone, asked.heard)
        answer = talk_sessions.ussd("africastalking", *heard) if talks else _end(services, AWAY)
    except Exception as error:  # as `_never_a_trace`
        log.error("a webhook failed: %s", type(error).__name__)
        return SORRY
    return africastalking.render_ussd(answer.text, answer.ends)


def ussd_gateway(services: Services, talk_sessions: TalkSessions, gateway: Gateway, below: str) -> Response:
    """One request of a gateway of gateways.toml. Whatever comes, the answer has its shape."""
    body, query = raw(), request.query_string.decode("latin-1")
    event = None
    try:
        event = gateway.parse(below, query, body, services.settings.country.upper(), services.settings.service_code)
        answer = _heard(talk_sessions, gateway, event) if event else _end(services, AWAY)
    except ValueError:
        answer = _end(services, AWAY)
    except Exception as error:  # as `_never_a_trace`, in the words of this gateway
        log.error("a webhook failed: %s", type(error).__name__)
        answer = _end(services, AWAY)
    done = gateway.closed() if answer is None else gateway.render(answer.text, answer.ends, event)
    return Response(done.body, content_type=done.content_type, headers=dict(done.headers))


def _heard(talk_sessions: TalkSessions, gateway: Gateway, event: Event) -> Answer | None:
    """What she reads; None when she has hung up."""
    if event.kind == "close":
        talk_sessions.hang_up(gateway.name, event.session)
        return None
    if gateway.cumulative:
        return talk_sessions.ussd(gateway.name, event.session, event.phone, event.text)
    new = None if event.kind == "any" else event.kind == "new"
    return talk_sessions.ussd_last(gateway.name, event.session, event.phone, event.text, new, event.turn)


def _end(services: Services, message: Msg) -> Answer:
    return Answer(fold(services.words.say(services.words.before_choice, message)), True)


def ussd_end(talk_sessions: TalkSessions) -> Response:
    """The session is over: `input` and `lastAppResponse` echo what she typed and are not looked at."""
    if session := africastalking.parse_ussd_end(dict(fields())):
        talk_sessions.hang_up("africastalking", session)
    return Response("", mimetype="text/plain")


def sms_africastalking(services: Services, talk_sessions: TalkSessions) -> Response:
    """An SMS in, as a form."""
    return sms_later(services, talk_sessions, africastalking.parse_sms(dict(fields())))


def sms_kannel(services: Services, talk_sessions: TalkSessions) -> Response:
    """An SMS in, its words the body and its number a header."""
    return sms_later(
        services, talk_sessions, kannel.parse_sms(dict(request.headers), raw(), services.settings.country.upper())
    )


def sms_later(services: Services, talk_sessions: TalkSessions, inbound: Inbound | None) -> Response:
    """The answer goes out by the provider's own road, so it waits sealed in the outbox and is gone when it has left.

    While it cannot be kept the provider is asked to bring her SMS again: both do, and a repeat is known by its id.
    """
    try:
        if inbound is not None and not _opted(services, inbound):
            _hear(services, talk_sessions, inbound)
    except UNAVAILABLE as error:
        return _ask_again("an SMS", error)
    return Response("", mimetype="text/plain")


def _hear(services: Services, talk_sessions: TalkSessions, inbound: Inbound) -> None:
    key = "answer:" + services.vault.digest("request", f"{inbound.provider}:{inbound.id}")
    if not _answered(services, key):
        answer = talk_sessions.sms(inbound.provider, inbound.id, inbound.phone, inbound.text)
        if not _is_reply_loop(services, inbound.phone, answer.text):
            _answer_later(services, inbound, key, answer)


def _ask_again(what: str, error: Exception) -> Response:
    """503, to a provider and never to a person who waits: a 200 would lose it, so it shall come again."""
    log.warning("%s was not kept: %s", what, type(error).__name__)
    return Response("", status=503, mimetype="text/plain")


def _answered(services: Services, key: str) -> bool:
    """Whether this SMS has its answer: a repeat that comes after her next SMS must not be heard as a new word."""
    with services.reads() as db:
        return db.scalar(select(Task.key).where(Task.key == key)) is not None


def _is_reply_loop(services: Services, phone: str, said: str) -> bool:
    """Whether an answering machine answers us: then nobody answers it any more. Never while the database is away."""
    try:
        with services.sessions.begin() as db:
            return is_reply_loop(db, services.vault.digest("request", f"circle:{phone}:{said}"), now())
    except UNAVAILABLE:
        return False


def _answer_later(services: Services, inbound: Inbound, key: str, answer: Answer) -> None:
    message = Message(
        id=random_id(),
        kind="answer",
        recipient=services.vault.seal_to_sender(inbound.phone),
        body=services.vault.seal_to_sender(answer.text),
        created=now(),
    )
    try:
        with services.sessions.begin() as db:
            db.add(message)
            post(db, task(key, "deliver", {"message": message.id}, now(), ANSWER))
    except IntegrityError:
        return  # a repeat of the same SMS: its answer is on the way
    signal_workers(services.signal, [key])


def _opted(services: Services, inbound: Inbound) -> bool:
    """Whether this was a stop or start word that the provider itself has answered; recorded, not answered again."""
    if inbound.optout in ("STOP", "START"):
        subscribers.opt_out(services.sessions, services.vault, inbound.phone, inbound.optout == "STOP")
    return inbound.optout != ""


def opt_out(services: Services) -> Response:
    """Africa's Talking tells that a number wants no more messages; recorded once, however often it tells."""
    if (told := africastalking.parse_optout(dict(fields()))) is not None:
        try:
            subscribers.opt_out(services.sessions, services.vault, told.phone, True)
        except UNAVAILABLE as error:
            return _ask_again("an opt-out", error)
    return Response("", mimetype="text/plain")


def twilio_form(services: Services) -> dict[str, Any]:
    """The form, once its signature over the public URL has been checked; aborts with 403."""
    pairs = fields()
    query = request.query_string.decode("latin-1")
    url = services.settings.public_base_url.rstrip("/") + request.path + (f"?{query}" if query else "")
    token = services.settings.twilio_auth_token.get_secret_value()
    if not token or not twilio.signed(url, pairs, request.headers.get("X-Twilio-Signature"), token):
        abort(403)
    return dict(pairs)


def sms_twilio(services: Services, talk_sessions: TalkSessions) -> Response:
    """An SMS in; the answer is the TwiML of this very response."""
    inbound = twilio.parse_sms(twilio_form(services))
    if inbound is None or _opted(services, inbound):
        return _twiml(None)
    said = talk_sessions.sms(inbound.provider, inbound.id, inbound.phone, inbound.text).text
    with contextlib.suppress(*UNAVAILABLE):
        redaction.ask(services.sessions, inbound.provider, inbound.id, now())
    return _twiml(None if _is_reply_loop(services, inbound.phone, said) else said)


def _twiml(said: str | None) -> Response:
    return Response(twilio.render_sms(said), content_type="text/xml; charset=utf-8")


def receipts_twilio(services: Services) -> Response:
    """A status callback."""
    told = twilio.parse_delivery_report(twilio_form(services))
    kept = services.settings.twilio_retention == "retain"
    if told and kept and told.status in (MessageStatus.DELIVERED, MessageStatus.FAILED):
        with contextlib.suppress(*UNAVAILABLE):
            redaction.ask(services.sessions, "twilio", told.id, now())
    return receipt(services, told)


def receipt(services: Services, told: DeliveryReport | None) -> Response:
    """What became of a message. That somebody has opted out is said here too, and holds for all providers."""
    if told is not None:
        try:
            with services.sessions.begin() as db:
                delivery_reports.note(db, told, now())
            if told.reason == Reason.OPTED_OUT and told.phone:
                subscribers.opt_out(services.sessions, services.vault, told.phone, True)
        except UNAVAILABLE as error:
            return _ask_again("a receipt", error)
    return Response("", mimetype="text/plain")

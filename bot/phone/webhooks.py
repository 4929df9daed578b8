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
from bot.channels.messages import Inbound, MessageStatus, Reason, Receipt
from bot.conversation.message import Msg
from bot.delivery import delivery_reports, redaction
from bot.delivery.attempts import goes_in_circles
from bot.meetings import subscribers
from bot.phone.fast_path import LARGEST_BODY, PLAIN, Front, TooMany, pairs
from bot.phone.sessions import AWAY, Answer, Talker
from bot.services import Wiring
from bot.storage.base import random_id
from bot.storage.database import MISSING
from bot.storage.outbox import ANSWER, now, post, task, wake
from bot.storage.tables.delivery import Message
from bot.storage.tables.runtime import Task
from bot.upkeep.health_routes import figures, ready
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
        return pairs(raw())
    except TooMany:
        abort(400)


def doors(wiring: Wiring, talker: Talker) -> Blueprint:
    """The blueprint with all webhooks."""
    door = Blueprint("doors", __name__)
    secret = wiring.settings.at_callback_secret.get_secret_value()
    routes: dict[str, Callable[..., Response]] = {
        USSD + "<given>": lambda: Response(ussd(wiring, talker, dict(fields())), content_type=PLAIN),
        "/ussd/africastalking/<given>/end": lambda: ussd_end(talker),
        "/sms/africastalking/<given>": lambda: sms_africastalking(wiring, talker),
        "/receipts/africastalking/<given>": lambda: receipt(wiring, africastalking.parse_receipt(dict(fields()))),
        "/optout/africastalking/<given>": lambda: opt_out(wiring),
    }
    for path, view in routes.items():
        door.add_url_rule(path, path, _guarded(view, secret), methods=["POST"])
    shared = wiring.settings.gateway_secret.get_secret_value()
    door.add_url_rule(
        "/sms/kannel/<given>", "sms_kannel", _guarded(lambda: sms_kannel(wiring, talker), shared), methods=["POST"]
    )
    told = _guarded(lambda: receipt(wiring, kannel.parse_receipt(request.args)), shared)
    door.add_url_rule("/receipts/kannel/<given>", "receipts_kannel", told, methods=["GET", "POST"])
    named, names = _gateway_door(wiring, talker, shared), ",".join(gateways())  # a block that is wrong stops the start
    for path in (f"/ussd/<any({names}):name>/<given>", f"/ussd/<any({names}):name>/<given>/<path:below>"):
        door.add_url_rule(path, path, named, methods=["GET", "POST", "PUT"])
    door.add_url_rule("/sms/twilio", "sms_twilio", lambda: sms_twilio(wiring, talker), methods=["POST"])
    door.add_url_rule("/receipts/twilio", "receipts_twilio", lambda: receipts_twilio(wiring), methods=["POST"])
    door.add_url_rule("/healthz", "healthz", lambda: Response("ok\n", mimetype="text/plain"))
    door.add_url_rule("/readyz", "readyz", lambda: ready(wiring))
    door.add_url_rule("/metrics", "metrics", lambda: figures(wiring))
    door.register_error_handler(Exception, _never_a_trace)
    return door


def _guarded(view: Callable[[], Response], secret: str) -> Callable[..., Response]:
    def guarded(given: str) -> Response:
        if not secret or not hmac.compare_digest(given.encode(), secret.encode()):
            abort(404)
        return view()

    return guarded


def _gateway_door(wiring: Wiring, talker: Talker, secret: str) -> Callable[..., Response]:
    def view(name: str, given: str, below: str = "") -> Response:
        return _guarded(lambda: ussd_gateway(wiring, talker, gateways()[name], below), secret)(given)

    return view


def _never_a_trace(error: Exception) -> Response | HTTPException:
    """A caller never sees a 5xx: what nobody foresaw is a valid end (a USSD gateway drops anything else)."""
    if isinstance(error, HTTPException):
        return error
    log.error("a webhook failed: %s", type(error).__name__)
    if request.path.startswith("/ussd/"):
        return Response(SORRY, mimetype="text/plain")
    return _twiml(None) if request.path.startswith("/sms/twilio") else Response("", mimetype="text/plain")


def front(app: Flask, wiring: Wiring, talker: Talker) -> None:
    """Put the shortest way before an application that has these doors."""
    if secret := wiring.settings.at_callback_secret.get_secret_value():
        app.wsgi_app = Front(app.wsgi_app, USSD + secret, lambda form: ussd(wiring, talker, form))  # type: ignore[method-assign, assignment]


def ussd(wiring: Wiring, talker: Talker, form: Mapping[str, str]) -> str:
    """What one USSD request is answered; without a session id there is nobody to talk to."""
    asked = africastalking.parse_ussd(form)
    try:
        talks = bool(asked.session)
        heard = (asked.session, asked.phone, asked.heard)
        answer = talker.ussd("africastalking", *heard) if talks else _end(wiring, AWAY)
    except Exception as error:  # as `_never_a_trace`
        log.error("a webhook failed: %s", type(error).__name__)
        return SORRY
    return africastalking.render_ussd(answer.text, answer.ends)


def ussd_gateway(wiring: Wiring, talker: Talker, gateway: Gateway, below: str) -> Response:
    """One request of a gateway of gateways.toml. Whatever comes, the answer has its shape."""
    body, query = raw(), request.query_string.decode("latin-1")
    event = None
    try:
        event = gateway.parse(below, query, body, wiring.settings.country.upper(), wiring.settings.service_code)
        answer = _heard(talker, gateway, event) if event else _end(wiring, AWAY)
    except ValueError:
        answer = _end(wiring, AWAY)
    except Exception as error:  # as `_never_a_trace`, in the words of this gateway
        log.error("a webhook failed: %s", type(error).__name__)
        answer = _end(wiring, AWAY)
    done = gateway.closed() if answer is None else gateway.render(answer.text, answer.ends, event)
    return Response(done.body, content_type=done.content_type, headers=dict(done.headers))


def _heard(talker: Talker, gateway: Gateway, event: Event) -> Answer | None:
    """What she reads; None when she has hung up."""
    if event.kind == "close":
        talker.hang_up(gateway.name, event.session)
        return None
    if gateway.cumulative:
        return talker.ussd(gateway.name, event.session, event.phone, event.text)
    new = None if event.kind == "any" else event.kind == "new"
    return talker.ussd_last(gateway.name, event.session, event.phone, event.text, new, event.turn)


def _end(wiring: Wiring, message: Msg) -> Answer:
    return Answer(fold(wiring.words.say(wiring.words.before_choice, message)), True)


def ussd_end(talker: Talker) -> Response:
    """The session is over: `input` and `lastAppResponse` echo what she typed and are not looked at."""
    if session := africastalking.parse_ussd_end(dict(fields())):
        talker.hang_up("africastalking", session)
    return Response("", mimetype="text/plain")


def sms_africastalking(wiring: Wiring, talker: Talker) -> Response:
    """An SMS in, as a form."""
    return sms_later(wiring, talker, africastalking.parse_sms(dict(fields())))


def sms_kannel(wiring: Wiring, talker: Talker) -> Response:
    """An SMS in, its words the body and its number a header."""
    return sms_later(wiring, talker, kannel.parse_sms(dict(request.headers), raw(), wiring.settings.country.upper()))


def sms_later(wiring: Wiring, talker: Talker, inbound: Inbound | None) -> Response:
    """The answer goes out by the provider's own road, so it waits sealed in the outbox and is gone when it has left.

    While it cannot be kept the provider is asked to bring her SMS again: both do, and a repeat is known by its id.
    """
    try:
        if inbound is not None and not _opted(wiring, inbound):
            _hear(wiring, talker, inbound)
    except MISSING as error:
        return _again("an SMS", error)
    return Response("", mimetype="text/plain")


def _hear(wiring: Wiring, talker: Talker, inbound: Inbound) -> None:
    key = "answer:" + wiring.vault.digest("request", f"{inbound.provider}:{inbound.id}")
    if not _answered(wiring, key):
        answer = talker.sms(inbound.provider, inbound.id, inbound.phone, inbound.text)
        if not _circles(wiring, inbound.phone, answer.text):
            _answer_later(wiring, inbound, key, answer)


def _again(what: str, error: Exception) -> Response:
    """503, to a provider and never to a person who waits: a 200 would lose it, so it shall come again."""
    log.warning("%s was not kept: %s", what, type(error).__name__)
    return Response("", status=503, mimetype="text/plain")


def _answered(wiring: Wiring, key: str) -> bool:
    """Whether this SMS has its answer: a repeat that comes after her next SMS must not be heard as a new word."""
    with wiring.reads() as db:
        return db.scalar(select(Task.key).where(Task.key == key)) is not None


def _circles(wiring: Wiring, phone: str, said: str) -> bool:
    """Whether an answering machine answers us: then nobody answers it any more. Never while the database is away."""
    try:
        with wiring.sessions.begin() as db:
            return goes_in_circles(db, wiring.vault.digest("request", f"circle:{phone}:{said}"), now())
    except MISSING:
        return False


def _answer_later(wiring: Wiring, inbound: Inbound, key: str, answer: Answer) -> None:
    message = Message(
        id=random_id(),
        kind="answer",
        recipient=wiring.vault.seal_to_sender(inbound.phone),
        body=wiring.vault.seal_to_sender(answer.text),
        created=now(),
    )
    try:
        with wiring.sessions.begin() as db:
            db.add(message)
            post(db, task(key, "deliver", {"message": message.id}, now(), ANSWER))
    except IntegrityError:
        return  # a repeat of the same SMS: its answer is on the way
    wake(wiring.bell, [key])


def _opted(wiring: Wiring, inbound: Inbound) -> bool:
    """Whether this was a stop or start word that the provider itself has answered; recorded, not answered again."""
    if inbound.optout in ("STOP", "START"):
        subscribers.opt_out(wiring.sessions, wiring.vault, inbound.phone, inbound.optout == "STOP")
    return inbound.optout != ""


def opt_out(wiring: Wiring) -> Response:
    """Africa's Talking tells that a number wants no more messages; recorded once, however often it tells."""
    if (told := africastalking.parse_optout(dict(fields()))) is not None:
        try:
            subscribers.opt_out(wiring.sessions, wiring.vault, told.phone, True)
        except MISSING as error:
            return _again("an opt-out", error)
    return Response("", mimetype="text/plain")


def twilio_form(wiring: Wiring) -> dict[str, Any]:
    """The form, once its signature over the public URL has been checked; aborts with 403."""
    pairs = fields()
    query = request.query_string.decode("latin-1")
    url = wiring.settings.public_base_url.rstrip("/") + request.path + (f"?{query}" if query else "")
    token = wiring.settings.twilio_auth_token.get_secret_value()
    if not token or not twilio.signed(url, pairs, request.headers.get("X-Twilio-Signature"), token):
        abort(403)
    return dict(pairs)


def sms_twilio(wiring: Wiring, talker: Talker) -> Response:
    """An SMS in; the answer is the TwiML of this very response."""
    inbound = twilio.parse_sms(twilio_form(wiring))
    if inbound is None or _opted(wiring, inbound):
        return _twiml(None)
    said = talker.sms(inbound.provider, inbound.id, inbound.phone, inbound.text).text
    with contextlib.suppress(*MISSING):
        redaction.ask(wiring.sessions, inbound.provider, inbound.id, now())
    return _twiml(None if _circles(wiring, inbound.phone, said) else said)


def _twiml(said: str | None) -> Response:
    return Response(twilio.render_sms(said), content_type="text/xml; charset=utf-8")


def receipts_twilio(wiring: Wiring) -> Response:
    """A status callback."""
    told = twilio.parse_receipt(twilio_form(wiring))
    kept = wiring.settings.twilio_retention == "retain"
    if told and kept and told.status in (MessageStatus.DELIVERED, MessageStatus.FAILED):
        with contextlib.suppress(*MISSING):
            redaction.ask(wiring.sessions, "twilio", told.id, now())
    return receipt(wiring, told)


def receipt(wiring: Wiring, told: Receipt | None) -> Response:
    """What became of a message. That somebody has opted out is said here too, and holds for all providers."""
    if told is not None:
        try:
            with wiring.sessions.begin() as db:
                delivery_reports.note(db, told, now())
            if told.reason == Reason.OPTED_OUT and told.phone:
                subscribers.opt_out(wiring.sessions, wiring.vault, told.phone, True)
        except MISSING as error:
            return _again("a receipt", error)
    return Response("", mimetype="text/plain")

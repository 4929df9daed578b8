"""What a provider tells us without being asked: what became of a message, and that a number wants no more."""

from __future__ import annotations

import contextlib

from flask import Response, request

from bot.channels import africastalking, kannel, twilio
from bot.channels.messages import DeliveryReport, MessageStatus, Reason
from bot.delivery import delivery_reports, redaction
from bot.meetings import subscribers
from bot.phone.forms import fields, twilio_fields
from bot.phone.replies import ask_again, taken
from bot.services import Services
from bot.storage.database import UNAVAILABLE
from bot.storage.outbox import now


def receipt_africastalking(services: Services) -> Response:
    """A delivery report, as a form."""
    return note(services, africastalking.parse_delivery_report(dict(fields())))


def receipt_kannel(services: Services) -> Response:
    """A delivery report, in the query string of the address that we gave with the message."""
    return note(services, kannel.parse_delivery_report(request.args))


def receipt_twilio(services: Services) -> Response:
    """A status callback, signed."""
    told = twilio.parse_delivery_report(twilio_fields(services))
    kept = services.settings.twilio_retention == "retain"
    if told and kept and told.status in (MessageStatus.DELIVERED, MessageStatus.FAILED):
        with contextlib.suppress(*UNAVAILABLE):
            redaction.ask(services.sessions, "twilio", told.id, now())
    return note(services, told)


def note(services: Services, told: DeliveryReport | None) -> Response:
    """What became of a message. That somebody has opted out is said here too, and holds for all providers."""
    if told is not None:
        try:
            with services.sessions.begin() as db:
                delivery_reports.note(db, told, now())
            if told.reason == Reason.OPTED_OUT and told.phone:
                subscribers.opt_out(services.sessions, services.vault, told.phone, True)
        except UNAVAILABLE as error:
            return ask_again("a receipt", error)
    return taken()


def opt_out(services: Services) -> Response:
    """Africa's Talking tells that a number wants no more messages; recorded once, however often it tells."""
    if (told := africastalking.parse_optout(dict(fields()))) is not None:
        try:
            subscribers.opt_out(services.sessions, services.vault, told.phone, True)
        except UNAVAILABLE as error:
            return ask_again("an opt-out", error)
    return taken()

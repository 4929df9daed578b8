"""What a provider tells us without being asked: what became of a message, and that a number wants no more."""

from __future__ import annotations

import contextlib

from flask import Response

from bot.channels.messages import DeliveryReport, MessageStatus, Reason
from bot.channels.provider import Provider, Webhook
from bot.delivery import delivery_reports, redaction
from bot.meetings import subscribers
from bot.phone.replies import ask_again, taken
from bot.services import Services
from bot.storage.database import UNAVAILABLE
from bot.storage.outbox import now

ARRIVED_OR_NOT = (MessageStatus.DELIVERED, MessageStatus.FAILED)


def report_in(services: Services, provider: Provider, asked: Webhook) -> Response:
    """A delivery report. What is final and kept at the provider is erased there."""
    told = provider.parse_delivery_report(asked) if provider.parse_delivery_report else None
    if told and provider.erases_final(services.settings) and told.status in ARRIVED_OR_NOT:
        with contextlib.suppress(*UNAVAILABLE):
            redaction.ask(services.sessions, provider.name, told.id, now())
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
            return ask_again("a delivery report", error)
    return taken()


def optout_in(services: Services, provider: Provider, asked: Webhook) -> Response:
    """A provider tells that a number wants no more messages; recorded once, however often it tells."""
    told = provider.parse_optout(asked) if provider.parse_optout else None
    if told is not None:
        try:
            subscribers.opt_out(services.sessions, services.vault, told.phone, True)
        except UNAVAILABLE as error:
            return ask_again("an opt-out", error)
    return taken()

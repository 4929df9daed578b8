"""Callbacks of providers about messages: delivery reports, and numbers that want no more messages."""

from __future__ import annotations

import contextlib

from flask import Response

from bot.channels.messages import DeliveryReport, MessageStatus, Reason
from bot.channels.provider import Provider, Webhook
from bot.delivery import delivery_reports, redaction
from bot.meetings import subscribers
from bot.phone.replies import ask_again, taken
from bot.reports.not_reached import not_reached
from bot.services import Services
from bot.storage.database import UNAVAILABLE
from bot.storage.outbox import now, signal_workers

ARRIVED_OR_NOT = (MessageStatus.DELIVERED, MessageStatus.FAILED)


def report_in(services: Services, provider: Provider, asked: Webhook) -> Response:
    """Answer a delivery report. Where a provider keeps the text of a message with a final state, erasing it there is
    posted.
    """
    report = provider.parse_delivery_report(asked) if provider.parse_delivery_report else None
    if report and provider.erases_final(services.settings) and report.status in ARRIVED_OR_NOT:
        with contextlib.suppress(*UNAVAILABLE):
            redaction.ask(services.sessions, services.vault, provider.name, report.id, now())
    return note(services, report)


def note(services: Services, report: DeliveryReport | None) -> Response:
    """Store a delivery report. One that says that the number has opted out counts for all providers; one that says that
    an alert never arrives rings the next reader.
    """
    if report is not None:
        try:
            with services.sessions.begin() as db:
                failed = delivery_reports.note(db, services.vault, report, now())
                why = str(report.reason or MessageStatus.FAILED)
                tasks = not_reached(db, services.vault, failed, why, now()) if failed else []
            signal_workers(services.signal, tasks)
            if report.reason == Reason.OPTED_OUT and report.phone:
                subscribers.opt_out(services.sessions, services.vault, report.phone, True)
        except UNAVAILABLE as error:
            return ask_again("a delivery report", error)
    return taken()


def optout_in(services: Services, provider: Provider, asked: Webhook) -> Response:
    """Store that a number wants no more messages; repeated callbacks have no further effect."""
    optout = provider.parse_optout(asked) if provider.parse_optout else None
    if optout is not None:
        try:
            subscribers.opt_out(services.sessions, services.vault, optout.phone, True)
        except UNAVAILABLE as error:
            return ask_again("an opt-out", error)
    return taken()

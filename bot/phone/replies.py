"""What a provider is answered that wants no page: it was taken, or it shall bring it again."""

from __future__ import annotations

import logging

from flask import Response

from bot.channels import twilio

log = logging.getLogger("ijwi")


def taken() -> Response:
    """200 without a word."""
    return Response("", mimetype="text/plain")


def ask_again(what: str, error: Exception) -> Response:
    """503, to a provider and never to a person who waits: a 200 would lose it, so it shall come again."""
    log.warning("%s was not kept: %s", what, type(error).__name__)
    return Response("", status=503, mimetype="text/plain")


def twiml(said: str | None) -> Response:
    """The answer to an SMS in the response itself; None answers nothing."""
    return Response(twilio.render_sms(said), content_type="text/xml; charset=utf-8")

"""Answers to a provider for requests that need no page: 200 when it was taken, 503 when it shall be repeated."""

from __future__ import annotations

import logging

from flask import Response

from bot.channels.provider import Provider

log = logging.getLogger("ijwi")


def taken() -> Response:
    """200 with an empty body."""
    return Response("", mimetype="text/plain")


def ask_again(what: str, error: Exception) -> Response:
    """503, so that the provider repeats the request: a 200 would lose it. Never used where a person waits."""
    log.warning("%s was not kept: %s", what, type(error).__name__)
    return Response("", status=503, mimetype="text/plain")


def answer(provider: Provider, text: str | None) -> Response:
    """The answer to an SMS in the response itself, for providers that take it there; None gives an empty answer."""
    if provider.answers is None:
        return taken()
    return Response(provider.answers(text), content_type="text/xml; charset=utf-8")

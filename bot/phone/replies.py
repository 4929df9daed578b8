"""What a provider is answered that wants no page: it was taken, or it shall bring it again."""

from __future__ import annotations

import logging

from flask import Response

from bot.channels.provider import Provider

log = logging.getLogger("ijwi")


def taken() -> Response:
    """200 without a word."""
    return Response("", mimetype="text/plain")


def ask_again(what: str, error: Exception) -> Response:
    """503, to a provider and never to a person who waits: a 200 would lose it, so it shall come again."""
    log.warning("%s was not kept: %s", what, type(error).__name__)
    return Response("", status=503, mimetype="text/plain")


def answer(provider: Provider, said: str | None) -> Response:
    """The answer to an SMS in the response itself, where the provider takes it there; None answers nothing."""
    if provider.answers is None:
        return taken()
    return Response(provider.answers(said), content_type="text/xml; charset=utf-8")

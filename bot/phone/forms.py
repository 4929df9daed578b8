"""Reads requests at the callers' doors: the raw body, the fields of a form, a provider's webhook."""

from __future__ import annotations

from flask import abort, request

from bot.channels.provider import Provider, Route, Webhook
from bot.channels.urlencoded import TooMany, form_pairs
from bot.services import Services

LARGEST_BODY = 64 * 1024  # bytes


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
        return form_pairs(raw().decode("utf-8", "replace"))
    except TooMany:
        abort(400)


def webhook(services: Services, provider: Provider, route: Route) -> Webhook:
    """This request for the provider's parse functions. Aborts with 403 when it should be signed and is not, and as
    `fields`."""
    headers, region = dict(request.headers), services.settings.country.upper()
    if route.reads == "query":
        return Webhook(fields=request.args, headers=headers, region=region)
    if route.reads == "body":
        return Webhook(headers=headers, body=raw(), region=region)
    pairs, query = fields(), request.query_string.decode("latin-1")
    url = services.settings.public_base_url.rstrip("/") + request.path + (f"?{query}" if query else "")
    asked = Webhook(dict(pairs), pairs, url, headers, region=region)
    if provider.signs and not provider.signs(asked, services.settings):
        abort(403)
    return asked

"""What stands in a request at a door of the callers: the raw body, the fields of a form, a form that is signed."""

from __future__ import annotations

from flask import abort, request

from bot.channels import twilio
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


def twilio_fields(services: Services) -> dict[str, str]:
    """The form, once its signature over the public URL has been checked. Aborts with 403, and as `fields`."""
    pairs = fields()
    query = request.query_string.decode("latin-1")
    url = services.settings.public_base_url.rstrip("/") + request.path + (f"?{query}" if query else "")
    token = services.settings.twilio_auth_token.get_secret_value()
    if not token or not twilio.signed(url, pairs, request.headers.get("X-Twilio-Signature"), token):
        abort(403)
    return dict(pairs)

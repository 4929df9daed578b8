"""The addresses that a load balancer and Prometheus ask for: `/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

import hmac
import logging
from functools import partial

from flask import Blueprint, Response, abort, request
from sqlalchemy import text
from werkzeug.exceptions import HTTPException

from bot.services import Services
from bot.storage.database import UNAVAILABLE

log = logging.getLogger("ijwi")


def health(services: Services) -> Blueprint:
    """The blueprint with these addresses."""
    blueprint = Blueprint("health", __name__)
    blueprint.add_url_rule("/healthz", "healthz", alive)
    blueprint.add_url_rule("/readyz", "readyz", partial(ready, services))
    blueprint.add_url_rule("/metrics", "metrics", partial(metrics_page, services))
    blueprint.register_error_handler(Exception, _never_a_trace)
    return blueprint


def alive() -> Response:
    """200: this process answers. Nothing else is checked."""
    return Response("ok\n", mimetype="text/plain")


def _never_a_trace(error: Exception) -> Response | HTTPException:
    """An unexpected error is written to the log by its type only; whoever asks gets an answer without a trace."""
    if isinstance(error, HTTPException):
        return error
    log.error("a health page failed: %s", type(error).__name__)
    return Response("", status=503, mimetype="text/plain")


def metrics_page(services: Services) -> Response:
    """The page that Prometheus reads; 404 without the token of `METRICS_TOKEN`."""
    token = services.settings.metrics_token.get_secret_value()
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not hmac.compare_digest(given.encode(), token.encode()):
        abort(404)
    from bot.upkeep.health import metrics  # rq, alembic and the client: a process that only talks needs none of them

    return Response(metrics(services), content_type="text/plain; version=0.0.4; charset=utf-8")


def ready(services: Services) -> Response:
    """Whether this process can serve: 200 when database and vault answer, else 503. Redis may be away."""
    try:
        with services.reads() as db:
            db.execute(text("SELECT 1"))
        services.vault.vouched([])
    except UNAVAILABLE:
        return Response("database or vault away\n", status=503, mimetype="text/plain")
    return Response("ready\n", mimetype="text/plain")

"""What a load balancer and Prometheus ask for."""

from __future__ import annotations

import hmac

from flask import Response, abort, request
from sqlalchemy import text

from bot.services import Services
from bot.storage.database import UNAVAILABLE


def metrics_page(services: Services) -> Response:
    """What Prometheus reads; nobody's address without the token of `METRICS_TOKEN`."""
    token = services.settings.metrics_token.get_secret_value()
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not hmac.compare_digest(given.encode(), token.encode()):
        abort(404)
    from bot.upkeep.health import metrics  # rq, alembic and the client: a process that only talks needs none of them

    return Response(metrics(services), content_type="text/plain; version=0.0.4; charset=utf-8")


def ready(services: Services) -> Response:
    """Whether this process can serve: the database answers, Redis answers or is known to be away."""
    try:
        with services.reads() as db:
            db.execute(text("SELECT 1"))
        services.vault.vouched([])
    except UNAVAILABLE:
        return Response("database or vault away\n", status=503, mimetype="text/plain")
    return Response("ready\n", mimetype="text/plain")

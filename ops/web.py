"""The application of a web process. The process ends when its server does, because one that stayed behind would answer
callers with the code of an earlier release.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ops.tied import tie

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from flask import Flask

    from bot.storage.session_store import Store


def application() -> Flask:
    """The application, in a process that dies with its parent."""
    parent = tie() or os.getppid()  # before anything of ours is imported: the server may die while we start
    gc.disable()  # a sixth of the time of all that is imported now, and nothing of it is garbage
    from app import create_app
    from bot import folder, logs
    from bot.country.pack import CountryError
    from bot.settings import ConfigError
    from bot.vault.client import RemoteVault

    folder.is_private()
    try:
        app = named_neutrally(create_app(with_commands=False))
    except (ConfigError, CountryError) as error:
        raise SystemExit(str(error)) from None  # what to set, and no trace
    services = app.extensions["ijwi"]
    threading.Thread(target=_watch, args=(parent, services.session_store), daemon=True, name="watch").start()
    logs.start(services.settings.log_level, services.settings.log_format)
    vault = services.vault
    if isinstance(vault, RemoteVault):
        vault.borrow()
    sys.setswitchinterval(0.0001)
    gc.collect()
    gc.freeze()  # objects that stay are left out of garbage collections, while which callers would wait
    gc.enable()
    return app


def named_neutrally(app: Flask) -> Flask:
    """The application, with `Server: web` on each answer: else the server writes its own name there."""
    inner = app.wsgi_app

    def serve(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        def begin(status: str, headers: list[tuple[str, str]], error: Any = None) -> Callable[[bytes], object]:
            return start(status, [*headers, ("Server", "web")], error)

        return inner(environ, begin)

    app.wsgi_app = serve  # type: ignore[method-assign, assignment]
    return app


def _watch(parent: int, talks: Store) -> None:
    """Ten minutes after her last page nothing is left of a talk; and nobody outlives the server."""
    from bot.storage.session_store import STORE_ERRORS

    while os.getppid() == parent:
        time.sleep(1)
        with contextlib.suppress(*STORE_ERRORS):  # that the store is away is handled where a talk uses it
            talks.sweep()
    os._exit(1)

"""What a web process serves. It ends when its server does: an orphan would answer callers with yesterday's code."""

from __future__ import annotations

import contextlib
import gc
import os
import threading
import time

import click
from flask import Flask

from app import create_app
from bot import logs
from bot.country.pack import CountryError
from bot.settings import ConfigError
from bot.storage.session_store import STORE_ERRORS, Store
from bot.vault.client import RemoteVault


def application() -> Flask:
    """The application, in a process that dies with its parent."""
    parent = os.getppid()  # before anything else: it may be told to stop while we start
    try:
        app = create_app()
    except (click.ClickException, ConfigError, CountryError) as error:
        raise SystemExit(str(error)) from None  # what to set, and no trace; granian's own command is one of click
    services = app.extensions["ijwi"]
    threading.Thread(target=_watch, args=(parent, services.session_store), daemon=True, name="watch").start()
    logs.start(services.settings.log_level, services.settings.log_format)
    vault = services.vault
    if isinstance(vault, RemoteVault):
        vault.borrow()
    import sys

    sys.setswitchinterval(0.0001)
    gc.collect()
    gc.freeze()  # what is there for good is not looked through again while somebody waits
    return app


def _watch(parent: int, talks: Store) -> None:
    """Ten minutes after her last page nothing is left of a talk; and nobody outlives the server."""
    while os.getppid() == parent:
        time.sleep(1)
        with contextlib.suppress(*STORE_ERRORS):  # a store that is away is met by whoever talks
            talks.sweep()
    os._exit(1)

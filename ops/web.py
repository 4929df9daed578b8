"""What a web process serves. It ends when its server does: an orphan would answer callers with yesterday's code."""

from __future__ import annotations

import os
import threading
import time

from flask import Flask

from app import create_app
from bot import logs
from bot.vault.client import RemoteVault


def application() -> Flask:
    """The application, in a process that dies with its parent."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True, name="parent").start()
    app = create_app()
    wiring = app.extensions["ijwi"]
    logs.start(wiring.settings.log_level, wiring.settings.log_format)
    vault = wiring.vault
    if isinstance(vault, RemoteVault):
        vault.borrow()
    return app


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)

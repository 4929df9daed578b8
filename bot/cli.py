"""Helpers for commands of `flask`: the services as an argument, and commands that are loaded when they are called."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext


def with_services(command: Callable[..., None]) -> Callable[..., None]:
    """Decorate a command so that its first argument is the application's `Services`."""

    @with_appcontext
    @wraps(command)
    def run(**given: Any) -> None:
        command(current_app.extensions["ijwi"], **given)

    return run


class Elsewhere(click.Command):
    """A command that is loaded when it is called, from a module that imports the application: its `command()` runs."""

    def __init__(self, name: str, module: str, help: str) -> None:
        super().__init__(name, help=help, callback=lambda: import_module(module).command())

"""Helpers for commands of `flask`: the services as an argument, and commands that are loaded when they are called."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from bot.country.pack import CountryError
from bot.services import Services
from bot.settings import ConfigError

SERVICES, BUILD = "ijwi", "ijwi.build"  # keys of `Flask.extensions`


def services_of(app: Flask) -> Services:
    """The services of an application, built on their first use where `create_app` has put a way to build them.

    Raises `click.ClickException` that says what has to be set first.
    """
    if SERVICES not in app.extensions:
        try:
            app.extensions[SERVICES] = app.extensions[BUILD]()
        except (ConfigError, CountryError) as error:
            raise click.ClickException(str(error)) from None
    services: Services = app.extensions[SERVICES]
    return services


def with_services(command: Callable[..., None]) -> Callable[..., None]:
    """Decorate a command so that its first argument is the application's `Services`.

    A command without it runs on a machine that has no installation.
    """

    @with_appcontext
    @wraps(command)
    def run(**given: Any) -> None:
        command(services_of(current_app), **given)

    return run


class Elsewhere(click.Command):
    """A command that is loaded when it is called, from a module that imports the application: its `command()` runs."""

    def __init__(self, name: str, module: str, help: str) -> None:
        super().__init__(name, help=help, callback=lambda: import_module(module).command())

"""Helpers for commands of `flask`: the services as an argument, and commands that are loaded when they are called."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from importlib import import_module
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from bot.services import Services
from bot.storage import migrate
from bot.vault.client import ask_as
from bot.vault.guard import Caller

SERVICES, BUILD = "ijwi", "ijwi.build"  # keys of `Flask.extensions`
Command = Callable[..., None]


class Tables(StrEnum):
    """What a command needs of the installation's tables and vault."""

    NONE = "none"  # only settings, country and words: it runs before the first start, and writes nothing
    MADE = "made"  # it makes the tables itself, where there are none
    FILLED = "filled"  # it fills them, for the vault that is there
    ANY = "any"  # it says itself what is wrong with them, or goes on when they are back
    OURS = "ours"  # they are those of this release


def services_of(app: Flask, tables: Tables, speaks: bool = False, caller: Caller = Caller.ADMIN) -> Services:
    """The services of an application, built on their first use where `create_app` has put a way to build them.

    With texts that nobody has approved, only what does not speak to callers is built (`speaks`): whoever approves them
    works with commands.

    Raises `ConfigError` or `CountryError` that say what has to be set first, or which installation this is.
    """
    if SERVICES not in app.extensions:
        app.extensions[SERVICES] = app.extensions[BUILD](tables, speaks, caller)
    services: Services = app.extensions[SERVICES]
    return services


def needing(tables: Tables, speaks: bool = False, caller: Caller = Caller.ADMIN) -> Callable[[Command], Command]:
    """A decorator of a command whose first argument is the application's `Services`, with what it needs of the tables,
    whether it speaks to callers, and as whom it asks the vault.

    A command without it runs on a machine that has no installation.
    """

    def decorate(command: Command) -> Command:
        @with_appcontext
        @wraps(command)
        def run(**given: Any) -> None:
            services = services_of(current_app, tables, speaks, caller)
            if tables is Tables.OURS and (sentence := migrate.misfit(services.engine)):
                raise click.ClickException(sentence)
            ask_as(services.vault, caller)
            command(services, **given)

        return run

    return decorate


with_services = needing(Tables.OURS)  # nearly every command


class Elsewhere(click.Command):
    """A command that is loaded when it is called, from a module that imports the application: its `command()` runs."""

    def __init__(self, name: str, module: str, help: str) -> None:
        super().__init__(name, help=help, callback=lambda: import_module(module).command())

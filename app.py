"""The web application, and the commands of `flask`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import click
from flask import Flask
from flask.cli import FlaskGroup

from bot.cli import BUILD, SERVICES, Elsewhere, Tables
from bot.phone.fast_path import FastPath
from bot.phone.forms import LARGEST_BODY
from bot.phone.front import front, short_refusals
from bot.phone.sessions import TalkSessions
from bot.phone.ussd import ussd_doors
from bot.phone.webhooks import webhooks
from bot.phone.world import World
from bot.services import Services, build_services
from bot.settings import Settings
from bot.storage.migrate import misfit
from bot.upkeep.health_routes import health
from bot.upkeep.installation import for_command, for_server
from flows import FLOWS
from flows.world import World as AskedWorld

BENCH = "Ratios of a step, a report and a filing to what they cannot do without; what reading and answering take."
FITS: Callable[[Services, str], AskedWorld] = World  # mypy refuses it when flows ask what the phone does not answer


def create_app(
    settings: Settings | None = None, services: Services | None = None, *, with_commands: bool = True
) -> Flask:
    """The application that the web server serves. Raises `ConfigError` or `CountryError` before it serves anything.

    Where the `flask` command asks for it without services, it has commands only, and `bot.cli.with_services` builds
    the services when a command wants them: `flask --help` and a new country's table need no installation. Flask's own
    commands (run, routes, shell) are refused as ours are, with a sentence and before anything is written. Without
    `with_commands`, as a web server asks, there are none: they are a quarter of what it would import.
    """
    app = Flask("ijwi", static_folder=None)
    if with_commands:
        _add_commands(app)
    if services is None and settings is None and _wants_commands():
        app.extensions[BUILD] = partial(for_command, FLOWS)
        return app
    services = services or (build_services(settings, FLOWS) if settings else _installed())
    app.extensions[SERVICES] = services
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    talk_sessions = TalkSessions(services, services.session_store)
    doors = ussd_doors(services, talk_sessions)
    app.register_blueprint(webhooks(services, talk_sessions, doors))
    app.register_blueprint(health(services))
    app.after_request(short_refusals)
    app.wsgi_app = FastPath(app.wsgi_app, doors)  # type: ignore[method-assign, assignment]
    if services.settings.is_demo:
        from bot.simulator import simulator  # fictitious phones; never loaded in production

        app.register_blueprint(simulator(services))
    else:
        app.register_blueprint(front(services))
    return app


def _add_commands(app: Flask) -> None:
    """Give the application its commands, and the material that they read."""
    import workers.commands
    from bot import commands
    from bot.commands.sentences import plain
    from bot.commands.word_material import FLOW_SET

    app.extensions[FLOW_SET] = FLOWS
    for command in (*commands.COMMANDS, *workers.commands.COMMANDS, Elsewhere("bench", "ops.load.bench", BENCH)):
        app.cli.add_command(plain(command))


def _wants_commands() -> bool:
    """Whether `flask` looks for a command here; `flask run`, `routes` and a web server want the whole application."""
    context = click.get_current_context(silent=True)
    return context is not None and isinstance(context.command, FlaskGroup)


def _installed() -> Services:
    """The services of this installation. Only a web server may begin one: one of Flask's own commands that was typed in
    a bare shell would otherwise make settings and a vault where nobody looks for them."""
    context = click.get_current_context(silent=True)
    if context is None or context.parent is None or not isinstance(context.parent.command, FlaskGroup):
        return for_server(FLOWS)
    from bot.commands.sentences import one_sentence

    with one_sentence():
        services = for_command(FLOWS, Tables.OURS, speaks=True)
        if sentence := misfit(services.engine):
            raise click.ClickException(sentence)
    return services

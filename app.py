"""The web application and the commands."""

from __future__ import annotations

import click
from flask import Flask

from bot.config import ConfigError, Settings, from_env
from bot.country import CountryError
from bot.front import LARGEST_BODY
from bot.talk import Talker
from bot.webhooks import doors, front
from bot.wiring import Wiring, wire
from flows import FLOWS
from ops.commands import COMMANDS
from ops.operate import OPERATE


def create_app(settings: Settings | None = None, wiring: Wiring | None = None) -> Flask:
    """The application that the web server serves. Raises `ConfigError` or `CountryError` before it serves anything."""
    try:
        wiring = wiring or wire(settings or from_env(), FLOWS)
    except (ConfigError, CountryError) as error:
        if click.get_current_context(silent=True) is None:
            raise
        raise click.ClickException(str(error)) from None  # a command says what to set, without a trace
    app = Flask("ijwi", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    talker = Talker(wiring, wiring.talks)
    app.register_blueprint(doors(wiring, talker))
    front(app, wiring, talker)
    app.extensions["ijwi"] = wiring
    for command in (*COMMANDS, *OPERATE):
        app.cli.add_command(command)
    if wiring.settings.is_demo:
        from ops.simulator import simulator  # fictitious phones; never loaded in production

        app.register_blueprint(simulator(wiring))
    return app

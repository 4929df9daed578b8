"""`flask work` and `flask clock`: the processes that run beside the web."""

from __future__ import annotations

import click

from bot import logs
from bot.cli import Tables, needing
from bot.services import Services
from bot.vault.guard import Caller


@click.command()
@needing(Tables.ANY, speaks=True, caller=Caller.WORKER)
def work(services: Services) -> None:
    """A worker process: alerts and answers leave the house."""
    from workers.run import run

    logs.start(services.settings.log_level, services.settings.log_format)
    run(services)


@click.command("clock")
@needing(Tables.ANY, speaks=True, caller=Caller.CLOCK)
def clock_(services: Services) -> None:
    """The clock process: rings what is due, once a second."""
    from workers.clock import run

    logs.start(services.settings.log_level, services.settings.log_format)
    run(services)


COMMANDS = (work, clock_)

"""`flask work` and `flask clock`: the processes behind the web."""

from __future__ import annotations

import click

from bot import logs
from bot.cli import wired
from bot.services import Wiring


@click.command()
@wired
def work(wiring: Wiring) -> None:
    """A worker process: alerts and answers leave the house."""
    from workers.run import run

    logs.start(wiring.settings.log_level, wiring.settings.log_format)
    run(wiring)


@click.command("clock")
@wired
def clock_(wiring: Wiring) -> None:
    """The clock process: rings what is due, once a second."""
    from workers.clock import run

    logs.start(wiring.settings.log_level, wiring.settings.log_format)
    run(wiring)


COMMANDS = (work, clock_)

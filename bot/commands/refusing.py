"""How a command reports that something was refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from bot.country.pack import CountryError
from bot.people import enrolment
from bot.storage.switches import SwitchError
from bot.upkeep import recovery


@contextmanager
def refusing() -> Iterator[None]:
    """Turns a refused table or person into its reasons on stderr, one a line, and exit code 1."""
    try:
        yield
    except (enrolment.PeopleError, CountryError) as refused:
        for line in refused.wrong:
            click.echo(line, err=True)
        raise SystemExit(1) from None
    except (recovery.ShareError, SwitchError) as refused:
        raise click.ClickException(str(refused)) from None

"""How a command says that something is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from bot.country.pack import CountryError
from bot.people import enrolment
from bot.upkeep import recovery


@contextmanager
def refusing() -> Iterator[None]:
    """A table or a person that is refused: its reasons, line by line, and an exit code."""
    try:
        yield
    except (enrolment.PeopleError, CountryError) as refused:
        for line in refused.wrong:
            click.echo(line, err=True)
        raise SystemExit(1) from None
    except recovery.ShareError as refused:
        raise click.ClickException(str(refused)) from None

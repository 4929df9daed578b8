"""`flask people first | proposals | withdraw`: the first two people, and what waits for a second one."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli import with_services
from bot.commands.refusing import refusing
from bot.commands.who import A_NUMBER, secret, signed_in, work_of
from bot.country.pack import read_people
from bot.people import beginning, pairs
from bot.people.roster import today
from bot.services import Services
from bot.storage.outbox import now
from bot.upkeep import recovery


@click.command("first")
@click.argument("refs", nargs=2, metavar="A B")
@click.option("--table", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="else the country's own")
@click.option("--shares", is_flag=True, help="two shares of the key on paper stand in for who is gone")
@with_services
def first(services: Services, refs: tuple[str, str], table: Path | None, shares: bool) -> None:
    """Begin an installation: A and B, a coordinator and a member of oversight, each get a first code on paper and
    choose a PIN on their own phones. Once; from then on two people decide."""
    demo = services.settings.is_demo
    with refusing():
        people = read_people(table, services.country, today()) if table else services.country.people
        seed = recovery.seed_of(*(secret(f"Type share {one}") for one in "AB")) if shares else None
        with services.sessions.begin() as db:
            work = work_of(services, db)
            if seed is not None:
                recovery.is_ours(db, seed)
            begin = beginning.begin if seed is None else beginning.begin_again
            codes = begin(work, refs, people, demo)
    for ref, code in codes.items():
        click.echo(f"{ref}: first code, once, for her eyes only: {code}" if code else f"{ref} has her PIN.")
    click.echo("No zone is open until both have chosen a PIN on their own phones.")


@click.command("proposals")
@with_services
def proposals(services: Services) -> None:
    """What one person has proposed: its number, what, with whom, who; and whether a second has confirmed it."""
    with services.reads() as db:
        for line in pairs.listed(db, now()) or ["Nothing waits for a second person."]:
            click.echo(line)


@click.command("withdraw")
@click.argument("number", type=A_NUMBER)
@with_services
def withdraw(services: Services, number: int) -> None:
    """Take back a proposal of yours."""
    with refusing():
        actor = signed_in(services)
        with services.sessions.begin() as db:
            pairs.withdraw(work_of(services, db), actor, number)
    click.echo(f"{number} is taken back.")

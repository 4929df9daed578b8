"""`flask rotate-keys`, `flask key-ceremony` and `flask recover`."""

from __future__ import annotations

import time

import click
from sqlalchemy import func, select

from bot.cli import with_services
from bot.commands.refusing import refusing
from bot.commands.who import AGREED, ask_second, by_two, secret, work_of
from bot.folder import line
from bot.people import pairs
from bot.people.pairs import PairAction, Wanted
from bot.phone.sessions import SESSION_LIFE
from bot.services import Services
from bot.storage.outbox import now, signal_workers
from bot.storage.tables.people import RECOVERY, Person
from bot.upkeep import recovery, rotation


@click.command("rotate-keys")
@click.option("--pause", type=click.IntRange(0), default=SESSION_LIFE + 60, help="seconds for talks that have begun")
@AGREED
@with_services
def rotate_keys(services: Services, pause: int, agreed: int | None) -> None:
    """Seal every number, waiting text and key behind a PIN under fresh keys; destroy the older ones when no talk holds
    them. Two people decide."""
    with refusing():
        wanted = Wanted(PairAction.DESTROY, "rotate-keys")
        if not by_two(services, wanted, "rotate-keys", agreed, lambda db, by: True):
            return
    services.vault.fresh_keys()
    for wait in (pause, 0):
        with services.sessions.begin() as db:
            sealed = rotation.reseal(db, services.vault)
        click.echo(f"{sealed} numbers and texts are sealed anew; waiting {wait} s for talks that have begun.")
        time.sleep(wait)
    gone = services.vault.retire_keys()
    click.echo(f"{gone} older keys are destroyed.")


@click.command("key-ceremony")
@click.option("--again", is_flag=True, help="a new key although there is one: keep the old shares for old reports")
@AGREED
@with_services
def key_ceremony(services: Services, again: bool, agreed: int | None) -> None:
    """Make the key on paper: three people write a share each, two of them type theirs; only then is it used. It opens
    every report from then on, so two people decide it."""
    with services.reads() as db:
        if not again and db.scalar(select(Person.ref).where(Person.role == RECOVERY, Person.active)):
            raise click.ClickException(f"There is a key on paper already. A new one: {line('key-ceremony --again')}")
        made = db.scalar(select(func.count()).where(Person.role == RECOVERY)) or 0
    with refusing():
        wanted = Wanted(PairAction.PAPER, f"PAPER-{made + 1}")
        command = "key-ceremony --again" if again else "key-ceremony"
        _ceremony(services, wanted, command, agreed)


def _ceremony(services: Services, wanted: Wanted, command: str, agreed: int | None) -> None:
    """Shares are shown only once it is decided; the proposal is used up when the key is installed."""
    if agreed is None:
        ask_second(services, wanted, command)
        return
    with services.reads() as db:
        pairs.is_decided(work_of(services, db), agreed, wanted, services.settings.is_demo)
    public = _rehearsed()
    with services.sessions.begin() as db:
        by = pairs.carry_out(work_of(services, db), agreed, wanted, services.settings.is_demo)
        ref = recovery.install(db, services.vault, public, str(by), now())
    click.echo(f"{ref} is in use: every report from now on can be recovered with two of the three shares.")


def _rehearsed() -> bytes:
    """Show the shares and have two typed back; the public half of the key. Raises `ShareError`."""
    seed = recovery.new_seed()
    for number, share in enumerate(recovery.shares_of(seed), 1):
        click.prompt(f"Share {number}. Only who keeps it looks at the screen. Enter", default="", show_default=False)
        click.echo(share)
        click.prompt("Written on paper? Enter", default="", show_default=False)
        click.clear()
    typed = recovery.seed_of(*(click.prompt(f"Rehearsal: type share {which}") for which in ("A", "B")))
    if typed != seed:
        raise recovery.ShareError("These two shares do not make the key. Nothing was changed: begin again.")
    return bytes(recovery.private_of(seed).public_key)


@click.command("recover")
@click.argument("ref")
@with_services
def recover(services: Services, ref: str) -> None:
    """Seal the reports that nobody can open any more to the oversight member REF, with two shares from paper."""
    with refusing():
        seed = recovery.seed_of(*(secret(f"Type share {which}") for which in ("A", "B")))
        with services.sessions.begin() as db:
            found, tasks = recovery.recover(db, services.vault, seed, ref, now())
    signal_workers(services.signal, tasks)
    click.echo(f"{found} reports were sealed to {ref}.")

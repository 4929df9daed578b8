"""Who sits at the terminal: her reference, and her PIN, which is not shown. No command takes anybody's word for it."""

from __future__ import annotations

import getpass
import warnings
from collections.abc import Callable
from typing import TypeVar

import click
from sqlalchemy.orm import Session

from bot import folder
from bot.people import enrolment, pairs, sign_in
from bot.people.decided import Decided
from bot.people.enrolment import PeopleError
from bot.people.pairs import Wanted
from bot.services import Services
from bot.storage.outbox import now, signal_workers
from bot.storage.tables.people import Person
from bot.storage.unit_of_work import Actor, Work

Done = TypeVar("Done")
A_NUMBER = click.IntRange(1, 2**31 - 1)  # of a proposal
AGREED = click.option(
    "--agreed", type=A_NUMBER, metavar="NUMBER", help="carry out the proposal that a second has confirmed"
)


def secret(what: str) -> str:
    """Asks for what nobody may read over her shoulder. Raises ClickException where a screen would show it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return str(click.prompt(what, hide_input=True))
        except getpass.GetPassWarning:
            hint = "Give the command at a terminal (with ssh: -t): here what you type could be seen."
            raise click.ClickException(hint) from None


def reference() -> str:
    """Asks for the reference of who sits here; it proves nothing, her PIN does."""
    return str(click.prompt("Your reference")).strip()


def signed_in(services: Services) -> Actor:
    """Asks who sits here and for her PIN; the vault counts the try. Raises `PeopleError`."""
    with services.reads() as db:
        person = enrolment.find(db, reference())
    return with_pin(services, person)


def with_pin(services: Services, person: Person) -> Actor:
    """Asks for the PIN of somebody. Raises `PeopleError` for a wrong one."""
    if not person.active or not person.public_key:
        raise PeopleError([f"{person.ref} does not serve ({'no PIN yet' if person.active else 'stopped'})"])
    tried = sign_in.by_pin(services.vault, person, secret("PIN"))
    if isinstance(tried, Actor):
        return tried
    left = f", {tried.left} tries left" if tried.left else ""
    locked = f"The PIN is locked. Two others: {folder.line(f'people unlock {person.ref}')}"
    raise PeopleError([locked if tried.reason == "locked" else f"Wrong PIN{left}."])


def work_of(services: Services, db: Session) -> Work:
    """The work of a command in a transaction."""
    return Work(db, services.vault, services.country, now())


def alone(services: Services) -> str:
    """Who signs in here, if she may do at once what two make final or undo: her reference. Raises `PeopleError`."""
    actor = signed_in(services)
    with services.reads() as db:
        return pairs.alone(work_of(services, db), actor, services.settings.is_demo)


def by_two(
    services: Services,
    wanted: Wanted,
    command: str,
    agreed: int | None,
    do: Callable[[Session, Decided], Done],
    may: Callable[[Session], object] = lambda db: None,
) -> Done | None:
    """Propose something; or, with the number of a confirmed proposal, do exactly that, and give what came of it. Raises
    `PeopleError`; so does `may` where it cannot be done, which is said to somebody only who has shown her PIN and may
    propose it.
    """
    if agreed is None:
        ask_second(services, wanted, command, may)
        return None
    with services.sessions.begin() as db:
        return do(db, pairs.carry_out(work_of(services, db), agreed, wanted, services.settings.is_demo))


def ask_second(
    services: Services, wanted: Wanted, command: str, may: Callable[[Session], object] = lambda db: None
) -> None:
    """Propose something as who signs in here, and say what comes next. Raises `PeopleError`."""
    actor = signed_in(services)
    with services.sessions.begin() as db:
        asked = pairs.propose(work_of(services, db), actor, wanted, services.settings.is_demo)
        may(db)  # else all of it is undone
    signal_workers(services.signal, asked.tasks)
    number, who = asked.values["number"], asked.values["who"]
    names = " or ".join(str(one) for one in who) if isinstance(who, list) else ""
    click.echo(f"Proposed as {number}. {names} confirms it within a day, on her own phone (Tasks). Then:")
    click.echo(f"  {folder.line(f'{command} --agreed {number}')}")

"""`flask people` and `flask demo`: commands for enrolling staff."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from shlex import quote

import click
from sqlalchemy.orm import Session

from bot.cli import with_services
from bot.commands.refusing import refusing
from bot.commands.who import AGREED, alone, by_two, secret
from bot.country.cells import phone as read_phone
from bot.country.pack import read_people
from bot.folder import line
from bot.people import enrolment, renumbering
from bot.people.enrolment import PeopleError
from bot.people.numbers import with_number
from bot.people.pairs import PairAction, Wanted
from bot.people.roster import today
from bot.services import Services
from bot.storage.outbox import signal_workers
from bot.storage.two import numbers_of

SAID: Mapping[str | None, str] = {None: "", "also": ", one more", "less": ", one less"}
DONE: Mapping[str | None, str] = {
    None: "has another number.",
    "also": "has one more number.",
    "less": "has one number less.",
}
SHARED = click.option("--shared", is_flag=True, help="several people have one phone; the second person reads who")


def _with(db: Session, ref: str, digests: Iterable[str], others: Mapping[str, str] | None = None) -> str:
    """What the second person reads of numbers that others have too, those of a table (`others`) or those enrolled."""
    has_it = set[str]()
    for digest in digests:
        has_it |= {one for one, theirs in (others or {}).items() if theirs == digest} | {*with_number(db, digest, ref)}
    refs = sorted(has_it - {ref})
    return f", one phone with {' '.join(refs)}" if refs else ""


@click.command()
@with_services
def demo(services: Services) -> None:
    """Add the demo people of the country pack that are not there yet."""
    if not services.settings.is_demo:
        raise click.ClickException("In service there are no demo people. Enrol real ones: ops/runbooks/people.md")
    with services.sessions.begin() as db:
        click.echo(f"{enrolment.enrol(db, services.country, services.vault)} demo people added.")


@click.group("people")
def people_() -> None:
    """Enrol, confirm, disable and list the people who answer. What takes two people is proposed here by the one, with
    her PIN, and confirmed by the other on her own phone."""


@people_.command("list")
@with_services
def people_list(services: Services) -> None:
    """Everybody with role, zones and where the enrolment is; no name, no number."""
    with services.reads() as db:
        for line in enrolment.listed(db, today()):
            click.echo(line)


@people_.command("import")
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@SHARED
@AGREED
@with_services
def people_import(services: Services, table: Path, agreed: int | None, shared: bool) -> None:
    """Enrol everybody in TABLE, a file like a country pack's people.csv. All of it or nothing; two people decide."""
    with refusing():
        people = read_people(table, services.country, today(), shared)
        with services.reads() as db:
            phones = {one.ref: services.vault.digest("staff", one.phone) for one in people}
            same = [_with(db, one.ref, [phones[one.ref]], phones) for one in people]
        about = " ".join(f"{one.ref} ({one.role}){also}" for one, also in zip(people, same, strict=True))
        wanted = Wanted(PairAction.IMPORT, about, content=enrolment.bound(people, services.vault))
        added = by_two(
            services, wanted, f"people import {quote(str(table))}{' --shared' if shared else ''}", agreed,
            lambda db, by: enrolment.import_people(db, people, by, services.vault, today(), shared),
            lambda db: enrolment.are_new(db, people, services.vault, shared),
        )  # fmt: skip
    if added is not None:
        click.echo(f"{added} people enrolled. Two people now let in each: {line('people confirm REF')}")


@people_.command("confirm")
@click.argument("ref")
@AGREED
@with_services
def people_confirm(services: Services, ref: str, agreed: int | None) -> None:
    """Confirm REF and print the first code, to be handed over on paper: with it she chooses her PIN on her phone. Two
    people decide."""
    with refusing():
        with services.reads() as db:
            row = enrolment.find(db, ref)
            numbers = sorted(numbers_of(db, row))
            also = _with(db, ref, numbers)
        enrolment.to_confirm(row, services.country, today())
        state = f"{row.role} {row.zones} {row.unit} {' '.join(numbers)} {row.public_key.hex()}"
        wanted = Wanted(PairAction.CONFIRM, f"{ref} ({row.role}){also}", row.id, state)
        code = by_two(
            services, wanted, f"people confirm {ref}", agreed,
            lambda db, by: enrolment.confirm(db, ref, by, services.country, services.vault, today()),
        )  # fmt: skip
    if code is None:
        return
    new = f" First code, once, for her eyes only: {code}" if code else " She has her PIN."
    click.echo(f"{ref} is confirmed.{new}")


@people_.command("disable")
@click.argument("ref")
@AGREED
@with_services
def people_disable(services: Services, ref: str, agreed: int | None) -> None:
    """REF opens nothing from now on; what she had taken goes to the next: one person does that at once. Said again for
    who is stopped: two people destroy her key."""
    with refusing():
        with services.reads() as db:
            row = enrolment.find(db, ref)
        if row.active and agreed is None:
            _stop(services, ref)
            return
        if row.active:
            raise PeopleError([f"{ref} serves: stop her first"])
        if not enrolment.may_be_revoked(row):
            raise PeopleError([f"{ref} is stopped, and has no key and no number"])
        wanted = Wanted(PairAction.DISABLE, f"{ref} ({row.role})", row.id, row.public_key.hex())
        done = by_two(
            services, wanted, f"people disable {ref}", agreed,
            lambda db, by: enrolment.make_final(db, ref, by, services.vault),
        )  # fmt: skip
    if done:
        click.echo(f"{ref} is disabled for good. Her key is gone.")


def _stop(services: Services, ref: str) -> None:
    by = alone(services)
    with services.sessions.begin() as db:
        tasks = enrolment.disable(db, ref, by, services.vault)
    signal_workers(services.signal, tasks)
    then = "Two people make it final (disable) or take it back (confirm)."
    click.echo(f"{ref} is stopped; {len(tasks)} of her reports were handed on. {then}")


@people_.command("unlock")
@click.argument("ref")
@AGREED
@with_services
def people_unlock(services: Services, ref: str, agreed: int | None) -> None:
    """After five wrong tries: when two people want it, REF may try her PIN again."""
    with refusing():
        with services.reads() as db:
            row = enrolment.find(db, ref)
        wanted = Wanted(PairAction.UNLOCK, f"{ref} ({row.role})", row.id)
        done = by_two(
            services, wanted, f"people unlock {ref}", agreed,
            lambda db, by: enrolment.unlock(db, ref, by, services.vault),
        )  # fmt: skip
    if done:
        click.echo(f"{ref} may try her PIN again.")


@people_.command("change")
@click.argument("ref")
@click.option("--duty", help="her hours: 'mon-fri 08:00-17:00; sat 08:00-12:00'")
@click.option("--trained-until", help="as 2027-06-30")
@click.option("--languages", help="as rn|fr")
@click.option("--order", help="1 the champion of her post, 2 or 3 a deputy")
@click.option("--zones", help="codes of places, with bars; two people decide it")
@click.option("--unit", help="her station or office; two people decide it")
@AGREED
@with_services
def people_change(services: Services, ref: str, agreed: int | None, **given: str | None) -> None:
    """What REF's row of the table says from now on. Another place or station takes two people."""
    changed = {name: text for name, text in given.items() if text}
    with refusing():
        with services.reads() as db:
            row = enrolment.find(db, ref)
        enrolment.to_change(row, changed, services.country)
        if changed.keys().isdisjoint(enrolment.MOVES):
            by = alone(services)
            with services.sessions.begin() as db:
                enrolment.change(db, ref, changed, by, services.country, services.vault)
        elif not _moved(services, row.id, ref, changed, agreed):
            return
    click.echo(f"{ref}: {', '.join(sorted(changed)) or 'nothing'} changed.")


def _moved(services: Services, person: str, ref: str, changed: dict[str, str], agreed: int | None) -> bool:
    """Whether it was carried out; else it was proposed."""
    said = " ".join(f"--{name.replace('_', '-')} {quote(text)}" for name, text in sorted(changed.items()))
    about = f"{ref}: " + " ".join(text for _name, text in sorted(changed.items()))
    tasks = by_two(
        services, Wanted(PairAction.MOVE, about, person, said), f"people change {ref} {said}", agreed,
        lambda db, by: enrolment.move(db, ref, changed, by, services.country, services.vault),
    )  # fmt: skip
    signal_workers(services.signal, tasks or ())
    return tasks is not None


@people_.command("number")
@click.argument("ref")
@click.option("--also", is_flag=True, help="one more, from which she dials; she is rung on her first")
@click.option("--less", is_flag=True, help="take a further number away")
@SHARED
@AGREED
@with_services
def people_number(services: Services, ref: str, agreed: int | None, shared: bool, **how_: bool) -> None:
    """Another phone for REF, who keeps her PIN and what she holds. The number is asked for, and two people decide."""
    if all(how_.values()):
        raise click.UsageError("--also gives her one more number, --less takes one away: one of them at a time.")
    how: renumbering.How = "also" if how_["also"] else "less" if how_["less"] else None
    vault, given = services.vault, f"people number {ref}" + (f" --{how}" if how else "") + " --shared" * shared
    with refusing():
        phone = read_phone(secret("The number, like +257…"), services.country.code.upper())
        if not phone:
            raise PeopleError(["that is no phone number"])
        digest = vault.digest("staff", phone)
        with services.reads() as db:
            row = enrolment.find(db, ref)
            about = f"{ref} ({row.role}){SAID[how]}" + ("" if how == "less" else _with(db, ref, [digest]))
        do = {
            None: lambda db, by: renumbering.renumber(db, ref, phone, by, vault, shared),
            "also": lambda db, by: renumbering.add_number(db, ref, phone, by, vault, shared),
            "less": lambda db, by: renumbering.drop_number(db, ref, phone, by, vault),
        }[how]
        done = by_two(
            services, Wanted(PairAction.NUMBER, about, row.id, digest), given, agreed, do,
            lambda db: renumbering.to_number(db, ref, digest, how, shared),
        )  # fmt: skip
    if done:
        click.echo(f"{ref} {DONE[how]}{' She keeps her PIN.' if row.public_key else ''}")


@people_.command("leave")
@click.argument("ref")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), required=True, help="the first day, as 2026-12-01")
@click.option("--until", "last", type=click.DateTime(["%Y-%m-%d"]), required=True, help="the last day")
@with_services
def people_leave(services: Services, ref: str, first: datetime, last: datetime) -> None:
    """REF gets nothing new on these days, both included; what she has taken stays hers."""
    with refusing():
        by = alone(services)
        with services.sessions.begin() as db:
            enrolment.leave(db, ref, first.date(), last.date(), by, services.vault)
    click.echo(f"{ref} is on leave from {first:%Y-%m-%d} until {last:%Y-%m-%d}.")

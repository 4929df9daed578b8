"""Commands for operators: diagnosis, migrations, delivery, releases, switches."""

from __future__ import annotations

from functools import partial

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.cli import Tables, needing, with_services
from bot.commands.refusing import refusing
from bot.commands.who import AGREED, by_two, signed_in, work_of
from bot.people import enrolment, pairs
from bot.people.decided import Decided
from bot.people.pairs import PairAction, Wanted
from bot.services import Services
from bot.storage import audit, migrate, outbox, switches
from bot.storage.tables.people import Person
from bot.upkeep import alarms, doctor, installation, releases


@click.command("migrate")
@click.option(
    "--back-to", metavar="STEP", help="the last step that an older release knows, like 0016: what is newer is lost"
)
@needing(Tables.MADE)
def migrate_(services: Services, back_to: str | None) -> None:
    """Bring the tables to this version, or back to an older one's."""
    if back_to:
        migrate.downgrade(services.engine, back_to)
        click.echo(f"The tables are those of {back_to}. Start the older release now.")
        return
    migrate.upgrade(services.engine)
    installation.note(services)
    releases.note(services)
    click.echo("The tables are up to date.")


@click.command("doctor")
@needing(Tables.ANY)
def doctor_(services: Services) -> None:
    """What is wrong here, and what to do next. Ends with 1 when something must be mended."""
    findings = doctor.examine(services)
    for one in findings:
        click.echo(f"{one.level:8} {one.said}" + (f"\n         -> {one.next}" if one.next else ""))
    faults = sum(one.level == "fault" for one in findings)
    click.echo(f"{faults} faults." if faults else "Nothing must be mended.")
    raise SystemExit(1 if faults else 0)


@click.command("lines")
@with_services
def lines_(services: Services) -> None:
    """What went out since yesterday and what it cost; what is wrong on the way to the providers."""
    for line in alarms.report(services, outbox.now()):
        click.echo(line)
    found = list(alarms.alarms(services, outbox.now()))
    for alarm in found:
        click.echo(f"ALARM: {alarm}", err=True)
    raise SystemExit(1 if found else 0)


@click.command("releases")
@with_services
def releases_(services: Services) -> None:
    """Which version has run here since when, from the chained record."""
    with services.reads() as db:
        for day, release in releases.releases(db):
            click.echo(f"{day}  {release}")


@click.command("switch")
@click.argument("name", required=False)
@click.option("--on", is_flag=True, help="switch it on again, which takes two people")
@AGREED
@with_services
def switch_(services: Services, name: str | None, on: bool, agreed: int | None) -> None:
    """Switch off a zone, a talk or a language (zone:BI-…, talk:report, language:rn); without NAME: what is off."""
    with refusing():
        if name and on:
            wanted = Wanted(PairAction.SWITCH_ON, name)
            if not by_two(services, wanted, f"switch {name} --on", agreed, partial(_turned, services, name)):
                return
        elif name:
            actor = signed_in(services)
            with services.sessions.begin() as db:
                work = work_of(services, db)
                pairs.alone(work, actor, services.settings.is_demo)
                switches.turn(work, name, False, db.get_one(Person, actor.id))
        with services.reads() as db:
            gone = sorted(switches.off(db))
    click.echo("Off: " + (", ".join(gone) or "nothing") + ". Every process knows it within 15 seconds.")


def _turned(services: Services, name: str, db: Session, by: Decided) -> bool:
    switches.turn(work_of(services, db), name, True, enrolment.find(db, by.first))
    return True


@click.command("reopen")
@AGREED
@with_services
def reopen_(services: Services, agreed: int | None) -> None:
    """After a restore: take reports again, and let the vault take the record as it is. Two people decide, who have
    looked at `people list` and `record`."""
    with refusing():
        with services.reads() as db:
            if switches.RESTORED not in switches.off(db):
                raise enrolment.PeopleError(["nothing was restored here since it was opened"])
        with services.reads() as db:
            people = db.execute(select(Person.ref, Person.active, Person.confirmed_on).order_by(Person.ref)).all()
        wanted = Wanted(PairAction.REOPEN, "", content=repr([tuple(one) for one in people]))
        if not by_two(services, wanted, "reopen", agreed, lambda db, by: switches.reopen(db)):
            return
        with services.sessions.begin() as db:
            audit.witness_anew(db, services.vault)
    click.echo("Reports are taken again. Every process knows it within 15 seconds.")

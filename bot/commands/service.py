"""Commands for operators: diagnosis, migrations, delivery, releases, switches."""

from __future__ import annotations

import click

from bot.cli import Tables, needing, with_services
from bot.people import enrolment
from bot.services import Services
from bot.storage import migrate, outbox, switches
from bot.storage.outbox import now
from bot.storage.unit_of_work import Work
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
@click.option("--on", is_flag=True, help="switch it on again")
@click.option("--by", help="reference of the advocate, oversight member or coordinator who wants it")
@with_services
def switch_(services: Services, name: str | None, on: bool, by: str | None) -> None:
    """Switch off a zone, a talk or a language (zone:BI-…, talk:report, language:rn); without NAME: what is off."""
    with services.sessions.begin() as db:
        if name:
            try:
                person = enrolment.find(db, by or "")
                switches.turn(Work(db, services.vault, services.country, now()), name, on, person)
            except (enrolment.PeopleError, switches.SwitchError) as error:
                raise click.ClickException(str(error)) from None
        gone = sorted(switches.off(db))
    click.echo("Off: " + (", ".join(gone) or "nothing") + ". Every process knows it within 15 seconds.")

"""`flask people` and `flask demo`: commands for enrolling staff."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from bot.cli import with_services
from bot.commands.refusing import refusing
from bot.people import enrolment
from bot.people.roster import today
from bot.services import Services
from bot.storage.outbox import signal_workers


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
    """Enrol, confirm, disable and list the people who answer."""


@people_.command("list")
@with_services
def people_list(services: Services) -> None:
    """Everybody with role, zones and where the enrolment is; no name, no number."""
    with services.reads() as db:
        for line in enrolment.listed(db, today()):
            click.echo(line)


@people_.command("import")
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--by", required=True, help="who enrols them: your own reference")
@with_services
def people_import(services: Services, table: Path, by: str) -> None:
    """Enrol everybody in TABLE, a file like a country pack's people.csv. All of it or nothing."""
    with refusing(), services.sessions.begin() as db:
        added = enrolment.import_people(db, table, services.country, by, services.vault, today())
        click.echo(f"{added} people enrolled. Somebody else now confirms each: ops/ijwi people confirm REF --by WHO")


@people_.command("confirm")
@click.argument("ref")
@click.option("--by", required=True, help="who confirms: somebody else than who enrolled")
@with_services
def people_confirm(services: Services, ref: str, by: str) -> None:
    """Confirm REF and print the first code, to be handed over on paper: with it she chooses her PIN on her phone."""
    with refusing(), services.sessions.begin() as db:
        code = enrolment.confirm(db, ref, by, services.vault, today())
    new = f" First code, once, for her eyes only: {code}" if code else " She has her PIN."
    click.echo(f"{ref} is confirmed.{new}")


@people_.command("disable")
@click.argument("ref")
@click.option("--by", required=True, help="who does it: your own reference")
@with_services
def people_disable(services: Services, ref: str, by: str) -> None:
    """REF opens nothing from now on; what she had taken goes to the next. Somebody else says it again, and her key is
    destroyed, or confirms her, and she serves again."""
    with refusing(), services.sessions.begin() as db:
        tasks = enrolment.disable(db, ref, by, services.vault)
        final = not enrolment.find(db, ref).public_key
    signal_workers(services.signal, tasks)
    then = "Her key is gone." if final else "Somebody else makes it final (disable) or takes it back (confirm)."
    click.echo(f"{ref} is disabled; {len(tasks)} of her reports were handed on. {then}")


@people_.command("unlock")
@click.argument("ref")
@click.option("--by", required=True, help="who asks for it: a second person must ask too")
@with_services
def people_unlock(services: Services, ref: str, by: str) -> None:
    """After five wrong tries: when two people have asked within a day, REF may try her PIN again."""
    with refusing(), services.sessions.begin() as db:
        done = enrolment.unlock(db, ref, by, services.vault)
    wait = f"Somebody else asks too, within a day: ops/ijwi people unlock {ref} --by WHO"
    click.echo(f"{ref} may try her PIN again." if done else wait)


@people_.command("change")
@click.argument("ref")
@click.option("--duty", help="her hours: 'mon-fri 08:00-17:00; sat 08:00-12:00'")
@click.option("--trained-until", help="as 2027-06-30")
@click.option("--languages", help="as rn|fr")
@click.option("--zones", help="codes of places, with bars; somebody else confirms it")
@click.option("--unit", help="her station or office; somebody else confirms it")
@click.option("--by", required=True, help="who changes it: your own reference")
@with_services
def people_change(services: Services, ref: str, by: str, **given: str | None) -> None:
    """What REF's row of the table says from now on. After another place or station she waits to be confirmed."""
    changed = {name: text for name, text in given.items() if text}
    with refusing(), services.sessions.begin() as db:
        tasks = enrolment.change(db, ref, changed, by, services.country, services.vault)
        waits = not enrolment.find(db, ref).active
    signal_workers(services.signal, tasks)
    click.echo(f"{ref}: {', '.join(sorted(changed)) or 'nothing'} changed." + " Somebody else confirms it." * waits)


@people_.command("leave")
@click.argument("ref")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), required=True, help="the first day, as 2026-12-01")
@click.option("--until", "last", type=click.DateTime(["%Y-%m-%d"]), required=True, help="the last day")
@click.option("--by", required=True, help="who writes it down: your own reference")
@with_services
def people_leave(services: Services, ref: str, first: datetime, last: datetime, by: str) -> None:
    """REF gets nothing new on these days, both included; what she has taken stays hers."""
    with refusing(), services.sessions.begin() as db:
        enrolment.leave(db, ref, first.date(), last.date(), by, services.vault)
        click.echo(f"{ref} is on leave from {first:%Y-%m-%d} until {last:%Y-%m-%d}.")

"""The commands: `.venv/bin/flask check | script | phone | demo | migrate | work | clock | bench`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import select

from bot import export, logs, migrate, people, record, recovery, rotation
from bot.country import CountryError
from bot.i18n import LANGUAGES
from bot.models import PAPER, Person
from bot.outbox import now, wake
from bot.talk import SESSION_LIFE
from bot.wiring import Wiring, today
from flows import FLOWS
from ops import releases
from ops.author import print_script, report, talk

SMS_FLOWS = frozenset({"sms"})


def wired(command: Callable[..., None]) -> Callable[..., None]:
    """Hands a command what the application works with."""

    @with_appcontext
    @wraps(command)
    def run(**given: Any) -> None:
        command(current_app.extensions["ijwi"], **given)

    return run


@click.command()
@wired
def check(wiring: Wiring) -> None:
    """Every screen, language and channel with the longest values: a table and a verdict."""
    raise SystemExit(1 if report(wiring) else 0)


@click.command()
@click.argument("flow", type=click.Choice(sorted(FLOWS.flows)))
@click.argument("language", type=click.Choice(LANGUAGES))
@wired
def script(wiring: Wiring, flow: str, language: str) -> None:
    """Print a whole talk, with the length of every page, for a native speaker to review."""
    print_script(wiring, flow, language)


@click.command()
@click.option("--number", default="+25779123456", help="who dials, E.164")
@wired
def phone(wiring: Wiring, number: str) -> None:
    """Dial in the terminal; nothing is kept but what a phone would leave behind."""
    talk(wiring, number)


@click.command()
@wired
def demo(wiring: Wiring) -> None:
    """Add the demo people of the country pack that are not there yet."""
    with wiring.sessions.begin() as db:
        click.echo(f"{people.enrol(db, wiring.country, wiring.vault)} demo people added.")


@click.command()
@click.option("--weeks", type=click.IntRange(1), help="older than so many weeks; else the setting KEEP_WEEKS")
@wired
def purge(wiring: Wiring, weeks: int | None) -> None:
    """Erase old reports and shred the keys of their weeks, in every backup too. The clock does it by itself."""
    from workers import clock

    erased, shredded = clock.shred(wiring, now(), weeks or 0)
    click.echo(f"{erased} reports erased; weeks shredded: {', '.join(shredded) or 'none'}.")


@click.command("record")
@wired
def record_(wiring: Wiring) -> None:
    """Follow the chain of the record. Write down the number and the head: they only ever grow."""
    with wiring.reads() as db:
        found = record.check(db, wiring.vault)
    click.echo(f"{found.rows} rows hold together; head {found.head or '-'}.")
    if found.broken:
        click.echo(f"ALARM: row {found.broken} was changed, put in, or follows one that is gone.", err=True)
    if found.cut:
        click.echo("ALARM: the end of the record is gone: the vault has seen later rows.", err=True)
    raise SystemExit(1 if found.broken or found.cut else 0)


@click.group("people")
def people_() -> None:
    """Enrol, confirm, disable and list the people who answer."""


@people_.command("list")
@wired
def people_list(wiring: Wiring) -> None:
    """Everybody with role, zones and where the enrolment is; no name, no number."""
    with wiring.reads() as db:
        for line in people.listed(db, today()):
            click.echo(line)


@people_.command("import")
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--by", required=True, help="who enrols them: your own reference")
@wired
def people_import(wiring: Wiring, table: Path, by: str) -> None:
    """Enrol everybody in TABLE, a file like a country pack's people.csv. All of it or nothing."""
    with refusing(), wiring.sessions.begin() as db:
        added = people.import_people(db, table, wiring.country, by, wiring.vault, today())
        click.echo(f"{added} people enrolled. Somebody else now confirms each: flask people confirm REF --by WHO")


@people_.command("confirm")
@click.argument("ref")
@click.option("--by", required=True, help="who confirms: somebody else than who enrolled")
@wired
def people_confirm(wiring: Wiring, ref: str, by: str) -> None:
    """Confirm REF and print the first code, to be handed over on paper: with it she chooses her PIN on her phone."""
    with refusing(), wiring.sessions.begin() as db:
        code = people.confirm(db, ref, by, wiring.vault, today())
    new = f" First code, once, for her eyes only: {code}" if code else " She has her PIN."
    click.echo(f"{ref} is confirmed.{new}")


@people_.command("disable")
@click.argument("ref")
@click.option("--by", required=True, help="who does it: your own reference")
@wired
def people_disable(wiring: Wiring, ref: str, by: str) -> None:
    """REF opens nothing from now on; what she had taken goes to the next. Somebody else says it again, and her key is
    destroyed, or confirms her, and she serves again."""
    with refusing(), wiring.sessions.begin() as db:
        tasks = people.disable(db, ref, by, wiring.vault)
        final = not people.find(db, ref).public_key
    wake(wiring.bell, tasks)
    then = "Her key is gone." if final else "Somebody else makes it final (disable) or takes it back (confirm)."
    click.echo(f"{ref} is disabled; {len(tasks)} of her reports were handed on. {then}")


@people_.command("unlock")
@click.argument("ref")
@click.option("--by", required=True, help="who asks for it: a second person must ask too")
@wired
def people_unlock(wiring: Wiring, ref: str, by: str) -> None:
    """After five wrong tries: when two people have asked within a day, REF may try her PIN again."""
    with refusing(), wiring.sessions.begin() as db:
        done = people.unlock(db, ref, by, wiring.vault)
    wait = f"Somebody else asks too, within a day: flask people unlock {ref} --by WHO"
    click.echo(f"{ref} may try her PIN again." if done else wait)


@people_.command("change")
@click.argument("ref")
@click.option("--duty", help="her hours: 'mon-fri 08:00-17:00; sat 08:00-12:00'")
@click.option("--trained-until", help="as 2027-06-30")
@click.option("--languages", help="as rn|fr")
@click.option("--zones", help="codes of places, with bars; somebody else confirms it")
@click.option("--unit", help="her station or office; somebody else confirms it")
@click.option("--by", required=True, help="who changes it: your own reference")
@wired
def people_change(wiring: Wiring, ref: str, by: str, **given: str | None) -> None:
    """What REF's row of the table says from now on. After another place or station she waits to be confirmed."""
    changed = {name: text for name, text in given.items() if text}
    with refusing(), wiring.sessions.begin() as db:
        tasks = people.change(db, ref, changed, by, wiring.country, wiring.vault)
        waits = not people.find(db, ref).active
    wake(wiring.bell, tasks)
    click.echo(f"{ref}: {', '.join(sorted(changed)) or 'nothing'} changed." + " Somebody else confirms it." * waits)


@people_.command("leave")
@click.argument("ref")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), required=True, help="the first day, as 2026-12-01")
@click.option("--until", "last", type=click.DateTime(["%Y-%m-%d"]), required=True, help="the last day")
@click.option("--by", required=True, help="who writes it down: your own reference")
@wired
def people_leave(wiring: Wiring, ref: str, first: datetime, last: datetime, by: str) -> None:
    """REF gets nothing new on these days, both included; what she has taken stays hers."""
    with refusing(), wiring.sessions.begin() as db:
        people.leave(db, ref, first.date(), last.date(), by, wiring.vault)
        click.echo(f"{ref} is on leave from {first:%Y-%m-%d} until {last:%Y-%m-%d}.")


@click.command("rotate-keys")
@click.option("--pause", type=click.IntRange(0), default=SESSION_LIFE + 60, help="seconds for talks that have begun")
@wired
def rotate_keys(wiring: Wiring, pause: int) -> None:
    """Seal every number, waiting text and key behind a PIN under fresh keys; destroy the older ones when no talk holds
    them."""
    wiring.vault.fresh_keys()
    for wait in (pause, 0):
        with wiring.sessions.begin() as db:
            sealed = rotation.reseal(db, wiring.vault)
        click.echo(f"{sealed} numbers and texts are sealed anew; waiting {wait} s for talks that have begun.")
        time.sleep(wait)
    gone = wiring.vault.retire_keys()
    click.echo(f"{gone} older keys are destroyed.")


@click.command("meetings")
@click.argument("table", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--projects", type=click.Path(exists=True, path_type=Path), help="tag,zone,kind,from,until: who pays")
@wired
def meetings_(wiring: Wiring, table: Path, projects: Path | None) -> None:
    """Write what came of the meetings to TABLE, a .csv or .xlsx: who was there in numbers, never who."""
    try:
        with wiring.reads() as db:
            paying = export.projects(projects) if projects else ()
            rows = export.meetings(db, wiring.country, now(), paying)
        export.write(table, rows)
    except KeyError as missing:
        raise click.ClickException(f"the projects have no column {missing}") from None
    except ValueError as refused:
        raise click.ClickException(str(refused)) from None
    click.echo(f"{len(rows)} meetings written to {table}.")


@click.command("key-ceremony")
@click.option("--by", required=True, help="who leads it: your own reference")
@click.option("--again", is_flag=True, help="a new key although there is one: keep the old shares for old reports")
@wired
def key_ceremony(wiring: Wiring, by: str, again: bool) -> None:
    """Make the key on paper: three people write a share each, two of them type theirs; only then is it used."""
    with wiring.reads() as db:
        if not again and db.scalar(select(Person.ref).where(Person.role == PAPER, Person.active)):
            raise click.ClickException("There is a key on paper already. A new one: flask key-ceremony --again")
    seed = recovery.new_seed()
    for number, share in enumerate(recovery.shares_of(seed), 1):
        click.prompt(f"Share {number}. Only who keeps it looks at the screen. Enter", default="", show_default=False)
        click.echo(share)
        click.prompt("Written on paper? Enter", default="", show_default=False)
        click.clear()
    with refusing():
        typed = recovery.seed_of(*(click.prompt(f"Rehearsal: type share {which}") for which in ("A", "B")))
        if typed != seed:
            raise recovery.ShareError("These two shares do not make the key. Nothing was changed: begin again.")
        with wiring.sessions.begin() as db:
            public = bytes(recovery.private_of(seed).public_key)
            ref = recovery.install(db, wiring.vault, public, by, now())
    click.echo(f"{ref} is in use: every report from now on can be recovered with two of the three shares.")


@click.command("recover")
@click.argument("ref")
@wired
def recover(wiring: Wiring, ref: str) -> None:
    """Seal the reports that nobody can open any more to the oversight member REF, with two shares from paper."""
    with refusing():
        seed = recovery.seed_of(*(click.prompt(f"Type share {which}", hide_input=True) for which in ("A", "B")))
        with wiring.sessions.begin() as db:
            found, tasks = recovery.recover(db, wiring.vault, seed, ref, now())
    wake(wiring.bell, tasks)
    click.echo(f"{found} reports were sealed to {ref}.")


@contextmanager
def refusing() -> Iterator[None]:
    """A table or a person that is refused: its reasons, line by line, and an exit code."""
    try:
        yield
    except (people.PeopleError, CountryError) as refused:
        for line in refused.wrong:
            click.echo(line, err=True)
        raise SystemExit(1) from None
    except recovery.ShareError as refused:
        raise click.ClickException(str(refused)) from None


@click.command("migrate")
@click.option(
    "--back-to", metavar="STEP", help="the last step that an older release knows, like 0016: what is newer is lost"
)
@wired
def migrate_(wiring: Wiring, back_to: str | None) -> None:
    """Bring the tables to this version, or back to an older one's."""
    if back_to:
        migrate.downgrade(wiring.engine, back_to)
        click.echo(f"The tables are those of {back_to}. Start the older release now.")
        return
    migrate.upgrade(wiring.engine)
    releases.note(wiring)
    click.echo("The tables are up to date.")


@click.command()
@wired
def work(wiring: Wiring) -> None:
    """A worker process: alerts and answers leave the house."""
    from workers import run

    logs.start(wiring.settings.log_level, wiring.settings.log_format)
    run.run(wiring)


@click.command("clock")
@wired
def clock_(wiring: Wiring) -> None:
    """The clock process: rings what is due, once a second."""
    from workers import clock

    logs.start(wiring.settings.log_level, wiring.settings.log_format)
    clock.run(wiring)


@click.command("bench")
@wired
def bench_(wiring: Wiring) -> None:
    """Ratios of a step, a report and a filing to what they cannot do without; what reading and answering take."""
    from ops.load import answering, bench

    bench.main()
    answering.answering()


COMMANDS = (
    check, script, phone, demo, people_, meetings_, purge, record_, rotate_keys, key_ceremony, recover,
    migrate_, work, clock_, bench_,
)  # fmt: skip

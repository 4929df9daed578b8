"""The commands: `.venv/bin/flask check | script | phone | demo | migrate | work | clock | bench`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import click
from flask import current_app
from flask.cli import with_appcontext

from bot import migrate, people
from bot.engine import Screen
from bot.facts import NO_REPLY, READ, STATUS, SUPERVISOR
from bot.flow import Msg, Said
from bot.i18n import LANGUAGES
from bot.models import ReportStatus
from bot.screens import segments, septets, units
from bot.verify import Samples, Verifier
from bot.wiring import Wiring
from flows import FLOWS

SMS_FLOWS = frozenset({"sms"})


def wired(command: Callable[..., None]) -> Callable[..., None]:
    """Hands a command what the application works with."""

    @with_appcontext
    @wraps(command)
    def run(**given: str) -> None:
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


@click.command("migrate")
@wired
def migrate_(wiring: Wiring) -> None:
    """Bring the tables to this version."""
    migrate.upgrade(wiring.engine)
    click.echo("The tables are up to date.")


@click.command()
@wired
def work(wiring: Wiring) -> None:
    """A worker process: alerts and answers leave the house."""
    from workers import run

    run.run(wiring)


@click.command("clock")
@wired
def clock_(wiring: Wiring) -> None:
    """The clock process: rings what is due, once a second."""
    from workers import clock

    clock.run(wiring)


@click.command("bench")
@wired
def bench_(wiring: Wiring) -> None:
    """Ratios of a step, a report and a filing to what they cannot do without."""
    from ops.load import bench

    bench.main()


COMMANDS = (check, script, phone, demo, migrate_, work, clock_, bench_)


def verifier(wiring: Wiring) -> Verifier:
    """The verifier with the longest values that this country has."""
    land = wiring.country
    names = sorted((place.name for place in land.places.values()), key=len, reverse=True)
    women = [unit.name for unit in land.units.values() if unit.kind == "women"]
    health = [unit.name for unit in land.units.values() if unit.kind == "health"]
    values = {
        "org": max(women, key=len, default=land.service_name["en"]),
        "health": max(health, key=len, default=""),
        "report": names[0],
        "receipt": "7999 9999",
        "news": (STATUS[ReportStatus.TAKEN], Said(READ, {"day": "30/12", "who": SUPERVISOR}), NO_REPLY),
        "code": wiring.settings.service_code,
    }
    return Verifier(wiring.book, wiring.words, Samples(values, names[:9]), SMS_FLOWS)


def report(wiring: Wiring) -> list[str]:
    """Print the verifier's table and verdict; the faults."""
    checks = verifier(wiring)
    click.echo(f"{'flow':10} {'language':8} {'channel':7} {'screens':>7} {'pages':>5} {'longest':>7}")
    for line in checks.table():
        click.echo(
            f"{line.flow:10} {line.language:8} {line.channel:7} {line.screens:7} {line.pages:5} {line.longest:7}"
        )
    for language in LANGUAGES:
        pages = checks.shortest("sent", language)
        click.echo(f"shortest report in {language:8} {pages:3} pages, {pages * 10} s at 10 s a page")
    faults = checks.faults()
    for fault in faults:
        click.echo(f"FAULT {fault}")
    drafts = sum(entry.status != "approved" for entries in wiring.words.entries.values() for entry in entries.values())
    click.echo(f"{drafts} texts are drafts: no native speaker has approved them yet.")
    click.echo(f"{len(faults)} faults." if faults else "Everything fits, everything is translated. 0 faults.")
    return faults


def print_script(wiring: Wiring, flow: str, language: str) -> None:
    """Each screen as the phone shows it, with its length and the status of its words."""
    checks = verifier(wiring)
    for screen in checks.shown(wiring.book.flows[flow]):
        entry = wiring.words.entries[language].get(key_of(screen))
        click.secho(f"\n{flow}.{screen.name} [{entry.status if entry else '-'}]", bold=True)
        if entry and entry.back:
            click.secho(f"    means: {entry.back}", dim=True)
        for page in checks.layout.pages(screen, language):
            click.echo("\n".join("    | " + line for line in page.text.splitlines()))
            click.echo(f"    {length(page.text)}")


def key_of(screen: Screen) -> str:
    """The key of the words at the top of a screen."""
    return screen.text.key if isinstance(screen.text, Msg) else ""


def length(text: str) -> str:
    """How long a page is, in the units of its encoding."""
    counted = septets(text)
    size = f"{counted} of 160 septets" if counted is not None else f"{units(text)} of 70 units"
    return f"{size}, {segments(text)} SMS"


def talk(wiring: Wiring, number: str) -> None:
    """A phone in the terminal, until the talk ends or Ctrl-D."""
    import secrets

    from bot.store import MemoryStore
    from bot.talk import Talker

    talker, session, heard = Talker(wiring, MemoryStore()), secrets.token_hex(8), ""
    migrate.upgrade(wiring.engine)
    answer = talker.ussd("terminal", session, number, heard)
    first = True
    while True:
        click.echo(f"\n{answer.text}\n{'-' * 24} {length(answer.text)}")
        if answer.ends:
            return
        try:
            said = input("> ")
        except (EOFError, KeyboardInterrupt):
            talker.hang_up("terminal", session)
            click.echo()
            return
        heard, first = (said if first else f"{heard}*{said}"), False
        answer = talker.ussd("terminal", session, number, heard)

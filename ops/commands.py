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

from bot import export, migrate, people, record, recovery, rotation
from bot.country import CountryError
from bot.dates import When
from bot.engine import Screen
from bot.facts import NO_REPLY, READ, STATUS, SUPERVISOR
from bot.flow import Msg, Said
from bot.i18n import LANGUAGES
from bot.meeting_facts import COST, LATE, LEFT, OFFICER, PLACED, WHAT, WHO, WOMEN_ONLY
from bot.models import PAPER, Person, ReportStatus
from bot.outbox import now, wake
from bot.planner import RULES
from bot.screens import segments, septets, units
from bot.talk import SESSION_LIFE
from bot.verify import Samples, Verifier
from bot.wiring import Wiring, today
from flows import FLOWS

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
        click.echo(f"{ref} is confirmed. First code, once, for her eyes only: {code}")


@people_.command("disable")
@click.argument("ref")
@click.option("--by", required=True, help="who does it: your own reference")
@wired
def people_disable(wiring: Wiring, ref: str, by: str) -> None:
    """REF opens nothing any more; what she had taken goes to the next. To come back she is confirmed by another."""
    with refusing(), wiring.sessions.begin() as db:
        tasks = people.disable(db, ref, by, wiring.vault)
        click.echo(f"{ref} is disabled; {len(tasks)} of her reports were handed on.")
    wake(wiring.bell, tasks)


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
    """Seal every number and waiting text under a fresh key; destroy the older ones when no talk holds them."""
    wiring.vault.new_sender_key()
    for wait in (pause, 0):
        with wiring.sessions.begin() as db:
            sealed = rotation.reseal(db, wiring.vault)
        click.echo(f"{sealed} numbers and texts are sealed anew; waiting {wait} s for talks that have begun.")
        time.sleep(wait)
    gone = wiring.vault.retire_sender_keys()
    click.echo(f"{gone} older keys are destroyed.")


@click.command("meetings")
@click.argument("table", type=click.Path(dir_okay=False, path_type=Path))
@wired
def meetings_(wiring: Wiring, table: Path) -> None:
    """Write what came of the meetings to TABLE, a .csv or .xlsx: who was there in numbers, never who."""
    with wiring.reads() as db:
        rows = export.meetings(db, wiring.country, now())
    try:
        export.write(table, rows)
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


COMMANDS = (
    check, script, phone, demo, people_, meetings_, purge, record_, rotate_keys, key_ceremony, recover,
    migrate_, work, clock_, bench_,
)  # fmt: skip


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
        "cards": tuple(card.text["en"] for card in land.cards),
        **of_a_meeting(max((venue.name for venue in land.venues.values()), key=len, default="")),
    }
    return Verifier(wiring.book, wiring.words, Samples(values, names[:9]), SMS_FLOWS)


def of_a_meeting(place: str) -> dict[str, Any]:
    """The longest values that texts about a meeting show; the day is the longest of Kirundi."""
    when = When(datetime(2026, 12, 26, 6, 30))  # noqa: DTZ001  (a local hour)
    cost, left = Said(COST, {"segments": "99999", "amount": "99999 USD"}), Said(LEFT, {"amount": "99999 USD"})
    plan = (Said(PLACED, {"when": when, "place": place}), WOMEN_ONLY, OFFICER, cost, left)
    against = tuple(says for _rule, _level, says, _against in RULES[:2])
    late = Said(LATE, {"what": WHAT["woman"], "who": WHO["leader"], "day": "26/12", "place": place})
    shown = {"meeting": plan, "findings": against, "promises": (late,), "concerns": (NO_REPLY,)}
    return {
        **shown,
        "spoken_time": when,
        "when": when,
        "place": place,
        "count": "99999 (en 9999, fr 9999, hi 9999, hi_Latn 9999, rn 9999)",
    }


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

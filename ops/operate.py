"""The commands of whoever keeps Ijwi running: `flask doctor | lines | figures | templates | backup | restore` …"""

from __future__ import annotations

import csv
import os
import sys
from pathlib import Path

import click

from bot import export, figures, outbox, people, switches
from bot.office import Office
from bot.outbox import now
from bot.wiring import Wiring
from ops import backup, doctor, releases
from ops.commands import wired
from ops.templates import answers, templates
from workers import watch


@click.command("doctor")
@wired
def doctor_(wiring: Wiring) -> None:
    """What is wrong here, and what to do next. Ends with 1 when something must be mended."""
    findings = doctor.examine(wiring)
    for one in findings:
        click.echo(f"{one.level:8} {one.said}" + (f"\n         -> {one.next}" if one.next else ""))
    faults = sum(one.level == "fault" for one in findings)
    click.echo(f"{faults} faults." if faults else "Nothing must be mended.")
    raise SystemExit(1 if faults else 0)


@click.command("lines")
@wired
def lines_(wiring: Wiring) -> None:
    """What went out since yesterday and what it cost; what is wrong on the way to the providers."""
    for line in watch.report(wiring, outbox.now()):
        click.echo(line)
    found = list(watch.alarms(wiring, outbox.now()))
    for alarm in found:
        click.echo(f"ALARM: {alarm}", err=True)
    raise SystemExit(1 if found else 0)


@click.command("backup-key")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup_key(file: Path) -> None:
    """Make a key that opens backups. Keep the file off this machine; the public half it prints is no secret."""
    try:
        click.echo(f"BACKUP_RECIPIENTS={backup.new_key(file)}")
    except FileExistsError:
        raise click.ClickException(f"{file} is there already.") from None


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--to", multiple=True, help="age1…; else the setting BACKUP_RECIPIENTS (several with commas)")
@wired
def backup_(wiring: Wiring, file: Path, to: tuple[str, ...]) -> None:
    """The database in one encrypted file. The vault is not in it (ops/runbooks/operating.md)."""
    recipients = [*to] or [one.strip() for one in wiring.settings.backup_recipients.split(",") if one.strip()]
    try:
        sealed = backup.make(wiring, recipients)
    except backup.BackupError as error:
        raise click.ClickException(str(error)) from None
    part = file.with_name(file.name + ".part")
    with open(part, "wb", opener=backup.private) as out:
        out.write(sealed)
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)
    (wiring.settings.data_dir / "last-backup").touch(mode=0o600)
    click.echo(f"{len(sealed)} bytes in {file}.")


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@wired
def restore_(wiring: Wiring, file: Path, key: Path) -> None:
    """Put a backup into an empty database, then make again what has changed since. Stop Ijwi first."""
    try:
        done = backup.restore(wiring, file.read_bytes(), key.read_text(encoding="ascii").strip())
    except backup.BackupError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{done.rows} rows are back; {done.replayed} changes since were made again.")


@click.command("releases")
@wired
def releases_(wiring: Wiring) -> None:
    """Which version has run here since when, from the chained record."""
    with wiring.reads() as db:
        for day, release in releases.releases(db):
            click.echo(f"{day}  {release}")


@click.command("templates")
@wired
def templates_(wiring: Wiring) -> None:
    """Every SMS that the service sends, as a table to register with India's operators (DLT)."""
    table, code = csv.writer(sys.stdout, lineterminator="\n"), wiring.settings.service_code
    table.writerow(("key", "language", "template"))
    begun = templates(wiring.words, code)
    answered = answers(wiring.words, wiring.book, code, len(wiring.country.served))
    table.writerows((t.key, t.language, t.text) for t in (*begun, *answered))


@click.command("figures")
@click.argument("table", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--oversight", is_flag=True, help="how the service answered, for oversight; never for publication")
@wired
def figures_(wiring: Wiring, table: Path, oversight: bool) -> None:
    """Write what may be published to TABLE (.csv or .xlsx): consented counts of past months, no cell under five."""
    with wiring.reads() as db:
        month = f"{wiring.country.clock(now()):%Y-%m}"
        rows = figures.service(figures.heard(db)) if oversight else figures.public(db, wiring.country, month)
    try:
        export.write(table, rows, figures.SERVICE if oversight else figures.COLUMNS)
    except ValueError as refused:
        raise click.ClickException(str(refused)) from None
    click.echo(f"{len(rows)} rows written to {table}.")


@click.command("switch")
@click.argument("name", required=False)
@click.option("--on", is_flag=True, help="switch it on again")
@click.option("--by", help="reference of the advocate, oversight member or coordinator who wants it")
@wired
def switch_(wiring: Wiring, name: str | None, on: bool, by: str | None) -> None:
    """Switch off a zone, a talk or a language (zone:BI-…, talk:report, language:rn); without NAME: what is off."""
    with wiring.sessions.begin() as db:
        if name:
            try:
                person = people.find(db, by or "")
                office = Office(wiring.vault, wiring.country)
                switches.turn(db, name, on, person, office, now())
            except (people.PeopleError, switches.SwitchError) as error:
                raise click.ClickException(str(error)) from None
        gone = sorted(switches.off(db))
    click.echo("Off: " + (", ".join(gone) or "nothing") + ". Every process knows it within 15 seconds.")


OPERATE = (figures_, lines_, releases_, switch_, templates_, doctor_, backup_key, backup_, restore_)

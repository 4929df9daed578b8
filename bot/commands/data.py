"""Commands that read, export, back up or erase what is in the tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shlex import quote

import click
from flask import current_app
from flask.cli import with_appcontext

from bot.cli import Tables, services_of, with_services
from bot.commands.refusing import refusing
from bot.commands.who import AGREED, by_two
from bot.country.pack import CountryError
from bot.meetings import export
from bot.people.pairs import PairAction, Wanted
from bot.reports import statistics
from bot.services import Services
from bot.storage import audit
from bot.storage.outbox import now
from bot.upkeep import backup, backup_file
from bot.upkeep.listeners import listeners, webs_of


@click.command()
@click.option("--weeks", type=click.IntRange(1), help="older than so many weeks; else the setting KEEP_WEEKS")
@AGREED
@with_services
def purge(services: Services, weeks: int | None, agreed: int | None) -> None:
    """Erase old reports and shred the keys of their weeks, in every backup too. The clock does it by itself; before
    their time it takes two people."""
    from bot.upkeep.retention import destroy_week_keys as shred

    if weeks is not None and weeks < services.settings.keep_weeks:
        with refusing():
            wanted = Wanted(PairAction.DESTROY, f"purge --weeks {weeks}")
            if not by_two(services, wanted, wanted.about, agreed, lambda db, by: True):
                return
    erased, shredded = shred(services, now(), weeks or 0)
    click.echo(f"{erased} reports erased; weeks shredded: {', '.join(shredded) or 'none'}.")


@click.command("record")
@with_services
def record_(services: Services) -> None:
    """Follow the chain of the record. Write down the number and the head: they only ever grow."""
    with services.reads() as db:
        found = audit.check(db, services.vault)
    click.echo(f"{found.rows} rows hold together; head {found.head or '-'}.")
    if found.broken:
        click.echo(f"ALARM: row {found.broken} was changed, put in, or follows one that is gone.", err=True)
    if found.cut:
        click.echo("ALARM: the end of the record is gone: the vault has seen later rows.", err=True)
    raise SystemExit(1 if found.broken or found.cut else 0)


@click.command("meetings")
@click.argument("table", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--projects", type=click.Path(exists=True, path_type=Path), help="tag,zone,kind,from,until: who pays")
@with_services
def meetings_(services: Services, table: Path, projects: Path | None) -> None:
    """Write what came of the meetings to TABLE, a .csv or .xlsx: who was there in numbers, never who."""
    try:
        with services.reads() as db:
            paying = export.projects(projects, services.country) if projects else ()
            rows = export.meetings(db, services.country, now(), paying)
        export.write(table, rows)
    except CountryError as refused:
        raise click.ClickException(str(refused)) from None
    except ValueError as refused:
        raise click.ClickException(str(refused)) from None
    click.echo(f"{len(rows)} meetings written to {table}.")


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
@with_services
def backup_(services: Services, file: Path, to: tuple[str, ...]) -> None:
    """The database in one encrypted file. The vault is not in it (ops/runbooks/operating.md)."""
    recipients = [*to] or [one.strip() for one in services.settings.backup_recipients.split(",") if one.strip()]
    with said_plainly():
        made = backup.whole_file(file, lambda: backup.counted(services, recipients))
    (services.settings.data_dir / "last-backup").touch(mode=0o600)
    click.echo(f"{held(made.counts)}, {len(made.sealed)} bytes in {file}.")


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="only read the file and say what it holds; needs no installation")
@with_appcontext
def restore_(file: Path, key: Path, dry_run: bool) -> None:
    """Put a backup into an empty database, then make again what has changed since. Stop Ijwi first."""
    with said_plainly():
        sealed, identity = file.read_bytes(), backup_file.key_in(key.read_bytes())
        if dry_run:
            click.echo(f"{of_backup(backup_file.read(sealed, identity))} Nothing was changed.")
            return
        services = services_of(current_app, Tables.FILLED)
        if webs_of(services.settings.data_dir, listeners()):
            raise backup_file.BackupError(
                "Ijwi is running here. Stop it first: afterwards the vault knows the restored record, and the one that "
                "is in use now would look as if its end had been taken out."
            )
        done = backup.restore(services, sealed, identity)
    click.echo(of_backup(done.backup))
    click.echo(f"{done.rows:,} rows are back; {done.replayed} changes since were made again.")


@contextmanager
def said_plainly() -> Iterator[None]:
    """Turns a `BackupError` into its sentence and exit code 1."""
    try:
        yield
    except backup_file.BackupError as error:
        raise click.ClickException(str(error)) from None


def held(counts: Mapping[str, int]) -> str:
    """How much a backup holds, like `1,234 rows of 31 tables`."""
    return f"{sum(counts.values()):,} rows of {len(counts)} tables"


def of_backup(opened: backup_file.Opened) -> str:
    """What a backup holds, and whether it knew that itself."""
    said = "as it says itself" if opened.counted else "it was made before backups said how many, so nobody can compare"
    return f"The file holds {held(opened.counts)}, {said}."


@click.command("figures")
@click.argument("table", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--oversight", is_flag=True, help="how the service answered, for oversight; never for publication")
@AGREED
@with_services
def figures_(services: Services, table: Path, oversight: bool, agreed: int | None) -> None:
    """Write what may be published to TABLE (.csv or .xlsx): consented counts of past months, no cell under five. Two
    people decide what is published."""
    if oversight:
        with services.reads() as db:
            rows = statistics.service(statistics.heard(db))
    else:
        rows = statistics.public(services.vault.published(), services.country)
        with refusing():
            wanted = Wanted(
                PairAction.PUBLISH, f"figures before {services.country.clock(now()):%Y-%m}", content=repr(rows)
            )
            if not by_two(services, wanted, f"figures {quote(str(table))}", agreed, lambda db, by: True):
                return
    try:
        export.write(table, rows, statistics.SERVICE if oversight else statistics.COLUMNS)
    except ValueError as refused:
        raise click.ClickException(str(refused)) from None
    click.echo(f"{len(rows)} rows written to {table}.")

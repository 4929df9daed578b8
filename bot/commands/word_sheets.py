"""`flask words export | import | booklet`: sheets and booklets for whoever reads a language."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from bot.commands import word_files
from bot.commands.word_booklet import booklet
from bot.commands.word_material import material, rows, sms_keys
from bot.people import wordings
from bot.storage.outbox import now
from bot.words import catalogues, po_file
from bot.words.languages import LANGUAGES
from bot.words.room import Rooms
from bot.words.sheet import Proposed, columns, compare, digest


@click.command("export")
@click.argument("language", type=click.Choice(LANGUAGES))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option("--po", is_flag=True, help="the catalogue with this installation's wordings, to give to the project")
@with_appcontext
def export(language: str, file: Path | None, po: bool) -> None:
    """Everything that a phone can show in LANGUAGE, as a sheet for a reader: FILE.xlsx, .ods or .csv; or FILE.po."""
    given = material()
    file = file or Path(f"{language}.po" if po else f"{language}.xlsx")
    try:
        if po or file.suffix == ".po":
            content = po_file.written(catalogues.with_wordings(language, given.words))
            file.write_text(content, encoding="utf-8", newline="\n")
            click.echo(f"{len(given.words.entries[language])} texts in {file}, to lie at {catalogues.shown(language)}.")
            return
        found = rows(given, language, Rooms(given.verifier, language))
        word_files.write(file, language, found)
    except (ValueError, OSError) as refused:
        raise click.ClickException(str(refused)) from None
    click.echo(f"{len(found)} texts in {file}. When it comes back: flask words import {file}")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def import_(file: Path) -> None:
    """Take a sheet as a reader returns it: all of it or nothing. It proposes; two people approve it."""
    given = material()
    if given.services is None:
        raise click.ClickException("There is no installation here that could keep the sheet: ops/runbooks/words.md.")
    try:
        language, returned, faults = word_files.read(file)
    except word_files.NotASheet as refused:
        raise click.ClickException(str(refused)) from None
    rooms = Rooms(given.verifier, language)
    today = {row.key: row for row in rows(given, language)}
    proposed, by_hand, wrong = compare(language, today, returned, rooms, sms_keys())
    if wrong := [*faults, *wrong]:
        header = {name: number for number, name in enumerate(columns(language), 1)}
        for line in word_files.told(file.name, wrong, header):
            click.echo(line, err=True)
        click.echo(f"{len(wrong)} faults. Nothing was taken.", err=True)
        raise SystemExit(1)
    _by_hand(by_hand, {key: row.own for key, row in today.items()})
    if not proposed:
        raise click.ClickException("No row of the sheet is a text of a catalogue. Nothing was taken.")
    name = digest(language, proposed)
    with given.services.sessions.begin() as db:
        wordings.propose(db, language, name, proposed, now())
    corrected = [row for row in proposed if row.own]
    click.echo(f"{len(corrected)} corrections, {len(proposed) - len(corrected)} texts as they are, in {language}.")
    click.echo(f"The sheet is {name}. Nothing of it is spoken yet; an advocate and a coordinator approve it, each:")
    click.echo(f"  flask words approve {name} --by REF")


def _by_hand(found: list[Proposed], files: dict[str, str]) -> None:
    for row in found:
        click.echo(f"To be written into {files[row.key]} by hand, {row.key}: {row.text}")


@click.command("booklet")
@click.argument("language", type=click.Choice(LANGUAGES))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@with_appcontext
def booklet_(language: str, file: Path | None) -> None:
    """A booklet to print (HTML, A4) for a reader without a computer: each screen as a phone shows it."""
    file, given = file or Path(f"{language}.html"), material()
    try:
        file.write_text(booklet(given, language), encoding="utf-8")
    except OSError as refused:
        raise click.ClickException(str(refused)) from None
    click.echo(f"{file}: open it in a browser and print it.")

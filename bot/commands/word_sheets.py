"""`flask words export | import | booklet`: sheets and booklets for whoever reads a language."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
from flask.cli import with_appcontext

from bot import folder
from bot.commands import word_files
from bot.commands.talks import worse
from bot.commands.word_booklet import booklet
from bot.commands.word_material import material, rows, sms_keys
from bot.people import wordings
from bot.storage.outbox import now
from bot.words import catalogues, not_a_text, po_file
from bot.words.languages import LANGUAGES
from bot.words.room import Rooms
from bot.words.sheet import CORRECTED_MEANS, Compared, Proposed, columns, compare, digest


@click.command("export")
@click.argument("language", type=click.Choice(LANGUAGES))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option("--po", is_flag=True, help="the catalogue with this installation's wordings, to give to the project")
@with_appcontext
def export(language: str, file: Path | None, po: bool) -> None:
    """Everything that a phone can show in LANGUAGE, as a sheet for a reader: FILE.xlsx, .ods or .csv; or FILE.po."""
    given = material()
    file = file or Path(f"{language}.po" if po else f"{language}.xlsx")
    if not file.absolute().parent.is_dir():
        raise click.ClickException(f"{file} cannot be written: there is no folder {file.absolute().parent}.")
    try:
        if po or file.suffix == ".po":
            content = po_file.written(catalogues.with_wordings(language, given.words))
            file.write_text(content, encoding="utf-8", newline="\n")
            click.echo(f"{len(given.words.entries[language])} texts in {file}, to lie at {catalogues.shown(language)}.")
            return
        if file.exists():  # a reader sends her corrections back under the name that was given to her
            raise click.ClickException(f"{file} is there already, perhaps with corrections. Name another file.")
        found = rows(given, language, Rooms(given.verifier, language))
        word_files.write(file, language, found)
    except OSError as refused:
        raise click.ClickException(f"{file} cannot be written: {refused.strerror or refused}.") from None
    except ValueError as refused:
        raise click.ClickException(str(refused)) from None
    click.echo(f"{len(found)} texts in {file}. When it comes back:")
    click.echo(f"  {folder.line(f'words import {shlex.quote(str(file))}')}")


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
    done = compare(language, today, returned, rooms, sms_keys())
    if wrong := [*faults, *done.faults]:
        whole = max((row.cells for row in returned), key=len, default=columns(language))
        header = {name: number for number, name in enumerate(whole, 1)}  # as they stand in this sheet
        _refuse(word_files.told(file.name, wrong, header))
    if wrong_together := worse(given.services, language, {row.key: row.text for row in done.texts}):
        _refuse(wrong_together)
    _by_hand(done.by_hand, {key: row.own for key, row in today.items()})
    for line in _left_out(done, language):
        click.echo(line)
    if not done.texts:
        raise click.ClickException("No row of the sheet is a text of a catalogue to approve. Nothing was taken.")
    base = given.words.base[language]
    # a text that two people corrected before is another one than the catalogue's, though this sheet leaves it alone
    proposed = [
        replace(row, own=row.own or row.key not in base or base[row.key].text != row.text) for row in done.texts
    ]
    name, corrected = digest(language, proposed), sum(row.own for row in done.texts)
    with given.services.sessions.begin() as db:
        wordings.propose(db, language, name, proposed, now())
    click.echo(f"{corrected} corrections, {len(proposed) - corrected} texts as they are, in {language}.")
    click.echo(f"The sheet is {name}. Nothing of it is spoken yet; an advocate and a coordinator approve it, each:")
    click.echo(f"  {folder.line(f'words approve {name}')}")


def _refuse(faults: list[str]) -> None:
    for line in faults:
        click.echo(line, err=True)
    click.echo(f"{len(faults)} faults. Nothing was taken.", err=True)
    raise SystemExit(1)


def _left_out(done: Compared, language: str) -> Iterator[str]:
    """What a sheet does not approve, and what its reader may have meant otherwise."""
    if done.absent:
        yield f"{done.absent} of {done.of} texts are not in the sheet, and stay what they are."
    if done.noted:
        yield f"{len(done.noted)} rows have a note and no correction: this sheet does not approve their texts."
        yield from (f"  {row.key}: {row.note}" for row in done.noted)
    if noted := [row for row in done.texts if row.own and not_a_text.is_note(row.note)]:
        yield f"{len(noted)} corrections have a note."
        yield from (f"  {row.key}: {row.note}" for row in noted)
    if done.misplaced:
        yield (
            f"{len(done.misplaced)} rows have something under {CORRECTED_MEANS!r} and no correction; {language} has no "
            "meanings, so it may belong into the column before. This sheet does not approve their texts."
        )
        yield from (f"  {row.key}: {row.back}" for row in done.misplaced)
    if done.meant_anew:
        yield f"{done.meant_anew} texts keep their words and get another meaning."


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
        raise click.ClickException(f"{file} cannot be written: {refused.strerror or refused}.") from None
    click.echo(f"{file}: open it in a browser and print it.")

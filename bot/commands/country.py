"""`flask country`: make the pack of a new country, say all that is wrong with one. Neither needs an installation."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from pathlib import Path

import click

from bot.country.check import Checked, check_pack
from bot.country.new import NewPackError, make_pack
from bot.folder import data_dir, line, without_mode
from bot.people.roster import today
from bot.settings import IN_SERVICE, PACKS, ROOT, as_found, code_of

MOST_SHOWN = 1000  # faults of one table


@click.group("country")
def country_() -> None:
    """A country's own tables: begin a new one, check one."""


@country_.command("new")
@click.argument("code")
@click.option("--like", required=True, help="what to begin with: a country of ops/country, or the folder of a pack")
@click.option(
    "--into", type=click.Path(readable=False, path_type=Path), help="a folder that is not there yet, or is empty"
)
def country_new(code: str, like: str, into: Path | None) -> None:
    """Make the pack of the country CODE (two letters): every table with its header, and what is the same everywhere.

    For the same country as --like: everything but the rows of a demonstration.
    """
    shipped = sorted(path.parent.name for path in PACKS.glob("*/country.toml"))
    begun = PACKS / like.lower() if like.lower() in shipped else Path(like).expanduser()
    folder = (into or PACKS / code.strip().lower()).expanduser().absolute()
    try:
        if not (begun / "country.toml").is_file():
            raise NewPackError(f"{like} is no pack to begin with. There are {', '.join(shipped)}, or name its folder.")
        make_pack(code, begun.absolute(), folder)
    except NewPackError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or folder} cannot be read ({error.strerror}).") from None
    own = code_of(begun) == code.strip().lower()
    first = "Change what is yours" if own else "Fill country.toml (CHANGE marks what) and places.csv"
    click.echo(f"{folder} is there.")
    check = line(f"country check {shlex.quote(str(folder))}")
    click.echo(f"{first}, then units.csv, served.csv and the others. What is lacking names: {check}")
    if folder.is_relative_to(ROOT):
        click.echo(f"For a demonstration: COUNTRY={code} ./ops/run. In production it lies outside: --into {IN_SERVICE}")
    else:
        click.echo(
            f"Ijwi reads it where COUNTRY={code.strip().lower()} and COUNTRY_DIR={shlex.quote(str(folder))} are set."
        )


@country_.command("check")
@click.argument("folder", required=False, type=click.Path(readable=False, path_type=Path))
def country_check(folder: Path | None) -> None:
    """Every fault of every table of the pack in FOLDER, at once; without FOLDER of the pack that Ijwi reads here.

    Ends with 1 when there is a fault. With MODE=production rows of a demonstration are faults.
    """
    demo = {"demo": True, "production": False}.get(os.environ.get("MODE", ""))
    if folder is None:
        data = data_dir()
        if not os.environ.get("MODE"):
            raise click.ClickException(without_mode())
        try:
            settings = as_found(data)
        except (OSError, UnicodeDecodeError) as error:
            raise click.ClickException(f"{data / 'settings.env'} cannot be read: {error}") from None
        if faults := [*settings.country_faults()]:
            raise click.ClickException("\n".join(faults))
        folder, demo = Path(settings.country_dir), settings.is_demo
    elif not folder.exists() and str(folder) in {path.parent.name for path in PACKS.glob("*/country.toml")}:
        folder = PACKS / folder  # a country of the checkout, by its code
    folder = folder.expanduser().absolute()
    checked = check_pack(folder, today(), demo=demo)
    _say(folder, checked)
    if checked.faults:
        raise SystemExit(1)


def _say(folder: Path, checked: Checked) -> None:
    shown: Counter[str] = Counter()
    for fault in checked.faults:
        file = fault.partition(":")[0]
        shown[file] += 1
        if shown[file] <= MOST_SHOWN:
            click.echo(fault)
    for file, count in shown.items():
        if count > MOST_SHOWN:
            click.echo(f"{file}: and {count - MOST_SHOWN} faults more")
    for note in checked.notes:
        click.echo(f"note: {note}")
    count = len(checked.faults)
    said = "no fault" if not count else "1 fault" if count == 1 else f"{count} faults"
    click.echo(f"{said} in {folder}" + (f" ({checked.holds})" if checked.holds else ""))

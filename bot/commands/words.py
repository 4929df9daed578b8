"""`flask words`: from an English text to words that a native speaker has read and two people have approved."""

from __future__ import annotations

from difflib import get_close_matches

import click
from flask.cli import with_appcontext

from bot import folder
from bot.commands.word_approval import approve, withdraw
from bot.commands.word_material import flow_set, is_installed, material
from bot.commands.word_sheets import booklet_, export, import_
from bot.settings import ROOT, ConfigError
from bot.words import catalogues, shown, source, sync
from bot.words.faults import named
from bot.words.gsm import fold, segments, septets, units
from bot.words.languages import BY_CODE


@click.group("words")
def words_() -> None:
    """The words of all languages: bring them up to date, give them to readers, take them back, approve them."""


for command in (export, import_, booklet_, approve, withdraw):
    words_.add_command(command)


@words_.command("sync")
def words_sync() -> None:
    """Bring messages.pot and every catalogue up to today's English. Afterwards nothing is left but to translate."""
    try:
        done = sync.sync(ROOT)
    except (ConfigError, SyntaxError) as refused:
        raise click.ClickException(f"{refused}\nNothing was written.") from None
    for one in done:
        click.echo(f"{one.language:8} " + ", ".join(_told(one)))
    left = sum(len(one.empty) + len(one.stale) for one in done)
    click.echo(f"{left} texts are to be translated." if left else "Nothing is left to translate.")
    if left:
        click.echo("Next: open the catalogue, or give a reader a sheet; then check:")
        click.echo(f"  {folder.line('words export LANGUAGE FILE.xlsx')}")
        click.echo(f"  {folder.line('check')}")


def _told(one: sync.Synced) -> list[str]:
    """What was done to a language and what is left; keys are named once."""
    counted = {
        "new": one.added, "taken out": one.gone, "to be translated anew": one.stale, "draft again": one.reset,
    }  # fmt: skip
    told = [f"{len(keys)} {what} ({named([*keys])})" for what, keys in counted.items() if keys]
    told += [f"{len(one.empty)} not translated"] if one.empty else []
    return [*(told or ["up to date"]), f"{one.drafts} drafts"]


@words_.command("say")
@click.argument("key")
@with_appcontext
def words_say(key: str) -> None:
    """KEY in every version, with status, readers, meaning and length; where it is shown, and after what."""
    found = shown.by_key(shown.texts(flow_set(), source.marked()))
    if key not in found:
        near = get_close_matches(key, [*found], 4, 0.5)
        raise click.ClickException(f"There is no text {key}." + (f" Near it: {', '.join(near)}." if near else ""))
    text = found[key]
    click.echo(f"{key}: {text.english!r}" + (f"  [safety-critical: {text.critical}]" if text.critical else ""))
    for place in text.places:
        after = f", after {'; '.join(place.after[:3])}" if place.after else ""
        click.echo(f"  shown at {place.screen} to {place.role}{after}")
    words = _spoken(text)
    for code in BY_CODE:
        click.echo("\n".join(_version(code, words.entries[code].get(key), text.english)))
        base = words.base[code].get(key)
        if base is not None and words.entries[code][key].text != base.text:
            click.echo(f"         approved here; the catalogue says: {base.text}")


def _spoken(text: shown.Text) -> catalogues.Catalogues:
    """The words of this installation; where there is none, those of the catalogues."""
    if is_installed():
        return material().words
    try:
        return catalogues.load(ROOT / "locales", english={text.key: text.english})
    except ConfigError as torn:
        raise click.ClickException(str(torn)) from None


def _version(code: str, entry: catalogues.Entry | None, english: str) -> list[str]:
    if entry is None:
        return [f"{code:8} (not translated)"]
    lines = [
        f"{code:8} {entry.text}",
        f"         {entry.status}, read by {entry.reviewer or 'nobody'}; {size(entry.text)}",
    ]
    lines += [f"         means: {entry.back}"] if entry.back else []
    return lines + ([f"         stale: written for {entry.source!r}"] if entry.source != english else [])


def size(text: str) -> str:
    """The length of a text alone, in the units of its encoding, with the pages that it takes of a phone."""
    folded = fold(text)
    counted, most = septets(folded), 160
    if counted is None:
        counted, most = units(folded), 70
    unit = "septets" if most == 160 else "units"
    pages = max(1, -(-counted // most))
    return f"{counted} {unit}, {pages} page{'s' * (pages > 1)}, {segments(folded)} SMS"

"""`flask words approve | proposals`: two people, each with her own PIN, make a returned sheet what phones say."""

from __future__ import annotations

import click

from bot import folder
from bot.cli import with_services
from bot.commands.talks import worse
from bot.people import sign_in, wordings
from bot.people.wordings import NotApproved
from bot.services import Services
from bot.storage.outbox import now
from bot.storage.tables.people import Person
from bot.storage.tables.words import Wording
from bot.storage.unit_of_work import Actor, Work


@click.command("approve")
@click.argument("digest")
@click.option("--by", required=True, help="your own reference: an advocate's, and then a coordinator's")
@with_services
def approve(services: Services, digest: str, by: str) -> None:
    """Approve the sheet DIGEST with your PIN. When an advocate and a coordinator have, its words are spoken."""
    demo = services.settings.is_demo
    services.wordings.refresh(now=True)
    try:
        with services.reads() as db:
            sheet, rows = wordings.proposed(db, digest)
            person = wordings.approver(db, sheet, by, services.country.clock(now()).date(), demo)
            language = sheet.language
        wordings.holds(services.words, language, rows)
        if wrong := worse(services, language, {row.key: row.text for row in rows}):
            raise NotApproved("\n".join([*wrong, "Nothing was approved: correct the sheet and import it anew."]))
        for line in _corrections(services, language, [row for row in rows if row.own]):
            click.echo(line)
        texts, noted = len(services.words.base[language]), sum(bool(row.note) for row in rows)
        if absent := texts - len(rows):
            click.echo(f"{absent} of {texts} texts are not in the sheet, and stay what they are.")
        if noted:
            click.echo(f"{noted} texts have a note of the reader.")
        click.echo(f"{len(rows)} texts in {language}. With your PIN you say that you have read them all, aloud.")
        actor = _signed_in(services, person)
        with services.sessions.begin() as db:
            work = Work(db, services.vault, services.country, now())
            done = wordings.approve(work, digest, actor, services.words, demo)
    except NotApproved as refused:
        raise click.ClickException(str(refused)) from None
    if done == "first":
        click.echo("Noted. It is spoken when somebody of another organisation has approved it too:")
        click.echo(f"  {folder.line(f'words approve {sheet.digest} --by REF')}")
    else:
        click.echo("Approved. Every process speaks it within 15 seconds.")


def _signed_in(services: Services, person: Person) -> Actor:
    """Who shows her PIN at a prompt that hides it; the vault counts the try before the transaction begins."""
    tried = sign_in.by_pin(services.vault, person, click.prompt("PIN", hide_input=True))
    if isinstance(tried, Actor):
        return tried
    left = f", {tried.left} tries left" if tried.left else ""
    locked = f"The PIN is locked. Right: {folder.line(f'people unlock {person.ref} --by REF')}"
    raise NotApproved(locked if tried.reason == "locked" else f"Wrong PIN{left}.")


def _corrections(services: Services, language: str, rows: list[Wording]) -> list[str]:
    """What would be said otherwise than today."""
    entries, lines = services.words.entries[language], []
    for row in rows:
        entry = entries.get(row.key)
        if entry is not None and entry.text == row.text:
            continue
        lines += [row.key, f"  today: {entry.text if entry else '(nothing)'}", f"  new:   {row.text}"]
        lines += [f"  means: {row.back}"] * bool(row.back) + [f"  note:  {row.note}"] * bool(row.note)
    return lines


@click.command("withdraw")
@click.argument("digest")
@with_services
def withdraw(services: Services, digest: str) -> None:
    """Forget the sheet DIGEST, which waits for approval."""
    try:
        with services.sessions.begin() as db:
            rows = wordings.withdraw(db, digest)
    except NotApproved as refused:
        raise click.ClickException(str(refused)) from None
    click.echo(f"{rows} proposed texts are forgotten.")

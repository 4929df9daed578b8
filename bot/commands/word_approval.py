"""`flask words approve | proposals`: two people, each with her own PIN, make a returned sheet what phones say."""

from __future__ import annotations

import click

from bot import folder
from bot.cli import with_services
from bot.commands.talks import worse
from bot.commands.who import reference, with_pin
from bot.people import wordings
from bot.people.enrolment import PeopleError
from bot.people.wordings import NotApproved
from bot.services import Services
from bot.storage.outbox import now
from bot.storage.tables.words import Wording
from bot.storage.unit_of_work import Work


@click.command("approve")
@click.argument("digest")
@with_services
def approve(services: Services, digest: str) -> None:
    """Approve the sheet DIGEST with your PIN. When an advocate and a coordinator have, its words are spoken."""
    demo, by = services.settings.is_demo, reference()
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
        actor = with_pin(services, person)
        with services.sessions.begin() as db:
            work = Work(db, services.vault, services.country, now())
            done = wordings.approve(work, digest, actor, services.words, demo)
    except (NotApproved, PeopleError) as refused:
        raise click.ClickException(str(refused)) from None
    if done == "first":
        click.echo("Noted. It is spoken when somebody of another organisation has approved it too:")
        click.echo(f"  {folder.line(f'words approve {sheet.digest}')}")
    else:
        click.echo("Approved. Every process speaks it within 15 seconds.")


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

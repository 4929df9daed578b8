"""Two people make a returned sheet the words of this installation: an advocate and a coordinator.

They are of different organisations, and each shows her own PIN. (Approval at the desk takes this function's place when
the desk stands.)
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.country.rows import Role
from bot.people import enrolment
from bot.storage.audit import AuditAction, note
from bot.storage.tables.people import Person
from bot.storage.tables.words import Wording, WordSheet
from bot.storage.two import have_one_phone
from bot.storage.unit_of_work import Actor, Work
from bot.storage.wordings import Why, refusal, source_digest
from bot.words import binding
from bot.words.catalogues import Catalogues
from bot.words.faults import named
from bot.words.sheet import Proposed

APPROVERS = frozenset({Role.ADVOCATE, Role.COORDINATOR})
Approval = Literal["first", "approved"]


REFUSED: dict[Why, str] = {
    "English": "the English has changed since the sheet was made",
    "catalogue": "the catalogue has another text since the sheet was made",
    "row": "the table was changed since the sheet was imported",
    "braces": "what stands in braces cannot be filled",
}


class NotApproved(Exception):
    """Nothing was approved; the message says why."""


def propose(db: Session, language: str, digest: str, rows: Sequence[Proposed], at: int) -> None:
    """Keep a sheet under its digest. One that is there already stays as it is, with its approvals."""
    if db.get(WordSheet, digest) is not None:
        return
    db.add(WordSheet(digest=digest, language=language, proposed_at=at))
    db.flush()
    db.add_all(
        Wording(
            sheet=digest,
            key=row.key,
            source=source_digest(row.source),
            words=binding.digest(row.source, row.text),
            text=row.text,
            back=row.back,
            note=row.note,
            own=row.own,
        )
        for row in rows
    )


def proposed(db: Session, digest: str) -> tuple[WordSheet, Sequence[Wording]]:
    """A sheet and its rows, by its digest or the beginning of it. Raises `NotApproved`."""
    found = db.scalars(select(WordSheet).where(WordSheet.digest.startswith(digest, autoescape=True))).all()
    if len(found) != 1 or len(digest) < 6:
        waiting = db.scalars(select(WordSheet.digest).where(WordSheet.approved_at == 0)).all()
        raise NotApproved(f"There is no sheet {digest}. Sheets that wait: {', '.join(waiting) or 'none'}.")
    rows = db.scalars(select(Wording).where(Wording.sheet == found[0].digest).order_by(Wording.key)).all()
    return found[0], rows


def withdraw(db: Session, digest: str) -> int:
    """Forget a sheet that waits; how many rows it had. Raises `NotApproved` for one that is approved, or none."""
    sheet, rows = proposed(db, digest)
    if sheet.approved_at:
        raise NotApproved(f"{sheet.digest} is approved already: import a sheet with other words.")
    db.execute(delete(Wording).where(Wording.sheet == sheet.digest))
    db.execute(delete(WordSheet).where(WordSheet.digest == sheet.digest))
    return len(rows)


def approver(db: Session, sheet: WordSheet, ref: str, day: date, demo: bool) -> Person:
    """The person of a reference, if she may approve this sheet now. Raises `NotApproved`."""
    try:
        person = enrolment.find(db, ref)
    except enrolment.PeopleError as error:
        raise NotApproved(f"There is nobody here: {'; '.join(error.wrong)}.") from None
    if sheet.approved_at:
        raise NotApproved(f"{sheet.digest} is approved already.")
    if person.role not in APPROVERS:
        raise NotApproved(f"{ref} may not: an advocate and a coordinator approve words, each with her own PIN.")
    state = enrolment.state(person, day)
    if not (state == "serves" or state.startswith("on leave")) or (person.demo and not demo):
        raise NotApproved(f"{ref} does not serve ({'a demo person' if person.demo and not demo else state}).")
    first = db.get(Person, sheet.first_by) if sheet.first_by else None
    if first is None:
        return person
    if first.id == person.id:
        raise NotApproved(f"{ref} has approved it already: now somebody else, of another organisation.")
    if first.role == person.role:
        other = Role.COORDINATOR if person.role == Role.ADVOCATE else Role.ADVOCATE
        raise NotApproved(f"{first.ref} is {_a(person.role)} too: now {_a(other)} approves it.")
    if first.unit == person.unit:
        raise NotApproved(f"{first.ref} and {ref} are of one organisation: somebody of another one approves it.")
    if have_one_phone(db, first, person):
        raise NotApproved(f"{first.ref} and {ref} have one phone: somebody with her own approves it.")
    return person


def holds(words: Catalogues, language: str, rows: Sequence[Wording]) -> None:
    """Raises `NotApproved` when a row of a sheet would not be spoken, as nobody may promise it: English or catalogue
    are others since, or no page can show it."""
    keys: dict[Why, list[str]] = {}
    for row in rows:
        if why := refusal(words, language, row):
            keys.setdefault(why, []).append(row.key)
    if keys:
        told = "; ".join(f"{REFUSED[why]}, {named(found)}" for why, found in keys.items())
        raise NotApproved(f"Nothing was approved: {told}. Export a sheet anew and withdraw this one.")


def _a(role: str) -> str:
    return f"an {role}" if role == Role.ADVOCATE else f"a {role}"


def approve(work: Work, digest: str, actor: Actor, words: Catalogues, demo: bool) -> Approval:
    """Approve a sheet: first | approved (by two: it is spoken from now on). Raises `NotApproved` for who may not, and
    when `words` of today are others than those that the sheet was made of."""
    sheet, rows = proposed(work.db, digest)
    holds(words, sheet.language, rows)
    person = work.db.get(Person, actor.id)
    if person is None:
        raise NotApproved("You do not serve any more.")
    approver(work.db, sheet, person.ref, work.local.date(), demo)
    second, change = bool(sheet.first_by), dict[str, str | int](first_by=actor.id)
    if second:
        change = {"second_by": actor.id, "approved_at": work.at}
    unchanged = (WordSheet.digest == sheet.digest) & (WordSheet.first_by == sheet.first_by)
    changed = work.db.execute(
        update(WordSheet).where(unchanged & (WordSheet.approved_at == 0)).values(**change).returning(WordSheet.digest)
    ).first()
    if changed is None:
        raise NotApproved("Somebody else has approved it at the same moment: look again.")
    what = AuditAction.WORDS_APPROVED if second else AuditAction.WORDS_READ
    note(work.db, work.vault, work.at, actor.id, what, detail=sheet.digest)
    return "approved" if second else "first"

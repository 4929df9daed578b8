"""The first two people of an installation: a coordinator and a member of oversight, once.

Until both have chosen a PIN on their own phones nobody could be the second of two, so no zone is open. The row that
says so stays: an installation that has begun does not close because somebody's year is over.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from bot.country.pack import Country
from bot.country.rows import Person, Role
from bot.people.enrolment import TERM, PeopleError, is_police, row_of
from bot.people.numbers import with_number
from bot.people.pairs import PairAction, Wanted, fault_between, fault_of, next_number
from bot.storage.audit import AuditAction, note
from bot.storage.tables.pairs import Proposal
from bot.storage.tables.people import Person as PersonRow
from bot.storage.tables.runtime import Event
from bot.storage.two import have_one_phone
from bot.storage.unit_of_work import Work

PAIR = (Role.COORDINATOR, Role.OVERSIGHT)
_HAS_KEY = PersonRow.public_key != b""
BY_THE_FIRST = "people first"  # stands in the record where nobody has decided before them


def has_begun(db: Session) -> bool:
    """Whether the first two have chosen their PINs, here or in an earlier release; also when their keys are destroyed
    since, as the record says.
    """
    row = _row(db)
    return bool(row and row.done_at) or _both(db, _HAS_KEY) or _both(db, _HAS_KEY | _had_key())


def note_begun(db: Session, at: int) -> None:
    """Write down that the first two have their PINs, if they have now: from then on it stays so."""
    row = _row(db)
    if row is not None and not row.done_at and _both(db, _HAS_KEY):
        row.done_at = at


def begin(work: Work, refs: tuple[str, str], table: Sequence[Person], demo: bool) -> dict[str, str]:
    """Enrol the first two, who stand in `table`, or those who have lost their first code on paper; the first code of
    each by reference, empty where she has a PIN already.

    Raises `PeopleError` when it was done before, and for two who are not a coordinator and a member of oversight of
    different organisations with numbers of their own.
    """
    if is_able(work, demo):
        raise PeopleError(["two people decide here already: ops/runbooks/people.md (Two people)"])
    if has_begun(work.db):
        raise PeopleError(["it was begun before: with two shares of the key on paper, `people first A B --shares`"])
    return _enrol(work, refs, table, demo)


def begin_again(work: Work, refs: tuple[str, str], table: Sequence[Person], demo: bool) -> dict[str, str]:
    """The same when the two who began are not there any more and no other two can decide: two shares of the key on
    paper, which the caller has seen, stand in for the one who is gone. Raises `PeopleError`.
    """
    if is_able(work, demo):
        raise PeopleError(["two people can decide here: the shares stay where they are"])
    return _enrol(work, refs, table, demo)


def is_able(work: Work, demo: bool) -> bool:
    """Whether two people who serve could let somebody in now."""
    serving = [one for one in work.db.scalars(select(PersonRow).where(PersonRow.active)) if one.public_key]
    able = [one for one in serving if one.role in PAIR and not fault_of(work, one, demo)]
    return any(not fault_between(work.db, PairAction.CONFIRM, one, other) for one in able for other in able)


def _enrol(work: Work, refs: tuple[str, str], table: Sequence[Person], demo: bool) -> dict[str, str]:
    rows = [_found(work, ref, table, demo) for ref in refs]
    if wrong := _wrong(work.db, work.country, rows):
        raise PeopleError(wrong)
    codes = {row.ref: _let_in(work, row) for row in rows}
    row = _row(work.db) or Proposal(
        number=next_number(work.db), action=PairAction.BEGIN, about="", digest="", first="", at=work.at, until=work.at
    )
    row.about, row.first, row.second = " ".join(refs), rows[0].id, rows[1].id
    row.digest, row.done_at = Wanted(PairAction.BEGIN, row.about).digest, row.done_at or 0
    work.db.add(row)
    work.db.flush()
    note_begun(work.db, work.at)
    return codes


def _found(work: Work, ref: str, table: Sequence[Person], demo: bool) -> PersonRow:
    """Her row: the one that is there, or a new one from the table."""
    known = work.db.scalar(select(PersonRow).where(PersonRow.ref == ref))
    if known is not None and (demo or not known.demo) and known.phone_digest:
        return known
    person = next((one for one in table if one.ref == ref and not (one.demo and known is None)), None)
    if person is None:
        raise PeopleError([f"{ref} is not in the table"])
    row = row_of(person, work.vault)
    if with_number(work.db, row.phone_digest, ref):
        raise PeopleError([f"{ref} has the number of somebody who is there"])
    if known is not None and (demo or not known.demo):  # she left, and her number was erased
        known.phone_digest, known.phone_sealed = row.phone_digest, row.phone_sealed
        return known
    return row


def _wrong(db: Session, country: Country, rows: Sequence[PersonRow]) -> list[str]:
    one, other = rows
    wrong = [f"{row.ref} is of a police unit" for row in rows if is_police(country, row.unit)]
    if {one.role, other.role} != set(PAIR):
        wrong.append("the first two are a coordinator and a member of oversight")
    if one.unit == other.unit:
        wrong.append(f"{one.ref} and {other.ref} are of one organisation")
    if have_one_phone(db, one, other):
        wrong.append(f"{one.ref} and {other.ref} have one number")
    return wrong


def _let_in(work: Work, row: PersonRow) -> str:
    """Let one of the first two in; her first code, or nothing where she has her PIN."""
    today = work.local.date()
    code = "" if row.public_key else f"{secrets.randbelow(10**6):06d}"
    row.first_code, row.active = work.vault.first_code(row.id, code) if code else "", True
    row.enrolled_by = row.confirmed_by = BY_THE_FIRST
    row.confirmed_on, row.expires = today.isoformat(), (today + TERM).isoformat()
    work.db.add(row)
    work.db.flush()
    note(work.db, work.vault, work.at, row.id, AuditAction.CONFIRMED, detail=BY_THE_FIRST)
    return code


def _row(db: Session) -> Proposal | None:
    return db.scalar(select(Proposal).where(Proposal.action == PairAction.BEGIN).limit(1))


def _both(db: Session, which: ColumnElement[bool]) -> bool:
    rows = db.execute(select(PersonRow.role, PersonRow.unit).where(PersonRow.role.in_(PAIR), which)).all()
    first, second = ([row.unit for row in rows if row.role == role] for role in PAIR)
    return any(one != other for one in first for other in second)


def _had_key() -> ColumnElement[bool]:
    return PersonRow.id.in_(select(Event.person).where(Event.what.startswith(AuditAction.REVOKED)))

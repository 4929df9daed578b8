"""Enrolment of staff: two people enrol and confirm (`bot.people.pairs`), and the new member chooses her PIN on her own
phone.

A number is sealed to the sender process and found by a keyed digest. One person can stop a member at once, and what she
had taken goes to the next holder of a copy; two make it final, and only then her key is destroyed. To undo a stop or a
lock always takes two people.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.country.hours import shifts
from bot.country.pack import Country
from bot.country.rows import CIVILIAN, ORDERS, PartnerKind, Person, Role, Sex, UnitKind
from bot.country.tables import is_far
from bot.people.decided import Decided
from bot.people.numbers import shared_with, with_number
from bot.reports.ladders import hand_on, keep_ringing, revoke_copies
from bot.storage import outbox
from bot.storage.audit import AuditAction, note
from bot.storage.base import random_id
from bot.storage.tables.people import RECOVERY
from bot.storage.tables.people import Person as PersonRow
from bot.storage.tables.reports import Copy, Request, RequestStatus, Step
from bot.vault import journal
from bot.vault.vault import Vault
from bot.words.languages import LANGUAGES

DEMO_PIN = "246810"  # fictitious people only
TERM = timedelta(days=365)  # S58: after it somebody must vouch for her again
EARLY = timedelta(days=30)  # before the end of a term in which that may be done


class PeopleError(Exception):
    """Nothing was changed; `wrong` holds the reasons, one line each."""

    def __init__(self, wrong: Sequence[str]) -> None:
        super().__init__("\n".join(wrong))
        self.wrong = tuple(wrong)


def enrol(db: Session, country: Country, vault: Vault, pin: str = DEMO_PIN) -> int:
    """Add the demo people who are not there yet; how many were added. Real people are never given a PIN."""
    known = {row.ref: row for row in db.scalars(select(PersonRow).where(PersonRow.demo))}
    added = 0
    for person in country.people:
        if not person.demo:
            continue
        row = known.get(person.ref) or row_of(person, vault)
        if not row.public_key:
            keys = vault.enrol(row.id, pin)
            row.public_key, row.wrapped_key, row.vouch = keys.public, keys.wrapped, keys.word
        elif not row.vouch:  # a key of a release that did not vouch yet
            row.vouch = vault.vouch(row.id, row.public_key)
        row.confirmed_on = person.confirmed_on.isoformat() if person.confirmed_on else ""
        added += person.ref not in known
        db.add(row)
    return added


def row_of(person: Person, vault: Vault) -> PersonRow:
    """The row of a person, without a key, which is made when she chooses her PIN."""
    return PersonRow(
        id=random_id(),
        ref=person.ref,
        role=str(person.role),
        kind=str(person.kind or ""),
        sex=str(person.sex),
        languages=",".join(person.languages),
        zones=",".join(person.zones),
        unit=person.unit,
        duty=person.duty,
        trained_until=person.trained_until.isoformat() if person.trained_until else "",
        order=person.order,
        demo=person.demo,
        phone_digest=vault.digest("staff", person.phone),
        phone_sealed=vault.seal_to_sender(person.phone),
        public_key=b"",
        wrapped_key=b"",
    )


def person_of(row: Any, country: Country) -> Person:
    """A row as the country pack sees people, to decide which zones are open: without name and number."""
    return Person(
        ref=row.id, role=Role(row.role), kind=PartnerKind(row.kind) if row.kind else None, name="", phone="",
        sex=Sex(row.sex), languages=(), zones=tuple(row.zones.split(",")),
        unit=row.unit if row.unit in country.units else "", duty=row.duty, trained_until=_day(row.trained_until),
        confirmed_on=_day(row.confirmed_on), demo=row.demo,
    )  # fmt: skip


def bound(people: Iterable[Person], vault: Vault) -> str:
    """All that a table says of people, with digests instead of numbers: what two people decide is bound to it."""
    columns = ("kind", "sex", "languages", "zones", "unit", "duty", "trained_until")
    rows = [row_of(person, vault) for person in people]
    told = [[row.ref, row.role, *(getattr(row, name) for name in columns), row.phone_digest] for row in rows]
    for row, cells in zip(rows, told, strict=True):
        cells += [row.order] if row.order != 1 else []  # so that what was proposed before 0.3 is still the same
    return repr(told)


def are_new(db: Session, people: Iterable[Person], vault: Vault, shared: bool = False) -> None:
    """Raises `PeopleError` with everybody who is there already, by reference, or by number where it was not said that
    phones are `shared`; and for demo people.
    """
    rows = [row_of(person, vault) for person in people]
    refs = set(db.scalars(select(PersonRow.ref)))
    wrong = [f"{row.ref} is enrolled already" for row in rows if row.ref in refs]
    wrong += [] if shared else [shared_with(row.ref, with_number(db, row.phone_digest, row.ref)) for row in rows]
    wrong = [reason for reason in wrong if reason]
    if wrong := wrong or [f"{row.ref} is a demo person" for row in rows if row.demo]:
        raise PeopleError(wrong)


def import_people(
    db: Session, people: Sequence[Person], by: Decided, vault: Vault, today: date, shared: bool = False
) -> int:
    """Enrol everybody of a table, to be confirmed one by one; how many. Raises `PeopleError` with everybody who is
    there already: then nobody is enrolled.
    """
    are_new(db, people, vault, shared)
    for row in [row_of(person, vault) for person in people]:
        row.active, row.enrolled_by, row.expires = False, str(by), (today + TERM).isoformat()
        db.add(row)
    return len(people)


def to_confirm(row: PersonRow, country: Country, today: date) -> None:
    """Raises `PeopleError` for somebody who needs no confirmation, or may have none."""
    if row.active and not (row.expires and row.expires < (today + EARLY).isoformat()):
        raise PeopleError([f"{row.ref} is confirmed already"])
    if row.role == RECOVERY:
        raise PeopleError([f"{row.ref} is a key on paper"])
    if not row.phone_digest:
        raise PeopleError([f"{row.ref} left, and her number is erased: give her one first (people number {row.ref})"])
    _no_police(row.ref, row.role, row.unit, country)


def confirm(db: Session, ref: str, by: Decided, country: Country, vault: Vault, today: date) -> str:
    """Confirm a person, or vouch again for one whose term ends. The code with which she chooses her PIN, to be handed
    over on paper; empty when she has a PIN: one who was stopped, but not for good, serves again with the key that she
    had. Raises `PeopleError`.
    """
    row = find(db, ref)
    to_confirm(row, country, today)
    code = "" if row.public_key else f"{secrets.randbelow(10**6):06d}"
    row.first_code, row.active = vault.first_code(row.id, code) if code else "", True
    row.confirmed_by, row.confirmed_on, row.expires = str(by), today.isoformat(), (today + TERM).isoformat()
    vault.forgive(row.id)
    db.flush()
    keep_ringing(db, vault, _untaken(db, row.id), outbox.now())
    note(db, vault, outbox.now(), row.id, AuditAction.CONFIRMED, detail=str(by))
    return code


def disable(db: Session, ref: str, by: str, vault: Vault) -> tuple[str, ...]:
    """Stop a person at once, by the reference of who does it; the keys of the tasks that hand on what she had taken.
    Raises `PeopleError` for one who is stopped already.
    """
    row = find(db, ref)
    if not row.active:
        raise PeopleError([f"{ref} is stopped already: two people make it final, or take it back"])
    return stop(db, row, by, vault)


def make_final(db: Session, ref: str, by: Decided, vault: Vault) -> bool:
    """Destroy the key of somebody who is stopped, and erase her number: True. Raises `PeopleError` for anybody else."""
    row = find(db, ref)
    if row.active or not may_be_revoked(row):
        raise PeopleError([f"{ref} serves: stop her first" if row.active else f"{ref} has no key and no number"])
    revoke(db, row, str(by), vault)
    return True


def stop(db: Session, row: PersonRow, by: str, vault: Vault) -> tuple[str, ...]:
    """From now on this phone and PIN open nothing, until another person confirms her; the keys of the tasks that hand
    on.
    """
    journal.append(vault, outbox.now(), journal.DISABLED, row.id)
    row.first_code, row.enrolled_by, row.confirmed_by = "", by, ""
    return _ends(db, row, vault, AuditAction.DISABLED, by)


def lapse(db: Session, today: date, vault: Vault) -> list[str]:
    """Stop everybody whose year is over, until somebody vouches for her again; the keys of the tasks that hand on."""
    over = (PersonRow.expires != "") & (PersonRow.expires < today.isoformat())
    rows = db.scalars(select(PersonRow).where(PersonRow.active, over).order_by(PersonRow.id)).all()
    return [key for row in rows for key in _ends(db, row, vault, AuditAction.EXPIRED)]


def ending(db: Session, today: date) -> list[tuple[str, str]]:
    """Reference and last day of those whose year or training ends soon."""
    soon, serving = (today + EARLY).isoformat(), select(PersonRow).where(PersonRow.active).order_by(PersonRow.ref)
    ends = [(row.ref, min(filter(None, (row.expires, row.trained_until)), default="")) for row in db.scalars(serving)]
    return [(ref, day) for ref, day in ends if day and day < soon]


def _ends(db: Session, row: PersonRow, vault: Vault, what: AuditAction, by: str = "") -> tuple[str, ...]:
    """End the service of a person: what she had taken goes to the next reader, and untaken requests alert those who
    are left.
    """
    row.active, at = False, outbox.now()
    db.flush()
    mine = (Request.owner == row.id) & (Request.status == RequestStatus.TAKEN)
    left = update(Request).where(mine).values(status=RequestStatus.NEW, owner="").returning(Request.id)
    handed = [key for request in sorted(db.scalars(left)) for key in hand_on(db, vault, request, at)]
    handed += keep_ringing(db, vault, _untaken(db, row.id), at)
    note(db, vault, at, row.id, what, detail=by)  # last: requests are locked before the record everywhere
    return tuple(handed)


def may_be_revoked(row: PersonRow) -> bool:
    """Whether somebody still has what a final stop destroys: a key or a number."""
    return bool(row.public_key or row.phone_digest)


def revoke(db: Session, row: PersonRow, by: str, vault: Vault) -> None:
    """Delete the key of a person, and every copy that was sealed to it: should she come back, they are not hers. Her
    numbers are erased too, and may be another's from now on.
    """
    journal.append(vault, outbox.now(), journal.REVOKED, row.id)
    row.phone_digest, row.phone_sealed, row.confirmed_on = "", b"", ""  # should she come back, she is confirmed anew
    row.further.clear()
    row.public_key, row.wrapped_key, row.vouch, row.enrolled_by = b"", b"", b"", by
    revoke_copies(db, Copy.person == row.id)
    note(db, vault, outbox.now(), row.id, AuditAction.REVOKED, detail=by)


def unlock(db: Session, ref: str, by: Decided, vault: Vault) -> bool:
    """Forget the wrong tries of a PIN: True. She keeps her PIN, and nobody learns it. Raises `PeopleError`."""
    row = find(db, ref)
    note(db, vault, outbox.now(), row.id, AuditAction.UNLOCKED, detail=str(by))
    vault.forgive(row.id)
    return True


def _untaken(db: Session, person: str) -> Sequence[str]:
    """The ids of new requests on whose ladder a person stands."""
    new = select(Request.id).join(Step, Step.request == Request.id).where(Request.status == RequestStatus.NEW)
    return db.scalars(new.where(Step.person == person)).all()


def to_change(row: PersonRow, changed: Mapping[str, str], country: Country) -> None:
    """Raises `PeopleError` with all that is wrong with new values, which are as in a country pack's `people.csv`."""
    if wrong := [f"{name} has {text!r}" for name, text in changed.items() if not VALID[name](text, country)]:
        raise PeopleError(wrong)
    _no_police(row.ref, row.role, changed.get("unit", ""), country)


def change(db: Session, ref: str, changed: Mapping[str, str], by: str, country: Country, vault: Vault) -> None:
    """Change hours, training or languages of a person, valid at once. Raises `PeopleError` with all that is wrong, and
    for what takes two people.
    """
    if not changed.keys().isdisjoint(MOVES):
        raise PeopleError(["another place or station takes two people"])
    _changed(db, ref, changed, by, country, vault)


def move(
    db: Session, ref: str, changed: Mapping[str, str], by: Decided, country: Country, vault: Vault
) -> tuple[str, ...]:
    """The same for another place or station: what she had taken goes to the next; the keys of the tasks that do it."""
    row = find(db, ref)
    to_change(row, changed, country)
    serves = row.active
    tasks = _ends(db, row, vault, AuditAction.MOVED, str(by)) if serves else ()
    _changed(db, ref, changed, str(by), country, vault)
    row.active = serves
    return tasks


def _changed(db: Session, ref: str, changed: Mapping[str, str], by: str, country: Country, vault: Vault) -> None:
    row = find(db, ref)
    to_change(row, changed, country)
    for name, text in changed.items():
        setattr(row, name, int(text) if name == "order" else ",".join(text.split("|")))
    note(db, vault, outbox.now(), row.id, AuditAction.CHANGED, detail=f"{by}: {', '.join(sorted(changed))}")


def is_police(country: Country, unit: str) -> bool:
    """Whether a unit of a country is one of the police."""
    return unit in country.units and country.units[unit].kind == UnitKind.POLICE


def _no_police(ref: str, role: str, unit: str, country: Country) -> None:
    if role in CIVILIAN and is_police(country, unit):
        raise PeopleError([f"{ref}: nobody of a police unit is {role}"])


MOVES = ("zones", "unit")
VALID: Mapping[str, Callable[[str, Country], bool]] = {
    "duty": lambda text, country: bool(shifts(text)),
    "trained_until": lambda text, country: _is_near(text, country.clock(outbox.now()).date()),
    "languages": lambda text, country: {*text.split("|")} <= {*LANGUAGES},
    "zones": lambda text, country: country.places.keys() >= {*text.split("|")},
    "unit": lambda text, country: text in country.units,
    "order": lambda text, country: text in ORDERS,
}


def _is_near(text: str, today: date) -> bool:
    """Whether it is a day of the calendar, written as 2026-03-08, that a person's service may have."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return False
    return text == day.isoformat() and not is_far(day, today)


def leave(db: Session, ref: str, first: date, last: date, by: str, vault: Vault) -> None:
    """Route nothing new to a person on these days, both included; what she has taken stays hers.

    Raises `PeopleError` when the last day is before the first.
    """
    if last < first:
        raise PeopleError([f"the last day, {last}, is before the first, {first}"])
    row = find(db, ref)
    row.away = f"{first}/{last}"
    note(db, vault, outbox.now(), row.id, AuditAction.ON_LEAVE, detail=by)


def find(db: Session, ref: str) -> PersonRow:
    """The person of that reference. Raises `PeopleError`."""
    row = db.scalar(select(PersonRow).where(PersonRow.ref == ref))
    if row is None:
        raise PeopleError([f"nobody is called {ref}"])
    return row


def state(row: PersonRow, today: date) -> str:
    """The state of an enrolment, as one of the words that `flask people list` prints."""
    if row.expires and row.expires < today.isoformat() and (row.active or row.confirmed_by):
        return "expired"
    if not row.active:
        if not may_be_revoked(row):
            return "disabled"
        return "stopped by one" if row.public_key or row.confirmed_on else "waits for confirmation"
    if row.away and row.away.split("/")[0] <= today.isoformat() <= row.away.split("/")[1]:
        return f"on leave until {row.away.split('/')[1]}"
    return "serves" if row.public_key else "has not chosen a PIN"


def listed(db: Session, today: date) -> Iterable[str]:
    """One line for each person, without names and numbers."""
    for row in db.scalars(select(PersonRow).order_by(PersonRow.ref)):
        what = f"{row.role} {row.kind}".strip()
        until = row.expires or "-"
        yield f"{row.ref:10} {what:20} {row.sex}  {state(row, today):24} until {until:10}  {row.zones}"


def _day(text: str) -> date | None:
    """A day of a person's row; one that is none, which an earlier release took from a command, is over."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return date.min

"""The recovery key, for the case that nobody is left who can open a report: three shares on paper, any two of which
make it (S93).

Every report is sealed to it too. No process holds its private half: it is made for the minutes of a ceremony, and again
when two people who keep a share come together.
"""

from __future__ import annotations

import hashlib
import secrets

import shamirs
from nacl.public import PrivateKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.country.rows import Role
from bot.people.enrolment import PeopleError, find
from bot.reports.copies import grant_copy
from bot.reports.ladders import hand_on, join
from bot.storage.audit import AuditAction, note
from bot.storage.base import random_id
from bot.storage.tables.people import RECOVERY, Person
from bot.storage.tables.reports import Copy, Report, Request, RequestStatus, Step
from bot.vault.sealing import derive, seal_anew
from bot.vault.vault import Vault

SHARES, ENOUGH = 3, 2
PRIME = 2**127 - 1  # the field of the shares: 126 random bits, and a share is 32 hex digits that one can copy by hand
OPEN = (RequestStatus.NEW, RequestStatus.TAKEN)


class ShareError(ValueError):
    """A share was mistyped, or two shares do not belong together."""


def new_seed() -> int:
    """126 random bits."""
    return secrets.randbits(126)


def shares_of(seed: int) -> list[str]:
    """Three lines for paper, like `2-0f3c 99e1 ... 7d20-ab12`: the number of the share, the share, a check."""
    made = shamirs.shares(seed, quantity=SHARES, modulus=PRIME, threshold=ENOUGH)
    return [_written(share.index, share.value) for share in made]


def seed_of(*shares: str) -> int:
    """The seed that two different shares make. Raises `ShareError`."""
    points = dict(_read(share) for share in shares)
    if len(points) != ENOUGH:
        raise ShareError("Two different shares are needed.")
    known = [shamirs.share(index, value, PRIME) for index, value in points.items()]
    return int(shamirs.interpolate(known, threshold=ENOUGH))


def private_of(seed: int) -> PrivateKey:
    """The private key that a seed makes."""
    return PrivateKey(derive(seed.to_bytes(16, "big"), "recovery"))


def install(db: Session, vault: Vault, public: bytes, by: str, at: int) -> str:
    """Seal every report to this key too from now on; the reference that it has among the people.

    An older key gets no new report; its shares still open what was sealed to it.
    """
    older = db.scalars(select(Person).where(Person.role == RECOVERY)).all()
    for row in older:
        row.active = False
    ref, person = f"PAPER-{len(older) + 1}", random_id()
    no_number = vault.digest("staff", ref)  # nobody can dial with it
    db.add(Person(
        id=person, ref=ref, role=RECOVERY, sex="", languages="en", zones="", phone_digest=no_number, phone_sealed=b"",
        public_key=public, vouch=vault.vouch(person, public), enrolled_by=by,
    ))  # fmt: skip
    note(db, vault, at, person, AuditAction.KEY_MADE, detail=by)
    return ref


def stranded(db: Session) -> list[str]:
    """The ids of open requests on whose ladder nobody stands who serves."""
    able = select(Step.request).join(Person, Person.id == Step.person).where(Person.active)
    return list(db.scalars(select(Request.id).where(Request.status.in_(OPEN), Request.id.not_in(able))))


def is_ours(db: Session, seed: int) -> Person:
    """The row of the key on paper that a seed makes. Raises `PeopleError` for shares of another installation."""
    public = bytes(private_of(seed).public_key)
    paper = db.scalar(select(Person).where(Person.role == RECOVERY, Person.public_key == public))
    if paper is None:
        raise PeopleError(["these shares make no key that reports were sealed to"])
    return paper


def recover(db: Session, vault: Vault, seed: int, ref: str, at: int) -> tuple[int, list[str]]:
    """Seal every report of a request that nobody can open to the oversight member `ref`; how many reports, and the
    keys of the alerts.

    Raises `PeopleError` for anybody else and for shares of a key that is not installed. Readers whom a reporter
    excluded stay excluded: oversight had a copy from the beginning.
    """
    private = private_of(seed)
    to = find(db, ref)
    if to.role != Role.OVERSIGHT or not to.active or vault.vouched([(to.id, to.public_key, to.vouch)]) != [True]:
        raise PeopleError([f"{ref} is no oversight member who serves and has chosen a PIN"])
    paper = is_ours(db, seed)
    tasks: list[str] = []
    requests = db.execute(
        select(Request, Copy.sealed_key)
        .join(Copy, Copy.report == Request.report)
        .where(Request.id.in_(stranded(db)), Copy.person == paper.id)
        .order_by(Request.id)
        .with_for_update(of=Request)
    ).all()
    for request, wrapped in requests:
        week = db.get_one(Report, request.report).week
        (sealed,) = vault.unwrap(week, request.report, [wrapped])
        anew = seal_anew(sealed, request.report, paper.id, bytes(private), to.id, to.public_key)
        grant_copy(db, request.report, to.id, *vault.wrap(week, request.report, [anew]))
        join(db, request, to.id)
        request.status, request.owner = RequestStatus.NEW, ""
        note(db, vault, at, to.id, AuditAction.RECOVERED, request.id)
        db.flush()
        tasks += hand_on(db, vault, request.id, at)
    return len({request.report for request, _wrapped in requests}), tasks


def _written(index: int, value: int) -> str:
    digits = f"{value:032x}"
    groups = " ".join(digits[at : at + 4] for at in range(0, 32, 4))
    return f"{index}-{groups}-{_check(index, value)}"


def _read(share: str) -> tuple[int, int]:
    number, _, rest = "".join(share.lower().split()).partition("-")
    digits, _, check = rest.partition("-")
    try:
        index, value = int(number), int(digits, 16)
    except ValueError:
        raise ShareError("A share is like 2-0f3c 99e1 ... 7d20-ab12.") from None
    if len(digits) != 32 or check != _check(index, value):
        raise ShareError("A digit of this share is wrong: look again.")
    return index, value


def _check(index: int, value: int) -> str:
    return hashlib.blake2b(f"{index}:{value}".encode(), digest_size=2).hexdigest()

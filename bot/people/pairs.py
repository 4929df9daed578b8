"""What takes two authenticated people of different organisations: one table, and how the second confirms.

The first proposes at a terminal, after her PIN. The second reads on her own phone who wants what with whom, and
confirms after her PIN. Then the command is given once more, with the number of the proposal; what it is about to do has
the digest that both have decided, or it is refused.

Three things outlive whoever can write to the database. `word`: only the administrator's socket of the vault gives it,
to a command that has asked for a PIN. `proof`: it is made with the second person's private key, which only her PIN
opens, for a lock whose other half only the administrator or a sender opens. And the chained record of who did what.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from nacl.public import Box, PrivateKey, PublicKey
from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from bot.country.rows import Role
from bot.delivery.staff_alerts import post_alert
from bot.people.decided import Decided
from bot.people.enrolment import PeopleError, is_police
from bot.storage import outbox
from bot.storage.audit import AuditAction, note
from bot.storage.switches import MAY_SWITCH, turn
from bot.storage.tables.delivery import MessageKind
from bot.storage.tables.pairs import Proposal
from bot.storage.tables.people import Person
from bot.storage.tables.runtime import Event
from bot.storage.two import have_one_phone
from bot.storage.unit_of_work import Actor, Outcome, Work
from bot.vault.sealing import Unsealable


class PairAction(StrEnum):
    """What one person alone cannot do. Rows and the record hold these values: one is never changed."""

    IMPORT = "import"  # enrol everybody of a table
    CONFIRM = "confirm"  # let somebody serve; also who was stopped, and whose year is over
    UNLOCK = "unlock"  # forget wrong tries of a PIN
    DISABLE = "disable"  # make a stop final: her key and her copies are destroyed
    DESTROY = "destroy"  # keys: those of weeks before their time, older ones of the vault
    PAPER = "paper"  # a key on paper that opens every report from now on
    MOVE = "move"  # another station or place
    NUMBER = "number"  # another phone on the same key
    REOPEN = "reopen"  # take reports again after a restore
    SWITCH_ON = "switch on"  # what somebody has switched off
    PUBLISH = "publish"  # figures
    BEGIN = "begin"  # the first two people of an installation; never proposed (`bot.people.beginning`)


Pairs = frozenset[tuple[Role, Role]]  # role of who proposes, role of who confirms
COORDINATOR, OVERSIGHT, ADVOCATE = Role.COORDINATOR, Role.OVERSIGHT, Role.ADVOCATE
# by default coordinator, then oversight; the other two ways are for when a coordinator or a member of oversight is gone
DEFAULT: Pairs = frozenset({(COORDINATOR, OVERSIGHT), (OVERSIGHT, COORDINATOR), (OVERSIGHT, OVERSIGHT)})
MAY: Mapping[PairAction, Pairs] = {
    PairAction.IMPORT: DEFAULT,
    PairAction.CONFIRM: DEFAULT,
    PairAction.UNLOCK: DEFAULT,
    PairAction.DISABLE: DEFAULT,
    PairAction.DESTROY: DEFAULT,
    PairAction.PAPER: DEFAULT,
    PairAction.MOVE: DEFAULT,
    PairAction.NUMBER: DEFAULT,
    PairAction.REOPEN: DEFAULT,
    PairAction.SWITCH_ON: DEFAULT | {(ADVOCATE, OVERSIGHT), (ADVOCATE, COORDINATOR)},
    PairAction.PUBLISH: DEFAULT,
    PairAction.BEGIN: frozenset(),
}

SECONDS = frozenset(second for pairs in MAY.values() for _first, second in pairs)

WAITS = 86400  # seconds in which the second person confirms, and then the seconds in which it is carried out
REST = 86400  # seconds after which who was let in or changed by two is one of two herself: a pair makes itself no third
REMAKES = (PairAction.CONFIRM, PairAction.MOVE, PairAction.NUMBER)  # what changes who somebody is


@dataclass(frozen=True)
class Wanted:
    """What is to be done: `about` is shown to the second person (references, names; no number), `content` is what
    `about` does not show but the digest binds; `subject` is the id of the person with whom it is done, or empty.
    """

    action: PairAction
    about: str
    subject: str = ""
    content: str = ""

    @property
    def digest(self) -> str:
        """32 hex digits, other ones for anything else that would be done."""
        whole = json.dumps([self.action, self.about, self.subject, self.content])
        return hashlib.blake2b(whole.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Waiting:
    """A proposal as the second person sees it; `digest` is that of what she sees."""

    number: int
    action: PairAction
    who: str
    about: str
    digest: str


# -- who may -----------------------------------------------------------------------------------------------------------
def fault_of(work: Work, person: Person, demo: bool) -> str:
    """Why somebody is not one of two now, as a sentence without her name; empty when she may be."""
    if not serves(work, person, demo):
        return "does not serve"
    if work.vault.vouched([(person.id, person.public_key, person.vouch)]) != [True]:
        return "has a key that the vault did not make"
    if person.role == Role.OVERSIGHT and is_police(work.country, person.unit):
        return "is of a police unit"
    if _was_remade(work.db, person.id, work.at):
        return "was let in or changed less than a day ago"
    return ""


def serves(work: Work, person: Person, demo: bool) -> bool:
    """Whether somebody works here today, with a PIN of her own; demo people do in a demonstration only."""
    is_over = bool(person.expires) and person.expires < work.local.date().isoformat()
    return person.active and bool(person.public_key) and not is_over and (demo or not person.demo)


def alone(work: Work, actor: Actor, demo: bool) -> str:
    """The reference of the actor, if she may do at once what two make final or undo: stop somebody, switch something
    off, write down hours and leave. Raises `PeopleError`.
    """
    person = work.db.get_one(Person, actor.id)
    if person.role not in MAY_SWITCH or not serves(work, person, demo):
        raise PeopleError([f"{person.ref} may not: an advocate, oversight or a coordinator does that"])
    return person.ref


def fault_of_pair(action: PairAction, first: Person, second: Person) -> str:
    """Why these two do not decide this, as a sentence; empty when they do."""
    if first.id == second.id:
        return f"{first.ref} proposes it: somebody else confirms it"
    if (first.role, second.role) not in MAY[action]:
        return f"not {first.role} and {second.role}"
    if first.unit == second.unit:
        return f"{first.ref} and {second.ref} are of one organisation"
    return ""


def fault_between(db: Session, action: PairAction, first: Person, second: Person) -> str:
    """The same, and for two who have any number in common."""
    fault = fault_of_pair(action, first, second)
    return fault or (f"{first.ref} and {second.ref} have one phone" if have_one_phone(db, first, second) else "")


def _was_remade(db: Session, person: str, at: int) -> bool:
    done = (Proposal.subject == person) & (Proposal.done_at > at - REST) & Proposal.action.in_(REMAKES)
    return db.scalar(select(Proposal.number).where(done).limit(1)) is not None


# -- the first ---------------------------------------------------------------------------------------------------------
def propose(work: Work, actor: Actor, wanted: Wanted, demo: bool, on_phone: bool = False) -> Outcome[Literal["asked"]]:
    """Ask a second person; `number` in the values, and everybody who may confirm it has an alert. What is proposed on a
    phone (`on_phone`) can be nothing but a switch, and is done when it is confirmed. Raises `PeopleError` for who may
    not, or when nobody could confirm it.
    """
    first = work.db.get_one(Person, actor.id)
    if fault := fault_of(work, first, demo):
        raise PeopleError([f"{first.ref} {fault}"])
    if wanted.subject == first.id:
        raise PeopleError([f"{first.ref} does not decide about herself: somebody else proposes it"])
    if first.role not in {one for one, _other in MAY[wanted.action]}:
        raise PeopleError([f"{first.ref} may not: {' or '.join(sorted({one for one, _ in MAY[wanted.action]}))}"])
    seconds = _seconds(work, first, wanted.action, wanted.subject, demo)
    if not seconds:
        raise PeopleError(["nobody of another organisation can confirm it now: ops/runbooks/people.md (Two people)"])
    row = _written(work, first, wanted, on_phone)
    tasks: list[str] = []
    for second in seconds:
        tasks += post_alert(work.db, MessageKind.AGREE, second.id, row.number, work.at, outbox.ALERT)
    note(work.db, work.vault, work.at, first.id, AuditAction.PROPOSED, detail=_detail(row))
    return Outcome("asked", {"number": row.number, "who": [second.ref for second in seconds]}, tuple(tasks))


def _written(work: Work, first: Person, wanted: Wanted, on_phone: bool) -> Proposal:
    row = Proposal(
        number=next_number(work.db), action=wanted.action, about=wanted.about, subject=wanted.subject,
        digest=wanted.digest, first=first.id, at=work.at, until=work.at + WAITS,
    )  # fmt: skip
    if not on_phone:
        key = PrivateKey.generate()
        row.lock, row.sealed = bytes(key.public_key), work.vault.seal_to_sender(bytes(key).hex())
    work.db.add(row)
    work.db.flush()
    if on_phone:
        return row
    row.word = work.vault.vouch(_name(row), row.lock)
    return row


def next_number(db: Session) -> int:
    """The number of the next proposal. Who proposes at the same moment waits, or both would get it: the row of one
    person is locked until the transaction ends.
    """
    db.scalar(select(Person.id).order_by(Person.id).limit(1).with_for_update(key_share=True))
    return (db.scalar(select(func.max(Proposal.number))) or 0) + 1


def _seconds(work: Work, first: Person, action: PairAction, subject: str, demo: bool) -> Sequence[Person]:
    serving = select(Person).where(Person.active, Person.id != subject).order_by(Person.ref)
    able = (one for one in work.db.scalars(serving).all() if not fault_between(work.db, action, first, one))
    return [one for one in able if not fault_of(work, one, demo)]


# -- the second --------------------------------------------------------------------------------------------------------
def waiting(work: Work, person: Person, demo: bool) -> Sequence[Waiting]:
    """What waits for this person's word, the oldest first. Asks nothing for a role that never confirms."""
    if person.role not in SECONDS:
        return []
    open_ = (Proposal.second == "") & (Proposal.refused_by == "") & (Proposal.done_at == 0) & (Proposal.until > work.at)
    asked = select(Proposal).where(open_, Proposal.first != person.id, Proposal.subject != person.id)
    found = []
    for row in work.db.scalars(asked.order_by(Proposal.number)):
        first = work.db.get(Person, row.first)
        if first and not _faults(work, PairAction(row.action), first, person, demo):
            found.append(Waiting(row.number, PairAction(row.action), first.ref, row.about, seen_digest(row)))
    return found


def agree(work: Work, actor: Actor, number: int, seen: str) -> Outcome[Literal["done", "gone"]]:
    """Confirm what the actor has seen. Outcomes: done | gone (another has, it is over or refused, it is another than
    she saw, or she may not).
    """
    row, person = _open(work, actor, number, seen)
    if row is None or person is None:
        return Outcome("gone")
    row.second, row.agreed_at, row.until = person.id, work.at, work.at + WAITS
    if row.lock:
        row.proof = _proof(work.vault.private(actor.id, actor.key_handle), row.lock, row)
    note(work.db, work.vault, work.at, person.id, AuditAction.AGREED, detail=_detail(row))
    if row.action == PairAction.SWITCH_ON and not row.lock:
        turn(work, row.about, True, work.db.get_one(Person, row.first))
        row.done_at = work.at
    return Outcome("done")


def refuse(work: Work, actor: Actor, number: int, seen: str) -> Outcome[Literal["done", "gone"]]:
    """Say no to what the actor has seen: it is over. Outcomes as of `agree`."""
    row, person = _open(work, actor, number, seen)
    if row is None or person is None:
        return Outcome("gone")
    row.refused_by = person.id
    note(work.db, work.vault, work.at, person.id, AuditAction.NOT_AGREED, detail=_detail(row))
    return Outcome("done")


def _open(work: Work, actor: Actor, number: int, seen: str) -> tuple[Proposal, Person] | tuple[None, None]:
    """The proposal and the actor, if she may confirm it. That no demo person decides in service is seen to where she
    signs in, and again when it is carried out.
    """
    row = work.db.get(Proposal, number, with_for_update=True, populate_existing=True)
    person = work.db.get(Person, actor.id)
    if row is None or person is None or all(one.number != number for one in waiting(work, person, demo=True)):
        return None, None
    return (row, person) if hmac.compare_digest(seen_digest(row), seen) else (None, None)


def seen_digest(row: Proposal) -> str:
    """A digest of all that a page about a proposal shows, and of what it binds."""
    whole = json.dumps([row.number, row.first, row.action, row.about, row.subject, row.digest])
    return hashlib.blake2b(whole.encode(), digest_size=16).hexdigest()


# -- it is carried out -------------------------------------------------------------------------------------------------
def carry_out(work: Work, number: int, wanted: Wanted, demo: bool) -> Decided:
    """Use a confirmed proposal, once, for exactly what was proposed; who decided it. The caller does it in the same
    transaction. Raises `PeopleError`, and then nothing may be done.
    """
    row, decided = _decided(work, number, wanted, demo)
    row.done_at, row.sealed = work.at, b""
    note(work.db, work.vault, work.at, row.subject, AuditAction.CARRIED_OUT, detail=_detail(row))
    return decided


def is_decided(work: Work, number: int, wanted: Wanted, demo: bool) -> None:
    """Raises `PeopleError` as `carry_out` does, and uses nothing: for what takes people a while before it is done."""
    _decided(work, number, wanted, demo)


def _decided(work: Work, number: int, wanted: Wanted, demo: bool) -> tuple[Proposal, Decided]:
    row = work.db.get(Proposal, number, with_for_update=True, populate_existing=True)
    if row is None:
        raise PeopleError([f"there is no proposal {number}"])
    if fault := _state(row, work.at):
        raise PeopleError([f"proposal {number} {fault}"])
    if row.digest != wanted.digest:
        raise PeopleError([f"this is not what was proposed as {number}: propose it anew"])
    first, second = work.db.get(Person, row.first), work.db.get(Person, row.second)
    if first is None or second is None or _faults(work, wanted.action, first, second, demo):
        raise PeopleError([f"who decided proposal {number} may not any more: propose it anew"])
    if not _is_proven(work, row, second):
        raise PeopleError([f"ALARM: proposal {number} was not decided by two with their PINs. Look at the record."])
    return row, Decided(first.ref, second.ref)


def _state(row: Proposal, at: int) -> str:
    if row.done_at:
        return "was carried out already"
    if row.refused_by:
        return "was refused"
    if row.until <= at:
        return "is over: propose it anew"
    return "" if row.second else "waits for the second person"


def _faults(work: Work, action: PairAction, first: Person, second: Person, demo: bool) -> str:
    fault = fault_between(work.db, action, first, second)
    return fault or fault_of(work, first, demo) or fault_of(work, second, demo)


def _is_proven(work: Work, row: Proposal, second: Person) -> bool:
    """Whether a command has proposed it, the second person's key has confirmed it, and the record holds both."""
    if work.vault.vouched([(_name(row), row.lock, row.word)]) != [True]:
        return False
    try:
        key = bytes.fromhex(work.vault.open_for_sender(row.sealed))
    except Unsealable:
        raise PeopleError([f"the keys are others since {row.number} was proposed: propose it anew"]) from None
    if not hmac.compare_digest(_proof(key, second.public_key, row), row.proof):
        return False
    said = {row.first: AuditAction.PROPOSED, row.second: AuditAction.AGREED}
    noted = or_(*((Event.person == who) & (Event.what == what + _detail(row)) for who, what in said.items()))
    return len(work.db.scalars(select(Event.id).where(noted)).all()) == len(said)


def withdraw(work: Work, actor: Actor, number: int) -> None:
    """Take back a proposal that waits. Raises `PeopleError` for another's and for one that is over."""
    mine = (Proposal.number == number) & (Proposal.first == actor.id) & (Proposal.done_at == 0)
    taken = update(Proposal).where(mine & (Proposal.refused_by == "")).values(refused_by=actor.id)
    if work.db.execute(taken.returning(Proposal.number)).first() is None:
        raise PeopleError([f"proposal {number} is not yours, or is over"])
    row = work.db.get_one(Proposal, number)
    note(work.db, work.vault, work.at, actor.id, AuditAction.NOT_AGREED, detail=_detail(row))


def listed(db: Session, at: int) -> list[str]:
    """One line for each proposal that waits for its second person or to be carried out."""
    refs = {person: ref for person, ref in db.execute(select(Person.id, Person.ref))}
    open_ = (Proposal.done_at == 0) & (Proposal.refused_by == "") & (Proposal.until > at)
    rows = db.scalars(select(Proposal).where(open_).order_by(Proposal.number)).all()
    return [
        f"{row.number:4}  {row.action:10} {row.about:30} {refs.get(row.first, '?'):10} "
        + (f"confirmed by {refs.get(row.second, '?')}" if row.second else "waits for the second person")
        for row in rows
    ]


def _name(row: Proposal) -> str:
    return f"proposal {seen_digest(row)}"


def _detail(row: Proposal) -> str:
    return f"{row.number} {row.action} {row.digest}"


def _proof(private: bytes, public: bytes, row: Proposal) -> bytes:
    """What only the holder of either private half can make of a proposal, 32 bytes: Diffie and Hellman's shared key
    over what the second person has seen.
    """
    shared = Box(PrivateKey(private), PublicKey(public)).shared_key()
    return hashlib.blake2b(seen_digest(row).encode(), key=shared, digest_size=32).digest()

"""Services for the requests of a report: readers take one, pass it on, answer and ask; the reporter answers questions
and excludes readers. How a request ends: bot.reports.closing.

Every message between reporter and owner is chosen from a list, so that no name can be asked for and none can slip out
(S61). A `number` is the number that a request has among the tasks of the person who calls the service.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.country.routing_rules import Urgency
from bot.country.rows import Role
from bot.reports import clocks, reply_notice, transfers
from bot.reports.ladders import (
    bring_forward,
    hand_on,
    held,
    keep_ringing,
    leave,
    locked,
    revoke_copies,
    ring,
)
from bot.reports.readers import SELECT_READERS, person_table, who_serve
from bot.reports.reading import lines_for, open_question, said_in
from bot.reports.receipts import ReceiptHolder, key_to_her, report_by_receipt
from bot.reports.training import is_trained
from bot.storage import outbox
from bot.storage.audit import AuditAction, note
from bot.storage.base import random_id
from bot.storage.outbox import TaskName
from bot.storage.tables.delivery import MessageKind
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Reply, Report, Request, RequestStatus, Step
from bot.storage.unit_of_work import Actor, Outcome, Work
from bot.vault import journal
from bot.vault.sealing import LINE, seal_line

log = logging.getLogger("ijwi")
MessageOutcome = Literal["done", "gone", "no_receipt", "broken"]


def take(work: Work, actor: Actor, number: int) -> Outcome[Literal["done", "late", "gone", "untrained"]]:
    """Make the actor the only owner of a new request, whose time to answer runs from now; if she does nothing she is
    reminded once.

    Outcomes: done | late (somebody has taken it before her) | gone (she stands on no ladder under that number any more:
    it was erased, or the reporter has shut her out) | untrained (her training is over).
    """
    request = new_request(work, actor, number)
    if request is None:
        return Outcome(late_or_gone(work, actor, number))
    if not is_trained(work, actor):
        return Outcome("untrained")
    request.status, request.owner, request.closing = RequestStatus.TAKEN, actor.id, ""
    waits, _ = work.country.patience[Urgency(request.urgency)]
    args = {"request": request.id, "report": request.report, "person": actor.id, "number": number}
    key, due = f"remind:{request.id}:{random_id()}", work.at + waits * 60
    outbox.post(work.db, outbox.task(key, TaskName.REMIND, args, due, outbox.REMINDER))
    note(work.db, work.vault, work.at, actor.id, AuditAction.TAKEN, request.id)
    clocks.stop(work.db, request.id)
    clocks.start(work.db, work.country, request, actor.id, work.at)
    return Outcome("done")


def pass_on(work: Work, actor: Actor, number: int) -> Outcome[Literal["done", "late", "gone", "last"]]:
    """The actor cannot take a new request: the next rung of its ladder is alerted now instead of at its own time; when
    all of them were, oversight is alerted again.

    Outcomes: done | late (somebody has taken it) | gone (she has none of that number any more) | last (nobody but her
    can read it).
    """
    request = new_request(work, actor, number)
    if request is None or request.status != RequestStatus.NEW:
        return Outcome(late_or_gone(work, actor, number))
    note(work.db, work.vault, work.at, actor.id, AuditAction.PASSED, request.id)
    clocks.stop(work.db, request.id, actor.id)
    if following := bring_forward(work.db, request.id, work.at):
        return Outcome("done", {}, tuple(following))
    tasks = hand_on(work.db, work.vault, request.id, work.at, but=actor.id)
    return Outcome("done" if tasks else "last", {}, tuple(tasks))


def late_or_gone(work: Work, actor: Actor, number: int) -> Literal["late", "gone"]:
    """Why a request that stood before the actor cannot be hers now: late (somebody has taken or closed it) | gone (the
    reporter has erased it or shut her out).
    """
    return "late" if work.db.scalar(held(actor.id, number)) is not None else "gone"


def note_seen(work: Work, person_id: str, number: int) -> Outcome[Literal["done", "gone"]]:
    """Record that somebody has confirmed an alert by SMS. An SMS can be forged: she is no `Actor`, and the escalation
    of the request goes on.

    Outcomes: done | gone (nobody, or she has no request of that number).
    """
    step = work.db.scalar(held(person_id, number)) if person_id else None
    if step is None:
        return Outcome("gone")
    note(work.db, work.vault, work.at, person_id, AuditAction.SEEN, step.request)
    return Outcome("done")


def reply(work: Work, actor: Actor, number: int, reply: str) -> Outcome[MessageOutcome]:
    """The owner gives one of the approved replies, for her receipt; `reply` is its key.

    Outcomes: done | gone (she does not own it) | no_receipt (nobody could read it) | broken (the receipt was written
    over: nothing is sealed to it).
    """
    return say_to_her(work, actor, number, "reply", reply)


def ask(work: Work, actor: Actor, number: int, question: str) -> Outcome[MessageOutcome]:
    """The owner asks one of the closed questions, for her receipt; `question` is its key. Outcomes as of `reply`."""
    return say_to_her(work, actor, number, "ask", question)


def say_to_her(work: Work, actor: Actor, number: int, node: str, value: str) -> Outcome[MessageOutcome]:
    """Add a message of the owner to a request, sealed to the receipt and to the owner, who may want to read it again.

    `node` is the screen on which it was chosen, `value` the key that was chosen. Outcomes as of `reply`.
    """
    request = owned_request(work, actor, number)
    if request is None:
        return Outcome("gone")
    if isinstance(public_key := key_to_her(work, request.report), str):
        return Outcome(public_key)
    add_message(work, request, {"node": node, "value": value}, {"": public_key, **keys_of(work, [actor.id])})
    reply_notice.answered(work, work.db.get_one(Report, request.report))
    note(work.db, work.vault, work.at, actor.id, AuditAction.REPLIED, request.id)
    return Outcome("done")


def hand_over(work: Work, actor: Actor, number: int) -> Outcome[Literal["done", "gone", "last"]]:
    """The owner gives a request back, for a reason that she need not give (S64), and loses her copy unless another
    request of that report asks her too; the next reader is alerted now.

    Outcomes: done | gone (she does not own it) | last (nobody else is on its ladder: she keeps it).
    """
    request = owned_request(work, actor, number)
    if request is None:
        return Outcome("gone")
    tasks = hand_on(work.db, work.vault, request.id, work.at, but=actor.id)
    if not tasks:
        return Outcome("last")
    leave(work.db, request, actor.id)
    clocks.stop(work.db, request.id)
    note(work.db, work.vault, work.at, actor.id, AuditAction.HANDED_OVER, request.id)
    return Outcome("done", {}, tuple(tasks))


def answer_question(work: Work, holder: ReceiptHolder, answer: str) -> Outcome[Literal["done", "closed", "gone"]]:
    """The reporter answers the last open question with the key of an answer: it is sealed to everybody on the ladder of
    that request, and the owner is alerted.

    Outcomes: done | closed (that request was closed while the question stood before her: nobody reads an answer) | gone
    (the report is erased).
    """
    report = report_by_receipt(work, holder)
    if report is None:
        return Outcome("gone")
    request = _asked_by(work, report, holder)
    if request.status == RequestStatus.CLOSED:
        return Outcome("closed")
    steps = {step.person: step for step in work.db.scalars(select(Step).where(Step.request == request.id))}
    add_message(work, request, {"node": "question", "value": answer}, keys_of(work, steps))
    owner = steps.get(request.owner)
    if owner and request.status == RequestStatus.TAKEN:
        clocks.her_turn(work.db, work.country, request, owner.person, work.at)
    return Outcome("done", {}, tuple(ring(work.db, MessageKind.NEW, owner, work.at) if owner else ()))


def _asked_by(work: Work, report: Report, holder: ReceiptHolder) -> Request:
    """The request in which the last open question stands; without one, the request in which she was last written to,
    or any.
    """
    rows = lines_for(work.db, report, "")
    said = said_in(work.db, work.vault, report, "", holder.private)
    question = open_question(work.db, report, zip(rows, said, strict=True))
    last = question.request if question else next((row.request for row in reversed(rows) if row.request), "")
    named = Request.id == last if last else Request.report == report.id
    return work.db.scalars(select(Request).where(named).order_by(Request.id).limit(1)).one()


def exclude(work: Work, holder: ReceiptHolder, readers: str) -> Outcome[Literal["done", "gone", "moved"]]:
    """The reporter takes the copies of officers (`police`), of the men among them (`men`) or of one station (`station`)
    away; a request that one of them owned goes to the next reader (S45).

    Outcomes: done | gone (the report is erased) | moved (an owner is excluded: the next reader is alerted).
    """
    report = report_by_receipt(work, holder)
    if report is None:
        return Outcome("gone")
    moved, left = list[str](), list[str]()
    for group in stations(work.db, report) if readers == "station" else [readers]:
        journal.append(work.vault, work.at, journal.EXCLUDED, report.id, group)
        lost, others = shut_out(work.db, report, group)
        moved, left = [*moved, *lost], [*left, *others]
    note(work.db, work.vault, work.at, "", AuditAction.EXCLUDED, report.id, readers)
    tasks = [key for request in moved for key in hand_on(work.db, work.vault, request, work.at)]
    tasks += keep_ringing(work.db, work.vault, {*left} - {*moved}, work.at)
    return Outcome("moved" if moved else "done", {}, tuple(tasks))


def stations(db: Session, report: Report) -> list[str]:
    """The station of the officer who owns a request, else of the officer who was alerted first, as a list of one group
    name like `unit-POST-1`; empty when no officer of a station stands on a ladder.
    """
    officers = select(Person.unit, Request.owner == Person.id).join(Step, Step.person == Person.id)
    officers = officers.join(Request, Request.id == Step.request)
    officers = officers.where(Step.report == report.id, Person.role == Role.CHAMPION, Person.unit != "")
    by_rung = db.execute(officers.order_by(Step.rung)).all()
    first = [unit for unit, owns in by_rung if owns] or [unit for unit, _owns in by_rung]
    return [f"unit-{unit}" for unit in first[:1]]


def shut_out(db: Session, report: Report, readers: str) -> tuple[list[str], list[str]]:
    """Revoke the copies of officers (`police`), of the men among them (`men`) or of one station (`unit-POST-1`): the
    requests that `revoke_copies` names.
    """
    excluded = select(Person.id).where(Person.role == Role.CHAMPION)
    if readers != "police":
        station = readers.removeprefix("unit-")
        excluded = excluded.where(Person.unit == station if "unit-" in readers else Person.sex != "f")
    report.wishes = ",".join(sorted({*filter(None, report.wishes.split(",")), f"no_{readers}"}))
    db.flush()
    return revoke_copies(db, Copy.report == report.id, Copy.person.in_(excluded))


def keys_of(work: Work, people: Iterable[str]) -> dict[str, bytes]:
    """Public keys by person id, of those people who serve and whose key the vault has made; for other keys an alarm."""
    rows = work.db.execute(SELECT_READERS.where(person_table.c.id.in_(list(people))))
    return {row.id: row.public_key for row in who_serve(rows, work.vault, work.local.date())}


def add_message(work: Work, request: Request, words: Mapping[str, str], readers: Mapping[str, bytes]) -> None:
    """Add a message to a request, as `add_line`."""
    add_line(work, work.db.get_one(Report, request.report), request.id, words, readers)


def add_line(
    work: Work,
    report: Report,
    request: str,
    words: Mapping[str, str],
    readers: Mapping[str, bytes],
    length: int = LINE,
) -> None:
    """Add a message to a report, sealed to each reader (id, or "" for the receipt, to public key). `request` is the id
    of the one to which it belongs, empty for all.

    `words` is what is sealed, at that length: `node` names the screen on which it was chosen, `value` the key; the day
    is added.
    """
    last = work.db.scalar(select(func.max(Reply.number)).where(Reply.report == report.id)) or 0
    content = json.dumps({**words, "day": f"{work.local.day}/{work.local.month}"}, ensure_ascii=False).encode()
    sealed = [seal_line(content, report.id, last + 1, reader, public, length) for reader, public in readers.items()]
    for reader, wrapped in zip(readers, work.vault.wrap(report.week, report.id, sealed), strict=True):
        work.db.add(Reply(report=report.id, request=request, number=last + 1, reader=reader, sealed=wrapped))
    if "" not in readers:  # it is hers, and her receipt does not open it
        transfers.also(work, report, request, last + 1, content, length)


def new_request(work: Work, actor: Actor, number: int) -> Request | None:
    """The request on whose ladder the actor stands under that task number and that she may take, locked until the
    transaction ends: a new one; for oversight also one whose owner could not help.
    """
    found = locked(work.db, actor.id, number)
    free = (RequestStatus.NEW, *([RequestStatus.UNHELPED] if actor.role == Role.OVERSIGHT else []))
    return found[1] if found and found[1].status in free else None


def owned_request(work: Work, actor: Actor, number: int) -> Request | None:
    """The taken request that the actor owns under that task number, locked until the transaction ends; else None."""
    found = locked(work.db, actor.id, number)
    taken = found is not None and (found[1].status, found[1].owner) == (RequestStatus.TAKEN, actor.id)
    return found[1] if found and taken else None

"""Services for a filed report: its readers take it, pass it on, answer, ask and close it; its reporter answers
questions and excludes readers.

Every message between reporter and owner is chosen from a list, so that no name can be asked for and none can slip out
(S61). A `number` is the number that a report has among the tasks of the person who calls the service.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from typing import Literal

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from bot.country.routing_rules import Urgency
from bot.country.rows import Role
from bot.reports import reply_notice
from bot.reports.copies import IS_HELD, alert, hand_on, keep_ringing, revoke_copies
from bot.reports.readers import SELECT_READERS, person_table, who_serve
from bot.reports.receipts import ReceiptHolder, receipt_key, report_by_receipt
from bot.storage import outbox
from bot.storage.audit import AuditAction, note
from bot.storage.base import random_id
from bot.storage.outbox import TaskName
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Reply, Report, ReportReceipt, ReportStatus
from bot.storage.tables.runtime import Task
from bot.storage.unit_of_work import Actor, Outcome, Work
from bot.vault import journal
from bot.vault.sealing import seal_line

log = logging.getLogger("ijwi")
MessageOutcome = Literal["done", "gone", "no_receipt", "broken"]


def take(work: Work, actor: Actor, number: int) -> Outcome[Literal["done", "late"]]:
    """Make the actor the only owner of a new report, and post one reminder for the case that she does nothing.

    Outcomes: done | late (somebody has taken it before her, or she holds no report of that number).
    """
    free = Report.id.in_(reports_held(actor.id, number)) & (Report.status == ReportStatus.NEW)
    values = {"status": ReportStatus.TAKEN, "owner": actor.id}
    taken = work.db.execute(update(Report).where(free).values(**values).returning(Report.id, Report.urgent)).first()
    if taken is None:
        return Outcome("late")
    waits, _ = work.country.patience[Urgency.DANGER if taken.urgent else Urgency.PERSON]
    args, due = {"report": taken.id, "person": actor.id, "number": number}, work.at + waits * 60
    key = f"remind:{taken.id}:{random_id()}"
    outbox.post(work.db, outbox.task(key, TaskName.REMIND, args, due, outbox.REMINDER))
    note(work.db, work.vault, work.at, actor.id, AuditAction.TAKEN, taken.id)
    return Outcome("done")


def pass_on(work: Work, actor: Actor, number: int) -> Outcome[Literal["done", "late", "last"]]:
    """The actor cannot take a new report: the next rung of its ladder is alerted now instead of at its own time.

    Outcomes: done | late (somebody has taken it, or she holds none of that number) | last (nobody comes after her).
    """
    free = Report.id.in_(reports_held(actor.id, number)) & (Report.status == ReportStatus.NEW)
    report = work.db.scalar(select(Report.id).where(free).with_for_update())
    if report is None:
        return Outcome("late")
    waiting = Task.key.startswith(f"route:{report}:") & Task.done_at.is_(None)
    following = work.db.scalar(select(Task.key).where(waiting).order_by(Task.due_at).limit(1))
    if following is None:
        return Outcome("last")
    work.db.execute(update(Task).where(Task.key == following).values(due_at=work.at, enqueued_at=0))
    note(work.db, work.vault, work.at, actor.id, AuditAction.PASSED, report)
    return Outcome("done", {}, (following,))


def note_seen(work: Work, person_id: str, number: int) -> Outcome[Literal["done", "gone"]]:
    """Record that somebody has confirmed an alert by SMS. An SMS can be forged: she is no `Actor`, and the escalation
    of the report goes on.

    Outcomes: done | gone (nobody, or she holds no report of that number).
    """
    held = select(Copy.report).where(Copy.report.in_(reports_held(person_id, number)), IS_HELD)
    report = work.db.scalar(held)
    if not person_id or report is None:
        return Outcome("gone")
    note(work.db, work.vault, work.at, person_id, AuditAction.SEEN, report)
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
    """Add a message of the owner to a report, sealed to the receipt and to the owner, who may want to read it again.

    `node` is the screen on which it was chosen, `value` the key that was chosen. Outcomes as of `reply`.
    """
    report = owned_report(work, actor, number)
    if report is None:
        return Outcome("gone")
    receipt = work.db.scalar(select(ReportReceipt).where(ReportReceipt.report == report.id))
    if receipt is None:
        return Outcome("no_receipt")
    if not (public_key := receipt_key(work.vault, receipt)):
        return Outcome("broken")
    add_message(work, report, {"node": node, "value": value}, {"": public_key, **keys_of(work, [actor.id])})
    reply_notice.post(work, report.id)
    note(work.db, work.vault, work.at, actor.id, AuditAction.REPLIED, report.id)
    return Outcome("done")


def close(work: Work, actor: Actor, number: int, reason: str) -> Outcome[Literal["done", "gone"]]:
    """The owner closes a report; the key of the reason is kept in the audit record. Outcomes: done | gone (she does not
    own it).
    """
    report = owned_report(work, actor, number)
    if report is None:
        return Outcome("gone")
    report.status = ReportStatus.CLOSED
    note(work.db, work.vault, work.at, actor.id, AuditAction.CLOSED, report.id, reason)
    return Outcome("done")


def hand_over(work: Work, actor: Actor, number: int) -> Outcome[Literal["done", "gone", "last"]]:
    """The owner gives a report back and loses her copy, for a reason that she need not give (S64); the next holder is
    alerted now.

    Outcomes: done | gone (she does not own it) | last (nobody else holds it: she keeps it).
    """
    report = owned_report(work, actor, number)
    if report is None:
        return Outcome("gone")
    tasks = hand_on(work.db, work.vault, report.id, work.at, but=actor.id)
    if not tasks:
        return Outcome("last")
    work.db.execute(revoke_copies(Copy.report == report.id, Copy.person == actor.id))
    report.status, report.owner = ReportStatus.NEW, ""
    note(work.db, work.vault, work.at, actor.id, AuditAction.HANDED_OVER, report.id)
    return Outcome("done", {}, tuple(tasks))


def answer_question(work: Work, holder: ReceiptHolder, answer: str) -> Outcome[Literal["done", "gone"]]:
    """The reporter answers a question with the key of an answer: it is sealed to everybody who holds the report, and
    the owner is alerted. Outcomes: done | gone (the report is erased).
    """
    report = report_by_receipt(work, holder)
    if report is None:
        return Outcome("gone")
    keys = keys_of(work, work.db.scalars(select(Copy.person).where(Copy.report == report.id)))
    add_message(work, report, {"node": "question", "value": answer}, keys)
    owners = select(Copy.number).where(Copy.report == report.id, Copy.person == report.owner)
    number = work.db.scalar(owners)
    if number is None:
        return Outcome("done")
    return Outcome("done", {}, tuple(alert(work.db, report.owner, number, work.at)))


def exclude(work: Work, holder: ReceiptHolder, readers: str) -> Outcome[Literal["done", "gone", "moved"]]:
    """The reporter takes the copies of officers (`police`), of the men among them (`men`) or of one station (`station`)
    away; a report that one of them owned goes to the next holder (S45).

    Outcomes: done | gone (the report is erased) | moved (its owner is excluded: the next holder is alerted).
    """
    report = report_by_receipt(work, holder)
    if report is None:
        return Outcome("gone")
    groups = stations(work.db, report) if readers == "station" else [readers]
    for group in groups:
        journal.append(work.vault, work.at, journal.EXCLUDED, report.id, group)
        shut_out(work.db, report, group)
    note(work.db, work.vault, work.at, "", AuditAction.EXCLUDED, report.id, readers)
    work.db.flush()
    if report.status == ReportStatus.NEW:
        return Outcome("done", {}, tuple(keep_ringing(work.db, work.vault, [report.id], work.at)))
    if report.status != ReportStatus.TAKEN or holds(work.db, report, report.owner):
        return Outcome("done")
    report.status, report.owner = ReportStatus.NEW, ""
    return Outcome("moved", {}, tuple(hand_on(work.db, work.vault, report.id, work.at)))


def stations(db: Session, report: Report) -> list[str]:
    """The station of the officer who owns a report, else of the officer who was alerted first, as a list of one group
    name like `unit-POST-1`; empty when no officer of a station holds it.
    """
    officers = select(Person).join(Copy, Copy.person == Person.id)
    officers = officers.where(Copy.report == report.id, IS_HELD, Person.role == Role.CHAMPION, Person.unit != "")
    by_rung = db.scalars(officers.order_by(Copy.rung)).all()
    first = [person.unit for person in by_rung if person.id == report.owner] or [person.unit for person in by_rung[:1]]
    return [f"unit-{unit}" for unit in first]


def shut_out(db: Session, report: Report, readers: str) -> None:
    """Revoke the copies of officers (`police`), of the men among them (`men`) or of one station (`unit-POST-1`)."""
    excluded = select(Person.id).where(Person.role == Role.CHAMPION)
    if readers != "police":
        station = readers.removeprefix("unit-")
        excluded = excluded.where(Person.unit == station if "unit-" in readers else Person.sex != "f")
    db.execute(revoke_copies(Copy.report == report.id, Copy.person.in_(excluded)))
    report.wishes = ",".join(sorted({*filter(None, report.wishes.split(",")), f"no_{readers}"}))


def holds(db: Session, report: Report, person: str) -> bool:
    """Whether a person holds a copy of a report that was not revoked."""
    held = select(Copy.person).where(Copy.report == report.id, Copy.person == person, IS_HELD)
    return db.scalar(held) is not None


def keys_of(work: Work, people: Iterable[str]) -> dict[str, bytes]:
    """Public keys by person id, of those people who serve and whose key the vault has made; for other keys an alarm."""
    rows = work.db.execute(SELECT_READERS.where(person_table.c.id.in_(list(people))))
    return {row.id: row.public_key for row in who_serve(rows, work.vault, work.local.date())}


def add_message(work: Work, report: Report, words: Mapping[str, str], readers: Mapping[str, bytes]) -> None:
    """Add a message to a report, sealed to each reader (id, or "" for the receipt, to public key).

    `words` is what is sealed: `node` names the screen on which it was chosen, `value` the key; the day is added.
    """
    last = work.db.scalar(select(func.max(Reply.number)).where(Reply.report == report.id)) or 0
    content = json.dumps({**words, "day": f"{work.local.day}/{work.local.month}"}).encode()
    sealed = [seal_line(content, report.id, last + 1, reader, public) for reader, public in readers.items()]
    for reader, wrapped in zip(readers, work.vault.wrap(report.week, sealed), strict=True):
        work.db.add(Reply(report=report.id, number=last + 1, reader=reader, sealed=wrapped))


def owned_report(work: Work, actor: Actor, number: int) -> Report | None:
    """The taken report that the actor owns under that task number, locked until the transaction ends; else None."""
    owned = select(Report).where(Report.id.in_(reports_held(actor.id, number)), Report.owner == actor.id)
    return work.db.scalar(owned.where(Report.status == ReportStatus.TAKEN).with_for_update())


def reports_held(person: str, number: int) -> Select[str]:
    """The query for the id of the report that a person holds under one of her task numbers."""
    return select(Copy.report).where(Copy.person == person, Copy.number == number)

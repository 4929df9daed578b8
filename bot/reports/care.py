"""What becomes of a report after it was filed: who takes it, hands it on, answers, closes; what she answers, or erases.

Every line between her and them is chosen from a list, so that no name can be asked for and none can slip out (S61).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from bot.actions.reports import (
    AnswerQuestion,
    AskHer,
    CloseReport,
    Exclude,
    HandOver,
    PassReport,
    SeenTask,
    SendReply,
    TakeReport,
)
from bot.country.routing_rules import Urgency
from bot.reports import reply_notice
from bot.reports.copies import IS_HELD, alert, hand_on, keep_ringing, revoke_copies
from bot.reports.readers import SELECT_READERS, person_table, who_serve
from bot.reports.receipts import receipt_key, report_by_receipt
from bot.storage import outbox
from bot.storage.audit import note
from bot.storage.base import random_id
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Reply, Report, ReportReceipt, ReportStatus
from bot.storage.tables.runtime import Task
from bot.storage.unit_of_work import Office, Outcome
from bot.vault import journal
from bot.vault.sealing import seal_line

log = logging.getLogger("ijwi")


def take_report(db: Session, effect: TakeReport, office: Office, at: int) -> Outcome[str]:
    """One owner: who comes second is told so."""
    office.vault.private(office.caller, effect.pin_handle)
    free = Report.id.in_(reports_held(office, effect.new)) & (Report.status == ReportStatus.NEW)
    values = {"status": ReportStatus.TAKEN, "owner": office.caller}
    taken = db.execute(update(Report).where(free).values(**values).returning(Report.id, Report.urgent)).first()
    if taken is None:
        return Outcome("late")
    waits, _ = office.country.patience[Urgency.DANGER if taken.urgent else Urgency.PERSON]
    args = {"report": taken.id, "person": office.caller, "number": int(effect.new)}
    outbox.post(db, outbox.task(f"remind:{taken.id}:{random_id()}", "remind", args, at + waits * 60, outbox.REMINDER))
    note(db, office.vault, at, office.caller, "taken", taken.id)
    return Outcome("done")


def pass_report(db: Session, effect: PassReport, office: Office, at: int) -> Outcome[str]:
    """Who cannot take it keeps nobody waiting: the next rung is alerted now. The last one is told that she is."""
    office.vault.private(office.caller, effect.pin_handle)
    free = Report.id.in_(reports_held(office, effect.new)) & (Report.status == ReportStatus.NEW)
    report = db.scalar(select(Report.id).where(free).with_for_update())
    if report is None:
        return Outcome("late")
    waiting = Task.key.startswith(f"route:{report}:") & Task.done_at.is_(None)
    following = db.scalar(select(Task.key).where(waiting).order_by(Task.due_at).limit(1))
    if following is None:
        return Outcome("last")
    db.execute(update(Task).where(Task.key == following).values(due_at=at, enqueued_at=0))
    note(db, office.vault, at, office.caller, "passed", report)
    return Outcome("done", {}, (following,))


def seen_task(db: Session, effect: SeenTask, office: Office, at: int) -> Outcome[str]:
    """Her alert has come; the clock goes on all the same. Outcomes: done | gone."""
    report = db.scalar(select(Copy.report).where(Copy.report.in_(reports_held(office, effect.number)), IS_HELD))
    if not office.caller or report is None:
        return Outcome("gone")
    note(db, office.vault, at, office.caller, "seen", report)
    return Outcome("done")


def send_reply(db: Session, effect: SendReply, office: Office, at: int) -> Outcome[str]:
    """An approved reply, for her receipt."""
    return send_line(db, effect, "reply", effect.reply, office, at)


def ask_her(db: Session, effect: AskHer, office: Office, at: int) -> Outcome[str]:
    """A closed question, for her receipt."""
    return send_line(db, effect, "ask", effect.ask, office, at)


def send_line(db: Session, effect: SendReply | AskHer, node: str, value: str, office: Office, at: int) -> Outcome[str]:
    """The owner says one line: sealed to her receipt, and to the owner, who may want to read it again."""
    office.vault.private(office.caller, effect.pin_handle)
    report = owned_report(db, effect.mine, office)
    if report is None:
        return Outcome("gone")
    receipt = db.scalar(select(ReportReceipt).where(ReportReceipt.report == report.id))
    if receipt is None:
        return Outcome("no_receipt")
    if not (hers := receipt_key(office.vault, receipt)):
        return Outcome("broken")
    add_message(
        db, report, {"node": node, "value": value}, {"": hers, **keys_of(db, office, [office.caller], at)}, office, at
    )
    reply_notice.post(db, office, report.id, at)
    note(db, office.vault, at, office.caller, "replied", report.id)
    return Outcome("done")


def close_report(db: Session, effect: CloseReport, office: Office, at: int) -> Outcome[str]:
    """The owner is done; the reason stays in the record."""
    office.vault.private(office.caller, effect.pin_handle)
    report = owned_report(db, effect.mine, office)
    if report is None:
        return Outcome("gone")
    report.status = ReportStatus.CLOSED
    note(db, office.vault, at, office.caller, f"closed:{effect.reason}", report.id)
    return Outcome("done")


def answer_question(db: Session, effect: AnswerQuestion, office: Office, at: int) -> Outcome[str]:
    """She answers: sealed to everybody who holds her report; its owner's phone says that there is a task."""
    report = report_by_receipt(db, effect.code, effect.pin_handle, office)
    if report is None:
        return Outcome("gone")
    keys = keys_of(db, office, db.scalars(select(Copy.person).where(Copy.report == report.id)), at)
    add_message(db, report, {"node": "question", "value": effect.question}, keys, office, at)
    number = db.scalar(select(Copy.number).where(Copy.report == report.id, Copy.person == report.owner))
    if number is None:
        return Outcome("done")
    return Outcome("done", {}, tuple(alert(db, report.owner, number, at)))


def hand_over(db: Session, effect: HandOver, office: Office, at: int) -> Outcome[str]:
    """The owner gives it back and does not see it again; the next holder is alerted now. The last one keeps it."""
    office.vault.private(office.caller, effect.pin_handle)
    report = owned_report(db, effect.mine, office)
    if report is None:
        return Outcome("gone")
    tasks = hand_on(db, office.vault, report.id, at, but=office.caller)
    if not tasks:
        return Outcome("last")
    db.execute(revoke_copies(Copy.report == report.id, Copy.person == office.caller))
    report.status, report.owner = ReportStatus.NEW, ""
    note(db, office.vault, at, office.caller, "handed over", report.id)
    return Outcome("done", {}, tuple(tasks))


def exclude(db: Session, effect: Exclude, office: Office, at: int) -> Outcome[str]:
    """Officers, the men among them or those of one station have no copy any more; what they had taken goes on."""
    report = report_by_receipt(db, effect.code, effect.pin_handle, office)
    if report is None:
        return Outcome("gone")
    groups = stations(db, report) if effect.readers == "station" else [effect.readers]
    for readers in groups:
        journal.append(office.vault, at, journal.EXCLUDED, report.id, readers)
        shut_out(db, report, readers)
    note(db, office.vault, at, "", f"excluded {effect.readers}", report.id)
    db.flush()
    if report.status == ReportStatus.NEW:
        return Outcome("done", {}, tuple(keep_ringing(db, office.vault, [report.id], at)))
    if report.status != ReportStatus.TAKEN or holds(db, report, report.owner):
        return Outcome("done")
    report.status, report.owner = ReportStatus.NEW, ""
    return Outcome("moved", {}, tuple(hand_on(db, office.vault, report.id, at)))


def stations(db: Session, report: Report) -> list[str]:
    """The station of the officer who has taken it; of an untaken report, of those officers who were asked first."""
    officers = select(Person).join(Copy, Copy.person == Person.id)
    officers = officers.where(Copy.report == report.id, IS_HELD, Person.role == "champion", Person.unit != "")
    there = db.scalars(officers.order_by(Copy.rung)).all()
    first = [person.unit for person in there if person.id == report.owner] or [person.unit for person in there[:1]]
    return [f"unit-{unit}" for unit in first]


def shut_out(db: Session, report: Report, readers: str) -> None:
    """Officers (`police`), the men among them (`men`) or those of a station (`unit-POST-1`) hold no copy any more."""
    out = select(Person.id).where(Person.role == "champion")
    if readers != "police":
        out = out.where(Person.unit == readers.removeprefix("unit-") if "unit-" in readers else Person.sex != "f")
    db.execute(revoke_copies(Copy.report == report.id, Copy.person.in_(out)))
    report.wishes = ",".join(sorted({*filter(None, report.wishes.split(",")), f"no_{readers}"}))


def holds(db: Session, report: Report, person: str) -> bool:
    """Whether somebody's copy of a report still opens."""
    mine = select(Copy.person).where(Copy.report == report.id, Copy.person == person, IS_HELD)
    return db.scalar(mine) is not None


def keys_of(db: Session, office: Office, people: Iterable[str], at: int) -> dict[str, bytes]:
    """The public keys of those who serve, of whom the vault has made them; for others an alarm."""
    rows = db.execute(SELECT_READERS.where(person_table.c.id.in_(list(people))))
    day = datetime.fromtimestamp(at, office.country.timezone).date()
    return {row.id: row.public_key for row in who_serve(rows, office.vault, day)}


def add_message(
    db: Session, report: Report, words: Mapping[str, str], readers: Mapping[str, bytes], office: Office, at: int
) -> None:
    """One more line of the talk, for each of its readers: `node` names the screen it was chosen on, `value` the key."""
    last = db.scalar(select(func.max(Reply.number)).where(Reply.report == report.id)) or 0
    day = datetime.fromtimestamp(at, office.country.timezone)
    said = json.dumps({**words, "day": f"{day.day}/{day.month}"}).encode()
    sealed = [seal_line(said, report.id, last + 1, reader, public) for reader, public in readers.items()]
    for reader, wrapped in zip(readers, office.vault.wrap(report.week, sealed), strict=True):
        db.add(Reply(report=report.id, number=last + 1, reader=reader, sealed=wrapped))


def owned_report(db: Session, number: str, office: Office) -> Report | None:
    """The open report that the caller owns under that task number, locked."""
    found = select(Report).where(Report.id.in_(reports_held(office, number)), Report.owner == office.caller)
    return db.scalar(found.where(Report.status == ReportStatus.TAKEN).with_for_update())


def reports_held(office: Office, number: str) -> Select[str]:
    """The report behind the caller's own task number."""
    return select(Copy.report).where(Copy.person == office.caller, Copy.number == int(number))

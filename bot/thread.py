"""What becomes of a report after it was filed: who takes it, hands it on, answers, closes; what she answers, or erases.

Every line between her and them is chosen from a list, so that no name can be asked for and none can slip out (S61).
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Select, Update, delete, func, select, update
from sqlalchemy.orm import Session, aliased

from bot import outbox, ping, since
from bot.effects import (
    AnswerQuestion,
    AskHer,
    CloseReport,
    EraseReport,
    Exclude,
    HandOver,
    PassReport,
    SeenTask,
    SendReply,
    TakeReport,
)
from bot.filing import ON_PAPER, OVERDUE, PERSON, READERS, next_number, serving
from bot.models import (
    PAPER,
    Copy,
    Event,
    Message,
    Person,
    Receipt,
    Referral,
    Reply,
    Report,
    ReportStatus,
    Task,
    random_id,
)
from bot.office import Office, Performed
from bot.record import note
from bot.routing import Urgency
from bot.sealing import seal_line
from bot.vault import Vault

log = logging.getLogger("ijwi")
HELD = func.length(Copy.sealed_key) > 0  # a copy of which the key was not taken away


def take_report(db: Session, effect: TakeReport, office: Office, at: int) -> Performed:
    """One owner: who comes second is told so."""
    office.vault.private(office.caller, effect.pin_handle)
    free = Report.id.in_(held(office, effect.new)) & (Report.status == ReportStatus.NEW)
    values = {"status": ReportStatus.TAKEN, "owner": office.caller}
    taken = db.execute(update(Report).where(free).values(**values).returning(Report.id, Report.urgent)).first()
    if taken is None:
        return Performed("late")
    waits, _ = office.country.patience[Urgency.DANGER if taken.urgent else Urgency.PERSON]
    args = {"report": taken.id, "person": office.caller, "number": int(effect.new)}
    outbox.post(db, outbox.task(f"remind:{taken.id}:{random_id()}", "remind", args, at + waits * 60, outbox.REMINDER))
    note(db, office.vault, at, office.caller, "taken", taken.id)
    return Performed("done")


def pass_report(db: Session, effect: PassReport, office: Office, at: int) -> Performed:
    """Who cannot take it keeps nobody waiting: the next rung is alerted now. The last one is told that she is."""
    office.vault.private(office.caller, effect.pin_handle)
    free = Report.id.in_(held(office, effect.new)) & (Report.status == ReportStatus.NEW)
    report = db.scalar(select(Report.id).where(free).with_for_update())
    if report is None:
        return Performed("late")
    waiting = Task.key.startswith(f"route:{report}:") & Task.done_at.is_(None)
    following = db.scalar(select(Task.key).where(waiting).order_by(Task.due_at).limit(1))
    if following is None:
        return Performed("last")
    db.execute(update(Task).where(Task.key == following).values(due_at=at, rung_at=0))
    note(db, office.vault, at, office.caller, "passed", report)
    return Performed("done", {}, (following,))


def seen_task(db: Session, effect: SeenTask, office: Office, at: int) -> Performed:
    """Her alert has come; the clock goes on all the same. Outcomes: done | gone."""
    report = db.scalar(select(Copy.report).where(Copy.report.in_(held(office, effect.number)), HELD))
    if not office.caller or report is None:
        return Performed("gone")
    note(db, office.vault, at, office.caller, "seen", report)
    return Performed("done")


def send_reply(db: Session, effect: SendReply, office: Office, at: int) -> Performed:
    """An approved reply, for her receipt."""
    return speak(db, effect, "reply", effect.reply, office, at)


def ask_her(db: Session, effect: AskHer, office: Office, at: int) -> Performed:
    """A closed question, for her receipt."""
    return speak(db, effect, "ask", effect.ask, office, at)


def speak(db: Session, effect: SendReply | AskHer, node: str, value: str, office: Office, at: int) -> Performed:
    """The owner says one line: sealed to her receipt, and to the owner, who may want to read it again."""
    office.vault.private(office.caller, effect.pin_handle)
    report = own(db, effect.mine, office)
    if report is None:
        return Performed("gone")
    receipt = db.scalar(select(Receipt).where(Receipt.report == report.id))
    if receipt is None:
        return Performed("no_receipt")
    if not (hers := her_key(office.vault, receipt)):
        return Performed("broken")
    line(db, report, {"node": node, "value": value}, {"": hers, **keys_of(db, office, [office.caller], at)}, office, at)
    ping.post(db, office, report.id, at)
    note(db, office.vault, at, office.caller, "replied", report.id)
    return Performed("done")


def close_report(db: Session, effect: CloseReport, office: Office, at: int) -> Performed:
    """The owner is done; the reason stays in the record."""
    office.vault.private(office.caller, effect.pin_handle)
    report = own(db, effect.mine, office)
    if report is None:
        return Performed("gone")
    report.status = ReportStatus.CLOSED
    note(db, office.vault, at, office.caller, f"closed:{effect.reason}", report.id)
    return Performed("done")


def answer_question(db: Session, effect: AnswerQuestion, office: Office, at: int) -> Performed:
    """She answers: sealed to everybody who holds her report; its owner's phone says that there is a task."""
    report = hers(db, effect.code, effect.pin_handle, office)
    if report is None:
        return Performed("gone")
    keys = keys_of(db, office, db.scalars(select(Copy.person).where(Copy.report == report.id)), at)
    line(db, report, {"node": "question", "value": effect.question}, keys, office, at)
    number = db.scalar(select(Copy.number).where(Copy.report == report.id, Copy.person == report.owner))
    if number is None:
        return Performed("done")
    return Performed("done", {}, tuple(alert(db, report.owner, number, at)))


def erase_report(db: Session, effect: EraseReport, office: Office, at: int) -> Performed:
    """She takes all of it back (S22): the words, every key to them, the talk, her receipt, the alerts not yet sent."""
    report = hers(db, effect.code, effect.pin_handle, office)
    if report is None:
        return Performed("gone")
    erase(db, office.vault, report, at)
    note(db, office.vault, at, "", "erased", report.id)
    return Performed("done")


def erase(db: Session, vault: Vault, report: Report, at: int) -> None:
    """Nothing of a report is left but that there was one; with her code nobody learns even that."""
    empty(db, vault, report, at)
    db.execute(delete(Receipt).where(Receipt.report == report.id))


def empty(db: Session, vault: Vault, report: Report, at: int) -> None:
    """The same, but that she still reads with her code and PIN that it is erased."""
    since.remember(vault, at, since.ERASED, report.id)
    report.status, report.sealed, report.words, report.wishes = ReportStatus.ERASED, b"", b"", ""
    db.execute(shut(Copy.report == report.id))
    db.execute(delete(Reply).where(Reply.report == report.id))
    ping.forget(db, vault, report.id)
    db.execute(delete(Referral).where(Referral.report == report.id))
    waiting = Task.key.startswith(f"route:{report.id}:") | (Task.key == OVERDUE + report.id)
    db.execute(update(Task).where(waiting, Task.done_at.is_(None)).values(done_at=at))


def forget(db: Session, vault: Vault, before: str, at: int) -> int:
    """Empty what was filed before an ISO week; how many reports. Their keys are the vault's to shred."""
    old = (Report.week != "") & (Report.week < before) & (Report.status != ReportStatus.ERASED)
    reports = db.scalars(select(Report).where(old).with_for_update()).all()
    for report in reports:
        empty(db, vault, report, at)
        note(db, vault, at, "", "expired", report.id)
    return len(reports)


def forget_receipts(db: Session, before: str) -> None:
    """The codes of what was filed before an ISO week open nothing any more, not even that it is erased."""
    old = select(Report.id).where(Report.week != "", Report.week < before, Report.status == ReportStatus.ERASED)
    db.execute(delete(Receipt).where(Receipt.report.in_(old)))


def unword(db: Session, before: str) -> None:
    """The free words of what was filed before an ISO week are gone; the rest stays until its own time."""
    there = func.length(Report.words) > 0
    db.execute(update(Report).where(Report.week != "", Report.week < before, there).values(words=b""))


def silence(db: Session, before: str) -> None:
    """The lines of talks about what was filed before an ISO week are gone; the reports stay until their own time."""
    old = select(Report.id).where(Report.week != "", Report.week < before)
    db.execute(delete(Reply).where(Reply.report.in_(old)))


def hand_over(db: Session, effect: HandOver, office: Office, at: int) -> Performed:
    """The owner gives it back and does not see it again; the next holder is alerted now. The last one keeps it."""
    office.vault.private(office.caller, effect.pin_handle)
    report = own(db, effect.mine, office)
    if report is None:
        return Performed("gone")
    tasks = hand_on(db, office.vault, report.id, at, but=office.caller)
    if not tasks:
        return Performed("last")
    db.execute(shut(Copy.report == report.id, Copy.person == office.caller))
    report.status, report.owner = ReportStatus.NEW, ""
    note(db, office.vault, at, office.caller, "handed over", report.id)
    return Performed("done", {}, tuple(tasks))


def exclude(db: Session, effect: Exclude, office: Office, at: int) -> Performed:
    """Officers, the men among them or those of one station have no copy any more; what they had taken goes on."""
    report = hers(db, effect.code, effect.pin_handle, office)
    if report is None:
        return Performed("gone")
    groups = stations(db, report) if effect.readers == "station" else [effect.readers]
    for readers in groups:
        since.remember(office.vault, at, since.EXCLUDED, report.id, readers)
        shut_out(db, report, readers)
    note(db, office.vault, at, "", f"excluded {effect.readers}", report.id)
    db.flush()
    if report.status == ReportStatus.NEW:
        return Performed("done", {}, tuple(keep_ringing(db, office.vault, [report.id], at)))
    if report.status != ReportStatus.TAKEN or holds(db, report, report.owner):
        return Performed("done")
    report.status, report.owner = ReportStatus.NEW, ""
    return Performed("moved", {}, tuple(hand_on(db, office.vault, report.id, at)))


def stations(db: Session, report: Report) -> list[str]:
    """The station of the officer who has taken it; of an untaken report, of those officers who were asked first."""
    officers = select(Person).join(Copy, Copy.person == Person.id)
    officers = officers.where(Copy.report == report.id, HELD, Person.role == "champion", Person.unit != "")
    there = db.scalars(officers.order_by(Copy.rung)).all()
    first = [person.unit for person in there if person.id == report.owner] or [person.unit for person in there[:1]]
    return [f"unit-{unit}" for unit in first]


def shut_out(db: Session, report: Report, readers: str) -> None:
    """Officers (`police`), the men among them (`men`) or those of a station (`unit-POST-1`) hold no copy any more."""
    out = select(Person.id).where(Person.role == "champion")
    if readers != "police":
        out = out.where(Person.unit == readers.removeprefix("unit-") if "unit-" in readers else Person.sex != "f")
    db.execute(shut(Copy.report == report.id, Copy.person.in_(out)))
    report.wishes = ",".join(sorted({*filter(None, report.wishes.split(",")), f"no_{readers}"}))


def holds(db: Session, report: Report, person: str) -> bool:
    """Whether somebody's copy of a report still opens."""
    mine = select(Copy.person).where(Copy.report == report.id, Copy.person == person, HELD)
    return db.scalar(mine) is not None


def shut(*which: ColumnElement[bool]) -> Update:
    """Whoever held these copies holds them no more: not hidden, gone."""
    return update(Copy).where(*which).values(sealed_key=b"")


def hand_on(db: Session, vault: Vault, report: str, at: int, but: str = "") -> list[str]:
    """Alert the lowest rung of a report on which somebody serves who can open it; the task, or nothing.

    Whoever has passed it on is asked again only when nobody else is left: a report is never without somebody.
    """
    serves = select(func.min(Copy.rung)).join(Person, Person.id == Copy.person)
    can = serves.where(Copy.report == report, Copy.person != but, Person.active, Person.role != PAPER, HELD)
    rung = db.scalar(can.where(~has_passed()))
    if rung is None:
        rung = db.scalar(can)
        if rung is None:
            return []
        note(db, vault, at, "", "asked again", report)
    key = f"route:{report}:{rung}:{random_id()}"
    return outbox.post(db, outbox.task(key, "route", {"report": report, "rung": rung}, at, outbox.ALERT))


def keep_ringing(db: Session, vault: Vault, reports: Iterable[str], at: int) -> list[str]:
    """Of untaken reports that have lost a reader: whoever is left is alerted, unless an alert waits anyway."""
    waiting = select(Task.key).where(Task.name == "route", Task.done_at.is_(None))
    return [
        key
        for report in reports
        if db.scalar(waiting.where(Task.key.startswith(f"route:{report}:")).limit(1)) is None
        for key in hand_on(db, vault, report, at)
    ]


def has_passed() -> ColumnElement[bool]:
    """Whether the holder of a copy has passed the report on, and has not been asked again since."""
    again = aliased(Event)
    asked = select(func.coalesce(func.max(again.id), 0)).where(again.report == Copy.report, again.what == "asked again")
    passed = (Event.person == Copy.person) & (Event.report == Copy.report) & (Event.what == "passed")
    return select(Event.id).where(passed, Event.id > asked.correlate(Copy).scalar_subquery()).correlate(Copy).exists()


def give(db: Session, report: Report, person: str, sealed_key: bytes) -> int:
    """A copy for somebody, in place of one that was closed to her; its number among her tasks."""
    copy = db.get(Copy, (report.id, person))
    if copy is not None:
        copy.sealed_key = sealed_key
        return copy.number
    last = db.scalar(select(func.max(Copy.rung)).where(Copy.report == report.id, Copy.rung < ON_PAPER)) or 0
    number = next_number(db.connection(), person)
    db.add(Copy(report=report.id, person=person, rung=last + 1, number=number, sealed_key=sealed_key))
    return number


def alert(db: Session, person: str, number: int, at: int) -> list[str]:
    """Tell somebody that there is a task for her; the task that does."""
    message = Message(id=random_id(), kind="new", person=person, number=number, created=at)
    db.add(message)
    send = outbox.task(f"deliver:{message.id}", "deliver", {"message": message.id}, at, outbox.ALERT)
    return outbox.post(db, send)


def her_key(vault: Vault, receipt: Receipt) -> bytes:
    """The public half of her receipt's key; empty, and an alarm, when it is not the one that the vault has made."""
    public, word = receipt.public_key[:32], receipt.public_key[32:]
    if hmac.compare_digest(vault.vouch(receipt.locator, public), word):
        return public
    log.error("ALARM: the key of a receipt was not made by the vault: nothing is sealed to it")
    return b""


def keys_of(db: Session, office: Office, people: Iterable[str], at: int) -> dict[str, bytes]:
    """The public keys of those who serve, of whom the vault has made them; for others an alarm."""
    rows = db.execute(READERS.where(PERSON.c.id.in_(list(people))))
    day = datetime.fromtimestamp(at, office.country.timezone).date()
    return {row.id: row.public_key for row in serving(rows, office.vault, day)}


def line(
    db: Session, report: Report, words: Mapping[str, str], readers: Mapping[str, bytes], office: Office, at: int
) -> None:
    """One more line of the talk, for each of its readers: `node` names the screen it was chosen on, `value` the key."""
    last = db.scalar(select(func.max(Reply.number)).where(Reply.report == report.id)) or 0
    day = datetime.fromtimestamp(at, office.country.timezone)
    said = json.dumps({**words, "day": f"{day.day}/{day.month}"}).encode()
    sealed = [seal_line(said, report.id, last + 1, reader, public) for reader, public in readers.items()]
    for reader, wrapped in zip(readers, office.vault.wrap(report.week, sealed), strict=True):
        db.add(Reply(report=report.id, number=last + 1, reader=reader, sealed=wrapped))


def own(db: Session, number: str, office: Office) -> Report | None:
    """The open report that the caller owns under that task number, locked."""
    found = select(Report).where(Report.id.in_(held(office, number)), Report.owner == office.caller)
    return db.scalar(found.where(Report.status == ReportStatus.TAKEN).with_for_update())


def hers(db: Session, code: str, handle: str, office: Office) -> Report | None:
    """The report of an opened receipt, locked. Raises `Unsealable` when it was not opened in this very talk."""
    locator = office.vault.locator(code)
    office.vault.private(locator, handle)
    mine = select(Receipt.report).where(Receipt.locator == locator)
    there = select(Report).where(Report.id.in_(mine), Report.status != ReportStatus.ERASED)
    return db.scalar(there.with_for_update())


def held(office: Office, number: str) -> Select[str]:
    """The report behind the caller's own task number."""
    return select(Copy.report).where(Copy.person == office.caller, Copy.number == int(number))

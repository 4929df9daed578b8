"""What may be read of reports, as plain values; phone and desk each put them into their own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.country.pack import Country
from bot.country.rows import Role
from bot.reports import police_duty
from bot.reports.copies import IS_HELD, has_passed
from bot.reports.opening import copy_open_to
from bot.reports.reading import Readings
from bot.reports.referral import referred_to
from bot.storage.audit import AuditAction
from bot.storage.tables.delivery import Message, MessageKind
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Reply, Report, ReportReceipt, ReportStatus
from bot.storage.tables.runtime import Event
from bot.storage.unit_of_work import Actor

WENT_ON = (  # what happens when a report goes to another person
    AuditAction.ESCALATED,
    AuditAction.PASSED,
    AuditAction.HANDED_OVER,
    AuditAction.HANDED_TO_SUCCESSOR,
    AuditAction.RECOVERED,
)


@dataclass(frozen=True)
class Step:
    """One step of a report on a day: a reader opened it, or it went on to another person.

    `reader` is `police`, the kind of a partner, or empty for oversight; None when it went on.
    """

    day: date
    reader: str | None


@dataclass(frozen=True)
class HerNews:
    """What the reporter may read with her code: the status, each opening once a day (S23), the messages since (`said`),
    and the word that she chose when she filed, if any.
    """

    status: ReportStatus
    steps: tuple[Step, ...]
    word: str
    said: tuple[Mapping[str, str], ...]

    @property
    def is_unread(self) -> bool:
        """Whether nobody has opened it: a new report may have been."""
        return self.status == ReportStatus.NEW and all(step.reader is None for step in self.steps)


@dataclass(frozen=True)
class ReportSummary:
    """A report in somebody's list: her number for it, and whether she was reminded of it."""

    number: int
    reminded: bool = False


@dataclass(frozen=True)
class OpenedReport:
    """What a reader may read: the answers of the report by screen (`told`), and the messages since (`said`)."""

    told: Mapping[str, str]
    said: tuple[Mapping[str, str], ...]

    @property
    def keeps_apart(self) -> bool:
        """Whether somebody was hurt: then the reader is told not to bring her together with whoever did it (S63)."""
        return self.told.get("what") in ("hurt", "sexual")


# -- for the reporter, with her code -----------------------------------------------------------------------------------
def her_news(db: Session, readings: Readings, country: Country, code: str, handle: str) -> HerNews:
    """What has become of her report. Raises `Unsealable` for a handle that is not of this code."""
    holder = readings.receipt(code, handle)
    report = _report_of(db, holder.locator)
    steps = tuple(dict.fromkeys(_steps(db, report.id, country)))
    said = readings.read(db, report, None, holder.private).said
    word = next((line["value"] for line in said if line["node"] == "word"), "")
    return HerNews(ReportStatus(report.status), steps, word, tuple(line for line in said if line["node"] != "word"))


def asks_her(db: Session, readings: Readings, code: str, handle: str) -> bool:
    """Whether the last message is a question to the reporter. Raises as `her_news` does."""
    holder = readings.receipt(code, handle)
    report = _report_of(db, holder.locator)
    lines = select(Reply.number, Reply.reader).where(Reply.report == report.id)
    last = db.execute(lines.order_by(Reply.number.desc(), Reply.reader).limit(1)).first()
    if last is None or last.reader:
        return False
    said = readings.read(db, report, None, holder.private).said
    return bool(said) and said[-1]["node"] == "ask"


def _report_of(db: Session, locator: str) -> Report:
    return db.scalars(select(Report).join(ReportReceipt).where(ReportReceipt.locator == locator)).one()


def _steps(db: Session, report: str, country: Country) -> list[Step]:
    steps = select(Event.at, Event.what, Person.role, Person.kind).outerjoin(Person, Person.id == Event.person)
    told = Event.what.startswith(AuditAction.OPENED) | Event.what.in_(WENT_ON)
    steps = steps.where(Event.report == report, told)
    found = []
    for at, what, role, kind in db.execute(steps.order_by(Event.id)):
        reader = "police" if role == Role.CHAMPION else kind
        found.append(Step(country.clock(at).date(), None if what in WENT_ON else reader))
    return found


# -- for those who work here -------------------------------------------------------------------------------------------
def new_reports(db: Session, person: str) -> list[ReportSummary]:
    """New reports that this person may take, urgent ones first: those of the first rung at once, others once she was
    alerted.
    """
    of_reports = Message.kind.not_in((MessageKind.DAILY, MessageKind.MEETING))
    alerted = (Message.person == Copy.person) & (Message.number == Copy.number) & of_reports
    rung = select(Message.id).where(alerted).exists()
    hers = (Copy.person == person) & ((Copy.rung == 0) | rung) & ~has_passed() & IS_HELD
    waiting = select(Copy.number).join(Report, Report.id == Copy.report).where(hers, Report.status == ReportStatus.NEW)
    return [ReportSummary(number) for number in db.scalars(waiting.order_by(Report.urgent.desc(), Copy.number))]


def my_reports(db: Session, person: str) -> list[ReportSummary]:
    """The taken reports that she owns or was referred to; first those she was reminded of."""
    taken = (Report.owner == person) & (Report.status == ReportStatus.TAKEN) | referred_to(person)
    mine = select(Copy.number).join(Report, Report.id == Copy.report).where(Copy.person == person, taken)
    late = set(db.scalars(select(Message.number).where(Message.person == person, Message.kind == MessageKind.OVERDUE)))
    found = [ReportSummary(number, number in late) for number in db.scalars(mine)]
    return sorted(found, key=lambda one: (not one.reminded, one.number))


def has_receipt(db: Session, person: str, number: int) -> bool:
    """Whether the reporter has a code, so that she can read an answer."""
    held = select(Copy.report).where(Copy.person == person, Copy.number == number)
    return db.scalar(select(ReportReceipt.locator).where(ReportReceipt.report.in_(held))) is not None


def opened_report(db: Session, readings: Readings, actor: Actor, number: int) -> OpenedReport:
    """All that a reader may read of a report. Raises `Unsealable`, `Shredded`, or `NoResultFound` when it is not open
    to her any more.
    """
    copy = db.scalars(copy_open_to(actor.id, number)).one()
    report = db.get_one(Report, copy.report)
    found = readings.read(db, report, copy, readings.private(actor.id, actor.key_handle))
    return OpenedReport(found.told, found.said)


def standing(db: Session, person: str, number: int) -> Literal["own", "bound", "referred"]:
    """How a report that is open to a reader stands to her: own (she has taken it) | bound (the same, and the police
    must still be told) | referred (it is not hers: it was referred to her for one service).
    """
    report = db.get_one(Report, db.scalars(copy_open_to(person, number)).one().report)
    if report.owner != person:
        return "referred"
    return "bound" if police_duty.waits(db, report.id) else "own"

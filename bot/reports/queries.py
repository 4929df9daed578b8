"""What may be read of reports, as plain values: every door puts them into its own words."""

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

WENT_ON = (  # steps to another person
    AuditAction.ESCALATED,
    AuditAction.PASSED,
    AuditAction.HANDED_OVER,
    AuditAction.HANDED_TO_SUCCESSOR,
    AuditAction.RECOVERED,
)


@dataclass(frozen=True)
class Step:
    """Somebody opened her report on a day. `reader` is police or the kind of a partner, empty for oversight; None when
    it went on to another person instead.
    """

    day: date
    reader: str | None


@dataclass(frozen=True)
class HerNews:
    """What whoever told may read: where it stands, each opening once a day (S23), the lines said since with the word
    of hers, if she chose one, before all others.
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
    """What a reader may read: the answers of whoever told by screen, and the lines said since."""

    told: Mapping[str, str]
    said: tuple[Mapping[str, str], ...]

    @property
    def keeps_apart(self) -> bool:
        """Whether somebody was hurt: then nobody brings her together with whoever did it (S63)."""
        return self.told.get("what") in ("hurt", "sexual")


# -- for whoever told, with her code -----------------------------------------------------------------------------------
def her_news(db: Session, readings: Readings, country: Country, code: str, handle: str) -> HerNews:
    """What has become of her report. Raises `Unsealable` for a handle that is not of this code."""
    locator = readings.vault.locator(code)
    private = readings.private(locator, handle)
    report = _report_of(db, locator)
    steps = tuple(dict.fromkeys(_steps(db, report.id, country)))
    said = readings.read(db, report, None, private).said
    word = next((line["value"] for line in said if line["node"] == "word"), "")
    return HerNews(ReportStatus(report.status), steps, word, tuple(line for line in said if line["node"] != "word"))


def asks_her(db: Session, readings: Readings, code: str, handle: str) -> bool:
    """Whether the last line is a question to her. Raises as `her_news` does."""
    locator = readings.vault.locator(code)
    private = readings.private(locator, handle)
    report = _report_of(db, locator)
    lines = select(Reply.number, Reply.reader).where(Reply.report == report.id)
    last = db.execute(lines.order_by(Reply.number.desc(), Reply.reader).limit(1)).first()
    if last is None or last.reader:
        return False
    said = readings.read(db, report, None, private).said
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
    """The reports that wait for somebody to take them, urgent ones first: hers at once, or since she was alerted."""
    of_reports = Message.kind.not_in((MessageKind.DAILY, MessageKind.MEETING))
    alerted = (Message.person == Copy.person) & (Message.number == Copy.number) & of_reports
    rung = select(Message.id).where(alerted).exists()
    hers = (Copy.person == person) & ((Copy.rung == 0) | rung) & ~has_passed() & IS_HELD
    waiting = select(Copy.number).join(Report, Report.id == Copy.report).where(hers, Report.status == ReportStatus.NEW)
    return [ReportSummary(number) for number in db.scalars(waiting.order_by(Report.urgent.desc(), Copy.number))]


def my_reports(db: Session, person: str) -> list[ReportSummary]:
    """The open reports that she took or was given by who had; first those she was reminded of."""
    taken = (Report.owner == person) & (Report.status == ReportStatus.TAKEN) | referred_to(person)
    mine = select(Copy.number).join(Report, Report.id == Copy.report).where(Copy.person == person, taken)
    late = set(db.scalars(select(Message.number).where(Message.person == person, Message.kind == MessageKind.OVERDUE)))
    found = [ReportSummary(number, number in late) for number in db.scalars(mine)]
    return sorted(found, key=lambda one: (not one.reminded, one.number))


def has_receipt(db: Session, person: str, number: int) -> bool:
    """Whether whoever told has a code to read an answer with."""
    held = select(Copy.report).where(Copy.person == person, Copy.number == number)
    return db.scalar(select(ReportReceipt.locator).where(ReportReceipt.report.in_(held))) is not None


def opened_report(db: Session, readings: Readings, actor: Actor, number: int) -> OpenedReport:
    """All that she may read of a report that is open to her. Raises `Unsealable`, `Shredded`, or `NoResultFound` when
    it is open to her no more.
    """
    copy = db.scalars(copy_open_to(actor.id, number)).one()
    report = db.get_one(Report, copy.report)
    found = readings.read(db, report, copy, readings.private(actor.id, actor.key_handle))
    return OpenedReport(found.told, found.said)


def standing(db: Session, person: str, number: int) -> Literal["own", "bound", "referred"]:
    """Whether she has taken an open report herself, or was given it for one service (referred); bound: her own, of
    which the law wants the police to be told.
    """
    report = db.get_one(Report, db.scalars(copy_open_to(person, number)).one().report)
    if report.owner != person:
        return "referred"
    return "bound" if police_duty.waits(db, report.id) else "own"

"""What may be read of reports, as plain values; phone and desk each put them into their own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from bot.country.pack import Country
from bot.country.routing_rules import PARTNERS, Urgency
from bot.country.rows import Role
from bot.reports import police_duty
from bot.reports.ladders import has_passed, held
from bot.reports.opening import request_open_to, unhelped_for
from bot.reports.reading import Readings, lines_for, open_question
from bot.reports.referral import referred_to
from bot.storage.audit import AuditAction
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Report, ReportReceipt, Request, RequestStatus
from bot.storage.tables.reports import Step as Ladder
from bot.storage.tables.runtime import Event
from bot.storage.unit_of_work import Actor

IN_ORDER = (*PARTNERS, "police", "oversight")  # of the lines that she reads
SHUT_OUT = ("no_police", "no_men", "no_unit-")  # wishes that are exclusions
WENT_ON = (  # what happens when a request goes to another person
    AuditAction.ESCALATED,
    AuditAction.PASSED,
    AuditAction.NOT_ANSWERED,
    AuditAction.NOT_TRAINED,
    AuditAction.GIVEN_ON,
    AuditAction.HANDED_OVER,
    AuditAction.HANDED_TO_SUCCESSOR,
    AuditAction.RECOVERED,
    AuditAction.ELSEWHERE_AGREED,
)
TOLD_HER = (*WENT_ON, AuditAction.REOPENED)  # steps at which nobody has opened it


@dataclass(frozen=True)
class Step:
    """One step of a report on a day: a reader opened it, or it went on to another person.

    `reader` is `police`, the kind of a partner, or empty for oversight; None when it went on.
    """

    day: date
    reader: str | None
    reopened: bool = False  # by herself; then nobody is its reader


@dataclass(frozen=True)
class RequestNews:
    """What has become of what she asked of one service."""

    service: str
    status: RequestStatus
    opened: bool
    closing: str = ""  # a `Closing`, of a closed one
    reopened: bool = False  # by her, at least once

    @property
    def is_unread(self) -> bool:
        """Whether nobody has opened it since it was filed, or opened again: a new one may have been."""
        return self.status == RequestStatus.NEW and not self.opened


@dataclass(frozen=True)
class HerNews:
    """What the reporter may read with her code: each request, each opening once a day (S23), the messages since
    (`said`, with the service that wrote as `by` where she asked several), and the word that she chose when she filed,
    if any.
    """

    requests: tuple[RequestNews, ...]
    steps: tuple[Step, ...]
    word: str
    said: tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class ReportSummary:
    """A request in somebody's list: her number for it, its class, and whether she was reminded of it."""

    number: int
    urgency: Urgency
    reminded: bool = False


@dataclass(frozen=True)
class OpenedReport:
    """What a reader may read: the answers of the report by screen (`told`), the messages since (`said`), the day on
    which it was told, and whom she has shut out since or before: police | men | a station as `unit-POST-1`.
    """

    told: Mapping[str, str]
    said: tuple[Mapping[str, str], ...]
    filed: date
    left_out: tuple[str, ...] = ()

    @property
    def keeps_apart(self) -> bool:
        """Whether somebody was hurt: then the reader is told not to bring her together with whoever did it (S63)."""
        return self.told.get("what") in ("hurt", "sexual")


# -- for the reporter, with her code -----------------------------------------------------------------------------------
def her_news(db: Session, readings: Readings, country: Country, code: str, handle: str) -> HerNews:
    """What has become of her report. Raises `Unsealable` for a handle that is not of this code."""
    holder = readings.receipt(code, handle)
    report = db.scalars(_by(holder.locator)).one()
    requests = sorted(_requests(db, report.id), key=lambda one: IN_ORDER.index(one.service))
    opened = _openings(db, [one.id for one in requests])
    steps = tuple(dict.fromkeys(_step(opening, country) for opening in opened))
    read = set[str]()  # since it was filed, or opened again
    for opening in opened:
        read = read - {opening.report} if opening.what == AuditAction.REOPENED else read
        read |= set() if opening.what in TOLD_HER else {opening.report}
    news = tuple(
        RequestNews(one.service, RequestStatus(one.status), one.id in read, one.closing, one.reopened > 0)
        for one in requests
    )
    said = readings.read(db, report, None, holder.private).said
    word = next((line["value"] for line in said if line["node"] == "word"), "")
    wrote = {one.id: {"by": one.service} for one in requests} if len(requests) > 1 else {}
    rows = lines_for(db, report, "")
    by = [{**line, **wrote.get(row.request, {})} for row, line in zip(rows, said, strict=True)]
    return HerNews(news, steps, word, tuple(line for line in by if line["node"] != "word"))


def asks_her(db: Session, readings: Readings, code: str, handle: str) -> bool:
    """Whether somebody's last message is a question to the reporter. Raises as `her_news` does."""
    holder = readings.receipt(code, handle)
    report = db.scalars(_by(holder.locator)).one()
    said = readings.read(db, report, None, holder.private).said
    return open_question(db, report, zip(lines_for(db, report, ""), said, strict=True)) is not None


def report_of_receipt(db: Session, locator: str) -> Report | None:
    """The report of a receipt, by its locator; None when she has erased it since."""
    return db.scalars(_by(locator)).one_or_none()


def _by(locator: str) -> Select[Report]:
    return select(Report).join(ReportReceipt).where(ReportReceipt.locator == locator)


def _requests(db: Session, report: str) -> Sequence[Request]:
    known = (Request.report == report) & (Request.status != RequestStatus.PROPOSED)
    return db.scalars(select(Request).where(known)).all()


def _openings(db: Session, requests: Sequence[str]) -> Sequence[Any]:
    """The rows of the record about these requests that tell who opened one or that it went on, the oldest first."""
    steps = select(Event.report, Event.at, Event.what, Person.role, Person.kind)
    told = Event.what.startswith(AuditAction.OPENED) | Event.what.in_(TOLD_HER)
    steps = steps.outerjoin(Person, Person.id == Event.person).where(Event.report.in_(requests), told)
    return db.execute(steps.order_by(Event.id)).all()


def _step(opening: Any, country: Country) -> Step:
    reader = "police" if opening.role == Role.CHAMPION else opening.kind
    reopened = opening.what == AuditAction.REOPENED
    return Step(country.clock(opening.at).date(), None if opening.what in TOLD_HER else reader, reopened)


# -- for those who work here -------------------------------------------------------------------------------------------
def new_reports(db: Session, person: str) -> list[ReportSummary]:
    """New requests that this person may take, urgent ones first: those of the first rung at once, others once she was
    alerted. For oversight also those whose owner could not help.
    """
    hers = (Ladder.person == person) & ((Ladder.rung == 0) | (Ladder.alerted > 0)) & ~has_passed()
    waiting = select(Ladder.number, Request.urgency).join(Request, Request.id == Ladder.request)
    waiting = waiting.where(hers, (Request.status == RequestStatus.NEW) | unhelped_for(person))
    first = (Request.urgency == Urgency.DANGER).desc()
    rows = db.execute(waiting.order_by(first, Ladder.number))
    return [ReportSummary(number, Urgency(urgency)) for number, urgency in rows]


def my_reports(db: Session, person: str) -> list[ReportSummary]:
    """The taken requests that she owns or was referred to; first those she was reminded of."""
    taken = (Request.owner == person) & (Request.status == RequestStatus.TAKEN) | referred_to(person)
    mine = select(Ladder.number, Request.urgency, Ladder.reminded).join(Request, Request.id == Ladder.request)
    rows = db.execute(mine.where(Ladder.person == person, taken))
    found = [ReportSummary(number, Urgency(urgency), reminded) for number, urgency, reminded in rows]
    return sorted(found, key=lambda one: (not one.reminded, one.number))


def has_receipt(db: Session, person: str, number: int) -> bool:
    """Whether the reporter has a code, so that she can read an answer."""
    of = held(person, number).with_only_columns(Ladder.report)
    return db.scalar(select(ReportReceipt.locator).where(ReportReceipt.report.in_(of))) is not None


def opened_report(db: Session, readings: Readings, actor: Actor, number: int) -> OpenedReport:
    """All that a reader may read of a report. Raises `Unsealable`, `Shredded`, or `NoResultFound` when it is not open
    to her any more.
    """
    request = db.scalars(request_open_to(actor.id, number)).one()
    copy = db.get_one(Copy, (request.report, actor.id))
    private = readings.private(actor.id, actor.key_handle)
    report = db.get_one(Report, request.report)
    found = readings.read(db, report, copy, private)
    left_out = tuple(wish.removeprefix("no_") for wish in report.wishes.split(",") if wish.startswith(SHUT_OUT))
    return OpenedReport(found.told, found.said, date.fromisoformat(report.filed), left_out)


def is_unhelped(db: Session, person: str, number: int) -> bool:
    """Whether a request waits for the word of oversight, because its owner could not help."""
    hers = held(person, number).with_only_columns(Ladder.request)
    return db.scalar(select(Request.id).where(Request.id.in_(hers), unhelped_for(person))) is not None


def is_grave(db: Session, person: str, number: int) -> bool:
    """Whether a request in somebody's list is of the class danger or medicine, as it is now."""
    hers = held(person, number).with_only_columns(Ladder.request)
    grave = Request.urgency.in_((Urgency.DANGER, Urgency.MEDICINE))
    return db.scalar(select(Request.id).where(Request.id.in_(hers), grave)) is not None


def standing(db: Session, person: str, number: int) -> Literal["own", "bound", "referred"]:
    """How a request that is open to a reader stands to her: own (she has taken it) | bound (the same, and the police
    must still be told) | referred (it is not hers: it was referred to her for one service).
    """
    request = db.scalars(request_open_to(person, number)).one()
    if request.owner != person:
        return "referred"
    return "bound" if police_duty.waits(db, request.report) else "own"

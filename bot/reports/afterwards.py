"""What the reporter does with her code once somebody has answered or closed a request: she says whether it helped, and
opens it again where it did not.

A request that is open again is the same one, with the same ladder. It is rung again from its first rung on which
somebody is on duty; who had said that she could not help is rung when nobody else is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from bot.country.hours import is_away, on_duty
from bot.country.rows import Role
from bot.reports import clocks
from bot.reports.ladders import alert_rung, hand_on, has_passed
from bot.reports.queries import IN_ORDER, report_of_receipt
from bot.reports.reading import Readings
from bot.reports.receipts import ReceiptHolder, report_by_receipt
from bot.storage import outbox
from bot.storage.audit import AuditAction, note
from bot.storage.base import random_id
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Closing, Rating, Report, Request, RequestStatus, Step
from bot.storage.tables.runtime import Event
from bot.storage.unit_of_work import Outcome, Work

NOT_HERS = (RequestStatus.PROPOSED, RequestStatus.ERASED)


@dataclass(frozen=True)
class Afterwards:
    """What she may do now: write to what is `open`, say of these services whether it helped (`answered`), open the
    requests to these again (`closed`).
    """

    is_open: bool
    answered: tuple[str, ...]
    closed: tuple[str, ...]


def afterwards(db: Session, readings: Readings, code: str, handle: str) -> Afterwards:
    """What she may do now with her report: nothing with one that is erased. Raises `Unsealable` for a handle that is
    not of this code.
    """
    report = report_of_receipt(db, readings.receipt(code, handle).locator)
    if report is None:
        return Afterwards(False, (), ())
    found = _requests(db, report)
    closed = [one.service for one in found if one.status == RequestStatus.CLOSED]
    answered = [one.service for one in found if _may_be_rated(db, one)]
    return Afterwards(len(closed) < len(found), tuple(answered), tuple(closed))


def rate(
    work: Work, holder: ReceiptHolder, rating: Rating, service: str = ""
) -> Outcome[Literal["done", "gone", "not_yet"]]:
    """Keep how she found the answer of a service, in the place of what she said of it before; without a service that of
    the first that has answered.

    Outcomes: done | gone (the report is erased) | not_yet (that service has not answered).
    """
    report = report_by_receipt(work, holder)
    if report is None:
        return Outcome("gone")
    answered = [one for one in _requests(work.db, report, locked=True) if _may_be_rated(work.db, one)]
    request = next((one for one in answered if one.service == service or not service), None)
    if request is None:
        return Outcome("not_yet")
    request.rating = rating
    return Outcome("done")


def reopen(
    work: Work, holder: ReceiptHolder, service: str = ""
) -> Outcome[Literal["done", "off_duty", "nobody", "late", "gone"]]:
    """Open a closed request again, as new: its phones ring from its first rung on which somebody is on duty, and its
    clocks begin anew. Without a service it is the first that is closed.

    Outcomes: done | off_duty (nobody of that service is on duty: it is rung all the same) | nobody (nobody can read it
    any more) | late (it is open already) | gone (the report is erased).
    """
    report = report_by_receipt(work, holder)
    if report is None:
        return Outcome("gone")
    closed = [one for one in _requests(work.db, report, locked=True) if one.status == RequestStatus.CLOSED]
    request = next((one for one in closed if one.service == service or not service), None)
    if request is None:
        return Outcome("late")
    if work.db.execute(_who_serves(request).limit(1)).first() is None:
        return Outcome("nobody")
    request.status, request.owner, request.closing, request.closed = RequestStatus.NEW, "", "", ""
    request.reopened += 1
    report.followed = 0
    work.vault.unanswered(report.id)  # no SMS of its closing comes any more
    note(work.db, work.vault, work.at, "", AuditAction.REOPENED, request.id)
    clocks.begin_anew(work.db, request.id, work.at)
    return _ring_again(work, request)


def _requests(db: Session, report: Report, *, locked: bool = False) -> Sequence[Request]:
    """The requests of a report in the order in which she reads them; `locked` until the transaction ends."""
    hers = select(Request).where(Request.report == report.id, Request.status.not_in(NOT_HERS)).order_by(Request.id)
    rows = db.scalars(hers.with_for_update() if locked else hers).all()
    return sorted(rows, key=lambda one: IN_ORDER.index(one.service))


def _may_be_rated(db: Session, request: Request) -> bool:
    """Whether somebody has answered, or closed it as something that was real."""
    if request.status == RequestStatus.CLOSED:
        return request.closing != Closing.MISTAKE
    did = (Event.report == request.id) & Event.what.in_(clocks.ACTED)
    return db.scalar(select(Event.id).where(did).limit(1)) is not None


def _who_serves(request: Request) -> Select[int, Person]:
    """The query for rung and person of everybody on its ladder who serves, the first rung first."""
    serve = select(Step.rung, Person).join(Person, Person.id == Step.person)
    return serve.where(Step.request == request.id, Person.active).order_by(Step.rung)


def _ring_again(work: Work, request: Request) -> Outcome[Literal["done", "off_duty"]]:
    """Alert the first rung on which a helper is on duty who has not said that she could not help; where none is, as
    `hand_on`. Outcomes: done | off_duty (there are helpers, and none of them is on duty).
    """
    serve = work.db.execute(_who_serves(request).where(~has_passed())).all()
    helpers = [(rung, person) for rung, person in serve if person.role != Role.OVERSIGHT]
    rung = next((rung for rung, person in helpers if _is_on_duty(work, person)), None)
    if rung is None:
        tasks = hand_on(work.db, work.vault, request.id, work.at)
        return Outcome("off_duty" if helpers else "done", {}, tuple(tasks))
    alert = alert_rung(request.report, request.id, rung, work.at, key=random_id())
    return Outcome("done", {}, tuple(outbox.post(work.db, alert)))


def _is_on_duty(work: Work, person: Person) -> bool:
    trained = not person.trained_until or person.trained_until >= work.local.date().isoformat()
    holiday = work.country.is_holiday(work.local.date())
    return trained and not is_away(person, work.local) and on_duty(person.duty, work.local, holiday)

"""Figures about reports: a public file for everybody, and a table for oversight about the service itself (S86 to S89).

The public file is a partition: every counted report stands in one cell at most, no cell holds fewer than five, and
there are no totals, so that nothing can be found out by subtraction (`bot.vault.figures`). The vault publishes a month
once, when it is over, and nobody else knows the counts behind it (`bot.reports.publication`). Counted are reports to
this service by women who agreed to it; they are no measure of what happens.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.country.pack import Country
from bot.storage.audit import AuditAction
from bot.storage.tables.reports import Closing, Rating, Report, ReportStatus, Request, Step
from bot.storage.tables.runtime import Event
from bot.vault.figures import FLOOR

COLUMNS = ("month", "place", "what", "reports_to_this_service")
SERVICE = (
    "month", "reports", "half_read_within", "not_read", "taken_back", "about_police", "beside_police", "reopened",
)  # fmt: skip
STEPS = ((3600, "an hour"), (86400, "a day"), (3 * 86400, "three days"), (7 * 86400, "a week"))

Figures = Mapping[str, object]  # a row, by the names of its columns


def public(published: Sequence[tuple[str, str, str, int]], country: Country) -> list[Mapping[str, object]]:
    """The file for everybody, of what the vault has published (month, place, what, number): the oldest first."""
    known = [row for row in published if row[1] in country.places]
    finer = {(month, up.code, what) for month, place, what, _n in known for up in [*country.way_up(place)][1:]}
    return [
        {
            "month": month,
            "place": country.places[place].name + (" (other places there)" if (month, place, what) in finer else ""),
            "what": what,
            "reports_to_this_service": number,
        }
        for month, place, what, number in sorted(known)
    ]


@dataclass(frozen=True)
class Heard:
    """One report as the figures of the service know it; `after` is the seconds until somebody read it, None if nobody
    has.
    """

    month: str
    destination: str
    erased: bool
    after: int | None
    reopened: bool = False  # by her, at least once


def service(heard: Iterable[Heard]) -> list[Mapping[str, object]]:
    """One row a month, for oversight; a month with fewer than five reports holds nothing but `few`. Shares are in
    tenths.

    No person and no station is named: nobody is ranked (S62).
    """
    months: defaultdict[str, list[Heard]] = defaultdict(list)
    for one in heard:
        months[one.month].append(one)
    rows: list[Mapping[str, object]] = []
    for month, all_ in sorted(months.items()):
        if len(all_) < FLOOR:
            rows.append(dict.fromkeys(SERVICE, "") | {"month": month, "reports": "few"})
            continue
        read = [one.after for one in all_ if one.after is not None]
        rows.append({
            "month": month,
            "reports": len(all_),
            "half_read_within": within(median(read)) if len(read) >= FLOOR else "",
            "not_read": tenths(sum(one.after is None for one in all_), len(all_)),
            "taken_back": tenths(sum(one.erased for one in all_), len(all_)),
            "about_police": tenths(sum(one.destination == "oversight" for one in all_), len(all_)),
            "beside_police": tenths(sum(one.destination != "police" for one in all_), len(all_)),
            "reopened": tenths(sum(one.reopened for one in all_), len(all_)),
        })  # fmt: skip
    return rows


def within(seconds: float) -> str:
    """A time in words, as coarse as may be published."""
    return next((name for most, name in STEPS if seconds <= most), "longer")


def tenths(part: int, whole: int) -> str:
    """A share in whole tenths: it changes when several reports do, not when one does."""
    return f"{round(10 * part / whole)}/10"


def heard(db: Session) -> list[Heard]:
    """All reports that are still in the tables, but for trials and mistakes."""
    rung = select(Step.report, func.min(Step.alerted)).where(Step.alerted > 0).group_by(Step.report)
    first = {report: at for report, at in db.execute(rung)}
    opened = select(Request.report, func.min(Event.at)).join(Event, Event.report == Request.id)
    opened = opened.where(Event.what.startswith(AuditAction.OPENED)).group_by(Request.report)
    read = {report: at for report, at in db.execute(opened)}
    asked = defaultdict[str, set[str]](set)
    for report, service in db.execute(
        select(Request.report, Request.service).where(Request.closing != Closing.MISTAKE)
    ):
        asked[report].add(service)
    found = db.execute(select(Report.id, Report.month, Report.status)).all()
    again = {*db.scalars(select(Request.report).where(Request.reopened > 0))}
    return [
        Heard(
            month, _destination(asked[report]), status == ReportStatus.ERASED,
            max(0, read[report] - first.get(report, read[report])) if report in read else None,
            report in again,
        )
        for report, month, status in found
        if report in asked
    ]  # fmt: skip


def helped(db: Session, before: str) -> list[tuple[str, str]]:
    """Service and share, in tenths, of those who said that its answer helped, of what was told before a month. A
    service of whose answers fewer than five have said anything is left out; nobody who answered is named (S62).
    """
    said = select(Request.service, Request.rating).join(Report, Report.id == Request.report)
    ratings = defaultdict[str, list[int]](list)
    for service, rating in db.execute(said.where(Request.rating > 0, Report.month < before)):
        ratings[service].append(rating)
    return [
        (service, tenths(all_.count(Rating.HELPED), len(all_)))
        for service, all_ in sorted(ratings.items())
        if len(all_) >= FLOOR
    ]


def _destination(services: set[str]) -> str:
    """Where a report went: to the police when they are among those she asked, else to any of the others."""
    return "police" if "police" in services else min(services, default="")

"""Figures about reports: a public file for everybody, and a table for oversight about the service itself (S86 to S89).

The public file is a partition: every counted report stands in one cell at most, no cell holds fewer than five, and
there are no totals, so that nothing can be found out by subtraction. A month is published when it is over, and never
changes after. Counted are reports to this service by women who agreed to it; they are no measure of what happens.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.country.pack import Country
from bot.storage.audit import AuditAction
from bot.storage.tables.delivery import Message, MessageKind
from bot.storage.tables.reports import Report, ReportStatus, Request, Step, Tally
from bot.storage.tables.runtime import Event

FLOOR = 5  # S86: a cell of one to four reports could identify a woman
COLUMNS = ("month", "place", "what", "reports_to_this_service")
SERVICE = ("month", "reports", "half_read_within", "not_read", "taken_back", "about_police", "beside_police")
STEPS = ((3600, "an hour"), (86400, "a day"), (3 * 86400, "three days"), (7 * 86400, "a week"))
Cells = Mapping[tuple[str, str, str], int]  # month, zone, what


def partition(cells: Cells, way_up: Mapping[str, Sequence[str]]) -> dict[tuple[str, str, str], int]:
    """Cells of at least five, each in the smallest place where all that remains there may be shown.

    `way_up` gives a zone's places from itself to the country. Where one zone of a place is too small, the whole of that
    place goes up together: a neighbour that stayed behind could be taken from the sum.
    """
    shown: dict[tuple[str, str, str], int] = {}
    for month, what in sorted({(month, what) for month, _zone, what in cells}):
        left = Counter({zone: n for (m, zone, w), n in cells.items() if (m, w) == (month, what) and n > 0})
        levels = max((len(way_up[zone]) for zone in left), default=0)
        for level in range(levels):
            sums: Counter[str] = Counter()
            inside: defaultdict[str, set[str]] = defaultdict(set)
            for zone, count in left.items():
                place = way_up[zone][min(level, len(way_up[zone]) - 1)]
                sums[place] += count
                inside[_above(way_up[zone], level)].add(place)
            ready = {place for places in inside.values() if all(sums[p] >= FLOOR for p in places) for place in places}
            shown |= {(month, place, what): sums[place] for place in ready}
            left = Counter({z: n for z, n in left.items() if not ready & set(way_up[z][level : level + 1])})
    return shown


def _above(way: Sequence[str], level: int) -> str:
    return way[min(level + 1, len(way) - 1)]


def public(db: Session, country: Country, before: str) -> list[Mapping[str, object]]:
    """The file for everybody: months before this one (YYYY-MM), the finest place a zone, the oldest first."""
    counted = select(Tally.month, Tally.zone, Tally.group, func.sum(Tally.count)).where(Tally.month < before)
    rows = db.execute(counted.group_by(Tally.month, Tally.zone, Tally.group))
    cells = {(month, zone, what): int(number) for month, zone, what, number in rows if zone in country.places}
    way_up = {zone: [place.code for place in country.way_up(zone)] for _month, zone, _what in cells}
    shown = partition(cells, way_up)
    finer = {(month, up, what) for month, zone, what in shown for up in [p.code for p in country.way_up(zone)][1:]}
    return [
        {
            "month": month,
            "place": country.places[place].name + (" (other places there)" if (month, place, what) in finer else ""),
            "what": what,
            "reports_to_this_service": number,
        }
        for (month, place, what), number in sorted(shown.items())
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
        })  # fmt: skip
    return rows


def within(seconds: float) -> str:
    """A time in words, as coarse as may be published."""
    return next((name for most, name in STEPS if seconds <= most), "longer")


def tenths(part: int, whole: int) -> str:
    """A share in whole tenths: it changes when several reports do, not when one does."""
    return f"{round(10 * part / whole)}/10"


def heard(db: Session) -> list[Heard]:
    """All reports that are still in the tables."""
    rung = select(Step.report, func.min(Message.created)).join(
        Message, (Message.person == Step.person) & (Message.number == Step.number)
    )
    alerts = Message.kind.in_((MessageKind.NEW, MessageKind.URGENT))
    first = {report: at for report, at in db.execute(rung.where(alerts).group_by(Step.report))}
    opened = select(Request.report, func.min(Event.at)).join(Event, Event.report == Request.id)
    opened = opened.where(Event.what.startswith(AuditAction.OPENED)).group_by(Request.report)
    read = {report: at for report, at in db.execute(opened)}
    asked = defaultdict[str, set[str]](set)
    for report, service in db.execute(select(Request.report, Request.service)):
        asked[report].add(service)
    found = db.execute(select(Report.id, Report.month, Report.status)).all()
    return [
        Heard(
            month, _destination(asked[report]), status == ReportStatus.ERASED,
            max(0, read[report] - first.get(report, read[report])) if report in read else None,
        )
        for report, month, status in found
    ]  # fmt: skip


def _destination(services: set[str]) -> str:
    """Where a report went: to the police when they are among those she asked, else to any of the others."""
    return "police" if "police" in services else min(services, default="")

"""Whether women can come to a meeting and are safe there: rules as data, each with its reason (S65, S66, S67).

A pure function of a `Plan`. Green goes on; amber goes on, but the leader and the advocate read why not to; red cannot
go out. Numbers are proposals, to be settled with the women's organisations of a country.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.country.hours import on_duty
from bot.country.rows import VenueKind

SHORTEST_NOTICE = timedelta(hours=24)  # women have to arrange children, cooking, a companion
FAIR_NOTICE = timedelta(days=3)
FARTHEST = timedelta(days=120)  # a date of last month is read as one of next year
DUSK = timedelta(minutes=60)  # S67: it ends an hour before dark, because they walk home
LONGEST = timedelta(hours=3)
CURFEW = "curfew"  # the name of the roster in which nobody may be out
RATED, SAFE, UNSAFE = 5, 80, 50  # answers that make a rating; per cent who felt safe
FRIGHTENING = frozenset({VenueKind.POLICE, VenueKind.BARRACKS, VenueKind.PARTY, VenueKind.BAR, VenueKind.HOME})  # S66


class Level(StrEnum):
    """What a finding means for the notice of the meeting."""

    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True)
class Plan:
    """What is known of a meeting before anybody is told. Times are of the country's own clock."""

    starts: datetime
    ends: datetime
    now: datetime
    sunrise: datetime
    sunset: datetime
    venue: VenueKind
    women_only: bool
    woman: str  # whether a woman officer or facilitator comes: yes | asked | no
    organisation: bool  # a women's organisation takes part
    childcare: bool
    way_home: bool
    step_free: bool
    busy: Mapping[str, str] = field(
        default_factory=dict
    )  # what else women do, as rosters: {"market": "sat 07:00-12:00"}
    rated: tuple[int, int] = (0, 0)  # how many women said after the last meetings there, and how many felt safe
    others: Sequence[tuple[datetime, datetime, bool]] = ()  # other meetings of the zone, and whether in the same place
    contact: bool = True  # somebody is named to whom a woman may tell what happened to her
    wished: tuple[int, int] = (0, 0)  # how many women of the zone said when they can come, and how many then cannot


@dataclass(frozen=True)
class Finding:
    """One thing that speaks against the meeting as it is planned; `rule` names it in the record and for its text."""

    rule: str
    level: Level


def findings(plan: Plan) -> tuple[Finding, ...]:
    """Everything that speaks against a meeting, red findings first; empty when nothing does."""
    found = [Finding(rule, level) for rule, level, against in RULES if against(plan)]
    return tuple(sorted(found, key=lambda finding: finding.level != Level.RED))


def may_go_out(plan: Plan) -> bool:
    """Whether there is no red finding."""
    return all(finding.level != Level.RED for finding in findings(plan))


def next_day(day: int, month: int, now: datetime) -> datetime | None:
    """The next day with that date, at midnight; None for a date that no year has, or that is farther away than
    `FARTHEST`.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for year in (now.year, now.year + 1):
        try:
            candidate = midnight.replace(year=year, month=month, day=day)
        except ValueError:
            continue
        if midnight <= candidate <= midnight + FARTHEST:
            return candidate
    return None


def series(before: date, today: date) -> list[date]:
    """The coming days on which a meeting of that day may be repeated: in one week and in two, on the same weekday of
    the next month (its first Thursday, or its last when it has no fifth), and on the same date.
    """
    weeks = 1 + max(0, (today - before).days) // 7
    days = {before + timedelta(weeks=weeks), before + timedelta(weeks=weeks + 1)}
    for of_month in (_nth_weekday, _same_date):
        later = (of_month(before, months) for months in range(1, 14))
        days.add(next(day for day in later if day > today))
    return sorted(days)


def _month(before: date, months: int) -> tuple[date, int]:
    """The first day of a later month, and how many days that has."""
    number = before.year * 12 + before.month - 1 + months
    return date(number // 12, number % 12 + 1, 1), monthrange(number // 12, number % 12 + 1)[1]


def _nth_weekday(before: date, months: int) -> date:
    first, days = _month(before, months)
    day = 1 + (before.weekday() - first.weekday()) % 7 + (before.day - 1) // 7 * 7
    return first.replace(day=day if day <= days else day - 7)


def _same_date(before: date, months: int) -> date:
    first, days = _month(before, months)
    return first.replace(day=min(before.day, days))


def exists(day: int, month: int) -> bool:
    """Whether any year has that day."""
    try:
        date(2024, month, day)
    except ValueError:
        return False
    return True


def _half_hours(plan: Plan) -> Iterator[datetime]:
    at = plan.starts
    while at < plan.ends:
        yield at
        at += timedelta(minutes=30)


def _busy(plan: Plan) -> bool:
    rosters = [roster for what, roster in plan.busy.items() if roster and what != CURFEW]
    return any(on_duty(roster, at) for roster in rosters for at in _half_hours(plan))


def _curfew(plan: Plan) -> bool:
    """They walk home after it: the hour after its end counts too."""
    roster = plan.busy.get(CURFEW, "")
    return bool(roster) and any(on_duty(roster, at) for at in (*_half_hours(plan), plan.ends, plan.ends + DUSK))


def _unwished(plan: Plan) -> bool:
    answered, cannot = plan.wished
    return answered >= RATED and 2 * cannot > answered


def _clash(plan: Plan, same_place: bool) -> bool:
    together = (same for starts, ends, same in plan.others if starts < plan.ends and plan.starts < ends)
    return any(same == same_place for same in together)


def _share(plan: Plan) -> int:
    """Per cent of the women who felt safe there; 100 while too few have answered."""
    answered, safe = plan.rated
    return 100 if answered < RATED else 100 * safe // answered


def _early(plan: Plan) -> bool:
    return plan.starts < plan.sunrise


def _dark(plan: Plan) -> bool:
    return plan.ends > plan.sunset


AMBER, RED = Level.AMBER, Level.RED
RULES: tuple[tuple[str, Level, Callable[[Plan], bool]], ...] = (
    ("past", RED, lambda p: p.starts <= p.now or p.ends <= p.starts),
    ("notice", RED, lambda p: p.now < p.starts < p.now + SHORTEST_NOTICE),
    ("short notice", AMBER, lambda p: p.now + SHORTEST_NOTICE <= p.starts < p.now + FAIR_NOTICE),
    ("before daylight", RED, _early),
    ("after dark", RED, _dark),
    ("near dark", AMBER, lambda p: not _dark(p) and p.ends > p.sunset - DUSK),
    ("curfew", RED, _curfew),
    ("frightening place", RED, lambda p: p.venue in FRIGHTENING and p.women_only),
    ("frightening place", AMBER, lambda p: p.venue in FRIGHTENING and not p.women_only),
    ("unsafe place", RED, lambda p: _share(p) < UNSAFE),
    ("doubtful place", AMBER, lambda p: UNSAFE <= _share(p) < SAFE),
    ("same place", RED, lambda p: _clash(p, True)),
    ("same hour", AMBER, lambda p: _clash(p, False) and not _clash(p, True)),
    ("no woman", RED, lambda p: p.woman != "yes"),
    ("no organisation", RED, lambda p: not p.organisation),
    ("busy hour", AMBER, _busy),
    ("unwished hour", AMBER, _unwished),
    ("no childcare", AMBER, lambda p: not p.childcare),
    ("no way home", AMBER, lambda p: not p.way_home),
    ("nobody to turn to", AMBER, lambda p: not p.contact),
    ("steps", AMBER, lambda p: not p.step_free),
    ("long", AMBER, lambda p: p.ends - p.starts > LONGEST),
)  # fmt: skip

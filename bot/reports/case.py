"""What routing may know of a report, made of the answers: area, wishes, urgency, and whether the police
must be told.
"""

from __future__ import annotations

from datetime import date

from bot.country.pack import Country
from bot.country.routing_rules import Urgency, rule_for
from bot.reports.new_report import NewReport
from bot.reports.routing import Case
from bot.words.word_lists import divides


def week_of(day: date) -> str:
    """The ISO week of a day, like 2026-W48; as strings, weeks sort by time."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def case_of(report: NewReport, country: Country) -> Case:
    """The `Case` of a report; services to which she agreed in place of absent ones are among its services."""
    services = {*report.services, *({"talk"} & {report.instead_of_chosen, report.instead_of_woman, report.despair})}
    wishes = {*report.wishes} - ({"woman"} if report.instead_of_woman == "officer" else set())
    wishes |= {"woman"} if report.instead_of_woman == "talk" else set()  # asked because no woman is on duty (S53)
    wishes |= {"no_visit"} if report.who == "other" else set()  # somebody else told it: nobody goes to her (S47)
    area = frozenset(place.code for place in country.way_up(report.zone))
    rule = rule_for(country.routing, report.what, report.kind or "skip", report.when or "skip", area)
    return Case(
        area=area,
        services=frozenset(services),
        wishes=frozenset(wishes),
        power=report.power,
        child=report.who in {"self_child", "child"} or report.kind in {"ch", "cv"},
        about_police=report.kind in {"po", "st"},
        urgency=urgency_of(report, rule.urgency),
        first=rule.order,
        language=report.language,
        parked=divides(report.words) and report.what in {"other", "skip"} and report.when != "now",
    )


def urgency_of(report: NewReport, otherwise: Urgency) -> Urgency:
    """The urgency of a report: danger if it happens now, medicine if she despairs, else `otherwise`, as the country's
    table has it.
    """
    if report.when == "now":
        return Urgency.DANGER
    return Urgency.MEDICINE if report.despair and otherwise != Urgency.DANGER else otherwise


def must_tell(country: Country, report: NewReport) -> bool:
    """Whether the law demands that the police is told of a child's case (India, POCSO s.19, S39)."""
    return country.code == "in" and report.what == "sexual"

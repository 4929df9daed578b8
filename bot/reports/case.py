"""What routing may know of a report, made of the answers: area, wishes, urgency, and whether the police
must be told; and the route that it takes in its country.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from bot.country.pack import Country
from bot.country.routing_rules import Desk, Urgency, rule_for
from bot.reports.new_report import NewReport
from bot.reports.routing import Case, Reader, Route, Rules, route
from bot.storage.base import random_id
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
    child = report.who in {"self_child", "child"} or report.kind in {"ch", "cv"}
    area = frozenset(place.code for place in country.way_up(report.zone))
    rule = rule_for(country.routing, report.what, report.kind or "skip", report.when or "skip", area)
    return Case(
        area=area,
        services=frozenset(services),
        wishes=frozenset(wishes),
        power=report.power,
        child=child,
        about_police=report.kind in {"po", "st"},
        urgency=urgency_of(report, rule.urgency),
        first=rule.order,
        language=report.language,
        parked=divides(report.words) and report.what in {"other", "skip"} and report.when != "now",
        units=country.leading((Desk.CHILD, *rule.units) if child else rule.units),
        prefers_woman=report.who in {"self", "self_child"} and report.instead_of_woman != "officer",
    )


def routed_in(country: Country, report: NewReport, case: Case, people: Iterable[Reader], at: datetime) -> Route:
    """The route of a report filed at the local hour `at`, by the rules of its country. Whoever is equal to others is
    asked by turns: two calls may put them in another order.
    """
    rules = Rules(
        patience=country.patience,
        law_demands_police=must_tell(country, report),
        is_holiday=country.is_holiday,
        most_open=country.most_open,
        turn=random_id(),
    )
    return route(case, people, at, rules)


def urgency_of(report: NewReport, otherwise: Urgency) -> Urgency:
    """The urgency of a report: danger if it happens now, medicine if she despairs, else `otherwise`, as the country's
    table has it.
    """
    if report.when == "now":
        return Urgency.DANGER
    return Urgency.MEDICINE if report.despair and otherwise != Urgency.DANGER else otherwise


def must_tell(country: Country, report: NewReport) -> bool:
    """Whether the law demands that the police is told of it where it is a child's case, as the country's pack says
    (India: POCSO s.19, S39)."""
    return report.what in country.police_told_of_children

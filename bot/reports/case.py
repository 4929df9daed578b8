"""The open part of a report: what routing may know of it."""

from __future__ import annotations

from datetime import date

from bot.actions.reports import FileReport
from bot.country.pack import Country
from bot.country.routing_rules import Urgency, rule_for
from bot.reports.routing import Case
from bot.words.word_lists import divides


def week_of(day: date) -> str:
    """The ISO week of a day, like 2026-W48: they sort by time."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def case_of(effect: FileReport, country: Country) -> Case:
    """The open part of a report, with whom she agreed to instead of those who are not there."""
    services = {*effect.help.split(","), *({"talk"} & {effect.instead, effect.instead_woman, effect.crisis})}
    wishes = {*effect.wishes.split(",")} - ({"woman"} if effect.instead_woman == "officer" else set())
    wishes |= {"no_visit"} if effect.who == "other" else set()  # somebody else told it: nobody goes to her (S47)
    area = frozenset(place.code for place in country.way_up(effect.zone))
    rule = rule_for(country.routing, effect.what, kind_of(effect), effect.when, area)
    return Case(
        area=area,
        services=frozenset(services - {""}),
        wishes=frozenset(wishes - {""}),
        power=effect.power,
        child=effect.who in {"self_child", "child"} or effect.kind_other in {"ch", "cv"},
        about_police=effect.kind_other == "po",
        urgency=urgency_of(effect, rule.urgency),
        first=rule.order,
        language=effect.language,
        parked=divides(effect.words) and effect.what in {"other", "skip"} and effect.when != "now",
    )


def kind_of(effect: FileReport) -> str:
    """What exactly it was, if she was asked."""
    return effect.kind or effect.kind_forced or effect.kind_other or "skip"


def urgency_of(effect: FileReport, else_: Urgency) -> Urgency:
    """The class of a report: what happens now and despair stand above the country's table."""
    if effect.when == "now":
        return Urgency.DANGER
    return Urgency.MEDICINE if effect.crisis and else_ != Urgency.DANGER else else_


def must_tell(country: Country, effect: FileReport) -> bool:
    """Whether the law wants the police to know of a child's case (POCSO s.19, S39)."""
    return country.code == "in" and effect.what == "sexual"

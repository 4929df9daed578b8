"""Whatever the roster and whatever she chose: whom she leaves out gets no copy, the police reads of a child where the
pack says so and nowhere else, who reads her language comes first, and for every request somebody's phone will ring.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from types import ModuleType
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.actions.reports import FileReport
from bot.country.hours import is_away, on_duty
from bot.country.pack import Country, load
from bot.country.routing_rules import Urgency
from bot.phone.filing import new_report
from bot.reports import case as cases
from bot.reports import filing, routing
from bot.reports.readers import SEALED_TO, reader_of
from bot.reports.routing import Route, is_trained, reads, serves
from bot.storage.unit_of_work import FilingWork
from tests.support.country_tables import COUNTRIES, TODAY
from tests.support.planting import plant, refuted

Row = namedtuple("Row", SEALED_TO)  # type: ignore[misc]
HELP = ("health", "talk", "legal", "shelter", "child", "police")
BURUNDI, DELHI = (load(COUNTRIES / name, TODAY) for name in ("bi", "in"))
MONDAY = 1_795_424_400  # noon in Burundi, 23 November 2026
DUTY = st.sampled_from(["", "mon-sun 00:00-24:00", "mon-fri 08:00-17:00", "mon-sun 19:00-07:00"])
ROLES = st.sampled_from(["champion", "champion", "partner", "partner", "oversight", "leader"])
ROWS = st.lists(
    st.builds(
        Row, st.uuids().map(str), ROLES,
        st.sampled_from(["health", "talk", "legal", "child"]), st.sampled_from("fm"),
        st.just(f"{BURUNDI.served[0].code},{DELHI.served[0].code}"), DUTY,
        st.sampled_from(["", "", "2090-12-31", "2026-11-22"]), st.integers(0, 12),
        st.sampled_from(["", "", "2026-11-20/2026-11-23"]), st.sampled_from(["", "rn", "hi", "rn,hi"]),
        st.integers(0, 3).map(lambda hour: hour * 3600), st.integers(1, 3),
        st.sampled_from(["", "POST-1", "POST-1", "WOMEN-1"]), st.just(b"k"), st.just(b""), st.just(""),
    ),
    max_size=10, unique_by=lambda row: str(getattr(row, "id")),  # noqa: B009  (mypy knows no field of it)
)  # fmt: skip
CHOICES = st.builds(
    lambda helpers, police: ",".join([*helpers, *police]) or "talk",
    st.lists(st.sampled_from(HELP[:5]), max_size=3, unique=True), st.sampled_from([("police",), ("police",), ()]),
)  # fmt: skip
TOLD = st.builds(
    FileReport, st.sampled_from(["self", "self", "self_child", "other", "child", "skip"]),
    st.sampled_from(["hurt", "sexual", "denied", "other", "skip"]), CHOICES, st.just(""),
    st.sampled_from(["", "", "ch"]), st.sampled_from(["no", "no", "no", "yes", "skip"]), st.just(""),
    st.sampled_from(["", "", "officer"]), st.sampled_from(["", "police", "unit-POST-1", "unit-POST-1", *HELP[:2]]),
    language=st.sampled_from(["", "rn", "hi", "hi_Latn"]),
)  # fmt: skip
Law = tuple[str, frozenset[str]]  # a pack, and of what its police is told where it is a child's case
LAWS = st.tuples(
    st.sampled_from(["bi", "in"]),
    st.sampled_from([frozenset(), frozenset({"sexual"}), frozenset({"hurt", "other"})]),
)
TIMES = st.sampled_from([MONDAY, MONDAY + 11 * 3600, MONDAY + 5 * 86400])
DRAWN = (LAWS, TOLD, ROWS, TIMES)


@cache
def land_of(law: Law) -> Country:
    return replace({"bi": BURUNDI, "in": DELHI}[law[0]], police_told_of_children=law[1])


def reached(land: Country, told: FileReport, rows: Sequence[Any], at: int) -> tuple[Route, dict[str, Any]] | None:
    """The route of what she has told to these people, and the rows of all who could read it."""
    report = new_report(replace(told, zone=land.served[0].code))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filing, "ask_readers_near", lambda db, area: lambda: rows)
        patch.setattr(filing, "who_serve", lambda found, vault, day: iter(found))
        patch.setattr(filing, "off", lambda db: frozenset())
        work = FilingWork(cast(Any, None), cast(Any, None), land, at)
        return filing.reached(work, report, cases.case_of(report, land))


def chosen(told: FileReport) -> set[str]:
    return {one for one in told.help.split(",") if one != told.but}


def left_out(row: Any, told: FileReport) -> bool:
    """Whether she has said that this officer, or all of them, may not read it."""
    return row.role == "champion" and told.but in ("police", f"unit-{row.unit}")


def is_child(told: FileReport) -> bool:
    return told.who in ("self_child", "child") or told.kind_other == "ch"


def free(rows: Sequence[Any], role: str, local: datetime) -> list[Any]:
    """Those of a role who are not on leave."""
    return [row for row in rows if row.role == role and not is_away(reader_of(row), local)]


def trained(rows: Sequence[Any], role: str, local: datetime) -> list[Any]:
    """Those of them whose training is still valid."""
    return [row for row in free(rows, role, local) if is_trained(reader_of(row), local)]


def nobody_left_out_holds_it(law: Law, told: FileReport, rows: Sequence[Any], at: int) -> None:
    """S45: whom she leaves out has no copy, on no rung; and only who she left out is missing."""
    land = land_of(law)
    routed, people = reached(land, told, rows, at) or (Route((), "nobody"), {})
    by_id = {row.id: row for row in rows}
    held = [by_id[who] for who in filing.holders(routed, people)]
    services = {ladder.service for ladder in routed.ladders}
    assert not [row for row in held if left_out(row, told)]
    assert not [row for row in held if row.role == "leader"]
    assert told.but not in services
    partners = trained(rows, "partner", land.clock(at))
    assert services - {"police"} >= {kind for kind in chosen(told) for row in partners if serves(row, kind)}


def only_the_pack_sends_a_child_to_the_police(law: Law, told: FileReport, rows: Sequence[Any], at: int) -> None:
    """S38, S39: of a child the police reads where she chose it and the law of the pack wants it, and nowhere else;
    child protection where she chose it, or unasked where that law wants it.
    """
    land = land_of(law)
    routed, _people = reached(land, told, rows, at) or (Route((), "nobody"), {})
    services, local = {ladder.service for ladder in routed.ladders}, land.clock(at)
    officers, law_wants = trained(rows, "champion", local), told.what in land.police_told_of_children
    may = "police" in chosen(told) and told.power == "no" and any(not left_out(row, told) for row in officers)
    assert ("police" in services) == (may and (not is_child(told) or law_wants))
    protects = any(row.kind == "child" for row in trained(rows, "partner", local))
    asked = "child" in chosen(told) or (is_child(told) and law_wants)
    assert ("child" in services) == (protects and asked)


def who_reads_her_language_comes_first(law: Law, told: FileReport, rows: Sequence[Any], at: int) -> None:
    """Of those on duty whom nothing weightier parts: a woman for a woman, and the unit that the table names."""
    land = land_of(law)
    routed, people = reached(land, told, rows, at) or (Route((), "nobody"), {})
    case = cases.case_of(new_report(replace(told, zone=land.served[0].code)), land)
    for ladder in routed.ladders:
        asked = [reader_of(people[step.person]) for step in ladder.rungs if people[step.person].role != "oversight"]
        for before, after in zip(asked, asked[1:], strict=False):
            both = on_duty(before.duty, land.clock(at)) and on_duty(after.duty, land.clock(at))
            weigh = [(case.prefers_woman and one.sex != "f", case.units.get(one.unit, 9)) for one in (before, after)]
            if both and (ladder.service != "police" or weigh[0] == weigh[1]):
                assert reads(before, told.language) or not reads(after, told.language)


def somebodys_phone_rings_for_each_request(law: Law, told: FileReport, rows: Sequence[Any], at: int) -> None:
    """S51: each request has somebody whose phone rings within three minutes, and every rung in its time, oversight
    last.
    """
    land = land_of(law)
    routed, people = reached(land, told, rows, at) or (Route((), "nobody"), {})
    case = cases.case_of(new_report(replace(told, zone=land.served[0].code)), land)
    made = filing.requests_of(routed, case)
    tasks = filing.alerts("report", made, at, talks_on=True)
    assert {one.service for one in made} == {ladder.service for ladder in routed.ladders}
    for request in made:
        due = {task["args"]["rung"]: task["due_at"] for task in tasks if task["args"]["request"] == request.id}
        assert {*due} == {step.rung for step in request.steps}
        assert at <= due[0] <= at + (0 if case.urgency == Urgency.DANGER else 180)
        assert [*due] == sorted(due, key=lambda rung: due[rung])
        last = {step.person for step in request.steps if step.rung == max(due)}
        oversight = {who for who, row in people.items() if row.role == "oversight"}
        assert not oversight or last == oversight


PROPERTIES: Sequence[Callable[..., None]] = (
    nobody_left_out_holds_it,
    only_the_pack_sends_a_child_to_the_police,
    who_reads_her_language_comes_first,
    somebodys_phone_rings_for_each_request,
)


@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: holds.__name__)
def test_whatever_the_roster_and_whatever_she_chose(holds: Callable[..., None]) -> None:
    settings(max_examples=300)(given(*DRAWN)(holds))()


LEFT_OUT, LAW, LANGUAGE, RINGS = PROPERTIES
PLANTS: Mapping[str, tuple[Callable[..., None], ModuleType, str, str, str]] = {
    "whom she leaves out reads it": (LEFT_OUT, filing, "reached", " if not is_excluded(row, report)", ""),
    "a station that she leaves out reads it": (LEFT_OUT, filing, "is_excluded", 'f"unit-{person.unit}"', '"unit"'),
    "all partners are left out with the police": (
        LEFT_OUT, filing, "is_excluded", "person.role == Role.CHAMPION and", ""),
    "the police reads of every child": (
        LAW, routing, "route", "not (case.child and not rules.law_demands_police)", "True"),
    "the law of the pack is not asked": (
        LAW, cases, "must_tell", "report.what in country.police_told_of_children", "False"),
    "the law of India holds everywhere": (
        LAW, cases, "must_tell", "report.what in country.police_told_of_children", "report.what == 'sexual'"),
    "a child is not asked for": (LAW, cases, "case_of", 'report.who in {"self_child", "child"} or', "False or"),
    "her language does not count": (LANGUAGE, routing, "rank", "not reads(one, case.language),", ""),
    "her language weighs less than what they have to do": (
        LANGUAGE, routing, "rank", "not reads(one, case.language),\n            full,", "full,"),
    "of two services one is not rung": (
        RINGS, filing, "alerts", "for request in requests", "for request in [*requests][:1]"),
    "the first is rung after an hour": (RINGS, filing, "after", "TALKS_ON if", "60 if"),
    "oversight is not on the ladder": (RINGS, routing, "climb", "(oversight, oversight_after)", "([], 0)"),
    "oversight is rung with the deputies": (RINGS, routing, "climb", "(oversight, oversight_after)", "(oversight, 0)"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTS)
def test_a_fault_in_who_may_read_it_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    holds, module, function, right, wrong = PLANTS[name]
    plant(monkeypatch, module, function, right, wrong)
    for used in (cases, filing):  # what they have imported by name
        for other in ("route", "must_tell"):
            if hasattr(used, other):
                monkeypatch.setattr(used, other, getattr({"route": routing, "must_tell": cases}[other], other))
    assert refuted(holds, *DRAWN)

"""Whatever the roster: on duty before off duty, shares of equals are equal, and no wish of hers is dropped."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.country.hours import is_away, next_on_duty, on_duty
from bot.country.routing_rules import PARTNERS, Urgency
from bot.reports import routing
from bot.reports.routing import Case, Reader, Route, Rules, is_trained, reads, route, serves
from tests.support.planting import plant, refuted

NOON = datetime(2026, 11, 23, 12)  # noqa: DTZ001  (a local hour, as routing takes it)
NIGHT = NOON.replace(hour=23)
HOURS = st.sampled_from([NOON, NIGHT, NOON.replace(day=28), NOON.replace(day=29, hour=6)])
ZONE = frozenset({"Z1"})
DAY, NIGHTS = "mon-fri 08:00-17:00", "mon-sun 19:00-07:00"
DUTIES = st.sampled_from(["", "mon-sun 00:00-24:00", DAY, NIGHTS, "sat 08:00-12:00"])
SERVICES = ("health", "talk", "legal", "shelter", "child", "police")
READERS = st.lists(
    st.builds(
        Reader, st.uuids().map(str), st.sampled_from(["champion", "champion", "partner", "partner", "oversight"]),
        st.sampled_from(["health", "talk", "legal", "child"]), st.sampled_from("fm"), st.just(ZONE), DUTIES,
        st.sampled_from(["", "2090-12-31", "2026-11-22"]), st.integers(0, 12),
        st.sampled_from(["", "2026-11-20/2026-11-23"]), st.sampled_from([frozenset(), frozenset({"rn"})]),
        st.integers(0, 3).map(lambda hour: hour * 3600), st.integers(1, 3), st.sampled_from(["", "POST-1", "WOMEN-1"]),
    ),
    max_size=10, unique_by=lambda reader: reader.id,
)  # fmt: skip
CASES = st.builds(
    Case, st.just(ZONE), st.frozensets(st.sampled_from(SERVICES), min_size=1),
    st.frozensets(st.sampled_from(["woman", "plain", "no_visit", "elsewhere", "message"])),
    st.sampled_from(["no", "yes", "skip"]), st.booleans(), st.booleans(), st.sampled_from(Urgency),
    language=st.sampled_from(["", "rn", "hi"]), parked=st.booleans(), prefers_woman=st.booleans(),
    units=st.sampled_from([{}, {"WOMEN-1": 0}]),
)  # fmt: skip
TURNS = st.sampled_from(["", "a", "b", "c"])


def present(reader: Reader, at: datetime) -> bool:
    return on_duty(reader.duty, at)


def chosen(way: Route, people: Iterable[Reader]) -> dict[str, list[list[Reader]]]:
    """By service those who stand on each rung, without oversight."""
    by_id = {one.id: one for one in people}
    found: dict[str, list[list[Reader]]] = {}
    for ladder in way.ladders:
        rungs: dict[int, list[Reader]] = {}
        for step in ladder.rungs:
            if by_id[step.person].role != "oversight":
                rungs.setdefault(step.rung, []).append(by_id[step.person])
        found[ladder.service] = [rungs[number] for number in sorted(rungs)]
    return found


def could(case: Case, people: Iterable[Reader], service: str, at: datetime) -> list[Reader]:
    """Everybody who could be asked for a service."""
    there = [one for one in people if not is_away(one, at)]
    if service != "police":
        return [one for one in there if one.role == "partner" and serves(one, service) and is_trained(one, at)]
    officers = [one for one in there if one.role == "champion" and is_trained(one, at)]
    return [one for one in officers if one.sex == "f"] if "woman" in case.wishes else officers


@settings(max_examples=400)
@given(CASES, READERS, HOURS, TURNS)
def test_nobody_off_duty_is_asked_before_anybody_on_duty(
    case: Case, people: list[Reader], at: datetime, turn: str
) -> None:
    way = route(case, people, at, Rules(turn=turn))
    said = {absent.service for absent in way.off_duty}
    for service, rungs in chosen(way, people).items():
        if not rungs:
            continue
        asked = [reader for rung in rungs for reader in rung]
        left = [one for one in could(case, people, service, at) if one not in asked]
        assert len(rungs[0]) == 1
        if any(present(one, at) for one in could(case, people, service, at)):
            assert present(rungs[0][0], at)
            assert service not in said
        else:
            assert service in said
        if any(present(one, at) for one in left):
            assert all(present(one, at) for one in asked)
            assert len(asked) == 1 + routing.DEPUTIES


@settings(max_examples=400)
@given(CASES, READERS, HOURS, TURNS)
def test_a_woman_on_duty_is_asked_first_and_a_wish_for_one_is_never_dropped_silently(
    case: Case, people: list[Reader], at: datetime, turn: str
) -> None:
    case = to_the_police(case)
    way = route(case, people, at, Rules(turn=turn))
    officers = [one for rung in chosen(way, people).get("police", []) for one in rung]
    women = [one for one in could(case, people, "police", at) if one.sex == "f" and present(one, at)]
    if officers and case.prefers_woman and women:
        assert officers[0].sex == "f"
    if "woman" in case.wishes:
        assert all(one.sex == "f" for one in officers)
        if is_asked_for_police(case) and not women:
            assert not officers
            assert way.outcome == "no_woman"


def to_the_police(case: Case) -> Case:
    """The same, with every condition met under which an officer may read it."""
    services = case.services | {"police"}
    return replace(case, services=services, power="no", about_police=False, parked=False, child=False)


def is_asked_for_police(case: Case) -> bool:
    return not (case.about_police or case.parked or case.child or case.power != "no") and "police" in case.services


@settings(max_examples=400)
@given(CASES, READERS, HOURS, TURNS)
def test_no_constraint_of_hers_is_dropped_and_somebody_is_always_rung(
    case: Case, people: list[Reader], at: datetime, turn: str
) -> None:
    way = route(case, people, at, Rules(turn=turn))
    for service, rungs in chosen(way, people).items():
        allowed = could(case, people, service, at)
        assert all(one in allowed for rung in rungs for one in rung)
        if service == "police":
            assert is_asked_for_police(case)
        elif service != "oversight":
            assert service in case.services, "no reader without her yes"
    for ladder in way.ladders:
        assert ladder.rungs
        assert min(step.after for step in ladder.rungs if step.rung == 0) == 0
        assert {step.rung for step in ladder.rungs} == {*range(max(step.rung for step in ladder.rungs) + 1)}
    wanted = [s for s in case.services if s != "police" and could(case, people, s, at)]
    if not (case.about_police or case.parked):
        assert {*wanted} <= {ladder.service for ladder in way.ladders}


@settings(max_examples=300)
@given(CASES, READERS, HOURS, st.booleans())
def test_a_childs_report_reaches_child_protection_and_the_police_only_where_the_law_says_so(
    case: Case, people: list[Reader], at: datetime, law: bool
) -> None:
    case = replace(to_the_police(case), child=True)
    way = route(case, people, at, Rules(law_demands_police=law))
    services = {ladder.service for ladder in way.ladders}
    assert ("child" in services) == ((law or "child" in case.services) and bool(could(case, people, "child", at)))
    police = could(case, people, "police", at)
    if "woman" in case.wishes:
        police = [one for one in police if any(present(woman, at) for woman in police)]
    assert ("police" in services) == (law and "police" in case.services and case.power == "no" and bool(police))


Ask = Callable[[Case, list[Reader], Rules], str]


def first(case: Case, people: list[Reader], rules: Rules) -> str:
    return route(case, people, NOON, rules).ladders[0].rungs[0].person


def shares(helpers: int, told: int, ask: Ask, closes: Iterable[int] = (), **of_all: object) -> Counter[str]:
    """Open requests of equal helpers after so many reports; `closes` are those after which the busiest closes one."""
    people = [replace(TALK, id=f"h{number}", **of_all) for number in range(helpers)]  # type: ignore[arg-type]
    load = Counter({one.id: 0 for one in people})
    case = Case(ZONE, frozenset({"talk"}), frozenset(), "", False, False, Urgency.PERSON)
    for number in range(told):
        people = [replace(one, load=load[one.id]) for one in people]
        load[ask(case, people, Rules(turn=f"r{number}"))] += 1
        if number in closes:
            load[load.most_common(1)[0][0]] -= 1
    return load


TALK = Reader("", "partner", "talk", "f", ZONE, "", "")


@settings(max_examples=150)
@given(st.integers(2, 6), st.integers(1, 60), st.sets(st.integers(0, 59)), st.integers(1, 3))
def test_equal_helpers_have_equally_many_open_requests(helpers: int, told: int, closes: set[int], order: int) -> None:
    load = shares(helpers, told, first, closes, order=order)
    assert max(load.values()) - min(load.values()) <= 1


def test_the_same_helper_does_not_get_six_of_six_when_each_is_closed_at_once() -> None:
    people = [replace(TALK, id=f"h{number}") for number in range(3)]
    case = Case(ZONE, frozenset({"talk"}), frozenset(), "", False, False, Urgency.PERSON)
    asked = Counter(first(case, people, Rules(turn=f"{number}")) for number in range(60))
    assert min(asked.values()) >= 10
    assert first(case, people, Rules(turn="1")) == first(case, people[::-1], Rules(turn="1"))


def test_who_has_had_no_alert_for_longest_is_asked_first() -> None:
    people = [replace(TALK, id="lately", rung=7200), replace(TALK, id="long ago", rung=3600)]
    case = Case(ZONE, frozenset({"talk"}), frozenset(), "", False, False, Urgency.PERSON)
    assert {first(case, people, Rules(turn=f"{number}")) for number in range(9)} == {"long ago"}


def test_the_champion_stands_before_her_two_deputies_until_she_has_enough() -> None:
    post = [Reader(f"c{n}", "champion", "", "f", ZONE, "", "", order=n, unit="POST-1") for n in (3, 1, 2)]
    case = Case(ZONE, frozenset({"police"}), frozenset(), "no", False, False, Urgency.DANGER)
    (ladder,) = route(case, [*post, Reader("o", "oversight", "", "f", ZONE, "", "")], NOON).ladders
    assert [(step.person, step.rung, step.after) for step in ladder.rungs] == [
        ("c1", 0, 0), ("c2", 1, 10), ("c3", 1, 10), ("o", 2, 60)
    ]  # fmt: skip
    busy = [replace(one, load=7 if one.order == 1 else 0) for one in post]
    assert first(case, busy, Rules()) == "c1"
    assert first(case, busy, Rules(most_open=7)) == "c2"
    assert first(case, [replace(one, load=9 - one.order) for one in post], Rules(most_open=1)) == "c3"


def test_the_unit_that_the_table_names_leads_and_her_own_post_is_its_deputy() -> None:
    post = Reader("post", "champion", "", "f", ZONE, "", "", unit="POST-1")
    special = Reader("special", "champion", "", "f", ZONE, "", "", load=3, unit="WOMEN-1")
    case = Case(ZONE, frozenset({"police"}), frozenset(), "no", False, False, Urgency.PERSON, units={"WOMEN-1": 0})
    assert [rung.person for rung in route(case, [post, special], NOON).ladder] == ["special", "post"]
    absent = replace(special, duty="sat 08:00-12:00")
    assert [rung.person for rung in route(case, [post, absent], NOON).ladder] == ["post", "special"]


def test_who_reads_her_language_comes_first_of_those_on_duty_only() -> None:
    reads_it = replace(TALK, id="hi", languages=frozenset({"hi"}), duty=NIGHTS)
    does_not = replace(TALK, id="rn", languages=frozenset({"rn"}))
    case = Case(ZONE, frozenset({"talk"}), frozenset(), "", False, False, Urgency.PERSON, language="hi")
    assert not reads(does_not, "hi")
    assert [rung.person for rung in route(case, [reads_it, does_not], NOON).ladder] == ["rn", "hi"]
    assert [rung.person for rung in route(case, [reads_it, does_not], NIGHT).ladder] == ["hi", "rn"]


def test_where_nobody_is_on_duty_whose_duty_begins_soonest_is_asked_and_the_hour_is_said() -> None:
    doctors = [
        Reader("tomorrow", "partner", "health", "f", ZONE, DAY, ""),
        Reader("tonight", "partner", "health", "m", ZONE, NIGHTS, "", load=9),
    ]
    case = Case(ZONE, frozenset({"health"}), frozenset(), "", False, False, Urgency.MEDICINE)
    evening = NOON.replace(hour=18)
    way = route(case, doctors, evening)
    assert [rung.person for rung in way.ladder] == ["tonight", "tomorrow"]
    assert (way.outcome, way.off_duty) == ("sent", (routing.OffDuty("health", NOON.replace(hour=19)),))
    assert route(case, doctors, NIGHT).off_duty == ()


@pytest.mark.parametrize(("duty", "away", "at", "begins"), [
    (DAY, "", NOON.replace(hour=18), NOON.replace(day=24, hour=8)),
    (DAY, "", NOON.replace(day=27, hour=18), NOON.replace(day=30, hour=8)),  # Friday evening: on Monday
    (DAY, "2026-11-24/2026-11-25", NOON.replace(hour=18), NOON.replace(day=26, hour=8)),
    ("mon-sun 20:00-06:00", "", NOON, NOON.replace(hour=20)),
    ("mon 08:00-10:00; mon 14:00-16:00", "", NOON, NOON.replace(hour=14)),
    (DAY, "2026-11-24/2027-01-31", NOON.replace(hour=18), None),
    ("sun 08:00-10:00", "", NOON, NOON.replace(day=24, hour=8)),  # the 24th is a holiday
])  # fmt: skip
def test_the_hour_when_somebody_is_next_on_duty(duty: str, away: str, at: datetime, begins: datetime | None) -> None:
    def is_holiday(day: date) -> bool:
        return duty.startswith("sun") and day.day == 24

    reader = Reader("a", "partner", "health", "f", ZONE, duty, "", away=away)
    assert next_on_duty(reader, at, is_holiday) == begins


def test_partners_are_asked_by_turns_of_all_kinds() -> None:
    for kind in PARTNERS:
        people = [replace(TALK, id=name, kind="talk" if kind == "shelter" else kind) for name in ("a", "b")]
        case = Case(ZONE, frozenset({kind}), frozenset(), "", False, False, Urgency.PERSON)
        assert {first(case, people, Rules(turn=f"{number}")) for number in range(20)} == {"a", "b"}


def test_a_man_who_has_less_to_do_does_not_come_before_a_woman_on_duty() -> None:
    woman = Reader("woman", "champion", "", "f", ZONE, "", "", load=5, order=3)
    man = Reader("man", "champion", "", "m", ZONE, "", "")
    case = Case(ZONE, frozenset({"police"}), frozenset(), "no", False, False, Urgency.DANGER, prefers_woman=True)
    assert first(case, [man, woman], Rules()) == "woman"
    assert first(case, [man, replace(woman, duty=NIGHTS)], Rules()) == "man"
    assert first(replace(case, prefers_woman=False), [man, woman], Rules()) == "man"


DRAWN = (CASES, READERS, HOURS, TURNS)
SHARED = (st.integers(2, 6), st.integers(1, 60), st.sets(st.integers(0, 59)), st.integers(1, 3))
OFF_DUTY, WOMAN, KEPT = (
    test_nobody_off_duty_is_asked_before_anybody_on_duty,
    test_a_woman_on_duty_is_asked_first_and_a_wish_for_one_is_never_dropped_silently,
    test_no_constraint_of_hers_is_dropped_and_somebody_is_always_rung,
)
CHILD, EQUAL = (
    test_a_childs_report_reaches_child_protection_and_the_police_only_where_the_law_says_so,
    test_equal_helpers_have_equally_many_open_requests,
)
Strategies = tuple[st.SearchStrategy[Any], ...]
PLANTS: Mapping[str, tuple[Callable[..., None], Strategies, str, str, str]] = {
    "who is off duty is asked like who is on duty": (OFF_DUTY, DRAWN, "rank", "0 if present else", "0 if True else"),
    "who is not on duty is not said": (OFF_DUTY, DRAWN, "_off_duty", "if not on_duty(", "if False and on_duty("),
    "a man with less to do comes before a woman": (
        WOMAN, DRAWN, "rank", 'officer and case.prefers_woman and one.sex != "f"', "False"),
    "her wish for a woman is dropped": (WOMAN, DRAWN, "_officers", '"woman" not in case.wishes', "True"),
    "a woman off duty is as good as one on duty": (WOMAN, DRAWN, "_officers", "if any(", "if True or any("),
    "whose training has run out is asked": (KEPT, DRAWN, "is_trained", "not person.trained_until or", "True or"),
    "the police reads what a powerful man did": (KEPT, DRAWN, "route", 'case.power == "no"', "case.power"),
    "a complaint is read by the police": (KEPT, DRAWN, "route", "case.about_police or case.parked", "case.parked"),
    "who is on leave is asked": (KEPT, DRAWN, "route", " and not is_away(p, at)", ""),
    "a service that she did not choose is asked": (KEPT, DRAWN, "route", "kind in case.services or", "True or"),
    "nobody is rung at once": (KEPT, DRAWN, "climb", "after if step else 0", "after or 5"),
    "the police is told of every child": (
        CHILD, (*DRAWN[:3], st.booleans()), "route", "not (case.child and not rules.law_demands_police)", "True"),
    "child protection is asked only where it was chosen": (
        CHILD, (*DRAWN[:3], st.booleans()), "route", '(kind == "child" and case.child', "(False"),
    "what somebody has to do does not count": (EQUAL, SHARED, "rank", "one.load,", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTS)
def test_a_fault_in_who_is_asked_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    holds, drawn, function, right, wrong = PLANTS[name]
    plant(monkeypatch, routing, function, right, wrong)
    monkeypatch.setattr(sys.modules[__name__], "route", routing.route)
    assert refuted(holds.hypothesis.inner_test, *drawn)  # type: ignore[attr-defined]

"""A country says how soon each kind of report must be answered and who leads; it cannot say who else reads it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation.nodes import Menu
from bot.country.pack import load
from bot.country.routing_rules import CATEGORIES, KINDS, PARTNERS, TIMES, Rule, Urgency
from bot.reports.case import case_of
from bot.reports.new_report import NewReport, with_answers
from bot.reports.routing import Case, Reader, route
from flows.complaint import complaint
from flows.report import report
from flows.told import TELLING
from tests.support.country_tables import BUYENZI, COUNTRIES, TODAY, append, change, wrong

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ZONE = frozenset({"Z1", "Z"})
ROLES = [("champion", ""), *(("partner", kind) for kind in PARTNERS), ("oversight", "")]
PEOPLE = [
    Reader(f"{role}-{kind}-{sex}{n}", role, kind, sex, ZONE, "", "", load, languages=frozenset(languages))
    for n, (role, kind) in enumerate(ROLES * 3)
    for sex, load, languages in (("f", n % 4, {"rn", "fr"}), ("m", (n + 1) % 3, {"hi"}))
]


@pytest.mark.parametrize("pack", ["bi", "in"])
@pytest.mark.parametrize(("told", "urgency", "leads"), [
    ({"what": "hurt", "when": "now"}, Urgency.DANGER, "health"),
    ({"what": "denied", "kind": "de", "when": "now"}, Urgency.DANGER, "health"),
    ({"what": "sexual", "kind_forced": "sv1", "when": "days3"}, Urgency.MEDICINE, "health"),
    ({"what": "sexual", "kind_forced": "sv2", "when": "days5"}, Urgency.MEDICINE, "health"),
    ({"what": "sexual", "kind_forced": "sv1", "when": "older"}, Urgency.PERSON, "health"),
    ({"what": "sexual"}, Urgency.MEDICINE, "health"),
    ({"what": "hurt"}, Urgency.PERSON, "health"),
    ({"what": "denied", "kind": "fm", "when": "older"}, Urgency.PERSON, "legal"),
    ({"what": "other", "kind_other": "ps", "when": "skip"}, Urgency.PLACE, "talk"),
    ({"what": "other", "kind_other": "ch", "when": "days3"}, Urgency.PERSON, "child"),
    ({"what": "other", "kind_other": "cv", "when": "skip"}, Urgency.PERSON, "child"),
    ({"what": "skip", "when": "skip"}, Urgency.PERSON, "health"),
])  # fmt: skip
def test_what_was_told_says_how_soon_and_who_leads(
    pack: str, told: dict[str, str], urgency: Urgency, leads: str
) -> None:
    land = load(COUNTRIES / pack, TODAY)
    told = {"who": "self", "help": "talk", "zone": land.served[0].code} | told
    case = case_of(with_answers(told), land)
    assert (case.urgency, case.first[0]) == (urgency, leads)


def test_what_happens_now_and_despair_stand_above_any_table() -> None:
    slow = replace(load(COUNTRIES / "bi", TODAY), routing=(Rule((), (), (), (), Urgency.PLACE, ()),))
    told = NewReport("self", "denied", "older", BUYENZI, ("legal",))
    assert case_of(told, slow).urgency == Urgency.PLACE
    assert case_of(replace(told, despair="talk"), slow).urgency == Urgency.MEDICINE
    assert case_of(replace(told, when="now", despair="talk"), slow).urgency == Urgency.DANGER


def test_a_row_of_a_province_rules_its_zones_and_no_others(folder: Path) -> None:
    rows = (folder / "routing.csv").read_text().splitlines()
    rows.insert(1, "denied,fm,*,BI-PR-02,medicine,child|talk,forced marriage is urgent here")
    (folder / "routing.csv").write_text("\n".join(rows) + "\n")
    land = load(folder, TODAY)
    told = NewReport("self", "denied", "older", BUYENZI, ("talk",), kind="fm")
    assert case_of(told, land).urgency == Urgency.MEDICINE
    assert case_of(replace(told, kind="de"), land).urgency == Urgency.PERSON
    elsewhere = next(place.code for place in land.places.values() if place.code.startswith("BI-ZO-01"))
    assert case_of(replace(told, zone=elsewhere), land).urgency == Urgency.PERSON


def test_whoever_reads_her_language_comes_before_whoever_has_less_to_do() -> None:
    readers = [
        Reader("busy", "partner", "talk", "f", ZONE, "", "", 9, languages=frozenset({"hi"})),
        Reader("free", "partner", "talk", "f", ZONE, "", "", 0, languages=frozenset({"en"})),
    ]
    case = Case(ZONE, frozenset({"talk"}), frozenset(), "", False, False, Urgency.PERSON)
    assert route(case, readers, NOON).ladder[0].person == "free"
    assert route(replace(case, language="hi_Latn"), readers, NOON).ladder[0].person == "busy"
    assert route(replace(case, language="rn"), readers, NOON).ladder[0].person == "free"  # neither: the lighter load


@settings(max_examples=300)
@given(
    st.sets(st.sampled_from([*PARTNERS, "police"]), min_size=1),
    st.sets(st.sampled_from(["woman", "plain", "no_visit"])),
    st.sampled_from(["no", "yes", "skip", ""]),
    st.booleans(),
    st.booleans(),
    st.permutations(PARTNERS),
    st.sampled_from(["", "rn", "hi_Latn"]),
)
def test_no_table_and_no_language_lets_anybody_read_whom_her_choice_does_not(
    services: set[str], wishes: set[str], power: str, child: bool, police: bool, first: list[str], language: str
) -> None:
    case = Case(ZONE, frozenset(services), frozenset(wishes), power, child, police, Urgency.PERSON)
    plain, ruled = (route(one, PEOPLE, NOON) for one in (case, replace(case, first=tuple(first), language=language)))
    kinds = {person.id: (person.role, person.kind) for person in PEOPLE}
    sexes = {person.id: person.sex for person in PEOPLE}
    assert {kinds[rung.person] for rung in ruled.ladder} == {kinds[rung.person] for rung in plain.ladder}
    assert (ruled.outcome, len(ruled.ladder)) == (plain.outcome, len(plain.ladder))
    if "woman" in wishes:
        assert all(sexes[rung.person] == "f" for rung in ruled.ladder if kinds[rung.person][0] == "champion")


@pytest.mark.parametrize(("row", "cells", "said"), [
    ("sexual", {"first": "police"}, "first: unknown helper police"),
    ("sexual", {"urgency": "soon"}, "unknown urgency soon: it is one of danger, medicine, person, place"),
    ("sexual", {"when": "yesterday"}, "when: unknown when yesterday"),
    ("sexual", {"category": ""}, "category is empty"),
    ("sexual", {"zone": "BI-ZO-99"}, "zone: unknown zone BI-ZO-99"),
    ("denied", {"category": "*"}, "the last row, and no other, has * in category, kind, when and zone"),
])  # fmt: skip
def test_whoever_spoils_a_row_is_told_what_is_wrong(folder: Path, row: str, cells: dict[str, str], said: str) -> None:
    change(folder, "routing.csv", row, cells)
    assert any(line.endswith(said) for line in wrong(folder))


def test_a_row_behind_the_last_is_refused(folder: Path) -> None:
    append(folder, "routing.csv", {"category": "hurt", "kind": "*", "when": "*", "zone": "*", "urgency": "place"})
    assert any("the last row, and no other" in line for line in wrong(folder))


def test_the_table_knows_every_key_of_the_talk() -> None:
    def keys(*names: str) -> set[str]:
        flows = (report, complaint, *TELLING)
        menus = [flow.nodes[name] for flow in flows for name in names if name in flow.nodes]
        return {option.value for menu in menus if isinstance(menu, Menu) for option in menu.options}

    assert keys("what") - {"police"} == set(CATEGORIES)  # that one leads to a talk of its own
    assert keys("kind", "kind_forced", "kind_other", "about") == set(KINDS)
    assert keys("when") == set(TIMES)

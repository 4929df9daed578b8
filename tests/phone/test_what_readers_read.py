"""What a reader sees of a report: in the third person, what would harm her first, and every choice on every page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.conversation.message import Msg
from bot.conversation.nodes import Menu, Node, Row
from bot.conversation.state import Screen
from bot.country.routing_rules import Urgency
from bot.phone import report_words
from bot.phone.report_words import CLASS, QUESTIONS, answered, task_line, to_ask
from bot.reports.new_report import NewReport, part_of_day, sealed_answers, with_answers
from bot.reports.queries import OpenedReport
from bot.words.languages import LANGUAGES
from flows import FLOWS
from tests.support.small_world import BUYENZI, LAYOUT, READS, RED, WORDS

PLAIN = OpenedReport(
    {"who": "self", "what": "hurt", "when": "older", "help": "health", "zone": BUYENZI}, (), date(2026, 11, 27)
)
READ_ON_PAGES = ("read", "oversee", "referred", "case", "bound")
HELD = {"read": 2, "oversee": 3, "referred": 2, "case": 3, "bound": 3}  # choices that stand on every page


def shown(report: OpenedReport, language: str = "en") -> list[str]:
    """The lines of a report in a language, one after the other."""
    return [WORDS._shown(language, line) for line in READS.told(report)]


def told(report: OpenedReport = PLAIN, **answers: str) -> OpenedReport:
    return replace(report, told={**report.told, **answers})


def asked(question: str, answer: str) -> tuple[Mapping[str, str], ...]:
    return (
        {"node": "ask", "value": question, "day": "28/11"},
        {"node": "question", "value": answer, "day": "28/11"},
    )


FIRST: list[tuple[OpenedReport, list[str]]] = [
    (told(when="now"), ["Danger now"]),
    (replace(PLAIN, said=asked("weapon", "yes")), ["A weapon"]),
    (replace(PLAIN, said=asked("going_on", "yes")), ["It goes on"]),
    (replace(PLAIN, said=asked("children", "yes")), ["Children are there"]),
    (told(who="child"), ["Happened to: A child"]),
    (told(who="self_child"), ["Happened to: her, under 18"]),
    (told(what="other", kind_other="ch"), ["A child is mistreated"]),
    (told(what="sexual", when="days3", kind_forced="sv1"), ["Rape, In the last 3 days"]),
    (told(what="sexual", when="days3"), ["Forced sex or touching, In the last 3 days"]),
    (told(what="sexual", when="now", kind_forced="sv1"), ["Danger now", "Rape"]),
    (replace(PLAIN, left_out=("police",)), ["Not to: Police"]),
    (replace(PLAIN, left_out=("men",)), ["Not to: men"]),
    (replace(PLAIN, left_out=("unit-POST-1",)), ["Not to: Police post Buyenzi (demo)"]),
    (told(who="other"), ["No visit", "Do not call or write to her. Answer here only."]),
    (told(wishes="woman,message,no_visit"), ["No visit", "Message only"]),
]


def wrong() -> list[list[str]]:
    """What does not stand first where it should, for each such report."""
    return [first for report, first in FIRST if shown(report)[: len(first)] != first]


def test_what_would_harm_her_if_it_were_read_late_stands_first() -> None:
    assert wrong() == []
    for report, first in FIRST:
        later = [line for line in shown(report)[len(first) :] if not line.startswith("28/11")]
        assert later[0] == "Told on 27/11", first


@pytest.mark.parametrize(
    ("name", "planted"),
    [
        ("DANGER", Msg("reader.place", "A place")),
        ("SAID_YES", {}),
        ("SAID_YES", {"weapon": report_words.SAID_YES["children"], "children": report_words.SAID_YES["weapon"]}),
        ("WHO", {"self": report_words.WHO["self_child"], "self_child": report_words.WHO["self"]}),
        ("LEFT_OUT", {"police": report_words.LEFT_OUT["men"], "men": report_words.LEFT_OUT["police"]}),
        ("CHILDREN", ("child",)),
        ("OF_CHILDREN", ()),
        ("FRESH", ("now",)),
        ("HOLDING_BACK", frozenset({"message"})),
    ],
)
def test_a_swapped_label_and_a_lost_red_line_are_seen(monkeypatch: pytest.MonkeyPatch, name: str, planted: Any) -> None:
    monkeypatch.setattr(report_words, name, planted)
    assert wrong() != []


def test_what_can_be_read_in_its_turn_stands_in_its_turn() -> None:
    touched = told(what="sexual", when="days3", kind_forced="sv2")
    for report in (told(what="sexual", when="days5"), touched, told(who="skip")):
        assert shown(report)[0] == "Told on 27/11"


def test_nothing_that_was_told_is_lost_or_said_twice() -> None:
    lines = shown(RED)
    words = ("A weapon", "under 18", "Rape", "3 days", "Police post", "Message only", "27/11, morning", "Buyenzi")
    for word in (*words, "At home", "She agreed to: Doctor, Police", "Plain clothes", "Language: Ikirundi", "Ni we"):
        assert [line for line in lines if word in line], word
    assert len(lines) == len({*lines})
    assert lines[-1] == "Ni we"  # her own words, after everything that is read at a glance


def test_who_told_it_is_spoken_of_and_never_speaks() -> None:
    for language in LANGUAGES:
        lines = shown(told(who="self"), language) + shown(told(who="self_child"), language)
        mine = {WORDS.entries[language][key].text for key in ("report.who.me", "report.who.me_child")}
        assert not mine & {*lines}
    assert "Happened to: her" in shown(PLAIN)


def test_a_report_of_before_has_a_day_and_no_hour() -> None:
    assert "Told on 27/11" in shown(PLAIN)
    assert "Told on 27/11, evening" in shown(told(part="evening"))
    assert not [line for line in shown(PLAIN) if line.startswith("Language")]


def test_language_and_part_of_the_day_are_sealed_with_the_answers_and_stay_when_she_adds() -> None:
    report = NewReport("self", "hurt", "", BUYENZI, ("health",), language="hi_Latn", part=part_of_day(6))
    assert with_answers(sealed_answers(report)) == report
    parts = [part_of_day(hour) for hour in (0, 4, 5, 11, 12, 16, 17, 20, 21, 23)]
    pairs = ("night", "morning", "afternoon", "evening", "night")
    assert parts == [part for part in pairs for _twice in range(2)]


# -- pages -------------------------------------------------------------------------------------------------------------
def lacking(menu: Node, language: str) -> list[tuple[int, str]]:
    """Page and label of each choice of the first page's held ones that is not on every page of a long report."""
    assert isinstance(menu, Menu)
    pinned = sum(option.pinned for option in menu.options)
    rows = tuple(Row(option.value, option.label) for option in menu.options)
    pages = LAYOUT.pages(
        Screen("inbox", menu.name, menu.text, rows, pinned, values={"report": READS.told(RED)}), language
    )
    assert len(pages) > 1
    held = [option.value for option in menu.options[: HELD[menu.name]]]
    return [(number, value) for number, page in enumerate(pages) for value in held if value not in page.shown]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", READ_ON_PAGES)
def test_a_choice_that_was_seen_stands_on_every_page_under_the_same_number(name: str, language: str) -> None:
    assert lacking(FLOWS.flows["inbox"].nodes[name], language) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_choice_that_is_not_on_page_two_is_found(language: str) -> None:
    read = FLOWS.flows["inbox"].nodes["read"]
    assert isinstance(read, Menu)
    loose = read.offering(*(replace(option, pinned=False) for option in read.options))
    assert lacking(loose, language) != []


# -- the list ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_line_of_the_list_begins_with_the_word_of_its_class_and_its_key_is_its_only_bare_number(
    language: str,
) -> None:
    for urgency in Urgency:
        line = WORDS._shown(language, task_line(14, urgency))
        word = WORDS._shown(language, CLASS[urgency])
        assert re.fullmatch(rf"{word}, [^\d,]+ 14", line), line
        assert WORDS._shown(language, task_line(14, urgency, late=True)) == f"! {line}"
    assert len({WORDS._shown(language, word) for word in CLASS.values()}) == len(Urgency)


def test_two_readers_never_see_each_others_list() -> None:
    def page(urgency: Urgency, number: int) -> str:
        rows = (Row("7", task_line(number, urgency)),)
        return LAYOUT(Screen("inbox", "new", Msg("tasks.new", "New tasks"), rows), "en", 0).text

    assert "1 A person, task 7" in page(Urgency.PERSON, 7)
    assert "1 Danger now, task 8" in page(Urgency.DANGER, 8)


# -- what is missing ---------------------------------------------------------------------------------------------------
def test_what_she_has_not_answered_is_offered_first() -> None:
    assert list(to_ask(()))[:3] == ["going_on", "weapon", "children"]
    said = (*asked("weapon", "no"), *asked("safe", "yes"), {"node": "ask", "value": "children", "day": "29/11"})
    assert answered(said) == {"weapon": "no", "safe": "yes"}
    assert list(to_ask(said)) == ["going_on", "children", "injured", "doctor", "weapon", "safe"]
    assert {*to_ask(said)} == {*QUESTIONS}


def test_a_no_is_no_red_line() -> None:
    assert not [line for line in shown(replace(PLAIN, said=asked("weapon", "no"))) if line == "A weapon"]

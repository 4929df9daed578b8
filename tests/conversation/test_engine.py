"""Whatever she presses, and however the flows change under her, the talk goes on and a number means what she read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from itertools import pairwise

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.conversation.engine import FlowSet
from bot.conversation.flow import Flow
from bot.conversation.keys import key_of, typed_key
from bot.conversation.message import Msg
from bot.conversation.nodes import End, FlowError, Menu, Node, Option, Pick, Question, Row, Several, SideEffect
from bot.conversation.state import Screen, State, Turn, state_from_json, state_to_json
from bot.words.gsm import septets, units
from bot.words.languages import LANGUAGES
from flows import FLOWS
from flows.told import WORDS
from tests.support.keys import (
    BACK,
    DOCTOR,
    FROM_LIMITS_TO_HELPERS,
    SOMEBODY_TO_TALK_TO,
    TELL,
)
from tests.support.phone import Phone
from tests.support.small_world import LAYOUT, World

RUBBISH = ["", " ", "77", "abc", "🙂", "مرحبا", "\u200f\u202e", "\x00", "\ud800", "\udfff1", "x" * 5000, "**", "#", "*"]
KEYS = ["0", "00", "99", "9", "०", "९९", "१", "२", "13", "19", "१९", "1,9.", "139", "246810", "ubona *neza* aha"]
CLOSED = ("language", "home")  # a changed chooser would be another service
FEW = settings(
    max_examples=200, stateful_step_count=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def without_screen(flow: Flow, name: str) -> Flow:
    """The flow without one screen; who led to it leads to the one below it."""
    below = flow.following[name] or name
    return Flow(flow.name, *(led(node, name, below) for node in flow.nodes.values() if node.name != name))


def led(node: Node, old: str, new: str) -> Node:
    """A copy of `node` that leads to `new` where it led to `old`."""
    changed = copy(node)
    for attribute in ("to", "none"):
        if getattr(node, attribute, None) == old:
            object.__setattr__(changed, attribute, new)
    for attribute in ("ways", "jumps"):
        if ways := getattr(node, attribute, None):
            object.__setattr__(changed, attribute, {key: new if to == old else to for key, to in ways.items()})
    if isinstance(changed, Menu):
        changed = changed.offering(*(replace(o, to=new) if o.to == old else o for o in changed.options))
    return changed


def with_screen(flow: Flow, name: str) -> Flow:
    """The flow with a screen more above `name`; who led to `name` leads to it."""
    extra = Menu("extra", Msg("common.choose", "x"), Option("one", Msg("common.no", "No")), to=name)
    nodes: list[Node] = []
    for node in flow.nodes.values():
        nodes += [extra, node] if node.name == name else [led(node, name, "extra")]
    return Flow(flow.name, *nodes)


def without_option(flow: Flow, name: str, place: int) -> Flow:
    """The flow without one line of a menu."""
    node = flow.nodes[name]
    if not isinstance(node, Menu) or len(node.options) < 2:
        return flow
    gone = node.options[place % len(node.options)]
    changed = node.offering(*(o for o in node.options if o is not gone))
    return Flow(flow.name, *(changed if n is node else n for n in flow.nodes.values()))


def in_another_order(flow: Flow, name: str) -> Flow:
    """The flow with the lines of a menu the other way round, those that are pinned still first."""
    node = flow.nodes[name]
    if not isinstance(node, Menu):
        return flow
    changed = node.offering(*sorted(reversed(node.options), key=lambda o: not o.pinned))
    return Flow(flow.name, *(changed if n is node else n for n in flow.nodes.values()))


def changed_books(name: str, place: int) -> Iterator[FlowSet]:
    """The flow_set after each small change of one screen of one flow; a change that makes a faulty flow is none."""
    for flow_name, flow in FLOWS.flows.items():
        if flow_name in CLOSED or name not in flow.nodes:
            continue
        changes = (without_screen, with_screen, in_another_order)
        made = [lambda f=flow, c=c: c(f, name) for c in changes] + [lambda f=flow: without_option(f, name, place)]
        for make in made:
            try:
                yield FlowSet([make() if f is flow else f for f in FLOWS.flows.values()])
            except FlowError:
                continue


SCREENS = sorted({name for flow_name, flow in FLOWS.flows.items() if flow_name not in CLOSED for name in flow.nodes})
BOOKS_AT = {name: [*changed_books(name, place)] for place, name in enumerate(SCREENS)}
BOOKS: list[FlowSet] = [flow_set for books in BOOKS_AT.values() for flow_set in books]


def through_json(state: State) -> State:
    """The state as the next request finds it."""
    return state_from_json(json.loads(json.dumps(state_to_json(state))))


def fits(text: str) -> bool:
    length = septets(text)
    return length <= 182 if length is not None else units(text) <= 80


def numbers(screen: Screen, turn: Turn) -> dict[int, str]:
    """The number before each label that stood on the page, by the screen's rows."""
    language = turn.state.language or LAYOUT.catalogues.before_choice
    pages = LAYOUT.pages(screen, language)
    assert turn.page in pages
    return {key_of(place): value for place, value in enumerate(turn.page.shown)}


def line_of(turn: Turn, value: str) -> str:
    """The line of the page on which the row of `value` stands."""
    label = next(row.label for row in turn.screen.rows if row.value == value)
    language = turn.state.language or LAYOUT.catalogues.before_choice
    alone = Screen("x", "x", Msg("common.choose", "x"), (Row("v", label),), back=False)
    return LAYOUT.pages(alone, language)[0].text.splitlines()[-1].removeprefix("1 ")


class Talk(RuleBasedStateMachine):
    """One woman, one phone, and flows that change while she is on the line."""

    changes: int = 0
    steady: bool = True

    @initialize(
        language=st.sampled_from(["", *LANGUAGES]),
        champion=st.booleans(),
        sms=st.booleans(),
        deep=st.lists(st.sampled_from(["1", "2", "3"]), max_size=14),
    )
    def dial(self, language: str, champion: bool, sms: bool, deep: list[str]) -> None:
        self.world, self.flow_set = World(champion=champion), FLOWS
        self.first = (language, "sms" if sms else "")
        self._begin()
        for text in deep:
            self.say(text)

    def _begin(self) -> None:
        language, flow = self.first
        self.turn = self.flow_set.start(self.world, LAYOUT, language, flow)
        self.heard: list[str] = []
        self.gate: Turn | None = None

    def say(self, text: str) -> None:
        """One request: what was shown before decides what the answer means."""
        before = self.turn
        node = self.flow_set.flows[before.state.flow].nodes.get(before.screen.name)
        self.turn = self.flow_set.step(through_json(before.state), text, self.world, LAYOUT)
        self.heard.append(text)
        key = typed_key(text.strip())
        pinned = key.isdecimal() and 1 <= int(key) <= before.screen.pinned
        if self.gate is None and node is not None and node.gate and not pinned and key != "9":
            self.gate = before  # the first gate that she passed: after a lost session she reads it again
        if node is not None:
            self._meant(before, node, text)
        if self.turn.effects:
            self._filed(before)
        if self.turn.ends:
            self._begin()

    def _meant(self, before: Turn, node: Node, text: str) -> None:
        """A new answer of a list stood on the page under the number that was typed."""
        old, new = before.state.answers, self.turn.state.answers
        if self.turn.state.flow != before.state.flow or node.name not in new or node.name in old:
            return
        if isinstance(node, Question | SideEffect) or not node.asks:
            return
        typed = text.strip()
        if isinstance(node, Several):
            chosen = {before.page.shown[int(c) - 1] for c in typed if c.isdecimal()} | {*before.state.held}
            assert {*new[node.name].split(",")} - {""} == chosen - {""}
            return
        shown = numbers(before.screen, before)[int(typed)]
        assert new[node.name] == shown
        language = before.state.language or LAYOUT.catalogues.before_choice
        read = LAYOUT.pages(before.screen, language)[: before.state.page + 1]  # this page and those before it
        assert any(f"{int(typed)} {line_of(before, shown)}" in page.text.splitlines() for page in read)
        if isinstance(node, Pick):
            label = self.turn.state.labels[node.name]
            assert label == next(row.kept for row in before.screen.rows if row.value == shown)

    def _filed(self, before: Turn) -> None:
        """Nothing is done but by an answer to the screen that she has just read."""
        asked = [name for name in self.turn.state.answers if self._asks(name)]
        assert asked[-1] == before.screen.name
        assert before.screen.name in self.turn.state.answers

    def _asks(self, name: str) -> bool:
        return self.flow_set.flows[self.turn.state.flow].nodes[name].asks

    @rule(text=st.sampled_from([str(n) for n in range(1, 9)]))
    def number(self, text: str) -> None:
        self.say(text)

    @rule(text=st.sampled_from([*RUBBISH, *KEYS]))
    def anything(self, text: str) -> None:
        self.say(text)

    @rule(text=st.text(max_size=40))
    def words(self, text: str) -> None:
        self.say(text)

    @rule(place=st.integers(0, 7), turns=st.booleans())
    def goes_on(self, place: int, turns: bool) -> None:
        """A line of the page, or the next page: talks get deep only when most answers are answers."""
        shown = self.turn.page.shown
        self.say("9" if turns and self.turn.page.more else str(place % len(shown) + 1) if shown else "246810")

    @rule(place=st.integers(0, 7))
    def goes_on_too(self, place: int) -> None:
        self.goes_on(place, turns=False)

    @rule(which=st.integers(0, 9))
    def changed_where_she_stands(self, which: int) -> None:
        """The very screen that she reads is another one when her answer comes."""
        if books := BOOKS_AT.get(self.turn.screen.name):
            self.changed(books[which % len(books)])

    @rule()
    def back(self) -> None:
        self.say("0")

    @rule(choice=st.sampled_from("1234"))
    def language_switched(self, choice: str) -> None:
        """Where she stood, she stands (answers and screen) when she comes back from the languages."""
        before = self.turn
        if before.state.flow == "language":
            return
        self.say("99")
        assert self.turn.state.below is not None
        self.say(choice)
        if self.turn.screen.name == "script":
            self.say("2")
        if before.screen.name in self.flow_set.flows[before.state.flow].nodes and self.steady:
            assert (self.turn.state.flow, self.turn.screen.name) == (before.state.flow, before.screen.name)
            assert self.turn.state.answers == before.state.answers

    @rule()
    def repeat(self) -> None:
        """The same state and the same text give the same page: the engine remembers nothing."""
        world = replace(self.world)
        once = self.flow_set.step(self.turn.state, "7", world, LAYOUT)
        again = self.flow_set.step(through_json(self.turn.state), "7", replace(self.world), LAYOUT)
        assert (once.page, once.state, once.effects) == (again.page, again.state, again.effects)

    @rule()
    def lost(self) -> None:
        """The session is lost and what was heard comes once more: the same page, or the first gate that she
        passed, or she is asked to dial again."""
        ends_words = any(typed_key(one.strip()) == "" == after.strip() for one, after in pairwise(self.heard))
        if self.first[1] or self.changes or ends_words or any("*" in text for text in self.heard):
            return  # words may hold a star, and end with one: then it cannot be told what she typed
        turn = self.flow_set.replay(self.heard, self.world, LAYOUT, self.first[0])
        if turn is not None:
            stands = self.gate or self.turn
            assert turn.page == stands.page
            assert turn.state.answers == stands.state.answers

    @rule(flow_set=st.sampled_from(BOOKS))
    def changed(self, flow_set: FlowSet) -> None:
        self.flow_set, self.changes, self.steady = flow_set, self.changes + 1, False

    @invariant()
    def it_fits_and_there_is_a_way_back_and_out(self) -> None:
        if not hasattr(self, "turn"):
            return
        assert fits(self.turn.page.text), self.turn.page.text
        assert self.turn.page.text.strip()
        out = self.flow_set.step(self.turn.state, "00", self.world, LAYOUT)
        assert out.ends
        assert out.effects == ()
        back = self.flow_set.step(self.turn.state, "0", self.world, LAYOUT)
        assert not back.ends
        assert self._given(back.state) <= self._given(self.turn.state) or back.state.flow != self.turn.state.flow

    def _given(self, state: State) -> int:
        """How many answers she gave herself: what no screen asks (a fork) is answered anew at each step."""
        nodes = self.flow_set.flows[state.flow].nodes
        return sum(name not in nodes or nodes[name].asks for name in state.answers)


Talk.TestCase.settings = FEW
TestWhateverShePressesTheTalkGoesOn = Talk.TestCase


def to_send(phone: Phone) -> None:
    phone.says(TELL, *FROM_LIMITS_TO_HELPERS, DOCTOR)
    assert phone.turn.screen.name == "send"


def changed(**flows: Flow) -> FlowSet:
    return FlowSet([flows.get(name, flow) for name, flow in FLOWS.flows.items()])


def test_a_woman_may_press_300_keys_in_one_session() -> None:
    phone = Phone(language="en")
    for step in range(100):
        phone.says("3", "abc", "0")
        assert phone.turn.screen.name == "want", step
    assert len(json.dumps(state_to_json(phone.turn.state))) < 500


def test_going_back_returns_to_the_very_page_in_every_language() -> None:
    for language in LANGUAGES:
        phone = Phone(language=language)
        for text in ["3", *["9"] * 6, "2", "1", "1", "1", "1"]:
            if text == "9" and not phone.turn.state.more:
                continue
            page, at = phone.sees, phone.turn.state.page
            phone.says(text, "0")
            while at and phone.turn.state.page < at:
                phone.says("9")
            assert phone.sees == page
            phone.says(text)


def test_a_last_screen_that_is_taken_away_under_her_sends_nothing_until_she_answers() -> None:
    phone = Phone(language="en")
    to_send(phone)
    report = FLOWS.flows["report"]
    nodes = {node.name: led(node, "send", "sent") for node in report.nodes.values() if node.name != "send"}
    phone.flow_set = changed(report=Flow("report", *nodes.values()))
    phone.says("7")
    assert (phone.done, phone.turn.screen.name) == ([], "help")


def test_a_key_after_the_end_sends_nothing_twice() -> None:
    phone = Phone(language="en")
    to_send(phone)
    phone.says("1", "3")
    assert len(phone.done) == 2
    phone.says("3")
    assert (len(phone.done), phone.turn.screen.name) == (2, "told")


def test_a_service_that_is_taken_away_while_she_reads_it_is_not_chosen_for_her() -> None:
    phone = Phone(language="en")
    phone.says(TELL, *FROM_LIMITS_TO_HELPERS)
    assert phone.turn.screen.name == "help"
    phone.flow_set = changed(report=without_option(FLOWS.flows["report"], "help", 1))
    phone.says("12")
    assert phone.turn.screen.name == "help"
    assert "help" not in phone.turn.state.answers


def test_a_renamed_screen_keeps_its_answer_its_label_and_going_back() -> None:
    phone = Phone(language="en")
    to_send(phone)
    report = FLOWS.flows["report"]
    old = report.nodes["who"]
    assert isinstance(old, Menu)
    renamed = Menu("whom", old.text, *old.options, to=old.to, was="who")
    nodes = [renamed if n.name == "who" else led(n, "who", "whom") for n in report.nodes.values()]
    end = End("sent", report.nodes["sent"].text)
    phone.flow_set = changed(report=Flow("report", *(end if n.name == "sent" else n for n in nodes)))
    phone.says("abc")
    assert phone.turn.state.answers["whom"] == "self"
    assert phone.turn.screen.name == "send"


def test_by_sms_back_never_leads_into_the_menus_of_the_dialled_code() -> None:
    turn = FLOWS.start(World(), LAYOUT, "", "sms")
    for text in ("0", "0", "99", "3", "0", "0"):
        turn = FLOWS.step(through_json(turn.state), text, World(), LAYOUT)
    assert (turn.state.flow, turn.screen.name) == ("sms", "offer")


def test_nothing_to_add_is_not_replayed_as_her_words() -> None:
    sure = Menu("sure", Msg("common.choose", "x"), Option("no", Msg("common.no", "No")))
    flow_set = changed(report=Flow("report", WORDS, sure, FLOWS.flows["report"].nodes["unsent"]))
    turn = flow_set.replay([TELL, "1"], World(), LAYOUT, "en")
    assert turn is not None
    assert turn.screen.name == "sure"
    assert turn.state.answers["words"] == ""
    assert flow_set.replay([TELL, "he ", "hit", "1"], World(), LAYOUT, "en") is None


def test_a_label_that_is_a_text_stays_a_text_over_a_request() -> None:
    phone = Phone(language="en")
    phone.says(TELL, *FROM_LIMITS_TO_HELPERS[:-1], "4")
    label = through_json(phone.turn.state).labels["zone"]
    assert isinstance(label, Msg)
    assert label.key == "report.where.other"


def test_nine_after_her_choices_turns_the_page_in_any_digits() -> None:
    for typed in ("19", "1 9", "१९", "19."):
        phone = Phone(language="fr")
        phone.says(TELL, *FROM_LIMITS_TO_HELPERS)
        assert phone.turn.page.more
        phone.says(typed)
        assert phone.turn.state.held == ("health",)
        assert phone.turn.state.page == 1


def test_going_back_a_page_lets_her_choose_helpers_anew() -> None:
    phone = Phone(language="fr")
    phone.says(TELL, *FROM_LIMITS_TO_HELPERS, "19", BACK, SOMEBODY_TO_TALK_TO)
    assert phone.turn.state.answers["help"] == "talk"

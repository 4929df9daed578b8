"""The engine, sans I/O: a book of flows, a state and a text give the next page and the effects.

A session is the answers so far plus what the phone shows; where it stands follows from walking today's flow over the
answers, so that *back* drops the last answer, a changed flow needs no migration, and a number means what was shown.
The code here cannot do any I/O: `facts` only reads, and a `Trade`, which writes, is dealt once a request by the world
that the caller passes in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Protocol

from bot.flow import (
    BACK,
    CHOOSE,
    GOODBYE,
    LANGUAGE,
    MORE,
    NO_ROWS,
    OUT,
    Answers,
    End,
    Flow,
    FlowError,
    Fork,
    Menu,
    Msg,
    Node,
    Pick,
    Question,
    Row,
    Several,
    Trade,
    Values,
    Wrong,
)


@dataclass(frozen=True)
class Screen:
    """What the phone is to show, before translation, numbering and fitting."""

    flow: str
    name: str
    text: Msg
    rows: tuple[Row, ...] = ()
    pinned: int = 0  # how many of the first rows stand on every page
    values: Values = field(default_factory=dict)
    error: Msg | None = None
    ends: bool = False
    back: bool = True


@dataclass(frozen=True)
class Page:
    """A screen cut to one page: its text, the values behind the numbers 1..8, and whether 9 leads on."""

    text: str
    shown: tuple[str, ...] = ()
    more: bool = False
    count: int = 1


class Layout(Protocol):
    """How a screen becomes a page in a language on a channel; `bot.screens` does it for phones."""

    def __call__(self, screen: Screen, language: str, page: int) -> Page: ...


@dataclass(frozen=True)
class State:
    """A session's memory. `below` is the talk that a choice of language interrupted."""

    flow: str
    language: str = ""
    answers: Answers = field(default_factory=dict)
    labels: Values = field(default_factory=dict)
    screen: str = ""
    page: int = 0
    shown: tuple[str, ...] = ()
    more: bool = False
    held: tuple[str, ...] = ()
    below: State | None = None


@dataclass(frozen=True)
class Turn:
    """One answer of the engine: the new state, the page to show, and what is to be done before it is shown."""

    state: State
    screen: Screen
    page: Page
    effects: tuple[object, ...] = ()

    @property
    def ends(self) -> bool:
        return self.screen.ends


def state_to_json(state: State) -> dict[str, Any]:
    """The state as plain JSON values; `state_from_json` is its inverse."""
    data = {name: getattr(state, name) for name in state.__dataclass_fields__ if name != "below"}
    data["answers"], data["labels"] = dict(state.answers), dict(state.labels)
    data["below"] = state_to_json(state.below) if state.below else None
    return data


def state_from_json(data: Mapping[str, Any]) -> State:
    below = state_from_json(data["below"]) if data["below"] else None
    tuples = {name: tuple(data[name]) for name in ("shown", "held")}
    return State(**{**data, **tuples, "below": below})


def moved(state: State, **changes: Any) -> State:
    """The state on a fresh first page, with `changes`."""
    return replace(state, **{"page": 0, "held": (), "shown": (), "more": False, **changes})


class Book:
    """All flows of the service. `home` is where *back* from a flow's first screen leads, `chooser` asks the language.

    A `Book` holds no state of any caller: two callers at once share nothing but the flows (P: cross-talk of peers).
    """

    def __init__(self, flows: Iterable[Flow], home: str = "home", chooser: str = "language") -> None:
        listed = [*flows]
        self.flows = {flow.name: flow for flow in listed}
        self.home, self.chooser = home, chooser
        if len(listed) != len(self.flows) or not {home, chooser} <= {*self.flows}:
            raise FlowError(f"a book needs {home!r} and {chooser!r}, and each flow once: {[f.name for f in listed]}")
        for flow in self.flows.values():
            for node in flow.nodes.values():
                if isinstance(node, End) and node.then and node.then not in self.flows:
                    raise FlowError(
                        f"flow {flow.name!r}: {node.name!r} hands over to {node.then!r}, which is not there"
                    )

    # -- talking ---------------------------------------------------------------------------------------------------
    def start(self, facts: Any, lay: Layout, language: str = "", flow: str = "") -> Turn:
        """The first page of a new session. Without a language, the chooser comes first."""
        return self._show(State(flow or (self.home if language else self.chooser), language), facts, lay)

    def step(self, state: State, text: str, facts: Any, lay: Layout) -> Turn:
        """What she saw and what she sent give what she sees and what is to be done."""
        text = text.strip()
        flow = self.flows.get(state.flow)
        node = flow.nodes.get(state.screen) if flow else None
        if flow is None or node is None or isinstance(node, End):  # the flow changed under a running session
            return self._show(moved(state, flow=state.flow if flow else self.home), facts, lay)
        if text == OUT:
            return self._leave(state, lay)
        if text == LANGUAGE and state.flow != self.chooser:
            return self._show(moved(State(self.chooser, state.language), below=state), facts, lay)
        if text == BACK:
            return self._back(state, facts, lay)
        if text == MORE and state.more:
            return self._show(replace(state, page=state.page + 1), facts, lay)
        try:
            return self._answer(state, flow, node, text, facts, lay)
        except Wrong as wrong:
            return self._show(state, facts, lay, wrong.said)

    def replay(self, texts: Sequence[str], facts: Any, lay: Layout, language: str = "") -> Turn | None:
        """Talk from the beginning: a dial string with the answers in it, or a session that was lost.

        None when the words cannot be told apart (a free text that may hold `*`) or a secret was typed: then she is
        asked to dial again, and nothing is done twice.
        """
        turn = self.start(facts, lay, language)
        for position, text in enumerate(texts):
            if turn.ends:
                return turn
            node = self.flows[turn.state.flow].nodes[turn.state.screen]
            if isinstance(node, Trade):
                return None
            if isinstance(node, Question) and position + 1 < len(texts) and text not in (BACK, OUT, LANGUAGE):
                text = "*".join(texts[position:])
                return self.step(turn.state, text, facts, lay)
            turn = self.step(turn.state, text, facts, lay)
        return turn

    def conclude(self, turn: Turn, outcome: str, values: Values, facts: Any, lay: Layout) -> Turn:
        """After the effects were performed: the page for their `outcome`, or the flow that takes over, told of it."""
        node = self.flows[turn.state.flow].nodes[turn.state.screen]
        if not isinstance(node, End):
            raise TypeError(f"{node.name!r} is no End: nothing was performed there")
        text = node.outcomes.get(outcome, node.text)
        known = {**turn.screen.values, **values}
        if node.then:
            return self._show(moved(State(node.then, turn.state.language)), facts, lay, Said(text, known))
        screen = replace(turn.screen, text=text, values=known)
        return replace(turn, screen=screen, page=lay(screen, turn.state.language, 0))

    # -- one answer ------------------------------------------------------------------------------------------------
    def _answer(self, state: State, flow: Flow, node: Node, text: str, facts: Any, lay: Layout) -> Turn:
        if isinstance(node, Trade):
            return self._deal(state, flow, node, text, facts, lay)
        if isinstance(node, Several):
            chosen = several(state, node, text)
            if text.endswith(MORE) and state.more:
                return self._show(replace(state, page=state.page + 1, held=tuple(chosen)), facts, lay)
            order = [option.value for option in node.options]
            answer = ",".join(sorted(set(chosen), key=order.index))
        elif (number := digits(text)) is not None and 1 <= number <= len(state.shown):
            answer = state.shown[number - 1]
        elif isinstance(node, Question) and text:
            answer = node.check(text)[: node.longest]
        else:
            raise Wrong(CHOOSE)
        labels = dict(state.labels)
        if isinstance(node, Pick):
            rows = node.rows(facts, with_handles(state.answers, state.labels))
            labels[node.name] = next((row.label for row in rows if row.value == answer), answer)
        return self._show(moved(state, answers={**state.answers, node.name: answer}, labels=labels), facts, lay)

    def _deal(self, state: State, flow: Flow, node: Trade, secret: str, facts: Any, lay: Layout) -> Turn:
        traded = node.deal(facts, secret, state.answers)
        if traded.outcome in node.again:
            return self._show(state, facts, lay, node.again[traded.outcome])
        if traded.outcome not in node.ways:
            raise KeyError(f"flow {flow.name!r}: {node.name!r} has no way for the outcome {traded.outcome!r}")
        labels = {**state.labels, node.name: traded.handle}
        answers = {**state.answers, node.name: traded.outcome}
        return self._show(moved(state, answers=answers, labels=labels), facts, lay)

    def _back(self, state: State, facts: Any, lay: Layout) -> Turn:
        if state.page:
            return self._show(replace(state, page=state.page - 1), facts, lay)
        flow = self.flows[state.flow]
        answers = dict(state.answers)
        while answers:
            node = flow.nodes.get([*answers][-1])
            answers.popitem()
            if node is not None and asks(node) and not isinstance(node, Trade):
                return self._show(moved(state, answers=answers), facts, lay)
        if state.below:
            return self._show(state.below, facts, lay)
        first = self.home if state.flow != self.home and state.language else self.chooser
        return self._show(State(first, state.language), facts, lay)

    def _leave(self, state: State, lay: Layout) -> Turn:
        """Out at once: a harmless line, nothing kept (S5)."""
        screen = Screen(state.flow, "out", GOODBYE, ends=True, back=False)
        return Turn(State(state.flow, state.language), screen, lay(screen, state.language, 0))

    # -- where she stands ------------------------------------------------------------------------------------------
    def walk(self, state: State, facts: Any) -> tuple[State, Node]:
        """Today's flow over the answers: those that count, in order, and the first screen that is not answered."""
        flow = self.flows[state.flow]
        renamed = {node.was: name for name, node in flow.nodes.items() if node.was}
        given = {renamed.get(name, name): answer for name, answer in state.answers.items()}
        path: dict[str, str] = {}
        labels = dict(state.labels)
        node = flow.nodes[flow.first]
        while not isinstance(node, End):
            answer = given.get(node.name)
            if answer is None or not stands(node, answer):
                found = found_out(node, facts, with_handles(path, labels))
                if found is None:
                    break
                answer, handle = found
                if handle:
                    labels[node.name] = handle
            path[node.name] = answer
            node = flow.nodes[flow.target(node, answer)]
        return replace(state, answers=path, labels={n: v for n, v in labels.items() if n in path}), node

    def _show(self, state: State, facts: Any, lay: Layout, error: Msg | None = None) -> Turn:
        state, node = self.walk(state, facts)
        if isinstance(node, End) and (node.speaks or (node.then and not node.effect)):
            return self._hand_over(state, node, facts, lay)
        answers = with_handles(state.answers, state.labels)
        known = {**facts.given, **self._labels(state), **node.values(facts, answers)}
        rows = tuple(node.rows(facts, answers))
        pinned = sum(option.pinned for option in node.options) if isinstance(node, Menu) else 0
        ends = isinstance(node, End)
        screen = Screen(state.flow, node.name, node.text, rows, pinned, known, error, ends, not ends)
        if ends:
            return Turn(replace(state, screen=node.name), screen, lay(screen, state.language, 0), effects(node, state))
        page = lay(screen, state.language, state.page)
        number = min(state.page, page.count - 1)
        return Turn(replace(state, screen=node.name, page=number, shown=page.shown, more=page.more), screen, page)

    def _hand_over(self, state: State, node: End, facts: Any, lay: Layout) -> Turn:
        language = node.speaks(state.answers) if node.speaks else state.language
        if node.speaks and state.below:
            return self._show(moved(replace(state.below, language=language)), facts, lay)
        return self._show(State(node.then, language), facts, lay)

    def _labels(self, state: State) -> dict[str, str]:
        """What the answers read as: the chosen line of a menu, the kept label of a row, the text she typed."""
        flow = self.flows[state.flow]
        known: dict[str, str] = {}
        for name, answer in state.answers.items():
            asked = flow.nodes[name]
            if isinstance(asked, Menu) and not isinstance(asked, Several):
                known[name] = next(o.label for o in asked.options if o.value == answer)
            elif not isinstance(asked, Trade):
                known[name] = state.labels.get(name, answer)
        return known


class Said(Msg):
    """A sentence about what was done, with the values that it shows."""

    __slots__ = ("values",)
    values: Values

    def __new__(cls, message: Msg, values: Values) -> Said:
        said = str.__new__(cls, message)
        said.key, said.values = message.key, values
        return said


def digits(text: str) -> int | None:
    """The number she typed, in any script's digits (१२३ too); None when it is no number of at most two digits."""
    return int(text) if text.isdecimal() and len(text) <= 2 else None


def several(state: State, node: Several, text: str) -> list[str]:
    """The values behind `134` or `1 3 4`, those held from earlier pages first. Raises `Wrong`."""
    typed = [c for c in text if c not in " ,+.-"]
    if not typed or any(digits(c) is None for c in typed):
        raise Wrong(CHOOSE)
    numbers = [int(c) for c in typed]
    if state.more and numbers[-1] == int(MORE):
        numbers.pop()
    if any(not 1 <= number <= len(state.shown) for number in numbers):
        raise Wrong(CHOOSE)
    return [v for v in (*state.held, *(state.shown[number - 1] for number in numbers)) if v]


def stands(node: Node, answer: str) -> bool:
    """Whether an old answer still means something in today's flow."""
    if isinstance(node, Several):
        return {*answer.split(",")} <= {option.value for option in node.options}
    if isinstance(node, Menu):
        return answer in {option.value for option in node.options}
    if isinstance(node, Fork | Trade):
        return answer in node.ways
    return True


def found_out(node: Node, facts: Any, path: Answers) -> tuple[str, str] | None:
    """The answer that needs no person: a fork's fact, a list with no rows, an opening on arrival."""
    if isinstance(node, Fork):
        way = node.ask(facts, path)
        if way not in node.ways:
            raise KeyError(f"{node.name!r} has no way for {way!r}")
        return way, ""
    if isinstance(node, Pick) and not node.rows(facts, path):
        return NO_ROWS, ""
    if isinstance(node, Trade) and node.silent:
        traded = node.deal(facts, "", path)
        return traded.outcome, traded.handle
    return None


def asks(node: Node) -> bool:
    """Whether a person answered this screen (and *back* can take the answer back)."""
    return not isinstance(node, Fork) and not (isinstance(node, Trade) and node.silent)


def with_handles(answers: Answers, labels: Values) -> dict[str, str]:
    """The answers for the leaves, with the handle of each trade under `name_handle`."""
    return {**answers, **{f"{name}_handle": handle for name, handle in labels.items() if handle}}


def effects(node: Node, state: State) -> tuple[object, ...]:
    """The effect of an end, filled from the answers that count."""
    if not isinstance(node, End) or node.effect is None:
        return ()
    wanted = {f.name for f in fields(node.effect)}
    known = with_handles(state.answers, state.labels)
    return (node.effect(**{n: known[n] for n in known if n in wanted}),)

"""The engine, sans I/O: a set of flows, a state and a text give the next page and the effects.

A session is the answers so far plus what the phone shows; where it stands follows from walking today's flow over the
answers, so that *back* drops the last answer, a changed flow needs no migration, and a number means what was shown.
The code here does no I/O. What leaves ask of `world` only reads, but for a `SideEffect`, which may write: it is run
once a request, by the world that the caller passes in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace

from bot.conversation.flow import Flow
from bot.conversation.message import Msg, Said, Values
from bot.conversation.nodes import (
    BACK,
    CHOOSE,
    GOODBYE,
    LANGUAGE,
    MORE,
    NO_ROWS,
    OUT,
    SPOKEN,
    Answers,
    End,
    FlowError,
    Fork,
    Menu,
    Node,
    Pick,
    Question,
    Several,
    SideEffect,
    World,
    Wrong,
)
from bot.conversation.state import Layout, Screen, State, StateChanges, Turn, at_screen, with_


class FlowSet:
    """All flows of the service. `home` is where *back* from a flow's first screen leads, `chooser` asks the language.

    A `FlowSet` holds no state of any caller: two callers at once share nothing but the flows (P: cross-talk of peers).
    """

    def __init__(self, flows: Iterable[Flow], home: str = "home", chooser: str = "language") -> None:
        listed = [*flows]
        self.flows = {flow.name: flow for flow in listed}
        self.home, self.chooser = home, chooser
        if len(listed) != len(self.flows) or not {home, chooser} <= {*self.flows}:
            raise FlowError(
                f"a set of flows needs {home!r} and {chooser!r}, and each flow once: {[f.name for f in listed]}"
            )
        for flow in self.flows.values():
            for node in flow.nodes.values():
                if isinstance(node, End) and node.then and node.then not in self.flows:
                    raise FlowError(
                        f"flow {flow.name!r}: {node.name!r} hands over to {node.then!r}, which is not there"
                    )

        self.inside = self._handed_over(chooser)

    def _handed_over(self, name: str) -> set[str]:
        """The flows that a talk beginning with `name` can come to."""
        found, waiting = {name}, [name]
        while waiting:
            ends = (n for n in self.flows[waiting.pop()].nodes.values() if isinstance(n, End))
            new = {end.then for end in ends if end.then} - found
            found |= new
            waiting += new
        return found

    # -- talking ---------------------------------------------------------------------------------------------------
    def start(self, world: World, lay: Layout, language: str = "", flow: str = "") -> Turn:
        """The first page of a new session. Without a language, the chooser comes first."""
        return self._show(State(flow or (self.home if language else self.chooser), language), world, lay)

    def step(self, state: State, text: str, world: World, lay: Layout) -> Turn:
        """What she saw and what she sent give what she sees and what is to be done."""
        text = text.strip()
        key = typed_key(text)
        state = self._today(state)
        flow = self.flows[state.flow]
        if key == OUT:
            return self._leave(state, lay)
        if key == LANGUAGE and state.flow != self.chooser:
            return self._show(State(self.chooser, state.language, below=state), world, lay)
        if key == BACK:
            return self._back(state, world, lay)
        node = flow.nodes.get(state.screen)
        if node is None or not node.asks:  # the flow changed under a running session
            return self._show(at_screen(state), world, lay)
        if key == MORE and state.more:
            return self._show(with_(state, page=state.page + 1), world, lay)
        try:
            return self._answer(state, flow, node, text, world, lay)
        except Wrong as wrong:
            return self._show(state, world, lay, wrong.said)

    def _today(self, state: State) -> State:
        """The state in the words of today's flows: renamed screens, and the first menu for a flow that is gone."""
        flow = self.flows.get(state.flow)
        if flow is None:
            return State(self.home if state.language else self.chooser, state.language)
        new = flow.renamed
        if not new:
            return state
        answers = {new.get(name, name): answer for name, answer in state.answers.items()}
        labels = {new.get(name, name): label for name, label in state.labels.items()}
        return with_(state, answers=answers, labels=labels, screen=new.get(state.screen, state.screen))

    def replay(self, texts: Sequence[str], world: World, lay: Layout, language: str = "") -> Turn | None:
        """Talk from the beginning: a dial string with the answers in it, or a session that was lost.

        None when the words cannot be told apart (a free text that may hold `*`) or a secret was typed: then she is
        asked to dial again, and nothing is done twice.
        """
        turn = self.start(world, lay, language)
        for position, text in enumerate(texts):
            if turn.ends:
                return turn
            node = self.flows[turn.state.flow].nodes[turn.state.screen]
            if isinstance(node, SideEffect):
                return None
            key = typed_key(text.strip())
            if isinstance(node, Question) and position + 1 < len(texts) and not key and text.strip():
                if typed_key(texts[-1].strip()):  # was it the answer to a later page, or the end of her words?
                    return None
                return self.step(turn.state, "*".join(texts[position:]), world, lay)
            if isinstance(node, Question) and key and position + 1 < len(texts) and not pressed(key, turn.state):
                return None  # words that begin with a number and a star
            turn = self.step(turn.state, text, world, lay)
        return turn

    def conclude(self, turn: Turn, outcome: str, values: Values, world: World, lay: Layout) -> Turn:
        """After the effects were performed: the page for their `outcome`, or the flow that takes over, told of it."""
        node = self.flows[turn.state.flow].nodes[turn.state.screen]
        if not isinstance(node, End):
            raise TypeError(f"{node.name!r} is no End: nothing was performed there")
        text = node.outcomes.get(outcome, node.text)
        known = {**turn.screen.values, **values}
        if node.then:
            return self._show(at_screen(State(node.then, turn.state.language)), world, lay, Said(text, known))
        screen = replace(turn.screen, text=text, values=known)
        return replace(turn, screen=screen, page=lay(screen, turn.state.language, 0))

    # -- one answer ------------------------------------------------------------------------------------------------
    def _answer(self, state: State, flow: Flow, node: Node, text: str, world: World, lay: Layout) -> Turn:
        if isinstance(node, SideEffect):
            return self._run_side_effect(state, flow, node, text, world, lay)
        if isinstance(node, Several):
            chosen, on = several(state, node, text)
            if on:
                return self._show(with_(state, page=state.page + 1, held=tuple(chosen)), world, lay)
            order = [option.value for option in node.options]
            answer = ",".join(sorted(set(chosen), key=order.index))
        elif (number := digits(text)) is not None and 1 <= number <= len(state.shown):
            answer = state.shown[number - 1]
        elif isinstance(node, Question) and text:
            answer = node.check(text)[: node.longest]
        else:
            raise Wrong(CHOOSE)
        if isinstance(node, Menu) and not node.stands(answer):  # the line is gone since it was shown
            raise Wrong(CHOOSE)
        labels = dict(state.labels)
        if isinstance(node, Pick):
            labels[node.name] = dict(zip(state.shown, state.called, strict=False)).get(answer, answer)
        now = at_screen(state, answers={**state.answers, node.name: answer}, labels=labels)
        return self._show(now, world, lay, answered=node.name)

    def _run_side_effect(
        self, state: State, flow: Flow, node: SideEffect, secret: str, world: World, lay: Layout
    ) -> Turn:
        result = node.run(world, secret, leaf_answers(state.answers, state.labels, state.language))
        if result.outcome in node.again:
            return self._show(state, world, lay, node.again[result.outcome])
        if result.outcome not in node.ways:
            raise KeyError(f"flow {flow.name!r}: {node.name!r} has no way for the outcome {result.outcome!r}")
        labels = {**state.labels, node.name: result.handle}
        answers = {**state.answers, node.name: result.outcome}
        return self._show(at_screen(state, answers=answers, labels=labels), world, lay, answered=node.name)

    def _back(self, state: State, world: World, lay: Layout) -> Turn:
        if state.page:
            turn = self._show(with_(state, page=state.page - 1), world, lay)
            held = tuple(value for value in turn.state.held if value not in turn.state.shown)  # she chooses these anew
            return replace(turn, state=with_(turn.state, held=held))
        before = self._before(state)
        if before is not None:
            return self._show(before, world, lay)
        if state.below:
            return self._show(at_screen(state.below, page=state.below.page, held=state.below.held), world, lay)
        if state.flow not in self.inside:  # a talk by SMS has no menus of the dialled code above it
            return self._show(State(state.flow, state.language), world, lay)
        first = self.home if state.flow != self.home and state.language else self.chooser
        return self._show(State(first, state.language), world, lay)

    def _before(self, state: State) -> State | None:
        """The state with the last answer that a person gave taken back; None when there is none to take back."""
        answers = dict(state.answers)
        while answers:
            name, answer = answers.popitem()
            node = self.flows[state.flow].nodes.get(name)
            if node is not None and node.asks and answer != NO_ROWS and not isinstance(node, SideEffect):
                return at_screen(state, answers=answers)
        return None

    def _leave(self, state: State, lay: Layout) -> Turn:
        """Out at once: a harmless line, nothing kept (S5)."""
        screen = Screen(state.flow, "out", GOODBYE, ends=True, back=False)
        return Turn(State(state.flow, state.language), screen, lay(screen, state.language, 0))

    # -- where she stands ------------------------------------------------------------------------------------------
    def walk(self, state: State, world: World) -> tuple[State, Node]:
        """Today's flow over the answers: those that count, in order, and the first screen that is not answered."""
        flow, given = self.flows[state.flow], state.answers
        path: dict[str, str] = {}
        labels = dict(state.labels)
        node = flow.nodes[flow.first]
        while not isinstance(node, End):
            answer = given.get(node.name)
            if answer is None or not node.stands(answer):
                found = found_out(node, world, leaf_answers(path, labels, state.language))
                if found is None:
                    break
                answer, handle = found
                if handle:
                    labels[node.name] = handle
            path[node.name] = answer
            node = flow.nodes[flow.target(node, answer)]
        return with_(state, answers=path, labels={n: v for n, v in labels.items() if n in path}), node

    def _show(self, state: State, world: World, lay: Layout, error: Msg | None = None, *, answered: str = "") -> Turn:
        """The page for a state; `answered` is the screen that was answered by this very request."""
        state, node = self.walk(self._today(state), world)
        if isinstance(node, End) and node.effect and last_asked(self.flows[state.flow], state) != answered:
            # the flow changed under her, or she has ended: nothing is done that the last screen did not ask
            state, node = self._asked_again(state, world)
        if isinstance(node, End) and (node.speaks or (node.then and not node.effect)):
            return self._hand_over(state, node, world, lay)
        if node.name != state.screen:  # another screen than the one that was read: its first page, without complaint
            error = error if isinstance(error, Said) else None
            state = with_(state, page=0, held=())
        screen = self._screen(state, node, world, error)
        if isinstance(node, End):
            return Turn(with_(state, screen=node.name), screen, lay(screen, state.language, 0), effects(node, state))
        page = lay(screen, state.language, state.page)
        number = min(state.page, page.count - 1)
        labels = {row.value: row.label for row in screen.rows} if isinstance(node, Pick) else {}
        called = tuple(labels[value] for value in page.shown) if labels else ()
        at: StateChanges = {
            "screen": node.name,
            "page": number,
            "shown": page.shown,
            "called": called,
            "more": page.more,
        }
        return Turn(with_(state, **at), screen, page)

    def _screen(self, state: State, node: Node, world: World, error: Msg | None) -> Screen:
        answers = leaf_answers(state.answers, state.labels, state.language)
        known: Values = world.given
        if "{" in node.text or isinstance(node, End):  # most texts show nothing: no label is looked up for them
            known = {**known, **self._labels(state), **node.values(world, answers)}
        rows = tuple(node.rows(world, answers))
        pinned = sum(option.pinned for option in node.options) if isinstance(node, Menu) else 0
        ends = isinstance(node, End)
        return Screen(state.flow, node.name, node.text, rows, pinned, known, error, ends, not ends)

    def _asked_again(self, state: State, world: World) -> tuple[State, Node]:
        """The state with its last answer, of a person or a side effect, to be given again."""
        flow, answers = self.flows[state.flow], dict(state.answers)
        while answers:
            name, answer = answers.popitem()
            if flow.nodes[name].asks and answer != NO_ROWS:
                break
        return self.walk(at_screen(state, answers=answers), world)

    def _hand_over(self, state: State, node: End, world: World, lay: Layout) -> Turn:
        language = node.speaks(state.answers) if node.speaks else state.language
        if node.speaks and state.below:
            return self._show(at_screen(state.below, language=language), world, lay)
        return self._show(State(node.then, language), world, lay)

    def _labels(self, state: State) -> dict[str, object]:
        """What the answers read as: the chosen line of a menu, the kept label of a row, the text she typed."""
        asked, labels = self.flows[state.flow].nodes, state.labels
        answers = state.answers.items()
        return {n: asked[n].reads(a, labels.get(n)) for n, a in answers if not isinstance(asked[n], SideEffect)}


def digits(text: str) -> int | None:
    """The number she typed, in any script's digits (१२३ too); None when it is no number of at most two digits."""
    return int(text) if text.isdecimal() and len(text) <= 2 else None


def typed_key(text: str) -> str:
    """The keys she pressed, in western digits; nothing when it is something else."""
    return "".join(str(int(c)) for c in text) if digits(text) is not None else ""


def pressed(key: str, state: State) -> bool:
    """Whether `key` means something on a page other than words."""
    return key in (BACK, OUT, LANGUAGE) or (key == MORE and state.more) or 1 <= int(key) <= len(state.shown)


def several(state: State, node: Several, text: str) -> tuple[list[str], bool]:
    """The values behind `134` or `1 3 4`, those held from earlier pages first, and whether 9 leads on. Or `Wrong`."""
    typed = [c for c in text if c not in " ,+.-"]
    if not typed or any(digits(c) is None for c in typed):
        raise Wrong(CHOOSE)
    numbers = [int(c) for c in typed]
    on = state.more and numbers[-1] == int(MORE)
    if on:
        numbers.pop()
    if any(not 1 <= number <= len(state.shown) for number in numbers):
        raise Wrong(CHOOSE)
    today = {option.value for option in node.options}
    chosen = [state.shown[number - 1] for number in numbers]
    if not today.issuperset(chosen):  # a line is gone since it was shown
        raise Wrong(CHOOSE)
    return [v for v in (*state.held, *chosen) if v and v in today], on


def found_out(node: Node, world: World, path: Answers) -> tuple[str, str] | None:
    """The answer that needs no person: a fork's way, a list with no rows, an opening on arrival."""
    if isinstance(node, Fork):
        way = node.ask(world, path)
        if way not in node.ways:
            raise KeyError(f"{node.name!r} has no way for {way!r}")
        return way, ""
    if isinstance(node, Pick) and not node.rows(world, path):
        return NO_ROWS, ""
    if isinstance(node, SideEffect) and node.silent:
        result = node.run(world, "", path)
        if result.outcome not in node.ways:
            raise KeyError(f"{node.name!r} has no way for {result.outcome!r}")
        return result.outcome, result.handle
    return None


def last_asked(flow: Flow, state: State) -> str:
    """The last screen on the way that a person answered."""
    asked = (name for name in reversed([*state.answers]) if flow.nodes[name].asks and state.answers[name] != NO_ROWS)
    return next(asked, "")


def leaf_answers(answers: Answers, labels: Mapping[str, str], language: str) -> dict[str, str]:
    """The answers for the leaves, the handle of each side effect as `name_handle`, and the language of the talk."""
    handles = {f"{name}_handle": handle for name, handle in labels.items() if handle}
    return {SPOKEN: language, **answers, **handles}


def effects(node: Node, state: State) -> tuple[object, ...]:
    """The effect of an end, filled from the answers that count; a field `language` from the language of the talk."""
    if not isinstance(node, End) or node.effect is None:
        return ()
    wanted = {f.name for f in fields(node.effect)}
    known = leaf_answers(state.answers, state.labels, state.language)
    return (node.effect(**{n: known[n] for n in known if n in wanted}),)

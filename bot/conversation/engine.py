"""The engine of conversations: flows, a state and a typed text give the next page and the effects (`Turn`).

A session's state is the answers so far and what the phone shows. The screen that comes next follows from walking
today's flow over the answers, so that *back* drops the last answer, a changed flow needs no migration of sessions, and
a typed number means the row that was shown. The code here does no I/O itself: functions of flows ask the `world` that
the caller passes in. They only read, but for a `SideEffect`, which may write and is run once a request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace

from bot.conversation.answers import WRONG
from bot.conversation.flow import Flow
from bot.conversation.keys import digits, row_behind, typed_key
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
    """All flows of the service. `home` is the flow to which *back* from a flow's first screen leads, `chooser` the one
    that asks the language.

    A `FlowSet` holds no state of any caller, so that two callers at once can never see each other's talk. Raises
    `FlowError` for a flow that is missing or there twice.
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
                if isinstance(node, End) and node.then and not node.effect:
                    for lack in sorted({*self.flows[node.then].carried} - {*flow.carried}):
                        raise FlowError(f"flow {flow.name!r}: {node.name!r} cannot hand over {lack!r} to {node.then!r}")
            if flow.back and flow.back not in self.flows:
                raise FlowError(f"flow {flow.name!r}: back leads to {flow.back!r}, which is not there")

        self.inside = self._reached_from(chooser)  # the flows of the dialled code; the others begin by SMS

    def _reached_from(self, name: str) -> set[str]:
        """The names of the flows that a talk beginning with the flow `name` can come to, itself too."""
        reached, waiting = {name}, [name]
        while waiting:
            ends = (n for n in self.flows[waiting.pop()].nodes.values() if isinstance(n, End))
            new = {end.then for end in ends if end.then} - reached
            reached |= new
            waiting += new
        return reached

    # -- talking ---------------------------------------------------------------------------------------------------
    def start(self, world: World, lay: Layout, language: str = "", flow: str = "") -> Turn:
        """The first page of a new session. Without a language, the chooser comes first."""
        return self._show(State(flow or (self.home if language else self.chooser), language), world, lay)

    def step(self, state: State, text: str, world: World, lay: Layout) -> Turn:
        """The turn after she typed `text` on the page of `state`: the page to show next and the effects to perform."""
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
            return self._show(with_(state, page=state.page + 1), world, lay, state.note)
        try:
            return self._answer(state, flow, node, text, world, lay)
        except Wrong as wrong:
            return self._show(state, world, lay, wrong.said)

    def _today(self, state: State) -> State:
        """The state with today's names of screens; a new talk in the first menu when its flow exists no more."""
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
        """Answer from the first screen on with `texts`: those of a dial string, or of a session that was lost. What
        follows a gate is not heard, but for what is pinned there.

        None when the texts cannot be told apart (a free text may hold `*`) or one of them is a secret: then she is
        asked to dial again, and no side effect is run twice.
        """
        turn = self.start(world, lay, language)
        for position, text in enumerate(texts):
            if turn.ends:
                return turn
            node = self.flows[turn.state.flow].nodes[turn.state.screen]
            if isinstance(node, SideEffect):
                return None
            key = typed_key(text.strip())
            if node.gate and not (key.isdecimal() and 1 <= int(key) <= turn.screen.pinned) and key != MORE:
                return turn
            if isinstance(node, Question) and position + 1 < len(texts) and not key and text.strip():
                if typed_key(texts[-1].strip()):  # it may answer a later page, or be the end of her free text
                    return None
                return self.step(turn.state, "*".join(texts[position:]), world, lay)
            if isinstance(node, Question) and key and position + 1 < len(texts) and not pressed(key, turn.state):
                return None  # it may be a free text that begins with a number and a star
            turn = self.step(turn.state, text, world, lay)
        return turn

    def conclude(self, turn: Turn, outcome: str, values: Values, world: World, lay: Layout) -> Turn:
        """The turn after the effects were performed: the page for their `outcome`, or the first page of the flow that
        takes over, under that text. Raises TypeError when `turn` is at no `End`."""
        node = self.flows[turn.state.flow].nodes[turn.state.screen]
        if not isinstance(node, End):
            raise TypeError(f"{node.name!r} is no End: nothing was performed there")
        text = node.outcomes.get(outcome, node.text)
        all_values = {**turn.screen.values, **values}
        if node.then and outcome not in node.stops:
            carried = {**turn.state.carried, **{name: str(value) for name, value in values.items()}}
            return self._show(
                self._taken_over(node.then, turn.state.language, carried), world, lay, Said(text, all_values)
            )
        screen = replace(turn.screen, text=text, values=all_values)
        return replace(turn, screen=screen, page=lay(screen, turn.state.language, 0))

    # -- one answer ------------------------------------------------------------------------------------------------
    def _answer(self, state: State, flow: Flow, node: Node, text: str, world: World, lay: Layout) -> Turn:
        if isinstance(node, SideEffect):
            if "*" in text:  # two answers at once, as no secret is written: it costs no try
                raise Wrong(WRONG)
            return self._run_side_effect(state, flow, node, text, world, lay)
        if isinstance(node, Several):
            chosen, more = several(state, node, text)
            if more:
                return self._show(with_(state, page=state.page + 1, held=tuple(chosen)), world, lay, state.note)
            order = [option.value for option in node.options]
            answer = ",".join(sorted(set(chosen), key=order.index))
        elif (row := row_behind(text, state.shown)) is not None:
            answer = row
        elif isinstance(node, Question) and text:
            answer = node.check(text)[: node.longest]
        else:
            raise Wrong(CHOOSE)
        if isinstance(node, Menu) and not node.stands(answer):  # the option was removed since it was shown
            raise Wrong(CHOOSE)
        labels = dict(state.labels)
        if isinstance(node, Pick):
            labels[node.name] = dict(zip(state.shown, state.called, strict=False)).get(answer, answer)
        answered = at_screen(state, answers={**state.answers, node.name: answer}, labels=labels)
        return self._show(answered, world, lay, answered=node.name)

    def _run_side_effect(
        self, state: State, flow: Flow, node: SideEffect, secret: str, world: World, lay: Layout
    ) -> Turn:
        result = node.run(world, secret, leaf_answers(state.answers, state))
        if result.outcome in node.again:
            return self._show(state, world, lay, node.again[result.outcome])
        if result.outcome not in node.ways:
            raise KeyError(f"flow {flow.name!r}: {node.name!r} has no way for the outcome {result.outcome!r}")
        labels = {**state.labels, node.name: result.handle}
        answers = {**state.answers, node.name: result.outcome}
        return self._show(at_screen(state, answers=answers, labels=labels), world, lay, answered=node.name)

    def _back(self, state: State, world: World, lay: Layout) -> Turn:
        if state.page:
            turn = self._show(with_(state, page=state.page - 1), world, lay, state.note)
            earlier = lay(turn.screen, state.language, state.page - 2).shown if state.page > 1 else ()
            anew = {*turn.state.shown} - {*earlier}  # those of this page, which she chooses anew
            return replace(turn, state=with_(turn.state, held=tuple(v for v in turn.state.held if v not in anew)))
        before = self._before(state)
        if before is not None:
            return self._show(before, world, lay)
        if state.below:
            return self._show(at_screen(state.below, page=state.below.page, held=state.below.held), world, lay)
        if back := self.flows[state.flow].back:
            return self._show(self._taken_over(back, state.language, state.carried), world, lay)
        if state.flow not in self.inside:  # *back* in a talk by SMS never leads to the menus of the dialled code
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
        """The turn that ends the talk at once with a harmless line; nothing is kept (S5)."""
        screen = Screen(state.flow, "out", GOODBYE, ends=True, back=False)
        return Turn(State(state.flow, state.language), screen, lay(screen, state.language, 0))

    # -- where she stands ------------------------------------------------------------------------------------------
    def walk(self, state: State, world: World) -> tuple[State, Node]:
        """Walk today's flow over the answers: the state with those that are on the way, in order, and the first screen
        that has none, or the `End`."""
        flow, given = self.flows[state.flow], state.answers
        path: dict[str, str] = {}
        labels = dict(state.labels)
        node = flow.nodes[flow.first]
        while not isinstance(node, End):
            answer = given.get(node.name)
            if answer is None or not node.stands(answer):
                automatic = automatic_answer(node, world, leaf_answers(path, with_(state, labels=labels)))
                if automatic is None:
                    break
                answer, handle = automatic
                if handle:
                    labels[node.name] = handle
            path[node.name] = answer
            node = flow.nodes[flow.target(node, answer)]
        return with_(state, answers=path, labels={n: v for n, v in labels.items() if n in path}), node

    def _show(self, state: State, world: World, lay: Layout, error: Msg | None = None, *, answered: str = "") -> Turn:
        """The page for a state; `answered` is the screen that was answered by this very request."""
        state, node = self.walk(self._today(state), world)
        if isinstance(node, End) and node.effect and last_asked(self.flows[state.flow], state) != answered:
            # the flow changed during her talk, or it had ended: no effect follows but that of the screen just answered
            state, node = self._asked_again(state, world)
        if isinstance(node, End) and (node.speaks or (node.then and not node.effect)):
            return self._hand_over(state, node, world, lay)
        if node.name != state.screen:  # another screen than the one she read: its first page, and no "choose a number"
            error = error if isinstance(error, Said) else None
            state = with_(state, page=0, held=())
        screen = self._screen(state, node, world, error)
        if isinstance(node, End):
            return Turn(with_(state, screen=node.name), screen, lay(screen, state.language, 0), effects(node, state))
        page = lay(screen, state.language, state.page)
        number = min(state.page, page.count - 1)
        labels = {row.value: row.kept for row in screen.rows} if isinstance(node, Pick) else {}
        called = tuple(labels[value] for value in page.shown) if labels else ()
        at: StateChanges = {
            "screen": node.name,
            "page": number,
            "shown": page.shown,
            "called": called,
            "more": page.more,
            "note": error,
        }
        return Turn(with_(state, **at), screen, page)

    def _screen(self, state: State, node: Node, world: World, error: Msg | None) -> Screen:
        answers = leaf_answers(state.answers, state)
        values: Values = world.given
        if "{" in node.text or isinstance(node, End):  # most texts show nothing: no label is looked up for them
            values = {**values, **self._labels(state), **node.values(world, answers)}
        rows = tuple(node.rows(world, answers))
        pinned = sum(option.pinned for option in node.options) if isinstance(node, Menu) else 0
        ends = isinstance(node, End)
        return Screen(state.flow, node.name, node.text, rows, pinned, values, error, ends, not ends)

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
        return self._show(self._taken_over(node.then, language, state.carried), world, lay)

    def _taken_over(self, flow: str, language: str, carried: Mapping[str, str]) -> State:
        """The beginning of a flow that takes over, with those values that it wants."""
        wanted = self.flows[flow].carried
        return State(flow, language, carried={name: carried[name] for name in wanted if name in carried})

    def _labels(self, state: State) -> dict[str, object]:
        """Each answer as a later text shows it: the chosen line of a menu, the stored label of a row, the text she
        typed."""
        asked, labels = self.flows[state.flow].nodes, state.labels
        answers = state.answers.items()
        return {n: asked[n].reads(a, labels.get(n)) for n, a in answers if not isinstance(asked[n], SideEffect)}


def pressed(key: str, state: State) -> bool:
    """Whether a typed number is a key on the page of `state`: *back*, *out*, the language, *more* or a row."""
    return key in (BACK, OUT, LANGUAGE) or (key == MORE and state.more) or row_behind(key, state.shown) is not None


def several(state: State, node: Several, text: str) -> tuple[list[str], bool]:
    """The values behind `1*3*4`, `134` or `1 3 4`, after those chosen on earlier pages; and whether the 9 for
    *more* was typed. Numbers of the pages before count too: she may write at the end all that she wants.

    Raises `Wrong` for anything that is no row of the pages she has seen."""
    typed = [c for c in text if c not in " ,+.-*"]
    if not typed or any(digits(c) is None for c in typed):
        raise Wrong(CHOOSE)
    numbers = [int(c) for c in typed]
    more = state.more and numbers[-1] == int(MORE)
    if more:
        numbers.pop()
    if any(not 1 <= number <= len(state.shown) for number in numbers):  # eight options at most: numbers are places
        raise Wrong(CHOOSE)
    today = {option.value for option in node.options}
    chosen = [state.shown[number - 1] for number in numbers]
    if not today.issuperset(chosen):  # an option was removed since it was shown
        raise Wrong(CHOOSE)
    return [v for v in (*state.held, *chosen) if v and v in today], more


def automatic_answer(node: Node, world: World, path: Answers) -> tuple[str, str] | None:
    """(answer, handle) of a screen that asks nobody: a fork, a `Pick` without rows, a silent side effect; else None.

    Raises KeyError when a fork or side effect gives an outcome that the flow has no way for."""
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
    """The name of the last screen that a person answered; empty when there is none."""
    asked = (name for name in reversed([*state.answers]) if flow.nodes[name].asks and state.answers[name] != NO_ROWS)
    return next(asked, "")


def leaf_answers(answers: Answers, state: State) -> dict[str, str]:
    """The answers as functions of flows get them, with what was handed over, the handle of a side effect as
    `<name>_handle` and the `language`."""
    handles = {f"{name}_handle": handle for name, handle in state.labels.items() if handle}
    return {SPOKEN: state.language, **state.carried, **answers, **handles}


def effects(node: Node, state: State) -> tuple[object, ...]:
    """The effect of an `End`, its fields filled from the answers and `language` from the talk; () where it has none."""
    if not isinstance(node, End) or node.effect is None:
        return ()
    wanted = {f.name for f in fields(node.effect)}
    given = leaf_answers(state.answers, state)
    return (node.effect(**{name: given[name] for name in given if name in wanted}),)

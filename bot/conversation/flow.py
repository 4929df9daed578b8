"""A flow: the screens of one conversation as data, read from top to bottom and checked when it is imported.

The kinds of screens are in `nodes`, one step of a talk is in `engine`. All import the standard library only, which
import-linter checks.
"""

from __future__ import annotations

import dis
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from functools import cache
from types import FunctionType

from bot.conversation.message import Msg, Said
from bot.conversation.nodes import GIVEN, SPOKEN, End, FlowError, Fork, Menu, Node, Question, Several, SideEffect

BETWEEN = re.compile(r"\{([^{}]*)\}")  # what stands between two braces
MOST_OF_SEVERAL = 8  # options of which several may be chosen: 9 is *more*
MOST_PINNED = 3  # options that stand on every page of a screen; more would leave no room for the others


class Flow:
    """The screens of one conversation, the first one first. Raises `FlowError` for a fault, naming the flow and every
    screen at fault: a name twice, a way to nowhere, a circle, a text that shows what was not asked.

    `carried` are names of values that the flow before hands over: its leaves and effects read them like answers. `back`
    is the flow to which *back* from the first screen leads, which may be this one; empty: the first menu.
    """

    def __init__(self, name: str, *nodes: Node, carried: tuple[str, ...] = (), back: str = "") -> None:
        self.name, self.carried, self.back = name, carried, back
        if not nodes:
            raise FlowError(f"flow {name!r} has no screen")
        names = [node.name for node in nodes]
        self.nodes = {node.name: node for node in nodes}
        self.first = names[0]
        self.renamed = {node.was: node.name for node in nodes if node.was}
        self.following = dict(zip(names, [*names[1:], None], strict=True))
        if (
            faults := [*self._name_faults(names), *self._screen_faults()]
            or [*self._circle_faults()]
            or [*self._answer_faults()]
        ):
            raise FlowError(f"flow {name!r}: " + "; ".join(faults))

    def exits(self, node: Node) -> set[str | None]:
        """The names of the screens that can come next; an `End` has none."""
        return {exit or self.following[node.name] for exit in node.exits()}

    def target(self, node: Node, answer: str) -> str:
        """The screen after `node` was answered with `answer`."""
        return node.target(answer) or self.following[node.name] or node.name

    def texts(self, node: Node) -> Iterator[Msg]:
        """Every text of a screen that a person can read, for the catalogue and the checks."""
        if not isinstance(node, Fork) and not (isinstance(node, SideEffect) and node.silent):
            yield node.text
        if isinstance(node, Menu):
            yield from (o.label for o in node.options)
        if isinstance(node, Question) and node.skip is not None:
            yield node.skip
        if isinstance(node, SideEffect):
            yield from node.again.values()
        if isinstance(node, End):
            yield from node.outcomes.values()

    def _name_faults(self, names: list[str]) -> Iterator[str]:
        for name in sorted({n for n in names if names.count(n) > 1}):
            yield f"two screens are named {name!r}"
        for node in self.nodes.values():
            if node.was in self.nodes:
                yield f"{node.name!r} was {node.was!r}, which is still there: running talks would mix the two up"

    def _screen_faults(self) -> Iterator[str]:
        for node in self.nodes.values():
            for text in self.texts(node):
                if not isinstance(text, Msg):
                    yield f"{node.name!r} has a text not marked with _()"
                elif fault := brace_fault(text):
                    yield f"{node.name!r} has {fault}: {text!r}"
            if isinstance(node, Menu):
                yield from self._option_faults(node)
            if isinstance(node, SideEffect) and node.silent and node.again:
                yield f"{node.name!r} asks nothing, so it cannot ask again"
            if not isinstance(node, End) and not self.exits(node):
                yield f"{node.name!r} leads nowhere: nothing can be chosen there"
            for exit in sorted(self.exits(node), key=str):
                if exit not in self.nodes:
                    yield f"{node.name!r} leads " + (f"to {exit!r}, which is not there" if exit else "nowhere")

    def _option_faults(self, node: Menu) -> Iterator[str]:
        values = [o.value for o in node.options]
        for value in sorted({v for v in values if values.count(v) > 1}):
            yield f"{node.name!r} has two options with the value {value!r}"
        pinned = [o.pinned for o in node.options]
        if pinned != sorted(pinned, reverse=True) or sum(pinned) > MOST_PINNED:
            yield f"{node.name!r} pins lines that are not its first {MOST_PINNED}"
        if isinstance(node, Several) and any("," in value for value in values):
            yield f"{node.name!r} has an option with a comma in its value, which joins the chosen ones"
        if isinstance(node, Several) and any(o.to for o in node.options):
            yield f"{node.name!r} has an option that leads somewhere: of several chosen ones none can"
        if isinstance(node, Several) and (any(pinned) or len(values) > MOST_OF_SEVERAL):
            yield f"{node.name!r} pins an option or has over {MOST_OF_SEVERAL}: its numbers go on, and 9 is more"

    def _circle_faults(self) -> Iterator[str]:
        if path := self._circle(self.first, (), set()):
            yield f"goes round: {' > '.join(path)}"

    def _circle(self, name: str, above: tuple[str, ...], done: set[str]) -> tuple[str, ...]:
        if name in above:
            return (*above[above.index(name) :], name)
        if name in done:
            return ()
        done.add(name)
        exits = sorted(exit for exit in self.exits(self.nodes[name]) if exit)
        return next((c for exit in exits if (c := self._circle(exit, (*above, name), done))), ())

    def known(self) -> dict[str, set[str]]:
        """For every screen that can be reached: the names of the screens that every way to it answers before."""
        known: dict[str, set[str]] = {self.first: set()}
        queue = [self.first]
        while queue:
            node = self.nodes[queue.pop()]
            given = known[node.name] | {node.name}
            for exit in self.exits(node):
                if exit and (exit not in known or not known[exit] <= given):
                    known[exit] = known.get(exit, given) & given
                    queue.append(exit)
        return known

    def _reached_unasked(self) -> set[str]:
        """The names of the screens to which some way leads on which nothing is asked."""
        found: set[str] = set()
        waiting = [self.first]
        while waiting:
            node = self.nodes[waiting.pop()]
            if node.name not in found:
                found.add(node.name)
                waiting += [] if node.asks else [exit for exit in self.exits(node) if exit]
        return found

    def _answer_faults(self) -> Iterator[str]:
        known = self.known()
        for node in self.nodes.values():
            if node.name not in known:
                yield f"{node.name!r} is never reached"
                continue
            tried = {name for name in known[node.name] if isinstance(self.nodes[name], SideEffect)}
            given = (known[node.name] - tried) | GIVEN | set(node.gives) | set(self.carried)
            # values that the text of an outcome shows beyond these come from the performed effect
            texts = [node.text] if isinstance(node, End) and node.effect else self.texts(node)
            for text in texts:
                brought = set(text.values) if isinstance(text, Said) else set()
                for placeholder in sorted((placeholders(text) or frozenset()) - given - brought):
                    yield f"{node.name!r} shows {{{placeholder}}}, which is not always asked before"
            for wanted in sorted(
                {name.removesuffix("_handle") for name in read_by(node) - {*self.carried}} - known[node.name] - {SPOKEN}
            ):
                yield f"{node.name!r} reads the answer {wanted!r}, which some ways to it skip"
            if isinstance(node, End) and node.effect:
                yield from self._effect_faults(node, node.effect, known[node.name])

    def _effect_faults(self, node: End, effect: type, known: set[str]) -> Iterator[str]:
        if node.name in self._reached_unasked():
            yield f"{effect.__name__} at {node.name!r} is brought about before anything is asked"
        for wanted in fields(effect):
            asked = wanted.name.removesuffix("_handle")
            if wanted.name == SPOKEN or wanted.name in self.carried:
                continue
            if asked not in self.nodes:
                yield f"{effect.__name__} at {node.name!r} wants {wanted.name!r}, which no screen asks"
            elif asked != wanted.name and not isinstance(self.nodes[asked], SideEffect):
                yield f"{effect.__name__} at {node.name!r} wants {wanted.name!r}, but {asked!r} is no side effect"
            elif wanted.default is MISSING and wanted.default_factory is MISSING and asked not in known:
                yield f"{effect.__name__} needs {wanted.name!r}, which some ways to {node.name!r} skip"


@cache
def placeholders(text: str) -> frozenset[str] | None:
    """The names in braces, or None when a brace has no partner, or when anything but a plain name stands in it: a
    format (`{name:d}`, `{name!r}`, `{name.part}`) would end a talk when its value is of another kind."""
    names = BETWEEN.findall(text)
    rest = BETWEEN.sub("", text)
    return frozenset(names) if all(map(str.isidentifier, names)) and not {"{", "}"} & {*rest} else None


def brace_fault(text: str) -> str:
    """What is wrong with the braces of a text, as a phrase; empty when nothing is."""
    if placeholders(text) is not None:
        return ""
    odd = next((name for name in BETWEEN.findall(text) if name and not name.isidentifier()), "")
    return f"{{{odd}}}, and between braces stands a name alone" if odd else "a brace without a name or a partner"


def read_by(node: Node) -> set[str]:
    """The answers that the functions of a screen read as if always given: every `answers["name"]` in their bytecode."""
    names: set[str] = set()
    for leaf in vars(node).values():
        if not isinstance(leaf, FunctionType):
            continue
        steps = [*dis.get_instructions(leaf)]
        for mapping, name, take in zip(steps, steps[1:], steps[2:], strict=False):
            is_answers = mapping.opname.startswith("LOAD_FAST") and mapping.argval == "answers"
            if is_answers and isinstance(name.argval, str) and take.opname in ("BINARY_SUBSCR", "BINARY_OP"):
                names.add(name.argval)
    return names

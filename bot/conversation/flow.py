"""What a conversation is made of: a flow is data, read from top to bottom, and checked when it is imported.

The kinds of screens are in `nodes`, one step of a talk is in `engine`. All import the standard library only
(import-linter holds that).
"""

from __future__ import annotations

import dis
from collections.abc import Iterator
from dataclasses import MISSING, fields
from string import Formatter
from types import FunctionType

from bot.conversation.message import Msg, Said
from bot.conversation.nodes import GIVEN, SPOKEN, End, FlowError, Fork, Menu, Node, Question, Several, SideEffect

MOST_PINNED = 3  # lines on every page; with more, a page has no room for the others


class Flow:
    """A conversation. Raises `FlowError` on import, naming the flow and every screen that cannot be talked through."""

    def __init__(self, name: str, *nodes: Node) -> None:
        self.name = name
        if not nodes:
            raise FlowError(f"flow {name!r} has no screen")
        names = [node.name for node in nodes]
        self.nodes = {node.name: node for node in nodes}
        self.first = names[0]
        self.renamed = {node.was: node.name for node in nodes if node.was}
        self.following = dict(zip(names, [*names[1:], None], strict=True))
        if faults := [*self._twice(names), *self._dangling()] or [*self._round()] or [*self._unknown()]:
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

    def _twice(self, names: list[str]) -> Iterator[str]:
        for name in sorted({n for n in names if names.count(n) > 1}):
            yield f"two screens are named {name!r}"
        for node in self.nodes.values():
            if node.was in self.nodes:
                yield f"{node.name!r} was {node.was!r}, which is still there: running talks would mix the two up"

    def _dangling(self) -> Iterator[str]:
        for node in self.nodes.values():
            for text in self.texts(node):
                if not isinstance(text, Msg):
                    yield f"{node.name!r} has a text not marked with _()"
                elif placeholders(text) is None:
                    yield f"{node.name!r} has a brace without a name or a partner: {text!r}"
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

    def _round(self) -> Iterator[str]:
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
        """For every screen that can be reached: the answers that every way to it has given."""
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

    def _unknown(self) -> Iterator[str]:
        known = self.known()
        for node in self.nodes.values():
            if node.name not in known:
                yield f"{node.name!r} is never reached"
                continue
            tried = {name for name in known[node.name] if isinstance(self.nodes[name], SideEffect)}
            given = (known[node.name] - tried) | GIVEN | set(node.gives)
            # what an outcome shows beyond that, the performed effect brings
            texts = [node.text] if isinstance(node, End) and node.effect else self.texts(node)
            for text in texts:
                own = set(text.values) if isinstance(text, Said) else set()
                for placeholder in sorted((placeholders(text) or set()) - given - own):
                    yield f"{node.name!r} shows {{{placeholder}}}, which is not always asked before"
            for wanted in sorted(
                {name.removesuffix("_handle") for name in read_by(node)} - known[node.name] - {SPOKEN}
            ):
                yield f"{node.name!r} reads the answer {wanted!r}, which some ways to it skip"
            if isinstance(node, End) and node.effect:
                yield from self._effect_faults(node, node.effect, known[node.name])

    def _effect_faults(self, node: End, effect: type, known: set[str]) -> Iterator[str]:
        if not any(self.nodes[name].asks for name in known):
            yield f"{effect.__name__} at {node.name!r} is brought about before anything is asked"
        for wanted in fields(effect):
            asked = wanted.name.removesuffix("_handle")
            if wanted.name == SPOKEN:
                continue
            if asked not in self.nodes:
                yield f"{effect.__name__} at {node.name!r} wants {wanted.name!r}, which no screen asks"
            elif asked != wanted.name and not isinstance(self.nodes[asked], SideEffect):
                yield f"{effect.__name__} at {node.name!r} wants {wanted.name!r}, but {asked!r} is no side effect"
            elif wanted.default is MISSING and wanted.default_factory is MISSING and asked not in known:
                yield f"{effect.__name__} needs {wanted.name!r}, which some ways to {node.name!r} skip"


def placeholders(text: str) -> set[str] | None:
    """The names in braces, or None when a brace has no partner or no plain name."""
    try:
        found = {name for _literal, name, _spec, _conversion in Formatter().parse(text) if name is not None}
    except ValueError:
        return None
    return found if all(name.isidentifier() for name in found) else None


def read_by(node: Node) -> set[str]:
    """The answers that the functions of a screen take for granted: every `answers["name"]` in their code."""
    found: set[str] = set()
    for leaf in vars(node).values():
        if not isinstance(leaf, FunctionType):
            continue
        steps = [*dis.get_instructions(leaf)]
        for mapping, name, take in zip(steps, steps[1:], steps[2:], strict=False):
            whose = mapping.opname.startswith("LOAD_FAST") and mapping.argval == "answers"
            if whose and isinstance(name.argval, str) and take.opname in ("BINARY_SUBSCR", "BINARY_OP"):
                found.add(name.argval)
    return found

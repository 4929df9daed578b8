"""What a conversation is made of: a flow is data, read from top to bottom, and checked when it is imported.

Python functions stand only at the leaves (`check` of a typed answer, `among` for rows of the world, `values` for what
a text shows). `bot.engine` talks it. Both import the standard library only (import-linter holds that).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from string import Formatter
from typing import Any

Answers = Mapping[str, str]
Values = Mapping[str, Any]  # str, Msg, or a tuple of them, read one after the other

BACK, OUT, LANGUAGE, MORE = "0", "00", "99", "9"

GIVEN = frozenset({"code", "service"})  # what every text may show without asking: the dialled code, the service's name


class Msg(str):
    """A text marked for translation; `key` is its context in the catalogue. Only `_` makes one."""

    __slots__ = ("key",)
    key: str

    def __new__(cls, key: str, text: str) -> Msg:
        message = super().__new__(cls, text)
        message.key = key
        return message


def _(key: str, text: str) -> Msg:
    """Mark `text` (English) for translation under `key`; both must be literals, or `pybabel extract` misses them."""
    return Msg(key, text)


CHOOSE = _("common.choose", "Not in the list. Choose a number.")
CONTINUE = _("report.continue", "Continue")
NOTHING_MORE = _("common.nothing_more", "No more")
GOODBYE = _("common.goodbye", "Thank you.")
DIAL_AGAIN = _("common.dial_again", "Please dial again.")


class Wrong(Exception):
    """An answer that cannot be taken; `said` is the one short sentence she reads before the same question."""

    def __init__(self, said: Msg) -> None:
        super().__init__(said.key)
        self.said = said


class FlowError(Exception):
    """The flow, as written, cannot be talked through. Raised on import, never while someone is on the line."""


@dataclass(frozen=True)
class Row:
    """One row of the world in a `Pick`: what is stored, and what she reads (a Msg is translated, a str is shown)."""

    value: str
    label: str


@dataclass(frozen=True)
class Traded:
    """What a secret or an opening was turned into: an outcome named in the `Trade`, and a handle for this session."""

    outcome: str
    handle: str = ""


@dataclass(frozen=True)
class Option:
    """One numbered line. `pinned` lines stand on every page of the screen (danger is never a page away, S43)."""

    value: str
    label: Msg
    to: str | None = None
    pinned: bool = False


def nothing(facts: Any, answers: Answers) -> Values:
    return {}


@dataclass(frozen=True, kw_only=True)
class Node:
    """What all screens share. `values` fills the text's placeholders from the world; `to` is the next screen."""

    name: str
    text: Msg = GOODBYE
    to: str | None = None
    values: Callable[[Any, Answers], Values] = nothing
    gives: tuple[str, ...] = ()  # names that `values` always fills: checked on import against the text
    was: str = ""  # the name this screen had yesterday: running talks keep their answer

    def rows(self, facts: Any, answers: Answers) -> Sequence[Row]:
        return ()

    def exits(self) -> set[str | None]:
        """Where this screen can lead; None means the next one below."""
        return {self.to}

    def target(self, answer: str) -> str | None:
        return self.to


@dataclass(frozen=True, init=False)
class Menu(Node):
    """A choice of one among options written in the flow."""

    options: tuple[Option, ...]

    def __init__(self, name: str, text: Msg, *options: Option, **rest: Any) -> None:
        super().__init__(name=name, text=text, **rest)
        object.__setattr__(self, "options", options)

    def rows(self, facts: Any, answers: Answers) -> Sequence[Row]:
        return [Row(o.value, o.label) for o in self.options]

    def exits(self) -> set[str | None]:
        return {o.to or self.to for o in self.options}

    def target(self, answer: str) -> str | None:
        return next((o.to for o in self.options if o.value == answer), None) or self.to


class Info(Menu):
    """A long text in pages, with one way on."""

    def __init__(self, name: str, text: Msg, *options: Option, **rest: Any) -> None:
        super().__init__(name, text, *(options or (Option("on", CONTINUE),)), **rest)


class Several(Menu):
    """A choice of any number: she types the numbers together (`13`), or the last line for none.

    The answer is the chosen values in the flow's order, joined by commas; empty when she chose none. Numbers of an
    earlier page are kept when she types `139` (one, three, and more). Source: GBVIMS consents are separate (S18).
    """

    def __init__(self, name: str, text: Msg, *options: Option, none: Msg = NOTHING_MORE, **rest: Any) -> None:
        super().__init__(name, text, *options, Option("", none), **rest)

    def exits(self) -> set[str | None]:
        return {self.to}

    def target(self, answer: str) -> str | None:
        return self.to


@dataclass(frozen=True, init=False)
class Question(Node):
    """A typed answer. `check` returns the answer to keep or raises `Wrong`; `skip` is a numbered way round (key 1)."""

    check: Callable[[str], str]
    skip: Msg | None
    longest: int

    def __init__(
        self,
        name: str,
        text: Msg,
        check: Callable[[str], str],
        skip: Msg | None = None,
        longest: int = 160,
        **rest: Any,
    ) -> None:
        super().__init__(name=name, text=text, **rest)
        for attribute, value in (("check", check), ("skip", skip), ("longest", longest)):
            object.__setattr__(self, attribute, value)

    def rows(self, facts: Any, answers: Answers) -> Sequence[Row]:
        return [Row("", self.skip)] if self.skip else []


@dataclass(frozen=True, init=False)
class Pick(Node):
    """A choice among rows found in the world, kept as value *and* label; `none` is where to go when there are none.

    `jumps` sends a row's value elsewhere than the next screen ("another place").
    """

    among: Callable[[Any, Answers], Sequence[Row]]
    none: str
    jumps: Mapping[str, str]

    def __init__(
        self,
        name: str,
        text: Msg,
        among: Callable[[Any, Answers], Sequence[Row]],
        none: str,
        jumps: Mapping[str, str] | None = None,
        **rest: Any,
    ) -> None:
        super().__init__(name=name, text=text, **rest)
        for attribute, value in (("among", among), ("none", none), ("jumps", jumps or {})):
            object.__setattr__(self, attribute, value)

    def rows(self, facts: Any, answers: Answers) -> Sequence[Row]:
        return self.among(facts, answers)

    def exits(self) -> set[str | None]:
        return {self.to, self.none, *self.jumps.values()}

    def target(self, answer: str) -> str | None:
        return self.none if answer == NO_ROWS else self.jumps.get(answer, self.to)


@dataclass(frozen=True, init=False)
class Fork(Node):
    """A branch on a fact. Its decision is kept among the answers, so that the path stays put while the world moves."""

    ask: Callable[[Any, Answers], str]
    ways: Mapping[str, str]

    def __init__(self, name: str, ask: Callable[[Any, Answers], str], /, **ways: str) -> None:
        super().__init__(name=name)
        object.__setattr__(self, "ask", ask)
        object.__setattr__(self, "ways", ways)

    def exits(self) -> set[str | None]:
        return set(self.ways.values())

    def target(self, answer: str) -> str | None:
        return self.ways.get(answer)


@dataclass(frozen=True, init=False)
class Trade(Node):
    """A secret tried, or a report opened: written at once, in its own transaction, once a request, never in a replay.

    With a `text` it asks for the secret, which never enters the state; without one it happens on arrival. `ways`
    names the outcomes that lead on, `again` those that ask the same question with a sentence.
    """

    deal: Callable[[Any, str, Answers], Traded]
    ways: Mapping[str, str]
    again: Mapping[str, Msg]
    silent: bool

    def __init__(
        self,
        name: str,
        text: Msg | None,
        deal: Callable[[Any, str, Answers], Traded],
        /,
        again: Mapping[str, Msg] | None = None,
        **ways: str,
    ) -> None:
        super().__init__(name=name, text=text or GOODBYE)
        for attribute, value in (("deal", deal), ("ways", ways), ("again", again or {}), ("silent", text is None)):
            object.__setattr__(self, attribute, value)

    def exits(self) -> set[str | None]:
        return set(self.ways.values())

    def target(self, answer: str) -> str | None:
        return self.ways.get(answer)


@dataclass(frozen=True, init=False)
class End(Node):
    """The end of a flow: perhaps an effect (a dataclass whose fields are named after the screens), a text for each
    outcome of it, and perhaps another flow that takes over. `speaks` names the answer that holds a language."""

    effect: type | None
    outcomes: Mapping[str, Msg]
    then: str
    speaks: Callable[[Answers], str] | None

    def __init__(
        self,
        name: str,
        text: Msg = GOODBYE,
        effect: type | None = None,
        outcomes: Mapping[str, Msg] | None = None,
        then: str = "",
        speaks: Callable[[Answers], str] | None = None,
        **rest: Any,
    ) -> None:
        super().__init__(name=name, text=text, **rest)
        pairs = (("effect", effect), ("outcomes", outcomes or {}), ("then", then), ("speaks", speaks))
        for attribute, value in pairs:
            object.__setattr__(self, attribute, value)

    def exits(self) -> set[str | None]:
        return set()


NO_ROWS = "-"  # the answer of a Pick that had nothing to show


class Flow:
    """A conversation. Raises `FlowError` on import, naming the flow and every screen that cannot be talked through."""

    def __init__(self, name: str, *nodes: Node) -> None:
        self.name = name
        names = [node.name for node in nodes]
        self.nodes = {node.name: node for node in nodes}
        self.first = names[0]
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
        if not isinstance(node, Fork) and not (isinstance(node, Trade) and node.silent):
            yield node.text
        if isinstance(node, Menu):
            yield from (o.label for o in node.options)
        if isinstance(node, Question) and node.skip is not None:
            yield node.skip
        if isinstance(node, Trade):
            yield from node.again.values()
        if isinstance(node, End):
            yield from node.outcomes.values()

    def _twice(self, names: list[str]) -> Iterator[str]:
        for name in sorted({n for n in names if names.count(n) > 1}):
            yield f"two screens are named {name!r}"

    def _dangling(self) -> Iterator[str]:
        for node in self.nodes.values():
            if any(not isinstance(text, Msg) for text in self.texts(node)):
                yield f"{node.name!r} has a text not marked with _()"
            values = [o.value for o in node.options] if isinstance(node, Menu) else []
            for value in sorted({v for v in values if values.count(v) > 1}):
                yield f"{node.name!r} has two options with the value {value!r}"
            for exit in sorted(self.exits(node), key=str):
                if exit not in self.nodes:
                    yield f"{node.name!r} leads " + (f"to {exit!r}, which is not there" if exit else "nowhere")

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
            given = known[node.name] | GIVEN | set(node.gives)
            for text in self.texts(node):
                for placeholder in sorted({p for _, p, _, _ in Formatter().parse(text) if p}):
                    if placeholder not in given and not isinstance(node, End):
                        yield f"{node.name!r} shows {{{placeholder}}}, which is not always asked before"
            if isinstance(node, End) and node.effect:
                yield from self._effect_faults(node, node.effect, known[node.name])

    def _effect_faults(self, node: End, effect: type, known: set[str]) -> Iterator[str]:
        for wanted in fields(effect):
            if wanted.name.removesuffix("_handle") not in self.nodes:
                yield f"{effect.__name__} wants {wanted.name!r}, which no screen asks"
            elif wanted.default is MISSING and wanted.name.removesuffix("_handle") not in known:
                yield f"{effect.__name__} needs {wanted.name!r}, which some ways to {node.name!r} skip"

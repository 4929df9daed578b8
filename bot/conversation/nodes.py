"""The screens that a flow is made of: data, with Python functions only at the leaves.

The leaves are `check` of a typed answer, `among` for rows of the world, `values` for what a text shows, `ask` of a fork
and `run` of a side effect. Flows import them from `bot.conversation`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Protocol, TypedDict, Unpack

from bot.conversation.message import Msg, Values, _

Answers = Mapping[str, str]
BACK, OUT, LANGUAGE, MORE = "0", "00", "99", "9"
SPOKEN = "language"  # the field of an effect that the language of the talk fills
GIVEN = frozenset({"code", "service"})  # what every text may show without asking: the dialled code, the service's name
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
class SideEffectResult:
    """What came of a secret or an opening: an outcome that the `SideEffect` names, and a handle for this session."""

    outcome: str
    handle: str = ""


@dataclass(frozen=True)
class Option:
    """One numbered line. `pinned` lines stand on every page of the screen (danger is never a page away, S43)."""

    value: str
    label: Msg
    to: str | None = None
    pinned: bool = False


class World(Protocol):
    """All that the engine itself asks of a world; what leaves ask of it lies between flows and whoever answers them."""

    @property
    def given(self) -> Mapping[str, str]:
        """What every text may show without asking, by the names in `GIVEN`."""
        ...


AskedWorld = Any  # the world as a leaf knows it: flows declare their own Protocol, which no screen needs to know
ValuesLeaf = Callable[[AskedWorld, Answers], Values]
RowsLeaf = Callable[[AskedWorld, Answers], Sequence[Row]]
ForkLeaf = Callable[[AskedWorld, Answers], str]
SideEffectLeaf = Callable[[AskedWorld, str, Answers], SideEffectResult]


class Shared(TypedDict, total=False):
    """What every kind of screen takes by name, as `Node` has it."""

    to: str | None
    values: ValuesLeaf
    gives: tuple[str, ...]
    was: str


def nothing(world: AskedWorld, answers: Answers) -> Values:
    return {}


@dataclass(frozen=True, kw_only=True)
class Node:
    """What all screens share. `values` fills the text's placeholders from the world; `to` is the next screen."""

    name: str
    text: Msg = GOODBYE
    to: str | None = None
    values: ValuesLeaf = nothing
    gives: tuple[str, ...] = ()  # names that `values` always fills: checked on import against the text
    was: str = ""  # the name this screen had yesterday: running talks keep their answer

    @property
    def asks(self) -> bool:
        """Whether a person answers this screen (and *back* can take the answer back)."""
        return True

    def rows(self, world: World, answers: Answers) -> Sequence[Row]:
        return ()

    def exits(self) -> set[str | None]:
        """Where this screen can lead; None means the next one below."""
        return {self.to}

    def target(self, answer: str) -> str | None:
        return self.to

    def stands(self, answer: str) -> bool:
        """Whether an old answer still means something in today's flow."""
        return True

    def reads(self, answer: str, label: object) -> object:
        """What an answer reads as in a later text: the chosen line, or lines, or else its kept label or itself."""
        return label if label is not None else answer


@dataclass(frozen=True, init=False)
class Menu(Node):
    """A choice of one among options written in the flow."""

    options: tuple[Option, ...]
    labels: Mapping[str, Msg]  # of each value
    leads: Mapping[str, str | None]  # where each value leads, if not to the next screen
    lines: tuple[Row, ...]

    def __init__(self, name: str, text: Msg, *options: Option, **rest: Unpack[Shared]) -> None:
        super().__init__(name=name, text=text, **rest)
        self._offer(options)

    def _offer(self, options: tuple[Option, ...]) -> None:
        """Set the options, and what every page would look up in them."""
        object.__setattr__(self, "options", options)
        object.__setattr__(self, "labels", {option.value: option.label for option in options})
        object.__setattr__(self, "leads", {option.value: option.to for option in reversed(options)})
        object.__setattr__(self, "lines", tuple(Row(option.value, option.label) for option in options))

    def offering(self, *options: Option) -> Menu:
        """This screen with other lines, as in tomorrow's flow."""
        other = copy(self)
        other._offer(options)
        return other

    def rows(self, world: World, answers: Answers) -> Sequence[Row]:
        return self.lines

    def exits(self) -> set[str | None]:
        return {o.to or self.to for o in self.options}

    def target(self, answer: str) -> str | None:
        return self.leads.get(answer) or self.to

    def stands(self, answer: str) -> bool:
        return answer in self.labels

    def reads(self, answer: str, label: object) -> object:
        return self.labels[answer]


class Info(Menu):
    """A long text in pages, with one way on."""

    def __init__(self, name: str, text: Msg, *options: Option, **rest: Unpack[Shared]) -> None:
        super().__init__(name, text, *(options or (Option("on", CONTINUE),)), **rest)


class Several(Menu):
    """A choice of any number: she types the numbers together (`13`), or the last line for none.

    The answer is the chosen values in the flow's order, joined by commas; empty when she chose none. Numbers of an
    earlier page are kept when she types `139` (one, three, and more). Source: GBVIMS consents are separate (S18).
    """

    def __init__(
        self, name: str, text: Msg, *options: Option, none: Msg = NOTHING_MORE, **rest: Unpack[Shared]
    ) -> None:
        super().__init__(name, text, *options, Option("", none), **rest)

    def exits(self) -> set[str | None]:
        return {self.to}

    def target(self, answer: str) -> str | None:
        return self.to

    def stands(self, answer: str) -> bool:
        return self.labels.keys() >= {*answer.split(",")}

    def reads(self, answer: str, label: object) -> object:
        chosen = answer.split(",")
        return tuple(option.label for option in self.options if option.value in chosen)


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
        **rest: Unpack[Shared],
    ) -> None:
        super().__init__(name=name, text=text, **rest)
        for attribute, value in (("check", check), ("skip", skip), ("longest", longest)):
            object.__setattr__(self, attribute, value)

    def rows(self, world: World, answers: Answers) -> Sequence[Row]:
        return [Row("", self.skip)] if self.skip else []


@dataclass(frozen=True, init=False)
class Pick(Node):
    """A choice among rows found in the world, kept as value *and* label; `none` is where to go when there are none.

    `jumps` sends a row's value elsewhere than the next screen ("another place").
    """

    among: RowsLeaf
    none: str
    jumps: Mapping[str, str]

    def __init__(
        self,
        name: str,
        text: Msg,
        among: RowsLeaf,
        none: str,
        jumps: Mapping[str, str] | None = None,
        **rest: Unpack[Shared],
    ) -> None:
        super().__init__(name=name, text=text, **rest)
        for attribute, value in (("among", among), ("none", none), ("jumps", jumps or {})):
            object.__setattr__(self, attribute, value)

    def rows(self, world: World, answers: Answers) -> Sequence[Row]:
        return self.among(world, answers)

    def exits(self) -> set[str | None]:
        return {self.to, self.none, *self.jumps.values()}

    def target(self, answer: str) -> str | None:
        return self.none if answer == NO_ROWS else self.jumps.get(answer, self.to)


@dataclass(frozen=True, init=False)
class Fork(Node):
    """A branch on something that the world knows. Its decision is kept among the answers: the path stays put while the
    world moves.
    """

    ask: ForkLeaf
    ways: Mapping[str, str]

    def __init__(self, name: str, ask: ForkLeaf, /, **ways: str) -> None:
        super().__init__(name=name)
        object.__setattr__(self, "ask", ask)
        object.__setattr__(self, "ways", ways)

    @property
    def asks(self) -> bool:
        return False

    def exits(self) -> set[str | None]:
        return set(self.ways.values())

    def target(self, answer: str) -> str | None:
        return self.ways.get(answer)

    def stands(self, answer: str) -> bool:
        return answer in self.ways


@dataclass(frozen=True, init=False)
class SideEffect(Node):
    """A secret tried, or a report opened: written at once, in its own transaction, once a request, never in a replay.

    With a `text` it asks for the secret, which never enters the state; without one it happens on arrival. `ways`
    names the outcomes that lead on, `again` those that ask the same question with a sentence.
    """

    run: SideEffectLeaf
    ways: Mapping[str, str]
    again: Mapping[str, Msg]
    silent: bool

    def __init__(
        self,
        name: str,
        text: Msg | None,
        run: SideEffectLeaf,
        /,
        again: Mapping[str, Msg] | None = None,
        **ways: str,
    ) -> None:
        super().__init__(name=name, text=text or GOODBYE)
        for attribute, value in (("run", run), ("ways", ways), ("again", again or {}), ("silent", text is None)):
            object.__setattr__(self, attribute, value)

    @property
    def asks(self) -> bool:
        return not self.silent

    def exits(self) -> set[str | None]:
        return set(self.ways.values())

    def target(self, answer: str) -> str | None:
        return self.ways.get(answer)

    def stands(self, answer: str) -> bool:
        return answer in self.ways


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
        **rest: Unpack[Shared],
    ) -> None:
        super().__init__(name=name, text=text, **rest)
        pairs = (("effect", effect), ("outcomes", outcomes or {}), ("then", then), ("speaks", speaks))
        for attribute, value in pairs:
            object.__setattr__(self, attribute, value)

    @property
    def asks(self) -> bool:
        return False

    def exits(self) -> set[str | None]:
        return set()


NO_ROWS = "-"  # the answer of a Pick that had nothing to show

"""The kinds of screens of a flow (nodes): data, and Python functions as some of their fields, called leaves.

The leaves are `check` of a typed answer, `among` for the rows of a list, `values` for what a text shows, `ask` of a
fork and `run` of a side effect. Flows import the nodes from `bot.conversation`.
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
    """An answer that cannot be taken; `said` is the short sentence that she reads above the same question."""

    def __init__(self, said: Msg) -> None:
        super().__init__(said.key)
        self.said = said


class FlowError(Exception):
    """A flow as it is written cannot work. Raised on import, never during a talk."""


@dataclass(frozen=True)
class Row:
    """One row of a list: the value that is stored, and the label she reads (a Msg is translated, a str shown as it
    is)."""

    value: str
    label: str

    @property
    def kept(self) -> str:
        """What is stored as its label: the value itself where the label shows values, which no session keeps."""
        return self.value if hasattr(self.label, "values") else self.label


@dataclass(frozen=True)
class SideEffectResult:
    """The result of a `SideEffect`: one of the outcomes that it names, and a handle that this session keeps."""

    outcome: str
    handle: str = ""


@dataclass(frozen=True)
class Option:
    """One numbered line of a menu. A `pinned` one stands on every page of the screen, so that the key for danger is
    always on the page that she reads (S43). `to` is the screen it leads to, None the next one."""

    value: str
    label: Msg
    to: str | None = None
    pinned: bool = False


class World(Protocol):
    """What the engine itself asks of a world. What the leaves ask of it, flows declare (`flows.world`)."""

    @property
    def given(self) -> Mapping[str, str]:
        """What every text may show without asking, by the names in `GIVEN`."""
        ...


AskedWorld = Any  # the world as leaves know it: a Protocol that flows declare and nodes do not know
ValuesLeaf = Callable[[AskedWorld, Answers], Values]
RowsLeaf = Callable[[AskedWorld, Answers], Sequence[Row]]
ForkLeaf = Callable[[AskedWorld, Answers], str]
SideEffectLeaf = Callable[[AskedWorld, str, Answers], SideEffectResult]


class Shared(TypedDict, total=False):
    """The keyword arguments that every kind of screen takes, as `Node` describes them."""

    to: str | None
    values: ValuesLeaf
    gives: tuple[str, ...]
    was: str
    gate: bool


def nothing(world: AskedWorld, answers: Answers) -> Values:
    return {}


@dataclass(frozen=True, kw_only=True)
class Node:
    """What all screens share: `values` gives values for the text's placeholders, `to` names the next screen (None: the
    one below in the flow)."""

    name: str
    text: Msg = GOODBYE
    to: str | None = None
    values: ValuesLeaf = nothing
    gives: tuple[str, ...] = ()  # names that `values` always fills: checked on import against the text
    was: str = ""  # its name in the release before: running talks keep their answer to it
    gate: bool = (
        False  # no dial string and no replay passes it: she reads it and answers; what is pinned is let through
    )

    @property
    def asks(self) -> bool:
        """Whether a person answers this screen (and *back* can take the answer back)."""
        return True

    def rows(self, world: World, answers: Answers) -> Sequence[Row]:
        return ()

    def exits(self) -> set[str | None]:
        """The names of the screens to which it can lead; None is the next one below."""
        return {self.to}

    def target(self, answer: str) -> str | None:
        return self.to

    def stands(self, answer: str) -> bool:
        """Whether an answer of a running talk is still possible in today's flow."""
        return True

    def reads(self, answer: str, label: object) -> object:
        """The answer as a later text shows it: the chosen line or lines, else the stored label, else the answer
        itself."""
        return label if label is not None else answer


@dataclass(frozen=True, init=False)
class Menu(Node):
    """A choice of one among options written in the flow."""

    options: tuple[Option, ...]
    labels: Mapping[str, Msg]  # of each value
    leads: Mapping[str, str | None]  # the screen to which each value leads, None for the next one
    lines: tuple[Row, ...]

    def __init__(self, name: str, text: Msg, *options: Option, **rest: Unpack[Shared]) -> None:
        super().__init__(name=name, text=text, **rest)
        self._set_options(options)

    def _set_options(self, options: tuple[Option, ...]) -> None:
        """Set the options and the tables made of them once, so that no page has to search them."""
        object.__setattr__(self, "options", options)
        object.__setattr__(self, "labels", {option.value: option.label for option in options})
        object.__setattr__(self, "leads", {option.value: option.to for option in reversed(options)})
        object.__setattr__(self, "lines", tuple(Row(option.value, option.label) for option in options))

    def offering(self, *options: Option) -> Menu:
        """A copy of this screen with other options."""
        other = copy(self)
        other._set_options(options)
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
    """A long text in pages with one option, *continue* where none is given."""

    def __init__(self, name: str, text: Msg, *options: Option, **rest: Unpack[Shared]) -> None:
        super().__init__(name, text, *(options or (Option("on", CONTINUE),)), **rest)


class Several(Menu):
    """A choice of any number of options: she types the numbers together (`13`), or the number of the last line for
    none.

    The answer is the chosen values in the flow's order, joined by commas; empty when she chose none. `139` keeps one
    and three and turns to the next page. It is used where she agrees to each helper separately (S18).
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
    """A typed answer. `check` returns the answer to keep or raises `Wrong`; `skip` is a line 1 that answers nothing; an
    answer is cut to `longest` characters."""

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
    """A choice among the rows that `among` gives, stored as value *and* label, since the rows may change during a talk.

    `none` is the screen that follows when there are no rows; `jumps` names other screens than the next one by the value
    of a row ("another place").
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
    """A branch without a text: `ask` gives a key of `ways`. It is asked once and stored among the answers, so that the
    way of a talk does not change when the world does.
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
    """A step with a side effect before the end of a talk: a secret is tried, a report is opened.

    `run` writes at once, in a transaction of its own, once a request and never in a replay. With a `text` it asks for a
    secret, which is never stored in the state; without one (`silent`) it runs when the talk arrives. `ways` maps
    outcomes to the screens that follow, `again` outcomes to the sentence with which the same question is asked again.
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
    """The end of a flow. `effect` is an action (a dataclass whose fields are named after the screens) to be performed,
    `outcomes` the texts for its outcomes other than the usual one, `then` the flow that takes over; after an outcome of
    `stops` none does. `speaks` gives the language in which the talk goes on."""

    effect: type | None
    outcomes: Mapping[str, Msg]
    then: str
    speaks: Callable[[Answers], str] | None
    stops: frozenset[str]

    def __init__(
        self,
        name: str,
        text: Msg = GOODBYE,
        effect: type | None = None,
        outcomes: Mapping[str, Msg] | None = None,
        then: str = "",
        speaks: Callable[[Answers], str] | None = None,
        stops: tuple[str, ...] = (),
        **rest: Unpack[Shared],
    ) -> None:
        super().__init__(name=name, text=text, **rest)
        pairs = (("effect", effect), ("outcomes", outcomes or {}), ("then", then), ("speaks", speaks))
        for attribute, value in (*pairs, ("stops", frozenset(stops))):
            object.__setattr__(self, attribute, value)

    @property
    def asks(self) -> bool:
        return False

    def exits(self) -> set[str | None]:
        return set()


NO_ROWS = "-"  # the answer of a Pick that had nothing to show

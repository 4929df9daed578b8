"""What the engine remembers and says: a session's state, and as JSON; screens, pages, turns. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypedDict, Unpack

from bot.conversation.message import Msg, Values
from bot.conversation.nodes import Answers, Row


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
    """How a screen becomes a page in a language on a channel; `bot.words.gsm` does it for phones."""

    def __call__(self, screen: Screen, language: str, page: int) -> Page: ...


@dataclass(frozen=True)
class State:
    """A session's memory. `below` is the talk that a choice of language interrupted."""

    flow: str
    language: str = ""
    answers: Answers = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    screen: str = ""
    page: int = 0
    shown: tuple[str, ...] = ()
    called: tuple[str, ...] = ()  # what the numbers of a `Pick` read as: kept with the value, the world moves on
    more: bool = False
    held: tuple[str, ...] = ()
    below: State | None = None


class StateChanges(TypedDict, total=False):
    """Fields of a `State` that become others."""

    language: str
    answers: Answers
    labels: Mapping[str, str]
    screen: str
    page: int
    shown: tuple[str, ...]
    called: tuple[str, ...]
    more: bool
    held: tuple[str, ...]


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


def state_to_json(state: State) -> dict[str, object]:
    """The state as plain JSON values; `state_from_json` is its inverse."""
    data = {name: getattr(state, name) for name in state.__dataclass_fields__ if name != "below"}
    data["answers"] = dict(state.answers)
    data["labels"] = {name: plain(label) for name, label in state.labels.items()}
    data["called"] = [plain(label) for label in state.called]
    data["below"] = state_to_json(state.below) if state.below else None
    return data


def state_from_json(data: Mapping[str, Any]) -> State:
    changes: dict[str, Any] = {name: tuple(data[name]) for name in ("shown", "held")}
    changes["called"] = tuple(marked(label) for label in data.get("called", ()))
    changes["labels"] = {name: marked(label) for name, label in data["labels"].items()}
    changes["below"] = state_from_json(data["below"]) if data["below"] else None
    return State(**{**data, **changes})


def plain(label: str) -> str | list[str]:
    """A label for JSON: a text keeps its key, or it would be read in English ever after."""
    return [label.key, str(label)] if isinstance(label, Msg) else label


def marked(label: str | Sequence[str]) -> str:
    """The inverse of `plain`."""
    return label if isinstance(label, str) else Msg(*label)


def with_(state: State, **changes: Unpack[StateChanges]) -> State:
    """The state with `changes`: `dataclasses.replace` without its checks, which a step would pay four times."""
    fresh = object.__new__(State)
    fresh.__dict__.update(state.__dict__, **changes)
    return fresh


def at_screen(state: State, **changes: Unpack[StateChanges]) -> State:
    """The state on a fresh first page, with `changes`."""
    first: StateChanges = {"page": 0, "held": (), "shown": (), "called": (), "more": False, **changes}
    return with_(state, **first)

"""Types of the engine: a session's `State` (and as JSON), `Screen`, `Page`, `Turn`. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypedDict, Unpack

from bot.conversation.message import Msg, Said, Values
from bot.conversation.nodes import Answers, Row


@dataclass(frozen=True)
class Screen:
    """A screen before it is translated, numbered and cut to pages."""

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
    """A screen cut to one page: its text, the values of the rows up to its last one, whose numbers are `key_of` their
    places and go on from page to page, and whether 9 leads on."""

    text: str
    shown: tuple[str, ...] = ()
    more: bool = False
    count: int = 1


class Layout(Protocol):
    """Makes page number `page` (from 0) of a screen in a language; `bot.words.layout.PhoneLayout` does it for
    phones."""

    def __call__(self, screen: Screen, language: str, page: int) -> Page: ...


@dataclass(frozen=True)
class State:
    """What is stored of a session. `below` is the talk that a change of language interrupted."""

    flow: str
    language: str = ""
    answers: Answers = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    screen: str = ""
    page: int = 0
    shown: tuple[str, ...] = ()
    called: tuple[str, ...] = ()  # labels of the rows of a `Pick`, as they were shown: rows may change meanwhile
    more: bool = False
    held: tuple[str, ...] = ()  # values of a `Several` chosen on earlier pages
    below: State | None = None
    carried: Mapping[str, str] = field(default_factory=dict)  # what the flow before has handed over
    note: Msg | None = None  # what stands above the screen, on all of its pages: or its choices would move


class StateChanges(TypedDict, total=False):
    """The fields of a `State` that `with_` can change."""

    language: str
    answers: Answers
    labels: Mapping[str, str]
    screen: str
    page: int
    shown: tuple[str, ...]
    called: tuple[str, ...]
    more: bool
    held: tuple[str, ...]
    note: Msg | None


@dataclass(frozen=True)
class Turn:
    """The result of one step: the new state, the page to show, and the effects to perform before it is shown."""

    state: State
    screen: Screen
    page: Page
    effects: tuple[object, ...] = ()

    @property
    def ends(self) -> bool:
        return self.screen.ends


OF_THEIR_OWN = ("below", "carried", "note")  # written by `state_to_json` one by one


def state_to_json(state: State) -> dict[str, object]:
    """The state as plain JSON values; `state_from_json` is its inverse."""
    data = {
        name: getattr(state, name) for name in state.__dataclass_fields__ if name not in ("below", "carried", "note")
    }
    data["answers"] = dict(state.answers)
    data["labels"] = {name: plain(label) for name, label in state.labels.items()}
    data["called"] = [plain(label) for label in state.called]
    data["below"] = state_to_json(state.below) if state.below else None
    data |= {"carried": dict(state.carried)} if state.carried else {}  # the release before reads all other talks
    data |= {"note": kept_note(state.note)} if state.note is not None and state.more else {}
    return data


def state_from_json(data: Mapping[str, Any]) -> State:
    """The inverse of `state_to_json`. Raises KeyError or TypeError for other data."""
    changes: dict[str, Any] = {name: tuple(data[name]) for name in ("shown", "held")}
    changes["called"] = tuple(marked(label) for label in data.get("called", ()))
    changes["labels"] = {name: marked(label) for name, label in data["labels"].items()}
    changes["below"] = state_from_json(data["below"]) if data["below"] else None
    changes["note"] = read_note(*data["note"]) if "note" in data else None
    return State(**{**data, **changes})


def kept_note(note: Msg) -> list[object]:
    """A note for JSON; of its values those that are texts or marked texts."""
    values = getattr(note, "values", {})
    texts = {name: plain(value) for name, value in values.items() if type(value) in (str, Msg)}
    return [note.key, str(note), texts]


def read_note(key: str, text: str, values: Mapping[str, str | list[str]]) -> Msg:
    """The inverse of `kept_note`."""
    return Said(Msg(key, text), {name: marked(value) for name, value in values.items()})


def plain(label: str) -> str | list[str]:
    """A label for JSON: a text as [key, English], since without its key it could not be translated again."""
    return [label.key, str(label)] if isinstance(label, Msg) else label


def marked(label: str | Sequence[str]) -> str:
    """The inverse of `plain`."""
    return label if isinstance(label, str) else Msg(*label)


def with_(state: State, **changes: Unpack[StateChanges]) -> State:
    """A copy of the state with `changes`. It replaces `dataclasses.replace`, whose checks cost a step four calls."""
    copy = object.__new__(State)
    copy.__dict__.update(state.__dict__, **changes)
    return copy


def at_screen(state: State, **changes: Unpack[StateChanges]) -> State:
    """The state with `changes` at the first page of its screen: nothing is shown or chosen there yet."""
    first: StateChanges = {"page": 0, "held": (), "shown": (), "called": (), "more": False, "note": None, **changes}
    return with_(state, **first)

"""What a main task costs a person: pages, keys and seconds, in each language, held to the limits of
`locales/tasks.toml`.

A network cuts a talk after 60 to 180 seconds, so what counts is what she reads and presses. Measured are the pages of
today's flows with the longest values: words of letters up to the option that is pressed (the whole page where nothing
is chosen) at 60 a minute, and four seconds a page. The language page and the last page count.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from bot.conversation.engine import FlowSet
from bot.conversation.flow import Flow
from bot.conversation.keys import key_of
from bot.conversation.nodes import NO_ROWS, End, Fork, Menu, Node, Pick, Several, SideEffect
from bot.conversation.state import Page
from bot.settings import ROOT, ConfigError
from bot.words.languages import BY_CODE, asks_script

TABLE = ROOT / "locales" / "tasks.toml"
SECONDS_A_WORD, SECONDS_A_PAGE = 1, 4
TYPED = "#"  # `follow.code=#8`: eight keys are typed there
Pages = Callable[[Flow, Node, str], Sequence[Page]]
SCRIPT = "language.script"  # whether her phone shows Devanagari
COLUMNS = {"name", "role", "first", "last", "told", "ways", "limits", "aims"}


@dataclass(frozen=True)
class Cost:
    """What one task costs in one language; `whole` is the seconds of whoever reads every page to its end."""

    pages: int = 0
    keys: int = 0
    seconds: int = 0
    whole: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.pages + other.pages, self.keys + other.keys, self.seconds + other.seconds, self.whole + other.whole
        )

    def over(self, limit: Sequence[int]) -> bool:
        """Whether it takes more pages, keys or seconds than the limit."""
        return any(mine > most for mine, most in zip((self.pages, self.keys, self.seconds), limit, strict=False))

    def __str__(self) -> str:
        return f"{self.pages} pages, {self.keys} keys, {self.seconds} s"


@dataclass(frozen=True)
class Task:
    """A main task of a role: the talk in which it begins (`first`), the screen at which it is done (`last`), and what
    is chosen or typed at each screen that leaves a choice (`ways`).

    `told` are screens of what was told: their pages, as many as she told, are not counted. `limits` are by
    language the most pages, keys and seconds; `aims` what the design asks where today takes longer.
    """

    name: str
    role: str
    first: str
    last: str
    ways: Mapping[str, str]
    limits: Mapping[str, Sequence[int]]
    aims: Mapping[str, Sequence[int]] = field(default_factory=dict)
    told: Sequence[str] = ()


class NoWay(LookupError):
    """The table leads past a screen that is not there, or leaves a choice open on one. The message says which."""


@cache
def tasks(file: Path = TABLE) -> tuple[Task, ...]:
    """The tasks of a table, as they stand there. Raises `ConfigError` for a table that cannot be read."""
    try:
        rows = tomllib.loads(file.read_text(encoding="utf-8"))["task"]
        return tuple(_task(row) for row in rows)
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise ConfigError(f"{file.name} cannot be read: {error}") from None


def _task(row: dict[str, object]) -> Task:
    if unknown := {*row} - COLUMNS:
        raise KeyError(f"{row.get('name')!r} has {', '.join(sorted(unknown))}")
    return Task(**row)  # type: ignore[arg-type]  # `ways` and limits are tables of the same shape in TOML


class Walk:
    """The way of one task through today's flows in one language. `pages` shows a screen with the longest values."""

    def __init__(self, flow_set: FlowSet, pages: Pages, task: Task, language: str) -> None:
        self.flow_set, self.pages, self.task, self.language = flow_set, pages, task, language

    def cost(self) -> Cost:
        """What the task costs. Raises `NoWay`; and what a screen raises that has no words in this language."""
        return sum(self._steps(), Cost())

    def _steps(self) -> Iterator[Cost]:
        flow = self.flow_set.flows[self.task.first]
        name, unused = flow.first, {*self.task.ways}
        while True:
            node, where = flow.nodes[name], f"{flow.name}.{name}"
            unused.discard(where)
            if where == self.task.last:
                yield self._counted(self._whole(flow, node), where)
                break
            if isinstance(node, End):
                if not node.then:
                    raise NoWay(f"{self.task.name}: ends at {where} and not at {self.task.last}")
                flow = self.flow_set.flows[node.then]
                name = flow.first
                continue
            way = self._way(node, where)
            yield self._counted(self._step(flow, node, way), where)
            name = self._target(flow, node, way, where)
        if unused:
            raise NoWay(f"{self.task.name}: never comes to {', '.join(sorted(unused))}")

    def _counted(self, cost: Cost, where: str) -> Cost:
        return replace(cost, pages=0) if where in self.task.told else cost

    def _way(self, node: Node, where: str) -> str:
        """What is chosen at a screen: as the table says, or the only thing that can be."""
        if where in self.task.ways:
            return self.task.ways[where]
        if isinstance(node, Fork) and "ask" in node.ways:
            return "ask" if asks_script(self.language) else next(way for way in node.ways if way != "ask")
        if isinstance(node, Menu) and where == SCRIPT:
            return "yes" if BY_CODE[self.language].script == "Devanagari" else "no"
        if isinstance(node, Menu) and not isinstance(node, Several) and len(node.options) == 1:
            return node.options[0].value
        if isinstance(node, (Fork, SideEffect)) and len(node.ways) == 1 and not node.asks:
            return next(iter(node.ways))
        if isinstance(node, Pick):
            return ""
        raise NoWay(f"{self.task.name}: what is chosen at {where}?")

    def _target(self, flow: Flow, node: Node, way: str, where: str) -> str:
        answer = way.partition(TYPED)[0]
        if isinstance(node, (Fork, SideEffect)) and answer not in node.ways:
            raise NoWay(f"{self.task.name}: {where} has no way {answer!r}")
        return flow.target(node, answer)

    def _whole(self, flow: Flow, node: Node) -> Cost:
        """All pages of a screen, turned and read to the end."""
        pages = self.pages(flow, node, self.language)
        words = sum(words_of(page.text) for page in pages)
        seconds = words * SECONDS_A_WORD + len(pages) * SECONDS_A_PAGE
        return Cost(len(pages), len(pages) - 1, seconds, seconds)

    def _step(self, flow: Flow, node: Node, way: str) -> Cost:
        """Pages read and keys pressed until the answer is given."""
        if not node.asks or way == NO_ROWS:
            return Cost()
        pages = self.pages(flow, node, self.language)
        answer, _, typed = way.partition(TYPED)
        if typed:
            return self._whole(flow, node) + Cost(keys=int(typed))
        number, text = self._until(node, pages, answer)
        read = sum(words_of(page.text) for page in pages[:number]) * SECONDS_A_WORD
        paged = (number + 1) * SECONDS_A_PAGE
        whole = read + words_of(pages[number].text) * SECONDS_A_WORD + paged
        keys = number + 1 + (answer.count(",") * 2 if isinstance(node, Several) else 0)
        return Cost(number + 1, keys, read + words_of(text) * SECONDS_A_WORD + paged, whole)

    def _until(self, node: Node, pages: Sequence[Page], answer: str) -> tuple[int, str]:
        """The index of the page on which the answer stands, and what is read of that page up to it."""
        if isinstance(node, Pick):  # rows of samples: the first one, or the language of the talk
            spoken = BY_CODE[self.language].same_as
            answer = spoken if any(spoken in page.shown for page in pages) else pages[0].shown[0]
        else:
            answer = answer.rpartition(",")[2]  # of several the last one
        for number, page in enumerate(pages):
            if answer in page.shown:
                place = f"{key_of(page.shown.index(answer))} "
                lines = page.text.splitlines()
                end = max(n for n, line in enumerate(lines) if line.startswith(place))
                return number, "\n".join(lines[: end + 1])
        raise NoWay(f"{self.task.name}: {node.name} does not offer {answer!r}")


def words_of(text: str) -> int:
    """The words of a text that have a letter: numbers are seen, not read."""
    return sum(any(letter.isalpha() for letter in word) for word in text.split())

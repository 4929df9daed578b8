"""The verifier (`flask check`): whether every screen of every flow can be shown in every language with the longest
values.

It checks screens, not talks: thirteen menus of four options are thirteen screens, but 89 million talks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.conversation.answers import EMPTY, TOO_LONG
from bot.conversation.engine import FlowSet
from bot.conversation.flow import Flow, brace_fault, placeholders
from bot.conversation.message import Msg, Said
from bot.conversation.nodes import (
    CHOOSE,
    DIAL_AGAIN,
    GOODBYE,
    End,
    Fork,
    Menu,
    Node,
    Pick,
    Question,
    Row,
    SideEffect,
)
from bot.conversation.state import Page, Screen
from bot.words import checks
from bot.words.catalogues import Catalogues, Entry, Untranslated
from bot.words.gsm import Fit, septets, units
from bot.words.languages import BY_CODE, LANGUAGES
from bot.words.layout import BACK_LABEL, MORE_LABEL, PhoneLayout
from bot.words.tasks import Cost, NoWay, Task, Walk
from bot.words.tasks import tasks as main_tasks

HARD = Fit(182, 80)  # what a USSD string can hold at all (3GPP TS 24.080)
SOFT = Fit()  # what a page may hold
CANNOT_BE_SHOWN = (
    Untranslated,
    KeyError,
    IndexError,
    ValueError,
)  # no translation, no value, no weekday, a broken brace


@dataclass(frozen=True)
class Samples:
    """The longest values of a country: `values` for placeholders by name, names of `places`, and its `languages`.
    `shortest` are those that stand in the shortest report.
    """

    values: Mapping[str, object]
    places: Sequence[str]
    languages: Sequence[str] = tuple(code for code in LANGUAGES if BY_CODE[code].same_as == code)  # as they are offered
    shortest: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class FlowSummary:
    """One row of the table: a flow in a language on a channel. `longest` page in septets, or units of UTF-16."""

    flow: str
    language: str
    channel: str
    screens: int
    pages: int
    longest: int


class Verifier:
    """Checks a set of flows with their texts and the longest values; it sends, stores and asks nothing."""

    def __init__(
        self,
        flow_set: FlowSet,
        words: Catalogues,
        samples: Samples,
        sms_flows: frozenset[str],
        tasks: Sequence[Task] | None = None,
    ) -> None:
        self.flow_set, self.words, self.samples, self.sms_flows = flow_set, words, samples, sms_flows
        self.tasks = main_tasks() if tasks is None else tasks
        self.layout = PhoneLayout(words)

    def screen(self, flow: Flow, node: Node) -> Screen:
        """The screen of a node with the longest values."""
        values = {name: "0" * 3 for name in flow.nodes} | dict(self.samples.values)
        rows: Sequence[Row] = ()
        if isinstance(node, Menu):
            rows = [Row(o.value, o.label) for o in node.options]
        elif isinstance(node, Pick):
            rows = [Row(str(i), name) for i, name in enumerate(self.samples.places)]
        elif isinstance(node, Question) and node.skip is not None:
            rows = [Row("", node.skip)]
        pinned = sum(o.pinned for o in node.options) if isinstance(node, Menu) else 0
        ends = isinstance(node, End) and not node.then
        return Screen(flow.name, node.name, node.text, tuple(rows), pinned, values, None, ends, not ends)

    def shown(self, flow: Flow) -> Iterator[Screen]:
        """Every screen that a person can see, with a screen for each outcome of an end."""
        for node in flow.nodes.values():
            if isinstance(node, Fork) or (isinstance(node, SideEffect) and node.silent):
                continue
            if isinstance(node, End) and (node.speaks or (node.then and not node.effect)):
                continue
            screen = self.screen(flow, node)
            yield screen
            if isinstance(node, End) and node.then:
                yield from self._under_its_text(node, screen)
            elif isinstance(node, End):
                for text in node.outcomes.values():
                    yield Screen(flow.name, node.name, text, values=screen.values, ends=True, back=False)

    def _under_its_text(self, node: End, screen: Screen) -> Iterator[Screen]:
        """The first pages of the flow that takes over, under each text of the end of the flow before."""
        flow = self.flow_set.flows[node.then]
        first = flow.nodes[flow.first]
        nodes = [flow.nodes[name] for name in first.ways.values()] if isinstance(first, Fork) else [first]
        for outcome, text in {"": node.text, **node.outcomes}.items():
            if outcome in node.stops:
                yield Screen(screen.flow, node.name, text, values=screen.values, ends=True, back=False)
                continue
            for asked in (node for node in nodes if not isinstance(node, End | Fork | SideEffect)):
                yield replace(self.screen(flow, asked), error=Said(text, screen.values))

    def table(self) -> list[FlowSummary]:
        """How many screens and pages each flow has, and its longest page in the units of its encoding."""
        return [self._summary(flow, language) for flow in self.flow_set.flows.values() for language in LANGUAGES]

    def _summary(self, flow: Flow, language: str) -> FlowSummary:
        pages = [self.layout.pages(screen, language) for screen in self.shown(flow)]
        texts = [page.text for screen in pages for page in screen]
        channel = "sms" if flow.name in self.sms_flows else "ussd"
        longest = max(septets(text) or units(text) for text in texts)
        return FlowSummary(flow.name, language, channel, len(pages), len(texts), longest)

    def faults(self) -> list[str]:
        """Everything that is wrong, a sentence each with flow, screen and language; empty when nothing is."""
        return [*self._catalogue_faults(), *self._screen_faults(), *self._task_faults()]

    def of_language(self, language: str) -> list[str]:
        """Every fault of the words and screens of one language."""
        return [*self._catalogue_faults(), *self._screen_faults([language]), *self._task_faults([language])]

    def texts(self) -> dict[str, Msg]:
        """Every text that a talk can show, by its key: those of all flows and those of the engine itself."""
        return {text.key: text for text in self._all_texts()}

    def _all_texts(self) -> Iterator[Msg]:
        yield from (CHOOSE, GOODBYE, DIAL_AGAIN, MORE_LABEL, BACK_LABEL, EMPTY, TOO_LONG)
        for flow in self.flow_set.flows.values():
            for node in flow.nodes.values():
                yield from flow.texts(node)

    def _catalogue_faults(self) -> Iterator[str]:
        texts = self.texts()
        for text in self._all_texts():
            if text != texts[text.key]:
                yield f"{text.key} stands for two texts: {text!r} and {texts[text.key]!r}"
        for key in sorted({*texts}.union(*self.words.entries.values())):
            english = texts.get(key) or self.words.entries["en"].get(key, Entry("")).text
            for language in LANGUAGES:
                entry = self.words.entries[language].get(key)
                if entry is None:
                    yield f"{key} has no words in {language}"
                elif fault := brace_fault(entry.text):
                    yield f"{key} in {language} has {fault}"
                elif placeholders(entry.text) != placeholders(english):
                    yield f"{key} in {language} has other placeholders than the English text"
        for language, entries in self.words.entries.items():
            for key, entry in entries.items():
                yield from (f"{key} in {language} {fault}" for fault in checks.faults(language, entry.text))
                if BY_CODE[language].back_translated and not entry.back:
                    yield f"{key} in {language} has no back-translation"

    def _screen_faults(self, languages: Sequence[str] = LANGUAGES) -> Iterator[str]:
        for flow in self.flow_set.flows.values():
            for screen in self.shown(flow):
                for language in languages:
                    try:
                        pages = self.layout.pages(screen, language)
                    except CANNOT_BE_SHOWN as error:
                        yield f"{flow.name}.{screen.name} in {language}: {error}"
                        continue
                    yield from self._page_faults(flow, screen, language, [page.text for page in pages])

    def _page_faults(self, flow: Flow, screen: Screen, language: str, pages: Sequence[str]) -> Iterator[str]:
        where = f"{flow.name}.{screen.name} in {language}"
        if screen.ends and len(pages) > 1:
            yield f"{where}: an end has one page, this one {len(pages)}"
        for page in pages:
            length = septets(page)
            if length is None and BY_CODE[language].gsm and flow.name != "language":
                yield f"{where}: a character outside GSM-7"
            if length is not None and length > SOFT.septets:
                yield f"{where}: {length} septets do not fit {SOFT.septets}"
            if length is None and units(page) > SOFT.units:
                yield f"{where}: {units(page)} units do not fit {SOFT.units}"
            if flow.name in self.sms_flows:
                yield from (f"{where}: {fault}" for fault in checks.sms_faults(language, page))

    def _task_faults(self, languages: Sequence[str] = LANGUAGES) -> Iterator[str]:
        """Every main task that takes more than its limit, and every row of the table that leads nowhere."""
        for task in self.tasks:
            for language in languages:
                try:
                    cost = self.cost(task, language)
                except NoWay as error:
                    yield f"locales/tasks.toml: {error}"
                    break
                except CANNOT_BE_SHOWN:
                    continue  # a screen that cannot be shown has been reported already
                if language not in task.limits:
                    yield f"locales/tasks.toml: {task.name} has no limit in {language}: it takes {cost}"
                elif cost.over(limit := task.limits[language]):
                    yield f"{task.name} in {language} takes {cost}: {Cost(*limit)} is the limit of locales/tasks.toml"

    def cost(self, task: Task, language: str) -> Cost:
        """What a main task costs in a language. Raises `NoWay` for a row of the table that no longer fits the flows."""
        brief = replace(self.samples, values={**self.samples.values, **self.samples.shortest})
        checks = Verifier(self.flow_set, self.words, brief, self.sms_flows, ())
        return Walk(self.flow_set, checks._pages, task, language).cost()

    def _pages(self, flow: Flow, node: Node, language: str) -> list[Page]:
        if isinstance(node, End) and node.then:
            return self.layout.pages(next(self._under_its_text(node, self.screen(flow, node))), language)
        if flow.name != self.flow_set.chooser:
            return self.layout.pages(self.screen(flow, node), language)
        screen = self.screen(flow, node)  # before she has chosen: the same page for everybody, in several languages
        if isinstance(node, Pick):
            screen = replace(screen, rows=tuple(Row(code, BY_CODE[code].name) for code in self.samples.languages))
        return self.layout.pages(screen, self.words.before_choice)

"""A report in the words of the screens on which it was told and answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.conversation.engine import FlowSet
from bot.conversation.message import Msg, Said, _
from bot.conversation.nodes import Menu, Several
from bot.country.pack import Country

TOLD = (
    "zone",
    "who",
    "what",
    "kind_forced",
    "kind",
    "kind_other",
    "when",
    "near",
    "help",
    "instead",
    "wishes",
    "instead_woman",
    "words",
    "crisis",
)
TELLING = ("report", "told_kind", "told_when", "told_near", "told_wishes", "told_words")
COMPLAINT = ("complaint", "about")  # the screen on which other kinds of what happened are chosen
HERS = ("question", "tell_more")  # the screens of her talk on which a message is chosen
LINE = _("follow.line", "{day}: {text}")
REFERRED = _("follow.referred", "{who}: {place}. Code: {code}.")
CAME = _("officer.came_on", "{day}: she came.")
NO_VISIT = _("report.wish.no_visit", "No visit")  # shown where somebody else told it (S47)
AND = _("report.and", "{one}, {others}")
ANSWER_HERE = _("officer.rule", "Do not call or write to her. Answer here only.")


@dataclass
class ReportWords:
    """Turns answers and messages into the texts of today's flows."""

    flow_set: FlowSet
    country: Country

    def labels(self, flow: str, screen: str) -> Mapping[str, Msg]:
        """The labels of the choices of a screen, by key; empty for a screen without choices."""
        node = self.flow_set.flows[flow].nodes[screen]
        return node.labels if isinstance(node, Menu) else {}

    @property
    def helpers(self) -> Mapping[str, Msg]:
        """The names of the helpers, by kind."""
        return self.labels("report", "help")

    def told(self, answers: Mapping[str, str]) -> tuple[str, ...]:
        """The answers of a report, as the labels of the menus from which they were chosen."""
        lines = (line for name in TOLD if answers.get(name) for line in self._answer(name, answers[name]))
        return (*lines, *((NO_VISIT, ANSWER_HERE) if answers.get("who") == "other" else ()))

    def _answer(self, name: str, answer: str) -> list[str]:
        if name == "zone":
            return [self.country.places[answer].name]
        asked = self._asked(name)
        if not asked:
            return [answer]
        chosen = answer.split(",") if any(isinstance(node, Several) for node in asked) else [answer]
        labels = {option.value: option.label for node in asked for option in node.options}
        return [label for value, label in labels.items() if value in chosen and value != "skip"]

    def _asked(self, name: str) -> list[Menu]:
        """The menus, in whatever talk of hers, on which an answer of that name is chosen."""
        screens = [(flow, name) for flow in TELLING] + ([COMPLAINT] if name == "kind_other" else [])
        nodes = (self.flow_set.flows[flow].nodes.get(screen) for flow, screen in screens)
        return [node for node in nodes if isinstance(node, Menu)]

    def said(self, lines: Iterable[Mapping[str, str]]) -> tuple[Said, ...]:
        """The messages of a report, without the word that is for the reporter alone."""
        return tuple(self._line(line) for line in lines if line["node"] != "word")

    def _line(self, message: Mapping[str, str]) -> Said:
        """One message in the words of the screen on which it was chosen."""
        if message["node"] == "came":
            return Said(CAME, {"day": message["day"]})
        if message["node"] != "service":
            if message["node"] == "words":
                return Said(LINE, {"day": message["day"], "text": message["value"]})
            words = self.labels("follow" if message["node"] in HERS else "inbox", message["node"])
            return Said(LINE, {"day": message["day"], "text": words[message["value"]]})
        who = self.helpers[message["value"]]
        if "code" in message:
            return Said(REFERRED, {"who": who, "place": message["place"], "code": message["code"]})
        return Said(LINE, {"day": message["day"], "text": who})

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
LINE = _("follow.line", "{day}: {text}")
REFERRED = _("follow.referred", "{who}: {place}. Code: {code}.")
CAME = _("officer.came_on", "{day}: she came.")
NO_VISIT = _("report.wish.no_visit", "No visit")  # shown where somebody else told it (S47)
ANSWER_HERE = _("officer.rule", "Do not call or write to her. Answer here only.")


@dataclass
class ReportWords:
    """Answers and lines become what they read as in today's flows."""

    flow_set: FlowSet
    country: Country

    def labels(self, flow: str, screen: str) -> Mapping[str, Msg]:
        """What the choices of a screen read as; nothing for a screen without choices."""
        node = self.flow_set.flows[flow].nodes[screen]
        return node.labels if isinstance(node, Menu) else {}

    @property
    def helpers(self) -> Mapping[str, Msg]:
        """What those who may help are called, by kind."""
        return self.labels("report", "help")

    def told(self, answers: Mapping[str, str]) -> tuple[str, ...]:
        """The answers of a report as the lines of the menus they were chosen from."""
        lines = (line for name in TOLD if answers.get(name) for line in self._answer(name, answers[name]))
        return (*lines, *((NO_VISIT, ANSWER_HERE) if answers.get("who") == "other" else ()))

    def _answer(self, name: str, answer: str) -> list[str]:
        node = self.flow_set.flows["report"].nodes[name]
        if name == "zone":
            return [self.country.places[answer].name]
        if not isinstance(node, Menu):
            return [answer]
        chosen = answer.split(",") if isinstance(node, Several) else [answer]
        return [option.label for option in node.options if option.value in chosen and option.value != "skip"]

    def said(self, lines: Iterable[Mapping[str, str]]) -> tuple[Said, ...]:
        """The lines of a talk; not the word that is for her alone."""
        return tuple(self._line(line) for line in lines if line["node"] != "word")

    def _line(self, said: Mapping[str, str]) -> Said:
        """One line in the words of the screen that it was chosen on."""
        if said["node"] == "came":
            return Said(CAME, {"day": said["day"]})
        if said["node"] != "service":
            words = self.labels("follow" if said["node"] == "question" else "inbox", said["node"])
            return Said(LINE, {"day": said["day"], "text": words[said["value"]]})
        who = self.helpers[said["value"]]
        if "code" in said:
            return Said(REFERRED, {"who": who, "place": said["place"], "code": said["code"]})
        return Said(LINE, {"day": said["day"], "text": who})

"""A phone in memory that talks to the flows, for golden talks and tests of flows."""

from __future__ import annotations

from dataclasses import replace

from bot.actions.meetings import SayComing
from bot.actions.reports import (
    AddKind,
    AddWhen,
    AddWishes,
    AddWords,
    AnswerAboutMen,
    AnswerProposal,
    FileComplaint,
    FileReport,
    GiveCode,
)
from bot.conversation.engine import FlowSet
from bot.conversation.state import Turn
from bot.phone.filing import added_kind, new_report
from bot.reports.new_report import NewReport
from bot.reports.proposals import now_reading, points_to
from flows import FLOWS
from tests.support.small_meetings import AT
from tests.support.small_world import LAYOUT, World


class Phone:
    """One phone talking to a set of flows."""

    def __init__(
        self, world: World | None = None, flow_set: FlowSet = FLOWS, language: str = "", flow: str = ""
    ) -> None:
        self.world, self.flow_set = world or World(), flow_set
        self.turn: Turn = flow_set.start(self.world, LAYOUT, language, *([flow] if flow else []))
        self.done: list[object] = []
        self.sent = NewReport("skip", "other", "", "", ())
        self._perform()

    @property
    def sees(self) -> str:
        """The page on the phone."""
        return self.turn.page.text

    def says(self, *texts: str) -> str:
        """Answer one page after the other; gives the last page."""
        for text in texts:
            self.turn = self.flow_set.step(self.turn.state, text, self.world, LAYOUT)
            self._perform()
        return self.sees

    def _perform(self) -> None:
        if self.turn.effects:
            self.done.extend(self.turn.effects)
            sent = self.done[-1]
            outcome = "coded" if isinstance(sent, GiveCode) else "done"
            outcome = "place" if isinstance(sent, SayComing) and sent.coming == "yes" else outcome
            shown = {**AT, **self._told(sent)}
            self.turn = self.flow_set.conclude(self.turn, outcome, shown, self.world, LAYOUT)

    def _told(self, sent: object) -> dict[str, str]:
        """What a service gives for the talk to go on with."""
        if isinstance(sent, GiveCode):
            return {"receipt": "7912 3451", "coded": "yes"}
        if isinstance(sent, FileComplaint):
            of_it = {"who": "skip", "what": "other", "zone": sent.zone, "points": ""}
            return {"report_handle": "r", "services": "oversight", "coded": "no", **of_it}
        if isinstance(sent, AnswerProposal):
            if sent.too == "no":
                self.sent = replace(self.sent, refused=(*self.sent.refused, sent.points))
            return {"services": now_reading(sent.services, sent.points if sent.too == "yes" else ""), "points": ""}
        if isinstance(sent, AddWhen | AddKind):
            if isinstance(sent, AddWhen):
                self.sent = replace(self.sent, when=sent.when)
            else:
                self.sent = replace(self.sent, kind=added_kind(sent)["kind"])
            return {"points": points_to(self.sent, ["when"] if isinstance(sent, AddWhen) else ["kind"])}
        if isinstance(sent, AddWishes):
            return {"points": "men" if "woman" in sent.wishes and "police" in self.sent.services else ""}
        if isinstance(sent, AnswerAboutMen):
            return {"points": ""}
        if isinstance(sent, AddWords) and sent.crisis == "talk":
            return {"services": now_reading(sent.services, "talk")}
        if not isinstance(sent, FileReport):
            return {}
        asked = [one for one in (*sent.help.split(","), *(["child"] if sent.child_too == "yes" else [])) if one]
        asked = [one for one in asked if one != sent.but]
        asked += self.world.reports.by_law({"who": sent.who, "what": sent.what, "help": sent.help})
        services = sent.instead or ",".join([*asked, *(["talk"] if sent.instead_woman == "talk" else [])])
        self.sent = replace(new_report(sent), services=tuple(services.split(",")))
        of_it = {"who": sent.who, "what": sent.what, "zone": sent.zone, "points": ""}
        return {"report_handle": "r", "services": services, "coded": "no", **of_it}

"""Where a text is shown: on which screens, to whom, after which choice; in the order in which a reviewer reads.

Safety-critical texts stand first: whoever has an hour reads those on which a life may hang. Then follow the talks, from
top to bottom, and the texts that stand on no screen of their own (errors, SMS, values inside other texts).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from bot.conversation.engine import FlowSet
from bot.conversation.flow import Flow
from bot.conversation.nodes import Menu, Node
from bot.words.source import Marked

CRITICAL = {  # subject: keys whose words a woman's safety hangs on
    "danger": ("report.danger*", "report.nearest", "report.injured", "report.safe", "report.evidence"),
    "limits": ("report.limits", "sms.limits", "report.duty", "report.unserved", "complaint.only"),
    "consent": ("report.help.title", "report.help.nobody", "report.power", "report.wish*", "report.smsok",
                "report.sms_*",
                "follow.readers", "follow.change", "follow.erase*", "follow.sure", "report.instead*",
                "report.other_officer", "follow.other_station", "report.but", "report.left_out", "told.readers",
                "report.read_too", "told.men", "follow.no_call", "follow.reopened*"),
    "PIN": ("report.pin*", "told.code*", "follow.code", "follow.pin", "follow.wrong", "report.word", "tasks.first",
            "tasks.choose", "tasks.wrong_left", "tasks.locked"),
    "sending": ("report.confirm", "report.send_*", "report.arrived", "told.kept", "told.take_back",
                "common.not_the_rest", "report.do_not_send", "report.sent*", "report.cancelled",
                "report.no_reader", "common.arrived", "common.away", "sms.sent", "sms.not_sent", "common.dial_again"),
    "police": ("report.type.police", "report.type.complaint", "complaint.staff", "help.police", "follow.no_police",
               "report.not_fir", "report.advice", "officer.police_told", "officer.rule*"),
    "child": ("report.who.child", "report.who.me_child", "report.type.child*", "help.child"),
    "72 hours": ("report.medical", "report.when.*", "report.type.rape", "help.health*"),
}  # fmt: skip
TALKS = {  # in the order in which they are heard: who reads them
    "language": "everybody",
    "home": "everybody",
    "report": "a woman who tells",
    **dict.fromkeys(
        ("told", "told_code", "told_kind", "told_when", "told_near", "told_wishes", "told_words"), "a woman who tells"
    ),
    "complaint": "a woman who complains",
    "help": "a woman who asks for help",
    **dict.fromkeys(("follow", "follow_danger", "follow_crisis"), "a woman who told"),
    "sms": "a woman, by SMS",
    "inbox": "who answers: champion, partner, oversight",
    "meetings": "who asks about meetings",
    "convene": "leader and advocate",
    "agree": "coordinator and oversight",
}
FILES = {  # texts that stand on no screen of their own, by the file that holds them
    "bot/conversation/": ("every talk", "everybody"),
    "bot/words/": ("every talk", "everybody"),
    "bot/delivery/": ("SMS", "staff, and a woman who asked for it"),
    "bot/phone/staff_sms": ("SMS", "staff"),
    "bot/phone/sessions": ("last page or SMS", "everybody"),
    "bot/phone/world_pairs": ("inside agree", "coordinator and oversight"),
    "bot/phone/world_meetings": ("inside meetings and convene", "leader, advocate, who asks about meetings"),
    "bot/phone/": ("inside follow and inbox", "a woman who told, and who answers"),
    "bot/meetings/": ("inside meetings and convene, or SMS", "leader, advocate, subscribers"),
}


@dataclass(frozen=True)
class Place:
    """One place of a text: `flow.screen`, and the choices that lead to that screen, as `flow.screen: option`."""

    screen: str
    role: str
    after: tuple[str, ...] = ()


@dataclass
class Text:
    """One text of the code with every place where it is shown."""

    key: str
    english: str
    places: list[Place] = field(default_factory=list)

    @property
    def critical(self) -> str:
        """The subject for which it is safety-critical, or empty."""
        return subject(self.key)

    @property
    def screen(self) -> str:
        """The first place."""
        return self.places[0].screen if self.places else ""

    @property
    def role(self) -> str:
        """Who reads it at the first place."""
        return self.places[0].role if self.places else ""


def subject(key: str) -> str:
    """The safety-critical subject of a key, or empty."""
    return next((name for name, keys in CRITICAL.items() if any(fnmatchcase(key, one) for one in keys)), "")


def texts(flow_set: FlowSet, marked: Iterable[Marked]) -> list[Text]:
    """Every text, the safety-critical ones first, then in the order of the talks."""
    found: dict[str, Text] = {}
    for name in sorted(flow_set.flows, key=lambda name: [*TALKS].index(name) if name in TALKS else len(TALKS)):
        flow = flow_set.flows[name]
        for node in flow.nodes.values():
            for text in flow.texts(node):
                place = Place(f"{name}.{node.name}", TALKS.get(name, "everybody"), tuple(_after(flow, node)))
                one = found.setdefault(text.key, Text(text.key, str(text)))
                if place not in one.places:
                    one.places.append(place)
    for mark in marked:
        if mark.key not in found:
            where, role = _file(mark.where, flow_set)
            found[mark.key] = Text(mark.key, mark.text, [Place(where, role)])
    subjects = [*CRITICAL, ""]
    return sorted(found.values(), key=lambda text: subjects.index(text.critical))


def _file(where: str, flow_set: FlowSet) -> tuple[str, str]:
    flow = where.partition("/")[2].partition(".")[0]
    if where.startswith("flows/") and flow in flow_set.flows:
        return f"inside {flow}", TALKS.get(flow, "everybody")
    return next((said for file, said in FILES.items() if where.startswith(file)), ("elsewhere", "staff"))


def _after(flow: Flow, node: Node) -> Iterator[str]:
    """The screens and options from which one comes to a screen at once."""
    for other in flow.nodes.values():
        if isinstance(other, Menu):
            labels = [o.label for o in other.options if flow.target(other, o.value) == node.name]
            all_of_them = len(labels) == len(other.options)
            yield from [f"{flow.name}.{other.name}"] * (all_of_them and bool(labels))
            yield from [f"{flow.name}.{other.name}: {label}" for label in labels if not all_of_them]
        elif node.name in flow.exits(other):
            yield f"{flow.name}.{other.name}"


def by_key(found: Iterable[Text]) -> Mapping[str, Text]:
    """The texts by their keys."""
    return {text.key: text for text in found}

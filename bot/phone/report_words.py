"""A report in the words of the screens on which it was told and answered; for its readers in the third person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from bot.conversation.engine import FlowSet
from bot.conversation.message import Msg, Said, _
from bot.conversation.nodes import Menu, Several
from bot.country.pack import Country
from bot.country.routing_rules import Urgency
from bot.reports.queries import OpenedReport
from bot.words.languages import BY_CODE

TELLING = ("report", "told_kind", "told_when", "told_near", "told_wishes", "told_words")
COMPLAINT = ("complaint", "about")  # the screen on which other kinds of what happened are chosen
WHAT = ("what", "kind_forced", "kind", "kind_other", "when", "near")
ORDER = ("zone", "who", *WHAT, "help", "wishes", "language", "words")
AGREED = ("help", "instead", "instead_woman", "crisis")
FRESH = ("now", "days3")  # in which medicine still helps after forced sex
CHILDREN, OF_CHILDREN = ("self_child", "child"), ("ch", "cv")
HOLDING_BACK = frozenset({"no_visit", "message"})  # wishes that hold a reader back
HERS = ("question", "tell_more")  # the screens of her talk on which a message is chosen
LINE = _("follow.line", "{day}: {text}")
REFERRED = _("follow.referred", "{who}: {place}. Code: {code}.")
CAME = _("officer.came_on", "{day}: she came.")
NO_VISIT = _("report.wish.no_visit", "No visit")  # shown where somebody else told it (S47)
AND = _("report.and", "{one}, {others}")
ANSWER_HERE = _("officer.rule", "Do not call or write to her. Answer here only.")
DANGER = _("report.danger_now", "Danger now")
TOLD_ON = _("reader.told_on", "Told on {day}")
PARTS = {
    "morning": _("reader.morning", "morning"),
    "afternoon": _("reader.afternoon", "afternoon"),
    "evening": _("reader.evening", "evening"),
    "night": _("reader.night", "night"),
}
HAPPENED = _("reader.happened", "Happened to: {who}")
HER = _("reader.her", "her")
SUPERVISOR = _("people.supervisor", "Supervisor")
WHO = {"self": HER, "self_child": _("reader.her_child", "her, under 18")}
AGREED_TO = _("reader.agreed", "She agreed to: {services}")
LANGUAGE = _("reader.language", "Language: {language}")
NOT_TO = _("reader.not_to", "Not to: {whom}")
LEFT_OUT = {"police": _("help.police", "Police"), "men": _("reader.men", "men")}  # a station by its own name
QUESTIONS = {
    "going_on": _("reader.ask.going_on", "Is it still going on?"),
    "weapon": _("reader.ask.weapon", "Is there a weapon?"),
    "children": _("reader.ask.children", "Are children there?"),
    "safe": _("report.safe", "Are you safe now?"),
    "injured": _("report.injured", "Is anyone injured?"),
    "doctor": _("follow.want_doctor", "Do you want a doctor?"),
}  # what a reader may ask her, none of it for a name (S61); first what no screen of hers asks
SAID_YES = {
    "going_on": _("reader.going_on", "It goes on"),
    "weapon": _("reader.weapon", "A weapon"),
    "children": _("reader.children", "Children are there"),
}  # what her yes to such a question means for whoever goes near
OTHER_ZONE = {
    "yes": _("reader.zone_yes", "She said yes: another zone has it"),
    "no": _("reader.zone_no", "She said no: it stays here"),
    "nobody": _("reader.zone_nobody", "Nobody is there: it stays here"),
}
TASK = _("reader.task", "{urgency}, task {number}")
LATE_TASK = _("reader.late_task", "! {urgency}, task {number}")  # one of which its owner was reminded
CLASS = {
    Urgency.DANGER: DANGER,
    Urgency.MEDICINE: _("reader.urgent", "Urgent"),
    Urgency.PERSON: _("reader.person", "A person"),
    Urgency.PLACE: _("reader.place", "A place"),
}


def task_line(number: int, urgency: Urgency, late: bool = False) -> Said:
    """A task in somebody's list: the word of its class and its number, which the SMS named, behind the word for a task,
    so that the line begins with one number, the key; a mark where she was reminded of it. Of what was told, nothing.
    """
    return Said(LATE_TASK if late else TASK, {"number": str(number), "urgency": CLASS[urgency]})


def answered(said: Iterable[Mapping[str, str]]) -> Mapping[str, str]:
    """Her last answer (yes | no) to each question that she was asked, by the question's key."""
    asked, found = "", dict[str, str]()
    for line in said:
        if line["node"] == "ask":
            asked = line["value"]
        elif line["node"] == "question" and asked:
            found[asked] = line["value"]
    return found


def to_ask(said: Iterable[Mapping[str, str]]) -> Sequence[str]:
    """The keys of the questions that a reader may ask her, those that she has answered last."""
    known = answered(said)
    return sorted(QUESTIONS, key=lambda question: question in known)


def urgent(told: Mapping[str, str]) -> Set[str]:
    """The names of answers that stand first for a reader: that it happens now, to a child, or was forced sex of the
    last three days, in which medicine still helps.
    """
    first = {"when"} if told.get("when") == "now" else set[str]()
    first |= {"who"} if told.get("who") in CHILDREN else set()
    first |= {"kind_other"} if told.get("kind_other") in OF_CHILDREN else set()
    if told.get("what") == "sexual" and told.get("when") in FRESH and told.get("kind_forced") != "sv2":
        first |= {"what", "kind_forced", "when"}
    return first


def told_on(report: OpenedReport) -> Said:
    """The day on which it was told and, where that is known, the part of the day."""
    day = f"{report.filed.day}/{report.filed.month}"
    part = PARTS.get(report.told.get("part", ""))
    return Said(TOLD_ON, {"day": Said(AND, {"one": day, "others": part}) if part else day})


def in_a_phrase(names: Sequence[str]) -> str:
    """All these names one after the other."""
    first, *others = names
    return Said(AND, {"one": first, "others": in_a_phrase(others)}) if others else first


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
    def named(self) -> Mapping[str, Msg]:
        """The names of all who may write to her: the helpers, and oversight."""
        return {**self.helpers, "oversight": SUPERVISOR}

    @property
    def helpers(self) -> Mapping[str, Msg]:
        """The names of the helpers, by kind."""
        return self.labels("report", "help")

    def told(self, report: OpenedReport) -> tuple[str, ...]:
        """A report for its reader: in the third person, with labels.

        First stands what would harm her if it were read late: danger now, a weapon, a child, forced sex of the last
        three days, whom she has shut out, and that nobody may come to her or call. Then the messages since, for which a
        case is opened again; then what was told, her own words last.
        """
        told, first = report.told, urgent(report.told)
        later = [name for name in ORDER if told.get(name) and name not in first]
        lines = (line for name in later for line in self._lines(told, name))
        return (*self._red(report, first), *self.said(report.said), told_on(report), *lines)

    def _red(self, report: OpenedReport, first: Set[str]) -> Iterator[str]:
        """The lines that stand first; `first` are the names of answers among them."""
        told, known = report.told, answered(report.said)
        if told.get("when") == "now":
            yield DANGER
        yield from (text for question, text in SAID_YES.items() if known.get(question) == "yes")
        yield from (line for name in ("who", "kind_other") if name in first for line in self._lines(told, name))
        if "what" in first:
            when = self._answer(told, "when") if told["when"] != "now" else []
            yield in_a_phrase([*(self._answer(told, "kind_forced") or self._answer(told, "what")), *when])
        yield from (Said(NOT_TO, {"whom": self._whom(one)}) for one in report.left_out)
        yield from (NO_VISIT, ANSWER_HERE) if told.get("who") == "other" else ()
        yield from self._wishes(told, HOLDING_BACK)

    def _lines(self, told: Mapping[str, str], name: str) -> Sequence[str]:
        """One answer as it stands for a reader, with its label where it needs one."""
        if name == "zone":
            return [self.country.places[told["zone"]].name]
        if name == "who":
            whom = [WHO[told["who"]]] if told["who"] in WHO else self._answer(told, "who")
            return [Said(HAPPENED, {"who": who}) for who in whom]
        if name == "help":
            agreed = dict.fromkeys(label for screen in AGREED for label in self._answer(told, screen))
            return [Said(AGREED_TO, {"services": in_a_phrase([*agreed])})]
        if name == "language":
            return [Said(LANGUAGE, {"language": BY_CODE[told[name]].name})] if told[name] in BY_CODE else []
        if name == "wishes":
            return self._wishes(told, {*self.labels("told_wishes", name)} - HOLDING_BACK)
        return self._answer(told, name)

    def _wishes(self, told: Mapping[str, str], which: Set[str]) -> list[Msg]:
        """The labels of those of her wishes; what stands there anyway because another told it is not said twice."""
        wanted = {*told.get("wishes", "").split(",")} & which - ({"no_visit"} if told.get("who") == "other" else set())
        return [label for wish, label in self.labels("told_wishes", "wishes").items() if wish in wanted and wish]

    def _whom(self, left_out: str) -> str:
        """The name of whom she has shut out: all police, the men among them, or a station."""
        unit = self.country.units.get(left_out.removeprefix("unit-"))
        return LEFT_OUT.get(left_out) or (unit.name if unit else LEFT_OUT["police"])

    def _answer(self, told: Mapping[str, str], name: str) -> list[str]:
        """The labels of an answer; of free words these."""
        answer, asked = told.get(name, ""), self._asked(name)
        if not asked or not answer:
            return [answer] if answer not in ("", "skip") else []
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
        """One message in the words of the screen on which it was chosen, after its day and who said it: herself, and
        for her eyes the service of whoever wrote to her, where that is known (`by`).
        """
        if message["node"] == "came":
            return Said(CAME, {"day": message["day"]})
        if message["node"] != "service":
            said = message["value"]
            text = said if message["node"] == "words" else self._chosen(message["node"])[said]
            by = message.get("by")
            who = HER if message["node"] in (*HERS, "words") else self.named.get(by) if by else None
            day = Said(AND, {"one": message["day"], "others": who}) if who else message["day"]
            return Said(LINE, {"day": day, "text": text})
        who = self.helpers[message["value"]]
        if "code" in message:
            return Said(REFERRED, {"who": who, "place": message["place"], "code": message["code"]})
        return Said(LINE, {"day": message["day"], "text": who})

    def _chosen(self, node: str) -> Mapping[str, Msg]:
        """What can be chosen at the screen of a message, by key."""
        if node == "ask":
            return QUESTIONS
        if node == "other_zone":
            return OTHER_ZONE
        return self.labels("follow" if node in HERS else "inbox", node)

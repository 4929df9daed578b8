"""The small world of the golden talks: what flows may ask, fixed for a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.conversation.message import Msg, Said, Values
from bot.conversation.nodes import Answers, Row, SideEffectResult
from bot.country.pack import load as load_country
from bot.country.routing_rules import Urgency
from bot.people.pairs import PairAction
from bot.phone import world_pairs
from bot.phone.report_words import ANSWER_HERE, LINE, QUESTIONS, ReportWords, task_line, to_ask
from bot.phone.world_receipts import READ, STATUS, SUPERVISOR
from bot.phone.world_reports import APART, OFF_DUTY, UNHELPED
from bot.phone.world_staff import ROOMS
from bot.phone.world_watch import NOTHING, figures_of, helped_by, of_watched
from bot.reports.oversight import Opening, Watched
from bot.reports.queries import OpenedReport
from bot.settings import ROOT
from bot.storage.tables.reports import RequestStatus
from bot.words import word_lists
from bot.words.catalogues import Catalogues, load
from bot.words.dates import When
from bot.words.layout import PhoneLayout
from flows import FLOWS
from flows import world as asked
from tests.support.small_meetings import AT, Meetings

LOCALES = ROOT / "locales"
WORDS: Catalogues = load(LOCALES)
LAYOUT = PhoneLayout(WORDS)
BURUNDI = load_country(ROOT / "ops" / "country" / "bi", date(2026, 11, 23))
PLACES: Mapping[str, list[Row]] = {
    "": [Row("P1", "Bujumbura"), Row("P2", "Gitega")],
    "P1": [Row("C1", "Mukaza"), Row("C2", "Mugere")],
    "P2": [Row("C3", "Gitega")],
    "C1": [Row("Z1", "Buyenzi"), Row("Z2", "Bwiza")],
    "C2": [Row("Z4", "Musaga")],
    "C3": [Row("Z5", "Makebuko")],
}
READS = ReportWords(FLOWS, BURUNDI)
BUYENZI = next(place.code for place in BURUNDI.places.values() if place.name == "Buyenzi")
RED = OpenedReport(  # what stands first for a reader
    {
        "who": "self_child",
        "what": "sexual",
        "when": "days3",
        "help": "health,police",
        "zone": BUYENZI,
        "kind_forced": "sv1",
        "near": "home",
        "wishes": "plain,message",
        "language": "rn",
        "part": "morning",
        "words": "Ni we",
    },
    (
        {"node": "ask", "value": "weapon", "day": "28/11"},
        {"node": "question", "value": "yes", "day": "28/11"},
    ),
    date(2026, 11, 27),
    ("unit-POST-1",),
)
DOCTOR = READS.labels("inbox", "reply")["doctor"]


@dataclass
class World:
    """What flows may ask of the world, fixed for a test."""

    languages: tuple[str, ...] = ("rn", "fr", "en", "hi")
    organisation: str = "Women's group (demo)"
    must_report_children: bool = False
    tells_a_new_dial: bool = True
    champion: bool = False
    shared: bool = False
    no_woman: bool = False
    off_duty: bool = False
    pin: str = "246810"
    tasks: list[str] = field(default_factory=lambda: ["7"])
    tried: int = 0
    question: str = "none"
    closed_by: tuple[str, ...] = ("health",)
    fresh: bool = False
    mine: tuple[str, ...] = ()
    given_on: bool = False
    watches: bool = False
    case: str = "own"
    unhelped: bool = False
    untrained: bool = False
    red: bool = False
    calls: list[str] = field(default_factory=list)
    desks: str = "reports"
    may: str = ""
    past: bool = False
    promised: bool = False
    asked: bool = False
    moves: bool = False
    given: Mapping[str, str] = field(default_factory=lambda: {"code": "*384*55#", "service": "News"})

    @property
    def places(self) -> Places:
        return Places(self)

    @property
    def staff(self) -> Staff:
        return Staff(self)

    @property
    def receipts(self) -> Receipts:
        return Receipts(self)

    @property
    def reports(self) -> Reports:
        return Reports(self)

    @property
    def watch(self) -> Watch:
        return Watch(self)

    @property
    def pairs(self) -> Pairs:
        return Pairs(self)

    @property
    def meetings(self) -> Meetings:
        return Meetings(self)

    def despairs(self, words: str) -> bool:
        return word_lists.despairs(words)

    def sealed_number(self) -> SideEffectResult:
        return SideEffectResult("kept", "h")

    def day(self, text: str) -> SideEffectResult:
        return (
            SideEffectResult("day", "2026-12-03")
            if text in ("3/12", "5/12")
            else SideEffectResult("past" if "/11" in text else "wrong")
        )

    def spoken(self, day: str, hour: str) -> Values:
        return {"spoken_time": When(datetime.fromisoformat(f"{day}T{hour}"))}


@dataclass
class Pairs:
    """One proposal that waits in a test."""

    world: World

    def waiting(self, handle: str) -> list[Row]:
        return [Row("4", "4")] if self.world.asked else []

    def see(self, handle: str, number: str) -> SideEffectResult:
        return SideEffectResult("seen", "digest")

    def text(self, handle: str, number: str) -> Values:
        said = {"number": number, "who": "K1", "what": world_pairs.WHAT[PairAction.UNLOCK], "whom": "C1A (champion)"}
        return {"proposal": (Said(world_pairs.LINE, said),)}


@dataclass
class Watch:
    """What oversight of a test watches."""

    world: World

    def waiting(self, handle: str) -> tuple[Msg, ...]:
        day = date(2026, 11, 20)
        waits = (Watched(4, "police", day, True, False), Watched(2, "health", day, False, True))
        return tuple(of_watched(READS, one) for one in waits)

    def unhelped(self, handle: str) -> tuple[Msg, ...]:
        return (NOTHING,)

    def openings(self, handle: str) -> tuple[Msg, ...]:
        return tuple(of_watched(READS, Opening(4, date(2026, 11, 21), who)) for who in ("oversight", "police"))

    def figures(self, handle: str) -> tuple[Msg, ...]:
        shares = {"not_read": "2/10", "taken_back": "0/10", "beside_police": "7/10", "about_police": "1/10"}
        shares |= {"reopened": "0/10"}
        months = ({"month": "2026-09", "reports": "few"}, {"month": "2026-10", "reports": 12, **shares})
        lines = (line for row in months for line in figures_of(row))
        return (*lines, helped_by(READS, "health", "6/10"))


@dataclass
class Places:
    """The places of a test."""

    world: World

    def served(self) -> list[Row]:
        return [Row("Z1", "Buyenzi"), Row("Z2", "Bwiza"), Row("Z4", "Musaga")]

    def is_served(self, zone: str) -> bool:
        return zone in {"Z1", "Z2", "Z4"}

    def within(self, parent: str) -> list[Row]:
        return PLACES.get(parent, [])

    def health_centre(self) -> str:
        return "Buyenzi (demo)"

    def emergency(self) -> list[str]:
        return self.world.calls

    def rights(self, topic: str, language: str) -> list[str]:
        return [card.text[language] for card in BURUNDI.cards if card.group == topic and language in card.text]


@dataclass
class Staff:
    """Whoever works here, or nobody."""

    world: World

    def works_here(self) -> bool:
        return self.world.champion

    def on_this_phone(self) -> list[Row]:
        return [Row("a", "C1A"), Row("b", "C1B")] if self.world.shared else []

    def tasks_in(self, who: str = "") -> str:
        rooms = self._rooms()
        return rooms[0] if len(rooms) == 1 else "several"

    def rooms(self) -> list[Row]:
        return [Row(room, ROOMS[room]) for room in self._rooms()]

    def _rooms(self) -> list[str]:
        desks = ["reports", "meetings"] if self.world.desks == "both" or self.world.asked else [self.world.desks]
        return [*(["agree"] if self.world.asked else []), *desks, *(["watch"] if self.world.watches else [])]

    def has_key(self) -> bool:
        return not self.world.fresh

    def unlock(self, pin: str) -> SideEffectResult:
        self.world.tried += 1
        left = 5 - self.world.tried
        return (
            SideEffectResult("open", "h")
            if pin == self.world.pin
            else SideEffectResult(f"wrong_{left}" if left > 0 else "locked")
        )

    def first_code(self, code: str) -> SideEffectResult:
        return SideEffectResult("open", "h") if code == "482915" else SideEffectResult("wrong")

    def choose_pin(self, handle: str, pin: str) -> SideEffectResult:
        return SideEffectResult("wrong" if len(pin) != 6 else "easy" if pin == "123456" else "made")


@dataclass
class Receipts:
    """A code that opens with 5293."""

    world: World

    def make(self, pin: str) -> SideEffectResult:
        return SideEffectResult("wrong" if len(pin) != 4 else "easy" if pin == "1234" else "made", "h")

    def code(self, handle: str) -> str:
        return "7912 3451"

    def open(self, code: str, pin: str) -> SideEffectResult:
        self.world.tried += 1
        return (
            SideEffectResult("open", "h")
            if pin == "5293"
            else SideEffectResult("locked" if self.world.tried >= 5 else "wrong")
        )

    def news(self, code: str, handle: str) -> Values:
        read = Said(READ, {"day": "23/11", "who": SUPERVISOR})
        stands = STATUS[RequestStatus.CLOSED if self.world.question == "closed" else RequestStatus.TAKEN]
        return {"news": (stands, read, Said(LINE, {"day": "24/11", "text": DOCTOR}))}

    def asked(self, code: str, handle: str) -> str:
        return self.world.question

    def other_zone(self, code: str, handle: str) -> Values:
        return {"helper": READS.helpers["police"], "place": "Musaga"} if self.world.moves else {}

    def answered(self, code: str, handle: str) -> list[Row]:
        return [Row(one, READS.helpers[one]) for one in self.world.closed_by]

    def closed(self, code: str, handle: str) -> list[Row]:
        return self.answered(code, handle)


@dataclass
class Reports:
    """The reports of a test by their numbers."""

    world: World

    def reached(self, answers: Answers) -> str:
        """Everybody is there but the police for a powerful person, and a woman officer when there is `no_woman`."""
        asked = {*answers["help"].split(",")} - {answers.get("but", ""), ""}
        police_only = asked == {"police"} and not {"instead", "instead_woman"} & {*answers}
        return "nobody" if not asked or (police_only and answers["power"] != "no") else "sent"

    def lacks_child_protection(self, answers: Answers) -> bool:
        child = "child" in answers["who"] or answers.get("kind_other") in ("ch", "cv")
        return child and "child" not in answers["help"].split(",") and not self.by_law(answers)

    def could_read(self, answers: Answers, service: str) -> bool:
        return True

    def read_by(self, answers: Answers) -> list[str]:
        kept_from = answers.get("power", "no") != "no" or answers.get("instead_woman") == "talk"
        return ["health", "talk", "legal", "shelter", "child", *([] if kept_from else ["police"])]

    def by_law(self, answers: Answers) -> list[str]:
        told = self.world.must_report_children and "child" in answers["who"] and answers["what"] == "sexual"
        return ["child"] if told and "child" not in answers["help"].split(",") else []

    def woman_on_duty(self, answers: Answers) -> bool:
        return not self.world.no_woman

    def stations(self, answers: Answers) -> list[Row]:
        return [Row("unit-POST-1", "Post of Buyenzi (demo)")] if "police" in answers["help"] else []

    def not_on_duty(self, answers: Answers) -> Values:
        said = {"who": READS.helpers["health"], "when": AT["when"]}
        return {"absent": (Said(OFF_DUTY, said),) if self.world.off_duty else ()}

    def is_no_fir(self, answers: Answers) -> bool:
        return self.world.must_report_children and "police" in answers["help"] and answers["power"] == "no"

    def new(self, handle: str) -> list[Row]:
        urgency = Urgency.DANGER if self.world.red else Urgency.PERSON
        return [Row(n, task_line(int(n), urgency)) for n in self.world.tasks]

    def mine(self, handle: str) -> list[Row]:
        return [Row(n, task_line(int(n), Urgency.PERSON)) for n in self.world.mine]

    def questions(self, handle: str, number: str) -> list[Row]:
        return [Row(question, QUESTIONS[question]) for question in to_ask(RED.said if self.world.red else ())]

    def wants_reply(self, handle: str, number: str) -> bool:
        return True

    def other_zones(self, handle: str, number: str) -> list[Row]:
        return [Row("BI-ZO-02-06-08", "Musaga")]

    def heirs(self, handle: str) -> list[Row]:
        return [Row("p", "C1B")]

    def oversees(self, handle: str) -> bool:
        return self.world.watches

    def open(self, handle: str, number: str, why: str = "") -> SideEffectResult:
        there = "untrained" if self.world.untrained else "open"
        return SideEffectResult(there if number in (*self.world.tasks, *self.world.mine) else "gone", number)

    def text(self, handle: str, number: str) -> Values:
        if self.world.red:
            return {"report": READS.told(RED)}
        return {"report": (UNHELPED, "Buyenzi.") if self.world.unhelped else "Buyenzi."}

    def rules(self, handle: str, number: str) -> Values:
        return {"rules": (ANSWER_HERE, APART)}

    def whose(self, handle: str, number: str) -> str:
        return "referred" if self.world.given_on else self.world.case

    def is_unhelped(self, handle: str, number: str) -> bool:
        return self.world.unhelped

    def is_grave(self, handle: str, number: str) -> bool:
        return self.world.red

    def services(self, handle: str, number: str) -> list[Row]:
        return [Row("health", READS.helpers["health"])]


FITS: Callable[[], asked.World] = World  # mypy refuses it when a flow may ask what this world does not know

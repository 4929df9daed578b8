"""What flows may ask of the world, for one caller during one request. Reading only, but for the two trades."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.actions.reports import FileReport
from bot.conversation import answers as check
from bot.conversation.engine import FlowSet
from bot.conversation.message import Msg, Said, Values, _
from bot.conversation.nodes import Answers, Menu, Row, Several, SideEffectResult
from bot.country.pack import Country
from bot.delivery import prices
from bot.delivery.prices import Quote
from bot.meetings.notices import render_sms
from bot.people.roster import Staff
from bot.phone.world_meetings import MeetingsWorld
from bot.phone.world_reports import ReportsWorld
from bot.reports.case import case_of, must_tell
from bot.reports.readers import police_bound
from bot.reports.reading import Reading, read
from bot.reports.receipts import receipt_key
from bot.reports.routing import Route, route
from bot.services import Services
from bot.storage.outbox import SessionFactory, now
from bot.storage.tables.meetings import Meeting
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Reply, Report, ReportReceipt, ReportStatus
from bot.storage.tables.runtime import Event
from bot.vault.sealing import Shredded, Unsealable
from bot.vault.vault import Unlocked, Vault
from bot.words import word_lists

log = logging.getLogger("ijwi")
ASKED = frozenset(field.name for field in fields(FileReport))
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
NO_REPLY = _("follow.noreply", "No reply yet.")
SUPERVISOR = _("people.supervisor", "Supervisor")
READ = _("follow.read", "Read on {day}: {who}")
PASSED = _("officer.passed", "It goes to another person.")
WENT_ON = ("escalated", "passed", "handed over", "handed to a successor", "recovered")
LINE = _("follow.line", "{day}: {text}")
REFERRED = _("follow.referred", "{who}: {place}. Code: {code}.")
NO_VISIT = _("report.wish.no_visit", "No visit")  # shown where somebody else told it (S47)
ANSWER_HERE = _("officer.rule", "Do not call or write to her. Answer here only.")
CAME = _("officer.came_on", "{day}: she came.")
STATUS = {
    ReportStatus.NEW: _("follow.new", "It arrived. It has not been read yet."),
    ReportStatus.TAKEN: _("follow.assigned", "A person you can trust is following it."),
    ReportStatus.CLOSED: _("follow.closed", "It is finished."),
}


@dataclass
class World(ReportsWorld, MeetingsWorld):
    """The world as one caller may know it. `phone` is used for its digest only and is never kept."""

    reads: SessionFactory
    sessions: SessionFactory
    given: Mapping[str, str]
    vault: Vault
    country: Country
    flow_set: FlowSet
    phone: str
    staff: Staff
    quote: Callable[[Session, Meeting, Mapping[str, int]], Quote]
    _keys: dict[tuple[str, str], bytes] = field(default_factory=dict, repr=False)
    _opened: dict[str, Reading] = field(default_factory=dict, repr=False)

    @property
    def languages(self) -> tuple[str, ...]:
        there = tuple(one for one in self.country.languages if f"language:{one}" not in self.staff.off)
        return there or self.country.languages

    @property
    def organisation(self) -> str:
        women = (u.name for u in self.country.units.values() if u.kind == "women")
        return next(women, self.country.service_name["en"])

    @property
    def must_report_children(self) -> bool:
        return self.country.code == "in"

    @cached_property
    def digest(self) -> str:
        return self.vault.digest("staff", self.phone)

    @cached_property
    def person(self) -> Person | None:
        today = datetime.fromtimestamp(now(), self.country.timezone).date().isoformat()
        serves = Person.active & ((Person.expires == "") | (Person.expires >= today))
        with self.reads() as db:
            return db.scalar(select(Person).where(Person.phone_digest == self.digest, serves))

    def works_here(self) -> bool:
        return self.digest in self.staff.numbers

    def served(self) -> Sequence[Row]:
        return [Row(place.code, place.name) for place in self.staff.opened.zones]

    def is_served(self, zone: str) -> bool:
        return any(place.code == zone for place in self.staff.opened.zones)

    def places(self, parent: str) -> Sequence[Row]:
        return [Row(place.code, place.name) for place in self.country.children(parent or self.country.code.upper())]

    def despairs(self, words: str) -> bool:
        return word_lists.despairs(words)

    def health_centre(self) -> str:
        return self.staff.opened.health_centre

    def emergency(self) -> Sequence[str]:
        return self.staff.opened.emergency

    def rights(self, topic: str, language: str) -> Sequence[str]:
        """What the cards of a topic say in a language; one that has no words in it is left out (S85)."""
        about = (card.text for card in self.staff.opened.cards if card.group == topic)
        return [text[language] for text in about if language in text]

    def reached(self, answers: Answers) -> str:
        """Whether a report with these answers would find a reader now: sent | no_woman | nobody."""
        return self._way(answers).outcome

    def is_no_fir(self, answers: Answers) -> bool:
        """Whether it goes to the police of India: for a case she signs at a station (S27)."""
        return self.country.code == "in" and police_bound(self._way(answers), self.staff.readers)

    def _way(self, answers: Answers) -> Route:
        report = FileReport(**{name: answer for name, answer in answers.items() if name in ASKED})
        local = datetime.fromtimestamp(now(), self.country.timezone)
        land, police = self.country, must_tell(self.country, report)
        holiday = land.is_holiday(local.date())
        case = case_of(report, land)
        return route(case, self.staff.around(case.area), local, police, land.patience, holiday)

    # -- her receipt -----------------------------------------------------------------------------------------------
    def make_receipt(self, pin: str) -> SideEffectResult:
        """A code, and four digits of hers, to read the answer with: made | wrong | easy."""
        pin = check.plain_digits(pin)
        if len(pin) != 4 or not (pin.isascii() and pin.isdecimal()):
            return SideEffectResult("wrong")
        if check.easy(pin):
            return SideEffectResult("easy")
        code = check.new_code()
        with self.reads() as db:
            while db.get(ReportReceipt, self.vault.locator(code)) is not None:
                code = check.new_code()
        return SideEffectResult("made", self.vault.issue(code, pin))

    def sealed_number(self) -> SideEffectResult:
        """The number that dials, sealed to the sender process: kept."""
        return SideEffectResult("kept", self.vault.seal_to_sender(self.phone).hex())

    def open_receipt(self, code: str, pin: str) -> SideEffectResult:
        """Try her PIN: open | erased | broken | wrong | locked; the same work and words for a code that nobody has."""
        pin = check.plain_digits(pin)
        if not pin or not pin.isascii():
            return SideEffectResult("wrong")
        with self.reads() as db:
            row = db.get(ReportReceipt, self.vault.locator(code))
        public = receipt_key(self.vault, row) if row else b""
        day = datetime.fromtimestamp(now(), self.country.timezone).date().isoformat()
        tried = self.vault.try_receipt(code, pin, public, self.digest, day)
        if row is None or tried.outcome != "open":
            return SideEffectResult(tried.outcome)
        private = self._private(row.locator, tried.handle)
        with self.reads() as db:
            return SideEffectResult(self._readable(db, db.get_one(Report, row.report), None, private), tried.handle)

    def news(self, code: str, handle: str) -> Values:
        """Where her report is, who has opened it by role and day (S23), when it went on to another, and what was
        answered."""
        locator = self.vault.locator(code)
        private = self._private(locator, handle)
        with self.reads() as db:
            report = db.scalars(select(Report).join(ReportReceipt).where(ReportReceipt.locator == locator)).one()
            steps = select(Event.at, Event.what, Person.role, Person.kind).outerjoin(Person, Person.id == Event.person)
            steps = steps.where(Event.report == report.id, Event.what.startswith("opened") | Event.what.in_(WENT_ON))
            seen = dict.fromkeys(self._step(row) for row in db.execute(steps.order_by(Event.id)))
            hers = self._read(db, report, None, private).said
        steps_said = [Said(READ, {"day": day, "who": who}) if who else Said(LINE, {"day": day, "text": PASSED})
                      for day, who in seen]  # fmt: skip
        unread = report.status == ReportStatus.NEW and not any(who for _day, who in seen)
        known = unread or report.status != ReportStatus.NEW
        status = [STATUS[ReportStatus(report.status)]] if known else []
        return {
            "news": (
                *(f"{said['value']}." for said in hers if said["node"] == "word"),
                *status,
                *steps_said,
                *(self._talk(hers) or (NO_REPLY,)),
            )
        }

    def asked(self, code: str, handle: str) -> str:
        """Whether the last word is a question to her: question | none."""
        locator = self.vault.locator(code)
        private = self._private(locator, handle)
        with self.reads() as db:
            report = db.scalars(select(Report).join(ReportReceipt).where(ReportReceipt.locator == locator)).one()
            lines = select(Reply.number, Reply.reader).where(Reply.report == report.id)
            last = db.execute(lines.order_by(Reply.number.desc(), Reply.reader).limit(1)).first()
            if last is None or last.reader:
                return "none"
            *_, said = self._read(db, report, None, private).said
        return "question" if said["node"] == "ask" else "none"

    def _step(self, row: Any) -> tuple[str, Msg | None]:
        """The day and the role of an opening, as she reads it; no role where it went on to another."""
        day = datetime.fromtimestamp(row.at, self.country.timezone)
        if row.what in WENT_ON:
            return f"{day.day}/{day.month}", None
        helpers = {**self._labels("report", "help"), "": SUPERVISOR}
        return f"{day.day}/{day.month}", helpers["police" if row.role == "champion" else row.kind]

    def _talk(self, said: Sequence[Mapping[str, Any]]) -> tuple[Said, ...]:
        """The lines of a talk with the words of the screens they were chosen on; not the word that is for her alone."""
        return tuple(self._line(line) for line in said if line["node"] != "word")

    def _read(self, db: Session, report: Report, copy: Copy | None, private: bytes) -> Reading:
        """What this caller may read of a report, opened once a request."""
        if report.id not in self._opened:
            self._opened[report.id] = read(db, self.vault, report, copy, private)
        return self._opened[report.id]

    def _readable(self, db: Session, report: Report, copy: Copy | None, private: bytes) -> str:
        """Whether it opens: open | erased, by her or in time | broken, which is an alarm: somebody else than we has
        written to the database.
        """
        try:
            self._read(db, report, copy, private)
        except Shredded:
            return "erased"
        except Unsealable:
            whose = f"person {copy.person}" if copy else "a receipt"
            log.error("ALARM: what was sealed to %s does not open: it was changed in the database", whose)
            return "broken"
        return "open"

    def _line(self, said: Mapping[str, Any]) -> Said:
        """One line in the words of the screen that it was chosen on."""
        helpers = self._labels("report", "help")
        if said["node"] == "came":
            return Said(CAME, {"day": said["day"]})
        if said["node"] == "service" and "code" in said:
            return Said(REFERRED, {"who": helpers[said["value"]], "place": said["place"], "code": said["code"]})
        words = (
            helpers
            if said["node"] == "service"
            else self._labels("follow" if said["node"] == "question" else "inbox", said["node"])
        )
        return Said(LINE, {"day": said["day"], "text": words[said["value"]]})

    def _labels(self, flow: str, screen: str) -> Mapping[str, Msg]:
        """What the choices of a screen read as."""
        node = self.flow_set.flows[flow].nodes[screen]
        return node.labels if isinstance(node, Menu) else {}

    # -- champions -------------------------------------------------------------------------------------------------
    def unlock(self, secret: str) -> SideEffectResult:
        """Try a PIN: open | wrong_4 (so many tries are left) | locked. An empty one is no try and only wrong, and so is
        every one of a number that nobody knows."""
        secret = check.plain_digits(secret)  # २४६८१० is 246810
        if self.person is None or not secret.strip() or not secret.isascii():
            return SideEffectResult("wrong")
        return self._tried(self.vault.unlock(self.person.id, self.person.wrapped_key, secret))

    def has_key(self) -> bool:
        """Whether the one who dials has chosen her PIN; True for a number that nobody knows."""
        return self.person is None or bool(self.person.public_key)

    def first_code(self, secret: str) -> SideEffectResult:
        """Try the code that she was given on paper, as a PIN."""
        secret = check.plain_digits(secret)
        if self.person is None or not secret or not secret.isascii():
            return SideEffectResult("wrong")
        return self._tried(self.vault.try_first(self.person.id, secret, self.person.first_code))

    def _tried(self, tried: Unlocked) -> SideEffectResult:
        return SideEffectResult(f"wrong_{tried.left}" if tried.left else tried.outcome, tried.handle)

    def choose_pin(self, handle: str, secret: str) -> SideEffectResult:
        """Her own PIN and, with it, her keys; the first code is spent: made | wrong | easy."""
        person, pin = self._holder(handle), check.plain_digits(secret)
        if len(pin) != 6 or not (pin.isascii() and pin.isdecimal()):
            return SideEffectResult("wrong")
        if check.easy(pin):
            return SideEffectResult("easy")
        keys = self.vault.enrol(person.id, pin)
        made = {
            "public_key": keys.public,
            "wrapped_key": keys.wrapped,
            "vouch": self.vault.vouch(person.id, keys.public),
        }
        unspent = (Person.id == person.id) & (Person.first_code == person.first_code) & (Person.first_code != "")
        with self.sessions.begin() as db:
            found = db.execute(update(Person).where(unspent).values(first_code="", **made).returning(Person.id)).first()
        return SideEffectResult("made" if found else "wrong")

    def told(self, answers: Mapping[str, str]) -> tuple[str, ...]:
        """The answers of a report as the lines of the menus they were chosen from."""
        lines = (line for name in TOLD if answers.get(name) for line in self._lines(name, answers[name]))
        return (*lines, *((NO_VISIT, ANSWER_HERE) if answers.get("who") == "other" else ()))

    def _lines(self, name: str, answer: str) -> list[str]:
        node = self.flow_set.flows["report"].nodes[name]
        if name == "zone":
            return [self.country.places[answer].name]
        if not isinstance(node, Menu):
            return [answer]
        chosen = answer.split(",") if isinstance(node, Several) else [answer]
        return [option.label for option in node.options if option.value in chosen and option.value != "skip"]

    def _holder(self, handle: str) -> Person:
        if self.person is None:
            raise Unsealable("no active person has this number")
        self._private(self.person.id, handle)
        return self.person

    def _private(self, who: str, handle: str) -> bytes:
        """The private key behind a handle, asked of the vault once a request. Raises `Unsealable`."""
        if (who, handle) not in self._keys:
            self._keys[who, handle] = self.vault.private(who, handle)
        return self._keys[who, handle]


def world_of(services: Services, phone: str) -> World:
    """The world as this caller may know it."""
    given = {"code": services.settings.service_code, "service": services.country.service_name["en"]}

    def quote(db: Session, meeting: Meeting, people: Mapping[str, int]) -> Quote:
        code = services.settings.service_code
        texts = {
            language: render_sms(services.words, services.country, code, meeting, "new", language)
            for language in people
        }
        return prices.quote(db, services, people, texts, now())

    staff = services.roster.staff()
    return World(
        services.reads,
        services.sessions,
        given,
        services.vault,
        services.country,
        services.flow_set,
        phone,
        staff,
        quote,
    )

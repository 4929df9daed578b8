"""The questions of flows about reports: whom one would reach, and what its readers may know."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from bot.actions.reports import FileReport
from bot.conversation.message import Msg, Said, Values, _
from bot.conversation.nodes import Answers, Row, SideEffectResult
from bot.country.rows import Role
from bot.phone.caller import CallerContext
from bot.phone.filing import new_report
from bot.phone.report_words import ANSWER_HERE, QUESTIONS, task_line, to_ask
from bot.reports import queries, succession
from bot.reports.case import case_of, routed_in
from bot.reports.new_report import NewReport
from bot.reports.opening import open_report, request_open_to
from bot.reports.readers import police_bound
from bot.reports.referral import offers
from bot.reports.routing import Route
from bot.storage.outbox import now
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Report
from bot.storage.unit_of_work import Work
from bot.vault.sealing import Shredded
from bot.words.dates import When

ASKED = frozenset(field.name for field in fields(FileReport))
GONE = _("tasks.gone", "You cannot read it any more.")
UNHELPED = _("closing.unhelped", "She could not be helped")
APART = _("officer.apart", "Do not bring them together.")  # S63: between her and whoever hurt her

OFF_DUTY = _("report.off_duty", "{who}: nobody on duty now. On duty: {when}.")
OFF_DUTY_LONG = _("report.off_duty_long", "{who}: nobody is there now.")  # nor within two weeks


def _absent(who: Msg, until: datetime | None) -> Said:
    return Said(OFF_DUTY, {"who": who, "when": When(until)}) if until else Said(OFF_DUTY_LONG, {"who": who})


def _row(one: queries.ReportSummary) -> Row:
    return Row(str(one.number), task_line(one.number, one.urgency, one.reminded))


@dataclass
class ReportsWorld:
    """Answers for one caller, during one request. `flows.world.ReportsWorld` says what each question gives."""

    caller: CallerContext

    def reached(self, answers: Answers) -> str:
        return self._route(answers).outcome

    def not_on_duty(self, answers: Answers) -> Values:
        labels = self.caller.words.helpers
        return {"absent": tuple(_absent(labels[one.service], one.until) for one in self._route(answers).off_duty)}

    def is_no_fir(self, answers: Answers) -> bool:
        return self.caller.country.code == "in" and police_bound(self._route(answers), self.caller.staff.readers)

    def lacks_child_protection(self, answers: Answers) -> bool:
        case = case_of(self._report(answers), self.caller.country)
        if not case.child or "child" in {*case.services, *self.by_law(answers)}:
            return False
        return self.could_read(answers, "child")

    def could_read(self, answers: Answers, service: str) -> bool:
        return any(one.service == service for one in self._route({**answers, "help": service}).ladders)

    def read_by(self, answers: Answers) -> Sequence[str]:
        return [one.service for one in self._route(answers).ladders]

    def by_law(self, answers: Answers) -> Sequence[str]:
        agreed = case_of(self._report(answers), self.caller.country).services
        return [one.service for one in self._route(answers).ladders if one.service not in agreed]

    def woman_on_duty(self, answers: Answers) -> bool:
        return self._route({**answers, "help": "police", "instead": "", "instead_woman": "talk"}).outcome != "no_woman"

    def stations(self, answers: Answers) -> Sequence[Row]:
        officers = [
            rung.person for one in self._route(answers).ladders if one.service == "police" for rung in one.rungs
        ]
        units = [unit for unit in self._stations_of(officers).values() if unit]
        named = self.caller.country.units
        return [Row(f"unit-{unit}", named[unit].name) for unit in sorted({*units}) if unit in named]

    def _stations_of(self, people: Sequence[str]) -> dict[str, str]:
        """The station of each of these people who is an officer, by her id."""
        officers = select(Person.id, Person.unit).where(Person.id.in_(people), Person.role == Role.CHAMPION)
        with self.caller.reads() as db:
            return {row.id: row.unit for row in db.execute(officers)}

    def _report(self, answers: Answers) -> NewReport:
        """The report of these answers."""
        return new_report(FileReport(**{name: answer for name, answer in answers.items() if name in ASKED}))

    def _route(self, answers: Answers) -> Route:
        """The route that a report with these answers would take now."""
        report = self._report(answers)
        local = self.caller.local
        case = case_of(report, self.caller.country)
        readers = self.caller.staff.around(case.area)
        if report.excluded:
            units = self._stations_of([one.id for one in readers])
            readers = tuple(one for one in readers if f"unit-{units.get(one.id)}" not in report.excluded)
        return routed_in(self.caller.country, report, case, readers, local)

    def new(self, handle: str) -> Sequence[Row]:
        actor = self.caller.actor(handle)
        with self.caller.reads() as db:
            return [_row(one) for one in queries.new_reports(db, actor.id)]

    def mine(self, handle: str) -> Sequence[Row]:
        actor = self.caller.actor(handle)
        with self.caller.reads() as db:
            return [_row(one) for one in queries.my_reports(db, actor.id)]

    def questions(self, handle: str, number: str) -> Sequence[Row]:
        report = self._opened(handle, number)
        return [Row(question, QUESTIONS[question]) for question in to_ask(report.said if report else ())]

    def wants_reply(self, handle: str, number: str) -> bool:
        actor = self.caller.actor(handle)
        with self.caller.reads() as db:
            gone = db.scalar(request_open_to(actor.id, int(number))) is None
            return gone or queries.has_receipt(db, actor.id, int(number))

    def heirs(self, handle: str) -> Sequence[Row]:
        actor = self.caller.actor(handle)
        with self.caller.reads() as db:
            work = Work(db, self.caller.vault, self.caller.country, now())
            return [Row(row.id, row.ref) for row in succession.heirs(work, actor.id)]

    def oversees(self, handle: str) -> bool:
        return self.caller.actor(handle).role == Role.OVERSIGHT

    def open(self, handle: str, number: str, why: str = "") -> SideEffectResult:
        caller, actor = self.caller, self.caller.actor(handle)
        with caller.sessions.begin() as db:
            work = Work(db, caller.vault, caller.country, now())
            state = open_report(work, actor, caller.readings, int(number), why)
        return SideEffectResult(state, number if state == "open" else "")

    def text(self, handle: str, number: str) -> Values:
        report, words = self._opened(handle, number), self.caller.words
        if report is None:
            return {"report": (GONE,)}
        why = (UNHELPED,) if self.is_unhelped(handle, number) else ()
        return {"report": (*why, *words.told(report))}

    def rules(self, handle: str, number: str) -> Values:
        report = self._opened(handle, number)
        if report is None:
            return {"rules": (GONE,)}
        return {"rules": (ANSWER_HERE, APART) if report.keeps_apart else (ANSWER_HERE,)}

    def _opened(self, handle: str, number: str) -> queries.OpenedReport | None:
        """What she may read of a report; None when it was erased, or she was shut out, while its page stood before
        her.
        """
        actor = self.caller.actor(handle)
        with self.caller.reads() as db, suppress(NoResultFound, Shredded):
            return queries.opened_report(db, self.caller.readings, actor, int(number))
        return None

    def whose(self, handle: str, number: str) -> str:
        actor = self.caller.actor(handle)
        with self.caller.reads() as db, suppress(NoResultFound):
            return queries.standing(db, actor.id, int(number))
        return "gone"

    def is_unhelped(self, handle: str, number: str) -> bool:
        actor = self.caller.actor(handle)
        with self.caller.reads() as db:
            return queries.is_unhelped(db, actor.id, int(number))

    def other_zones(self, handle: str, number: str) -> Sequence[Row]:
        actor = self.caller.actor(handle)
        with self.caller.reads() as db, suppress(NoResultFound):
            request = db.scalars(request_open_to(actor.id, int(number))).one()
            here = request.zone or db.get_one(Report, request.report).zone
            return [Row(one.code, one.name) for one in self.caller.staff.opened.zones if one.code != here]
        return []

    def is_grave(self, handle: str, number: str) -> bool:
        actor = self.caller.actor(handle)
        with self.caller.reads() as db:
            return queries.is_grave(db, actor.id, int(number))

    def services(self, handle: str, number: str) -> Sequence[Row]:
        actor, labels = self.caller.actor(handle), self.caller.words.helpers
        private = self.caller.readings.private(actor.id, handle)
        with self.caller.reads() as db, suppress(NoResultFound, Shredded):
            request = db.scalars(request_open_to(actor.id, int(number))).one()
            work = Work(db, self.caller.vault, self.caller.country, now())
            copy, report = db.get_one(Copy, (request.report, actor.id)), db.get_one(Report, request.report)
            return [Row(service, labels[service]) for service in offers(work, report, copy, private, request.zone)]
        return []  # erased, or she was shut out, while the page stood before her

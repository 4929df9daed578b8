"""What the flow of a champion's tasks may ask; a part of `bot.world.Facts`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from bot.conversation.message import Msg, Said, Values, _
from bot.conversation.nodes import Row, SideEffectResult
from bot.reports import police_duty, succession
from bot.reports.copies import IS_HELD, has_passed
from bot.reports.reading import Reading
from bot.reports.referral import offers, referred_to
from bot.storage.audit import note
from bot.storage.outbox import now
from bot.storage.tables.delivery import Message
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Report, ReportReceipt, ReportStatus
from bot.storage.unit_of_work import Office

if TYPE_CHECKING:
    from bot.country.pack import Country
    from bot.storage.outbox import SessionFactory
    from bot.vault.vault import Vault

ANSWER_HERE = _("officer.rule", "Do not call or write to her. Answer here only.")
APART = _("officer.apart", "Do not bring them together.")  # S63: between her and whoever hurt her


class ReportsWorld:
    """For one caller, during one request."""

    if TYPE_CHECKING:
        reads: SessionFactory
        sessions: SessionFactory
        country: Country
        vault: Vault

        def _holder(self, handle: str) -> Person: ...
        def _private(self, who: str, handle: str) -> bytes: ...
        def _read(self, db: Session, report: Report, copy: Copy | None, private: bytes) -> Reading: ...
        def _readable(self, db: Session, report: Report, copy: Copy | None, private: bytes) -> str: ...
        def _talk(self, said: Sequence[Mapping[str, Any]]) -> tuple[Said, ...]: ...
        def _labels(self, flow: str, screen: str) -> Mapping[str, Msg]: ...
        def told(self, answers: Mapping[str, str]) -> tuple[str, ...]: ...

    def new_reports(self, handle: str) -> Sequence[Row]:
        person = self._holder(handle)
        of_reports = Message.kind.not_in(("daily", "meeting"))
        alerted = (Message.person == Copy.person) & (Message.number == Copy.number) & of_reports
        rung = select(Message.id).where(alerted).exists()
        waiting = (
            select(Copy.number)
            .join(Report, Report.id == Copy.report)
            .where(
                Copy.person == person.id,
                (Copy.rung == 0) | rung,
                ~has_passed(),
                IS_HELD,
                Report.status == ReportStatus.NEW,
            )
            .order_by(Report.urgent.desc(), Copy.number)
        )
        with self.reads() as db:
            return [Row(str(number), str(number)) for number in db.scalars(waiting)]

    def my_reports(self, handle: str) -> Sequence[Row]:
        """The open reports that she took or was given by who had; first, with a mark, those she was reminded of."""
        person = self._holder(handle)
        taken = (Report.owner == person.id) & (Report.status == ReportStatus.TAKEN) | referred_to(person.id)
        mine = select(Copy.number).join(Report, Report.id == Copy.report).where(Copy.person == person.id, taken)
        reminded = select(Message.number).where(Message.person == person.id, Message.kind == "overdue")
        with self.reads() as db:
            late = set(db.scalars(reminded))
            numbers = sorted(db.scalars(mine), key=lambda number: (number not in late, number))
        return [Row(str(number), f"{number} !" if number in late else str(number)) for number in numbers]

    def wants_reply(self, handle: str, number: str) -> bool:
        """Whether whoever told has a receipt to read an answer with."""
        held = select(Copy.report).where(Copy.person == self._holder(handle).id, Copy.number == int(number))
        with self.reads() as db:
            return db.scalar(select(ReportReceipt.locator).where(ReportReceipt.report.in_(held))) is not None

    def heirs(self, handle: str) -> Sequence[Row]:
        """Colleagues to whom she may give all that she has taken, by station and reference."""
        local = datetime.fromtimestamp(now(), self.country.timezone)
        office = Office(self.vault, self.country, self._holder(handle).id)
        with self.reads() as db:
            return [Row(row.id, row.ref) for row in succession.heirs(db, office, office.caller, local)]

    def oversees(self, handle: str) -> bool:
        """Whether she reads for oversight, not as a helper who was chosen."""
        return self._holder(handle).role == "oversight"

    def open_report(self, handle: str, number: str, why: str = "") -> SideEffectResult:
        """Open a report that is new or her own, and log who did and why, in one transaction: open | gone | erased |
        broken."""
        person = self._holder(handle)
        private = self._private(person.id, handle)
        with self.sessions.begin() as db:
            found = db.scalar(self._copy(person, number))
            if found is None:
                return SideEffectResult("gone")
            state = self._readable(db, db.get_one(Report, found.report), found, private)
            if state != "open":
                return SideEffectResult(state)
            note(db, self.vault, now(), person.id, f"opened:{why}" if why else "opened", found.report)
        return SideEffectResult("open", number)

    def report_text(self, handle: str, number: str) -> Values:
        """The report in the words of the flow that asked for it; the reader's language is put in when it is shown."""
        person = self._holder(handle)
        with self.reads() as db:
            copy = db.scalars(self._copy(person, number)).one()
            report = db.get_one(Report, copy.report)
            found = self._read(db, report, copy, self._private(person.id, handle))
        return {"report": (*self.told(found.told), *self._talk(found.said))}

    def rules(self, handle: str, number: str) -> Values:
        """What holds for whoever takes a report (S63): of any, and where somebody was hurt."""
        person = self._holder(handle)
        with self.reads() as db:
            copy = db.scalars(self._copy(person, number)).one()
            told = self._read(db, db.get_one(Report, copy.report), copy, self._private(person.id, handle)).told
        return {"rules": (ANSWER_HERE, APART) if told.get("what") in ("hurt", "sexual") else (ANSWER_HERE,)}

    def whose(self, handle: str, number: str) -> str:
        """Whether she has taken an open report herself, or was given it for one service: own | referred; bound: her
        own, of which the law wants the police to be told.
        """
        with self.reads() as db:
            report = db.get_one(Report, db.scalars(self._copy(self._holder(handle), number)).one().report)
            bound = police_duty.waits(db, report.id)
        return "referred" if report.owner != self._holder(handle).id else "bound" if bound else "own"

    def services(self, handle: str, number: str) -> Sequence[Row]:
        """The services to which she may give an open report of hers on: agreed to, and somebody is there."""
        person = self._holder(handle)
        private, local = self._private(person.id, handle), datetime.fromtimestamp(now(), self.country.timezone)
        labels = self._labels("report", "help")
        with self.reads() as db:
            copy = db.scalars(self._copy(person, number)).one()
            office = Office(self.vault, self.country, person.id)
            found = offers(db, office, db.get_one(Report, copy.report), copy, private, local)
        return [Row(service, labels[service]) for service in found]

    def _copy(self, person: Person, number: str) -> Select[Copy]:
        mine = (Report.owner == person.id) & (Report.status == ReportStatus.TAKEN)
        hers = (Copy.person == person.id) & (Copy.number == int(number)) & IS_HELD
        open_to_her = (Report.status == ReportStatus.NEW) | mine | referred_to(person.id)
        return select(Copy).join(Report, Report.id == Copy.report).where(hers, open_to_her)

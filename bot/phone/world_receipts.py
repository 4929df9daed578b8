"""The questions of flows about a receipt and about the news of its report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot.conversation.message import Msg, Said, Values, _
from bot.conversation.nodes import Row, SideEffectResult
from bot.phone.caller import CallerContext
from bot.phone.report_words import LINE
from bot.reports.afterwards import Afterwards, afterwards
from bot.reports.queries import HerNews, RequestNews, Step, asks_her, her_news, report_of_receipt
from bot.reports.receipts import make_receipt, open_receipt
from bot.reports.transfers import pending
from bot.storage.switches import RESTORED
from bot.storage.tables.reports import Closing, Request, RequestStatus, Transfer

NO_REPLY = _("follow.noreply", "No reply yet.")
SUPERVISOR = _("people.supervisor", "Supervisor")
READ = _("follow.read", "Read on {day}: {who}")
REOPENED = _("follow.reopened_on", "It was opened again.")
PASSED = _("officer.passed", "It goes to another person.")
STATUS = {
    RequestStatus.NEW: _("follow.new", "It arrived. It has not been read yet."),
    RequestStatus.TAKEN: _("follow.assigned", "A person you can trust is following it."),
    RequestStatus.UNHELPED: _("follow.unhelped", "We could not help. It goes to the supervisor."),
    RequestStatus.CLOSED: _("follow.closed", "It is finished."),
}
OPEN_AGAIN = _("follow.reopened", "It is open again.")  # that it arrived, and who read it before, stands in the steps
UNHELPED = _("follow.cannot", "We cannot do it.")


def stands(news: RequestNews) -> Msg:
    """What has become of one request; where nobody could help her she is told so. That it was not read is said of what
    has just arrived alone: what she opened again was read before."""
    if news.status == RequestStatus.NEW and news.reopened:
        return OPEN_AGAIN
    return UNHELPED if news.closing == Closing.UNHELPED and news.status == RequestStatus.CLOSED else STATUS[news.status]


def of_service(news: RequestNews, named: Mapping[str, Msg]) -> Said:
    """What has become of one request, after the name of its service where a day stands otherwise."""
    return Said(LINE, {"day": named[news.service], "text": stands(news)})


@dataclass
class ReceiptsWorld:
    """Answers for one caller, during one request. `flows.world.ReceiptsWorld` says what each question gives."""

    caller: CallerContext

    def make(self, pin: str) -> SideEffectResult:
        made = make_receipt(self.caller.reads, self.caller.vault, pin)
        return SideEffectResult(made.outcome, made.handle)

    def code(self, handle: str) -> str:
        code = self.caller.vault.issued(handle).code
        return f"{code[:4]} {code[4:]}"

    def open(self, code: str, pin: str) -> SideEffectResult:
        if RESTORED in self.caller.staff.off:
            return SideEffectResult("broken")  # what came back may be older than what she has erased
        tried = open_receipt(self.caller.reads, self.caller.readings, code, pin, self.caller.digest)
        return SideEffectResult(tried.outcome, tried.handle)

    def news(self, code: str, handle: str) -> Values:
        with self.caller.reads() as db:
            news = her_news(db, self.caller.readings, self.caller.country, code, handle)
        word = [f"{news.word}."] if news.word else []
        talk = self.caller.words.said(news.said) or (NO_REPLY,)
        return {"news": (*word, *self._status(news), *(self._step(step) for step in news.steps), *talk)}

    def _status(self, news: HerNews) -> list[Msg | Said]:
        """One line a service, with its name where she asked several; none for a new request that was opened, because
        the steps tell it.
        """
        told = [one for one in news.requests if one.is_unread or one.status != RequestStatus.NEW]
        return [of_service(one, self.named) if len(news.requests) > 1 else stands(one) for one in told]

    def _step(self, step: Step) -> Said:
        """Day and role of an opening, or that the report went on to another person."""
        day = f"{step.day.day}/{step.day.month}"
        if step.reader is None:
            return Said(LINE, {"day": day, "text": REOPENED if step.reopened else PASSED})
        return Said(READ, {"day": day, "who": self.named[step.reader]})

    @property
    def named(self) -> Mapping[str, Msg]:
        """The names of those who read: services by their key, oversight by an empty one too."""
        return {**self.caller.words.helpers, "": SUPERVISOR, "oversight": SUPERVISOR}

    def asked(self, code: str, handle: str) -> str:
        with self.caller.reads() as db:
            if asks_her(db, self.caller.readings, code, handle):
                return "question"
        may = self._afterwards(code, handle)
        if may.closed:
            unrated = "" if may.answered else "_unrated"  # what was closed as a mistake helped nobody
            return f"mixed{unrated}" if may.is_open else f"closed{unrated}"
        return "answered" if may.answered else "none"

    def other_zone(self, code: str, handle: str) -> Values:
        with self.caller.reads() as db:
            asked = self._other_zone(db, code, handle)
            request = db.get(Request, asked.request) if asked else None
            if asked is None or request is None:
                return {}
            helper = self.named[request.service]
            return {"helper": helper, "place": self.caller.country.places[asked.zone].name}

    def _other_zone(self, db: Session, code: str, handle: str) -> Transfer | None:
        report = report_of_receipt(db, self.caller.readings.receipt(code, handle).locator)
        return pending(db, report.id) if report else None

    def answered(self, code: str, handle: str) -> Sequence[Row]:
        return self._rows(self._afterwards(code, handle).answered)

    def closed(self, code: str, handle: str) -> Sequence[Row]:
        return self._rows(self._afterwards(code, handle).closed)

    def _afterwards(self, code: str, handle: str) -> Afterwards:
        with self.caller.reads() as db:
            return afterwards(db, self.caller.readings, code, handle)

    def _rows(self, services: Iterable[str]) -> Sequence[Row]:
        return [Row(service, self.named[service]) for service in services]

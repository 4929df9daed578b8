"""The questions of the flow `watch`, which oversight asks: each answer is lines of task numbers, services and days."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from bot.conversation.message import Msg, Said, _
from bot.phone.caller import CallerContext
from bot.phone.report_words import LINE, ReportWords
from bot.phone.world_receipts import SUPERVISOR
from bot.reports import oversight, statistics
from bot.reports.oversight import Opening, Watched
from bot.storage.outbox import now
from bot.storage.unit_of_work import Actor, Work

TASK = _("watch.task", "{day}: task {number}, {service}")
URGENT = _("watch.urgent", "{day}: urgent task {number}, {service}")
OPENED = _("watch.opened", "{day}: {who}, task {number}")
HELPED = _("watch.helped", "{service}, it helped")
NOTHING = _("report.wish.none", "Nothing")
FEW = "< 5"  # told in a month: nothing more may be said of it
MONTHS = 3  # that are shown
SHARES = {
    "not_read": _("watch.not_read", "Not read"),
    "taken_back": _("watch.taken_back", "Erased by her"),
    "beside_police": _("follow.no_police", "No police"),
    "about_police": _("report.type.police", "About the police"),
    "reopened": _("watch.reopened", "Opened again"),
}
Asked = Callable[[Work, Actor], Iterable[Watched | Opening]]


@dataclass
class WatchWorld:
    """Answers for one caller, during one request. `flows.world.WatchWorld` says what each question gives."""

    caller: CallerContext

    def waiting(self, handle: str) -> tuple[Msg, ...]:
        return self._lines(handle, oversight.waiting)

    def unhelped(self, handle: str) -> tuple[Msg, ...]:
        return self._lines(handle, oversight.unhelped)

    def openings(self, handle: str) -> tuple[Msg, ...]:
        return self._lines(handle, oversight.openings)

    def figures(self, handle: str) -> tuple[Msg, ...]:
        actor = self.caller.actor(handle)
        with self.caller.reads() as db:
            work = Work(db, self.caller.vault, self.caller.country, now())
            rows, shares = oversight.service(work, actor), oversight.helped(work, actor)
        months = (line for row in rows[-MONTHS:] for line in figures_of(row))
        return (*months, *(helped_by(self.caller.words, *share) for share in shares)) or (NOTHING,)

    def _lines(self, handle: str, asked: Asked) -> tuple[Msg, ...]:
        actor = self.caller.actor(handle)
        with self.caller.reads() as db:
            found = [*asked(Work(db, self.caller.vault, self.caller.country, now()), actor)]
        return tuple(of_watched(self.caller.words, one) for one in found) or (NOTHING,)


def of_watched(words: ReportWords, one: Watched | Opening) -> Msg:
    """A line of what is watched."""
    named = {**words.helpers, "oversight": SUPERVISOR}
    if isinstance(one, Opening):
        return Said(OPENED, {"day": as_day(one.day), "who": named[one.who], "number": one.number})
    text = URGENT if one.urgent else TASK
    return Said(text, {"day": as_day(one.filed), "number": one.number, "service": named[one.service]})


def helped_by(words: ReportWords, service: str, share: str) -> Msg:
    """How many of those who said so the answer of a service has helped."""
    named = {**words.helpers, "oversight": SUPERVISOR}
    return Said(LINE, {"day": Said(HELPED, {"service": named[service]}), "text": share})


def as_day(day: date) -> str:
    """A day as it is typed here: 28/11."""
    return f"{day.day}/{day.month}"


def figures_of(row: statistics.Figures) -> Iterable[Msg]:
    """A month in lines: how many were told, then shares in tenths; of a month with few nothing else."""
    year, month = str(row["month"]).split("-")
    few = row["reports"] == "few"
    yield Said(LINE, {"day": f"{month}/{year}", "text": FEW if few else str(row["reports"])})
    if not few:
        yield from (Said(LINE, {"day": text, "text": str(row[name])}) for name, text in SHARES.items())

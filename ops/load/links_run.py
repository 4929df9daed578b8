"""The run that `ops.load.links` looks at: women who are known call on two days, and everything else happens as usual.

The clock of a demonstration is moved on from call to call, so that two days take a minute. A talk is left out: what it
ends with is performed as a talk performs it, together with the key of the request, in one transaction.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyrage
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

import workers
from bot.actions.reports import AddWhen, AddWishes, AddWords, EndTelling, FileMessage, FileReport, GiveCode
from bot.channels.messages import Balance, DeliveryReport, Inbound, MessageStatus, SendError, Sent
from bot.delivery import delivery_reports
from bot.phone import sms
from bot.phone.perform import Caller, perform
from bot.phone.sessions import Answer
from bot.reports import reply_notice
from bot.reports.held import held_report
from bot.services import Services
from bot.storage import demo_clock, outbox, sqlite_journal
from bot.storage.audit import AuditAction, note
from bot.storage.base import random_id
from bot.storage.tables import runtime
from bot.storage.tables.reports import Report, Request, RequestStatus
from bot.storage.unit_of_work import Work
from bot.upkeep import backup, backup_file, health, retention
from bot.vault.disk import note_mode
from bot.vault.vault import Vault
from ops.load.links_material import Known, Material, journal, pages, tables
from ops.load.links_material import backup as of_backup
from ops.load.rows import house
from workers.ping import announce

FROM, UNTIL = 8, 20  # hours of the country's clock in which they call
DAYS, TIDY = 2, 300  # days; seconds between two rounds of the clock process
TOLD = ("hurt", "sexual", "denied", "other")
HELPERS = ("health", "talk", "police")


@dataclass
class Woman:
    """Who calls, as the phone company knows her, and what she wants."""

    phone: str
    zone: str
    what: str
    helper: str
    counted: bool
    notice: str
    writes: bool  # by SMS
    called: int = 0  # the second
    day: str = ""


class Provider:
    """A channel that sends nothing and lists what it was given: id, number, second."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, int]] = []

    def balance(self) -> Balance | None:
        """Unknown."""
        return None

    def send(self, phone: str, text: str) -> Sent:
        """Taken under a new id."""
        self.sent.append((f"ATXid_{random_id()}", phone, outbox.now()))
        return Sent(self.sent[-1][0])

    def send_many(self, phones: Sequence[str], text: str, lasts: int = 0) -> Mapping[str, Sent | SendError]:
        """Taken, each."""
        return {phone: self.send(phone, text) for phone in phones}


@dataclass
class Moments(logging.Handler):
    """The seconds at which the service wrote a line."""

    at: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def emit(self, record: logging.LogRecord) -> None:
        """Note the second, on the clock of the run."""
        self.at.append(float(outbox.now()))

    __hash__ = logging.Handler.__hash__


class Run:
    """One run. What a test plants again overrides one of the methods that say so."""

    scraped = 15  # seconds between two readings of the figures

    def __init__(self, folder: Path, url: str, women: int, seed: int = 1) -> None:
        self.chance = random.Random(seed)  # noqa: S311  (who calls when; no secret)
        (folder / "vault").mkdir(mode=0o700)
        note_mode(folder / "vault", "demo")  # its clock is moved on
        self.services: Services = house(folder, url or f"sqlite:///{folder / 'ijwi.sqlite'}")
        self.path = None if url else folder / "ijwi.sqlite"
        self.provider, self.log = Provider(), Moments()
        self.services._channels.update(dict.fromkeys(self.services.providers, self.provider))
        self.women: dict[str, Woman] = {}
        self.reports: dict[str, str] = {}
        self.changes: list[float] = []
        self.figures, self._reported, self._tidied, self._called = self.shown(), 0, 0, 0
        self._to_answer: list[tuple[int, str]] = []
        self.number = women

    def materials(self) -> list[Material]:
        """Let the women call; what a thief finds in the middle of the last day, and when it is over."""
        workers.SERVICES[:] = [self.services]
        logger = logging.getLogger("ijwi")
        logger.addHandler(self.log)
        found = list[Material]()
        try:
            for day in range(DAYS):
                called = self.number * (day + 1) // DAYS - len(self.women)
                self.one_day(called, found if day == DAYS - 1 else None)
            self.goes_on_to(outbox.now() + 12 * 3600)
            self.goes_on_to(outbox.now() + 26 * 3600)
            found += self.taken("at the end")
            return found
        finally:
            logger.removeHandler(self.log)
            workers.SERVICES.clear()
            demo_clock.reset()
            self.services.engine.dispose()

    def one_day(self, number: int, found: list[Material] | None) -> None:
        """A day of calls; `found` gets what is there in the middle of it."""
        local = self.services.country.clock(outbox.now())
        day = local.replace(hour=FROM, minute=0, second=0) if local.hour < FROM else local
        start = int(day.timestamp()) + (0 if local.hour < FROM else (24 - local.hour + FROM) * 3600 - local.minute * 60)
        moments = sorted(start + self.chance.randrange((UNTIL - FROM) * 3600) for _ in range(number))
        for place, moment in enumerate(moments):
            self.goes_on_to(moment)
            self.calls()
            self.goes_on_to(outbox.now() + self.scraped - outbox.now() % self.scraped)
            if found is not None and place == number // 2:
                found += self.taken("at noon")

    # -- time ----------------------------------------------------------------------------------------------------------
    def goes_on_to(self, at: int) -> None:
        """Move the clock on; every five minutes the clock process and the workers do their work."""
        while outbox.now() < at:
            step = TIDY if outbox.now() - self._called < 3 * TIDY else 3600  # at rest less often
            upto = min(at, outbox.now() - outbox.now() % step + step)
            demo_clock.move(max(0, upto - outbox.now()))
            if outbox.now() // TIDY != self._tidied:
                self._tidied = outbox.now() // TIDY
                self.works()
                self.tidies()
            if (shown := self.shown()) != self.figures:
                self.figures = shown
                self.changes.append(float(outbox.now() - 1))

    def works(self) -> None:
        """Officers answer, and what is due is done."""
        at = outbox.now()
        for when, report in [one for one in self._to_answer if one[0] <= at]:
            self._to_answer.remove((when, report))
            with self.services.sessions.begin() as db:
                row = db.get_one(Report, report)
                its = update(Request).where(Request.report == report)
                db.execute(its.values(status=RequestStatus.TAKEN))
                reply_notice.answered(Work(db, self.services.vault, self.services.country, at), row)
                note(db, self.services.vault, at, "an officer", AuditAction.REPLIED, report)
        announce(self.services, at)
        while keys := outbox.due(self.services.sessions, outbox.now()):
            workers.run_tasks(*keys)

    def tidies(self) -> None:
        """The round of the clock process, and delivery reports that come meanwhile. May be planted on."""
        fresh, self._reported = self.provider.sent[self._reported :], len(self.provider.sent)
        for id, _phone, _at in fresh:
            with self.services.sessions.begin() as db:
                report = DeliveryReport(id, MessageStatus.DELIVERED)
                delivery_reports.note(db, self.services.vault, report, outbox.now())
        retention.delete_expired_rows(self.services.sessions, outbox.now())
        retention.publish_counts(self.services, outbox.now())
        sqlite_journal.truncate(self.services.engine)

    def shown(self) -> str:
        """The figures that are published. May be planted on."""
        measured = health.Health(step=health.STEP)
        health._rows(self.services, measured)
        return health.text_of(measured)

    # -- women ---------------------------------------------------------------------------------------------------------
    def calls(self) -> None:
        """The next woman calls, now; where nobody serves whom she asks for she calls from elsewhere."""
        vault, report, at = self.services.vault.of(random_id()), "", outbox.now()
        self._called = at
        while not report:
            woman = self._next()
            woman.called, woman.day = at, f"{self.services.country.clock(at):%Y-%m-%d}"
            report = self._files(woman, vault, at)
        self.women[woman.phone], self.reports[report] = woman, woman.phone
        if woman.writes:
            heard = Inbound("africastalking", random_id(), woman.phone, "")
            key = f"answer:{vault.digest('request', heard.id)}"
            sms._answer_later(self.services, heard, key, Answer("It arrived.", True))
        if woman.notice:
            self._to_answer.append((at + self.chance.randrange(1800, 8 * 3600), report))
        while keys := outbox.due(self.services.sessions, outbox.now()):  # a worker is signalled at once
            workers.run_tasks(*keys)

    def _files(self, woman: Woman, vault: Vault, at: int) -> str:
        """File her report; its id, empty when nobody may read it."""
        key = vault.digest("request", random_id())
        with self.services.sessions.begin() as db:
            db.execute(insert(runtime.Inbound), {"key": key, "at": at - at % 86400})
            work = Work(db, vault, self.services.country, at)
            done = perform(work, Caller(), self._action(woman))
            if done.code == "nobody":
                return ""
            if woman.writes:
                report = str(db.scalar(select(Request.report).where(Request.id == done.tasks[0].split(":")[1])))
            else:
                report = held_report(str(done.values["report_handle"])).id
            self.files(db, woman, report, at)
        if not woman.writes:
            self._says_more(woman, str(done.values["report_handle"]), at, vault)
        return report

    def _says_more(self, woman: Woman, handle: str, at: int, vault: Vault) -> None:
        """What she adds in the same talk: each a request and a transaction of its own, some seconds later."""
        code = GiveCode(
            handle, vault.issue("5293").handle, woman.notice or "no", vault.keep_number(woman.phone).hex(), "skip", "fr"
        )
        words = [AddWords(handle, "x" * self.chance.randrange(5, 400))] if self.chance.random() < 0.5 else []
        wishes = [AddWishes(handle, "count" if woman.counted else "")]
        for action in (AddWhen(handle, "older"), *wishes, *words, code, EndTelling(handle)):
            at += self.chance.randrange(3, 12)
            with self.services.sessions.begin() as db:
                db.execute(insert(runtime.Inbound), {"key": random_id(), "at": at - at % 86400})
                perform(Work(db, vault, self.services.country, at), Caller(), action)

    def files(self, db: Session, woman: Woman, report: str, at: int) -> None:
        """What is written in the transaction of a report beside it: nothing. May be planted on."""

    def _next(self) -> Woman:
        chance = self.chance
        writes = chance.random() < 0.2
        return Woman(
            phone=f"+2577{9_000_000 + len(self.women)}",
            zone=chance.choice([zone.code for zone in self.services.country.served]),
            what=chance.choice(TOLD),
            helper=chance.choice(HELPERS),
            counted=not writes and chance.random() < 0.6,
            notice="" if writes or chance.random() < 0.5 else chance.choice(("morning", "evening")),
            writes=writes,
        )

    def _action(self, woman: Woman) -> FileReport | FileMessage:
        if woman.writes:
            return FileMessage(woman.helper, woman.zone, "x" * self.chance.randrange(5, 400))
        return FileReport("self", woman.what, woman.helper, woman.zone, power="no", language="fr")

    # -- what a thief takes --------------------------------------------------------------------------------------------
    def taken(self, when: str) -> list[Material]:
        """All that is there now."""
        words = {phone: phone for phone in self.women} | {
            id: to for id, to, _at in self.provider.sent if to in self.women
        }
        with self.services.reads() as db:
            asked = {id: self.reports[of] for id, of in db.execute(select(Request.id, Request.report))}
        known = Known({**self.reports, **asked}, words, self.services.vault)
        key = pyrage.x25519.Identity.generate()
        sealed = backup.make(self.services, [str(key.to_public())])
        first = tables(f"tables {when}", self.services.engine, known)
        first.moments = {"log": [*self.log.at], "figures": [*self.changes]}
        found = [first, of_backup(f"backup {when}", backup_file.read(sealed, str(key)).rows, known)]
        if self.path is not None:
            wal = self.path.with_name(self.path.name + "-wal")
            found += [
                journal(f"journal {when}", wal, self.services.engine, known),
                pages(f"file {when}", self.path, known),
            ]
        return found

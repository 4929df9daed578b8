"""A report is filed: sealed to its readers, routed, numbered, posted, and counted if she agreed; all or nothing.

Nothing here knows who dialled. What is confirmed to her has been sealed and is committed with it, or nothing is.
"""

from __future__ import annotations

import json
import logging
import os
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Table
from sqlalchemy.orm import Session

from bot.actions.reports import FileMessage, FileReport
from bot.country.routing_rules import Urgency
from bot.reports import reply_notice
from bot.reports.case import case_of, must_tell, week_of
from bot.reports.copies import RECOVERY_RUNG, keep_copies
from bot.reports.readers import ROUTED, _reader, ask_readers_near, who_serve
from bot.reports.receipts import keep_receipt, made_receipt
from bot.reports.routing import Case, Route, route
from bot.storage import outbox
from bot.storage.base import random_id
from bot.storage.counters import adding
from bot.storage.prepared import DriverConnection, Prepared, PreparedInsert, driver_connection
from bot.storage.switches import off, takes_reports
from bot.storage.tables.people import RECOVERY
from bot.storage.tables.reports import Report, Tally
from bot.storage.unit_of_work import Office, Outcome
from bot.vault.sealing import box, pad, seal_report
from bot.vault.vault import Vault

log = logging.getLogger("ijwi")
INSERT_REPORT = PreparedInsert(cast(Table, Report.__table__))
ADD_TO_TALLY = {  # one statement: two who are the first of a month must not undo one another
    name: Prepared(adding(Tally, name, "count"), [column.name for column in Tally.__table__.columns])
    for name in ("sqlite", "postgresql")
}
WITH_RECEIPT = {
    "sent": "receipt",
    "no_woman": "receipt_no_woman",
    "parked": "receipt_parked",
}  # what she reads
WORDS_BLOCK, BOXED = 2048, 40  # bytes: 400 letters of Devanagari; what a box adds
OVERDUE, TELL_WITHIN = "overdue:", 24 * 3600  # seconds: POCSO, section 19 (S39)
KEPT_WISHES = frozenset({"woman", "plain", "no_visit"})
NOT_TOLD = frozenset({"pin_handle", "ping", "number_handle", "language", "word"})  # no part of what she told


def file_report(db: Session | DriverConnection, effect: FileReport, office: Office, at: int) -> Outcome[str]:
    """Seal the report to its readers, keep what routing needs, post the alert; count it if she agreed (S19)."""
    local = datetime.fromtimestamp(at, office.country.timezone)
    case = case_of(effect, office.country)
    line = driver_connection(db)  # plain tables and kept statements: the ORM costs as much again as the rows
    land, near = office.country, ask_readers_near(line, case.area)
    if not takes_reports(effect.zone, off(line)):
        return Outcome("nobody")
    people = {row.id: row for row in who_serve(near(), office.vault, local.date())}
    readers = [_reader(*row[: len(ROUTED)]) for row in people.values() if row.role != RECOVERY]
    way = route(case, readers, local, must_tell(land, effect), land.patience, land.is_holiday(local.date()))
    if not way.ladder:
        return Outcome("nobody")
    report = random_id()
    week = week_of(local.date())
    rungs = {rung.person: rung.rung for rung in way.ladder}
    rungs |= {row.id: RECOVERY_RUNG for row in people.values() if row.role == RECOVERY}
    keys = {who: people[who].public_key for who in rungs}
    sealed, words, wrapped = seal(effect, report, keys, week, office.vault)
    kept = open_part(report, case, way, local)
    kept |= {"zone": effect.zone, "week": week, "sealed": sealed, "words": words}
    receipt = made_receipt(effect, report, week, office.vault) if effect.pin_handle else None
    pings = receipt and effect.ping in reply_notice.HOURS and effect.who == "self"
    hers = reply_notice.ping_row(office.vault, report, effect) if pings else None
    INSERT_REPORT.run(line, kept)  # all that takes long has been done: from here on others may wait
    bound = [overdue(report, at)] if case.child and must_tell(land, effect) else []
    first, *_later = outbox.post(line, *alerts(report, way, at, office.often), *bound)
    keep_copies(line, report, [(who, rung, keys[who], wrapped[who]) for who, rung in rungs.items()])
    if "count" in effect.wishes.split(","):
        count(line, effect, str(kept["month"]))
    outcome = filing_outcome(way, effect)
    if not receipt:
        return Outcome(outcome, {}, (first,))
    keep_receipt(line, receipt)
    if hers:
        reply_notice.INSERT_PING.run(line, hers)
    return Outcome(WITH_RECEIPT[outcome], {"receipt": f"{receipt.code[:4]} {receipt.code[4:]}"}, (first,))


def open_part(report: str, case: Case, way: Route, local: datetime) -> dict[str, Any]:
    """What stands in the clear: what routing and the clock need, and the day."""
    return {
        "id": report,
        "urgent": case.urgency == Urgency.DANGER,
        "destination": way.destination,
        "wishes": ",".join(sorted(case.wishes & KEPT_WISHES)),
        "month": f"{local:%Y-%m}",
        "filed": f"{local:%Y-%m-%d}",
    }


def seal(
    effect: FileReport, report: str, keys: dict[str, bytes], week: str, vault: Vault
) -> tuple[bytes, bytes, dict[str, bytes]]:
    """What she told, padded and sealed; her free words, sealed under a key in it; the key to it sealed to each reader.

    All are wrapped under the week's keys, the words under one that dies sooner. Where she wrote none, noise of the same
    length lies in their place: nobody can see who wrote.
    """
    told = {n: v for n, v in vars(effect).items() if v and n not in NOT_TOLD}
    if hers := "" if told.get("words") == "skip" else told.pop("words", ""):
        told["words_key"] = (key := os.urandom(32)).hex()
        (words,) = vault.wrap(week, [box(key, pad(hers.encode(), WORDS_BLOCK))], True)
    else:
        words = os.urandom(WORDS_BLOCK + 2 * BOXED)
    sealed, sealed_keys = seal_report(json.dumps(told, ensure_ascii=False).encode(), report, keys)
    return sealed, words, dict(zip(sealed_keys, vault.wrap(week, [*sealed_keys.values()]), strict=True))


def alerts(report: str, way: Route, at: int, often: bool = False) -> list[dict[str, Any]]:
    """A task for each rung of the ladder, due when its time comes; behind all others if a number files `often`."""
    rungs = sorted({(rung.rung, alert_at(at, rung.after)) for rung in way.ladder})
    return [
        outbox.task(
            f"route:{report}:{rung}",
            "route",
            {"report": report, "rung": rung},
            when,
            outbox.NOTICE if often else outbox.ALERT,
        )
        for rung, when in rungs
    ]


def overdue(report: str, at: int) -> dict[str, Any]:
    """The task that sounds when the police should have been told (bot.reports.police_duty)."""
    return outbox.task(OVERDUE + report, "overdue", {"report": report}, at + TELL_WITHIN, outbox.ALERT)


def alert_at(at: int, after: int) -> int:
    """When a rung is alerted; later ones at a full minute or hour: a row that waits must not tell when she called."""
    step = 3600 if after >= 60 else 60
    return at if not after else at + after * 60 + -(at + after * 60) % step


def file_message(db: Session | DriverConnection, effect: FileMessage, office: Office, at: int) -> Outcome[str]:
    """An SMS is a report of which only her words are known."""
    report = FileReport("skip", "skip", "skip", effect.help, effect.zone, words=effect.words)
    return file_report(db, report, office, at)


def filing_outcome(way: Route, effect: FileReport) -> str:
    """The outcome that she reads: who has said who may read it instead of a woman officer knows that there is none."""
    return "sent" if way.outcome == "no_woman" and effect.instead_woman else way.outcome


def count(line: Connection | DriverConnection, effect: FileReport, month: str) -> None:
    """One more in the tally of consented reports; it shares no key with the report."""
    key = {"group": effect.what, "zone": effect.zone, "month": month, "reporter": effect.who}
    ADD_TO_TALLY[line.dialect.name].run(line, {**key, "count": 1})

"""Filing of a report: it is sealed to its readers and stored with a request for each service, its alerts and its
receipt in one transaction.

If she agreed to be counted, or wants to hear of an answer, that lies in boxes of the report (`bot.reports.boxes`): no
other row is written, because what one transaction writes belongs together for whoever reads the journal.

Nothing here knows who dialled. What is confirmed to her is committed together with the report, or neither is.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import Table

from bot.country.routing_rules import Urgency
from bot.country.rows import Role
from bot.reports.boxes import boxes_of
from bot.reports.case import case_of, must_tell, routed_in, week_of
from bot.reports.copies import keep_copies
from bot.reports.held import HeldReport
from bot.reports.ladders import MadeRequest, alert_rung, keep_requests
from bot.reports.new_report import NewReport, part_of_day, sealed_answers
from bot.reports.readers import ROUTED, _reader, ask_readers_near, who_serve
from bot.reports.receipts import WantedReceipt, keep_receipt, made_receipt
from bot.reports.routing import Case, Route, Rung
from bot.storage import outbox
from bot.storage.base import hour_of, random_id
from bot.storage.outbox import TaskName
from bot.storage.prepared import PreparedInsert
from bot.storage.switches import off, takes_reports
from bot.storage.tables.people import RECOVERY
from bot.storage.tables.reports import Report
from bot.storage.unit_of_work import FilingWork, Outcome
from bot.vault.sealing import box, data_key, pad, seal_report
from bot.vault.vault import Vault

log = logging.getLogger("ijwi")
INSERT_REPORT = PreparedInsert(cast(Table, Report.__table__))
Filed = Literal["sent", "no_woman", "parked", "nobody", "receipt", "receipt_no_woman", "receipt_parked"]
WITH_RECEIPT: dict[str, Filed] = {"sent": "receipt", "no_woman": "receipt_no_woman", "parked": "receipt_parked"}
WORDS_BLOCK, BOXED = 2048, 40  # bytes: 400 letters of Devanagari; what a box adds
OVERDUE, TELL_WITHIN = "overdue:", 24 * 3600  # seconds: POCSO, section 19 (S39)
KEPT_WISHES = frozenset({"woman", "plain", "no_visit", "elsewhere", "message"})
TALKS_ON = 2  # minutes in which she may say more before anybody is alerted of what is no danger


def file_report(
    work: FilingWork,
    report: NewReport,
    wanted: WantedReceipt | None = None,
    *,
    often: bool = False,
    talks_on: bool = False,
) -> Outcome[Filed]:
    """Seal the report to its readers, store what routing needs, post the alerts.

    `wanted` is her receipt; with `often` (many reports of her number today) it is alerted last. With `talks_on` she may
    add to it, with what stands in the values (`bot.reports.adding`): unless it is danger, the first alert waits until
    she has done, or `TALKS_ON` minutes. Otherwise the tasks are due now.

    Outcomes: sent | no_woman (a partner reads it, no woman officer is there) | parked (oversight reads it first) |
    nobody (nobody may read it, nothing is kept); with a receipt: receipt | receipt_no_woman | receipt_parked, and the
    value `receipt` is her code. Raises `Unsealable` for a receipt that the vault has not made, `CodeTaken`.
    """
    case = case_of(report, work.country)
    if (found := reached(work, report, case)) is None:
        return Outcome("nobody")
    routed, people = found
    db, held, requests = work.db, HeldReport(random_id(), data_key()), requests_of(routed, case)
    keys = {who: people[who].public_key for who in holders(routed, people)}
    values, wrapped = row_of(work, report, case, held, keys, wanted)
    receipt = made_receipt(wanted, held.id, values["week"], work.vault) if wanted else None
    INSERT_REPORT.run(db, values)  # all that takes long has been done: from here on others may wait
    tasks = alerts(held.id, requests, work.at, often, talks_on)
    tells = case.child and must_tell(work.country, report)
    outbox.post(db, *tasks, *([overdue(held.id, work.at)] if tells else []))
    keep_copies(db, held.id, [(who, key, wrapped[who]) for who, key in keys.items()])
    keep_requests(db, held.id, requests)
    outcome, goes_on = filing_outcome(routed, report), told(held, report, routed) if talks_on else {}
    if receipt:
        keep_receipt(db, receipt)
        outcome, goes_on = WITH_RECEIPT[outcome], {**goes_on, "receipt": receipt.spaced}
    return Outcome(outcome, goes_on, due(tasks, work.at))


def reached(work: FilingWork, report: NewReport, case: Case) -> tuple[Route, dict[str, Any]] | None:
    """The route of a report and the rows of all who could read it, by id; None when nobody may."""
    db, country, local = work.db, work.country, work.local
    near = ask_readers_near(db, case.area)  # plain tables and prepared statements: the ORM costs as much as the rows
    if not takes_reports("" if case.about_police else report.zone, off(db)):  # oversight serves every zone (S46)
        return None
    people = {row.id: row for row in who_serve(near(), work.vault, local.date()) if not is_excluded(row, report)}
    readers = [_reader(*row[: len(ROUTED)]) for row in people.values() if row.role != RECOVERY]
    routed = routed_in(country, report, case, readers, local)
    return (routed, people) if routed.ladders else None


def row_of(
    work: FilingWork,
    report: NewReport,
    case: Case,
    held: HeldReport,
    keys: dict[str, bytes],
    wanted: WantedReceipt | None,
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The row of a report; and by person id its key, sealed to each reader."""
    week = week_of(work.local.date())
    told_at = replace(report, part=part_of_day(work.local.hour))
    sealed, words, wrapped = seal(told_at, held, keys, week, work.vault)
    values = open_part(held.id, case, work.local, report.excluded)
    values |= {"zone": report.zone, "week": week, "sealed": sealed, "words": words}
    return values | boxes_of(work.vault, held.id, week, str(values["month"]), report, wanted), wrapped


def is_excluded(person: Any, report: NewReport) -> bool:
    """Whether she has said that the police, the men among them, or this officer's station, may not read it (S45);
    `person` is a row."""
    groups = {"police", f"unit-{person.unit}", *(["men"] if person.sex != "f" else [])}
    return person.role == Role.CHAMPION and not groups.isdisjoint(report.excluded)


def told(held: HeldReport, report: NewReport, routed: Route) -> dict[str, str]:
    """What her talk goes on with: `report_handle`, whom she told, and what the questions that follow depend on."""
    services = ",".join(ladder.service for ladder in routed.ladders)
    asked = {"who": report.who, "what": report.what, "zone": report.zone}
    return {"report_handle": held.handle, "services": services, **asked, "coded": "no", "points": ""}


def due(tasks: Iterable[Mapping[str, Any]], at: int) -> tuple[str, ...]:
    """The keys of those tasks that are due at once: one for each service that she asked."""
    return tuple(task["key"] for task in tasks if task["due_at"] == at)


def holders(routed: Route, people: Mapping[str, Any]) -> list[str]:
    """The ids of everybody who gets a copy: whoever stands on a ladder, and the recovery key, which stands on none.

    `people` are the rows of all who could.
    """
    paper = [row.id for row in people.values() if row.role == RECOVERY]
    return [*dict.fromkeys(rung.person for ladder in routed.ladders for rung in ladder.rungs), *paper]


def requests_of(routed: Route, case: Case) -> list[MadeRequest]:
    """A new request for each ladder, who leads first."""
    return [MadeRequest(random_id(), ladder.service, case.urgency, ladder.rungs) for ladder in routed.ladders]


def open_part(id: str, case: Case, local: datetime, excluded: Iterable[str] = ()) -> dict[str, Any]:
    """The columns of a report that are not sealed: what routing and the clock need, and the day. Whom she has excluded
    stands among her wishes, so that nobody hands it to them later (`bot.reports.succession`).
    """
    return {
        "id": id,
        "wishes": kept_wishes(case, excluded),
        "month": f"{local:%Y-%m}",
        "filed": f"{local:%Y-%m-%d}",
    }


def kept_wishes(case: Case, excluded: Iterable[str]) -> str:
    """Those wishes that stand in the clear, because whoever hands a report on needs them."""
    return ",".join(sorted({*(case.wishes & KEPT_WISHES), *(f"no_{group}" for group in excluded)}))


def seal(
    report: NewReport, held: HeldReport, keys: dict[str, bytes], week: str, vault: Vault
) -> tuple[bytes, bytes, dict[str, bytes]]:
    """Three things: the sealed answers; her free words, sealed under a key that lies among the answers; and by person
    id the key of the answers, sealed to each reader.

    The keys are wrapped under the key of the week, the words under one that is destroyed sooner. Where she wrote none,
    noise of the same length lies in their place, so that nobody can see who wrote.
    """
    answers, id = sealed_answers(report), held.id
    words_key, words = sealed_words(report.words, id, week, vault)
    plain = json.dumps(answers | words_key, ensure_ascii=False).encode()
    sealed, sealed_keys = seal_report(plain, id, keys, held.key)
    return sealed, words, dict(zip(sealed_keys, vault.wrap(week, id, [*sealed_keys.values()]), strict=True))


def sealed_words(words: str, id: str, week: str, vault: Vault) -> tuple[dict[str, str], bytes]:
    """The entry of her words among the answers (their key), and the words as they are stored; noise where there are
    none.
    """
    if words in ("", "skip"):
        return {}, os.urandom(WORDS_BLOCK + 2 * BOXED)
    key = os.urandom(32)
    (sealed,) = vault.wrap(week, id, [box(key, pad(words.encode(), WORDS_BLOCK))], True)
    return {"words_key": key.hex()}, sealed


def alerts(
    report: str, requests: Iterable[MadeRequest], at: int, often: bool = False, talks_on: bool = False
) -> list[dict[str, Any]]:
    """One alert task for each rung of each ladder, due when its time comes; of the lowest class if a number files
    `often`.
    """
    priority = outbox.NOTICE if often else outbox.ALERT
    return [
        alert_rung(report, request.id, rung, when, priority)
        for request in requests
        for rung, when in sorted({(step.rung, alert_at(at, after(request, step, talks_on))) for step in request.steps})
    ]


def after(request: MadeRequest, step: Rung, talks_on: bool) -> int:
    """The minutes after which a step is alerted; the first one waits while she may still say more, but in danger."""
    return step.after or (TALKS_ON if talks_on and request.urgency != Urgency.DANGER else 0)


def overdue(report: str, at: int) -> dict[str, Any]:
    """The task that alerts oversight when the police was not told within a day (bot.reports.police_duty)."""
    due = hour_of(at + TELL_WITHIN)  # before the day is over, and not at the second in which she called
    return outbox.task(OVERDUE + report, TaskName.OVERDUE, {"report": report}, due, outbox.ALERT)


def alert_at(at: int, after: int) -> int:
    """The second at which a rung is alerted, `after` minutes from `at`; later rungs at a full minute or hour, because a
    task that waits must not tell when she called.
    """
    step = 3600 if after >= 60 else 60
    return at if not after else at + after * 60 + -(at + after * 60) % step


def filing_outcome(routed: Route, report: NewReport) -> Filed:
    """The outcome that she reads: `sent` in place of `no_woman` if she has chosen a reader in place of a woman officer,
    because then she knows that there is none.
    """
    return "sent" if routed.outcome == "no_woman" and report.instead_of_woman else routed.outcome

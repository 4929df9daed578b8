"""Whoever has taken a report gives it on to a partner she agreed to; she gets a code, and is met where she shows it.

No number goes along and nobody calls her (P12): the partner reads what she told, and says that she came with the code
that only she was given.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from sqlalchemy import select

from bot.country.hours import is_away
from bot.country.routing_rules import PARTNERS
from bot.country.rows import Role
from bot.reports import reply_notice
from bot.reports.care import add_message, keys_of, owned_report, reports_held
from bot.reports.copies import alert, grant_copy
from bot.reports.readers import reader_of, readers_near
from bot.reports.reading import said_in, told_in
from bot.reports.receipts import receipt_key
from bot.reports.routing import serves
from bot.storage.audit import AuditAction, note
from bot.storage.tables.reports import Copy, Referral, Report, ReportReceipt, ReportStatus
from bot.storage.unit_of_work import Actor, Outcome, Work
from bot.vault.sealing import seal_anew


def refer(
    work: Work, actor: Actor, number: int, service: str
) -> Outcome[Literal["done", "gone", "no_receipt", "broken", "nobody"]]:
    """The partner who gives that service where it happened reads it too; she finds code and place in her replies.

    `number` is that of the report among the owner's tasks, `service` one of `PARTNERS`.

    Outcomes: done | gone (she does not own it) | no_receipt (she cannot read a code) | broken (hers was written over) |
    nobody (she did not agree, or nobody is there).
    """
    report = owned_report(work, actor, number)
    if report is None:
        return Outcome("gone")
    receipt = work.db.scalar(select(ReportReceipt).where(ReportReceipt.report == report.id))
    if receipt is None:
        return Outcome("no_receipt")
    if not (hers := receipt_key(work.vault, receipt)):
        return Outcome("broken")
    mine, private = work.db.get_one(Copy, (report.id, actor.id)), work.vault.private(actor.id, actor.key_handle)
    there = partners(work, report, service)
    if not there or service not in agreed(work, report, mine, private):
        return Outcome("nobody")
    to = there[0]
    theirs = _give(work, report, mine, private, to)
    code = f"{secrets.randbelow(10**6):06d}"
    work.db.add(Referral(report=report.id, person=to.id, code=_arrival_mark(work, report.id, code)))
    more = {"code": f"{code[:3]} {code[3:]}", "place": _met_at(work, report, to)}
    add_message(work, report, {"node": "service", "value": service} | more, {"": hers})
    add_message(work, report, {"node": "service", "value": service}, keys_of(work, [actor.id]))
    reply_notice.post(work, report.id)
    note(work.db, work.vault, work.at, actor.id, AuditAction.REFERRED, report.id)
    return Outcome("done", {}, tuple(alert(work.db, to.id, theirs, work.at)))


def confirm_arrival(work: Work, actor: Actor, number: int, code: str) -> Outcome[Literal["done", "gone"]]:
    """She is there: whoever has her code, six digits, says so, and whoever gave the report on reads it.

    Outcomes: done | gone (nobody was sent to her with that report, she has come already, or it is another code).
    """
    mine = select(Referral).where(Referral.person == actor.id, Referral.report.in_(reports_held(actor.id, number)))
    referral = work.db.scalar(mine.where(~Referral.arrived).with_for_update())
    if referral is None or referral.code != _arrival_mark(work, referral.report, code):
        return Outcome("gone")
    referral.arrived = True
    report = work.db.scalars(select(Report).where(Report.id == referral.report).with_for_update()).one()
    add_message(work, report, {"node": "came", "value": "yes"}, keys_of(work, [report.owner]))
    note(work.db, work.vault, work.at, actor.id, AuditAction.ARRIVED, report.id)
    return Outcome("done")


def _arrival_mark(work: Work, report: str, code: str) -> str:
    """What is kept of the code that she shows."""
    return work.vault.mark("referral", f"{report}:{code}")


def _met_at(work: Work, report: Report, partner: Any) -> str:
    """The name of the place where a partner meets her: her own unit, or where it happened."""
    unit = work.country.units.get(partner.unit)
    return (unit.name if unit else "") or work.country.places[report.zone].name


def agreed(work: Work, report: Report, copy: Copy, private: bytes) -> set[str]:
    """The services that she let read it: when she told it (S18), or since, in answer to a question."""
    told = told_in(work.vault, report, copy, private)
    lines = list(said_in(work.db, work.vault, report, copy.person, private))
    return consents(told, lines)


def consents(told: Mapping[str, str], lines: Iterable[Mapping[str, Any]]) -> set[str]:
    """The same from what was read. A yes counts for the question before it."""
    services = set(told.get("help", "").split(",")) & set(PARTNERS)
    services |= {"talk"} & {told.get(name, "") for name in ("instead", "instead_woman", "crisis")}
    asked = ""
    for said in lines:
        if said["node"] == "question" and said["value"] == "yes" and asked == "doctor":
            services.add("health")
        asked = said["value"] if said["node"] == "ask" else asked
    return services


def partners(work: Work, report: Report, service: str) -> list[Any]:
    """Who gives that service where it happened and reads it no other way, the one with the fewest tasks first."""
    area = frozenset(place.code for place in work.country.way_up(report.zone))
    people = readers_near(work.db.connection(), work.vault, area, work.local.date())
    there = [(reader_of(row), row) for row in people]
    already = set(work.db.scalars(select(Referral.person).where(Referral.report == report.id))) | {report.owner}
    fit = [
        (reader.load, reader.id, row)
        for reader, row in there
        if reader.role == Role.PARTNER
        and not is_away(reader, work.local)
        and serves(reader, service)
        and not area.isdisjoint(reader.zones)
    ]
    return [row for _, who, row in sorted(fit, key=lambda one: one[:2]) if who not in already]


def offers(work: Work, report: Report, copy: Copy, private: bytes) -> list[str]:
    """The services that a report can be given on to now."""
    yes = agreed(work, report, copy, private)
    return [service for service in PARTNERS if service in yes and partners(work, report, service)]


def _give(work: Work, report: Report, mine: Copy, private: bytes, to: Any) -> int:
    """A copy for the partner, unless there is one; its number."""
    copy = work.db.get(Copy, (report.id, to.id))
    if copy is not None and copy.sealed_key:
        return copy.number
    (key,) = work.vault.unwrap(report.week, [mine.sealed_key])
    anew = seal_anew(key, report.id, mine.person, private, to.id, to.public_key)
    return grant_copy(work.db, report, to.id, *work.vault.wrap(report.week, [anew]))


def referred_to(person: str) -> Any:
    """The reports that were given on to somebody and are still open; a condition on `Report`."""
    waits = select(Referral.report).where(Referral.person == person, ~Referral.arrived)
    return (Report.status == ReportStatus.TAKEN) & Report.id.in_(waits)

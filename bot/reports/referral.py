"""Referral: the owner of a report gives it on to a partner to whom the reporter agreed; the reporter gets a code and a
meeting place.

No phone number goes along and nobody calls her, because a call can be seen or answered by somebody else in her house:
the partner reads the report, and confirms with the code, which only she was given, that she came.
"""

from __future__ import annotations

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
    """Give the report to the partner of that service where it happened; the reporter reads a code and a place among her
    messages.

    `number` is that of the report among the owner's tasks, `service` one of `PARTNERS`.

    Outcomes: done | gone (the actor does not own it) | no_receipt (the reporter could not read a code) | broken (the
    receipt was changed in the database) | nobody (the reporter did not agree to the service, or no partner is there).
    """
    report = owned_report(work, actor, number)
    if report is None:
        return Outcome("gone")
    receipt = work.db.scalar(select(ReportReceipt).where(ReportReceipt.report == report.id))
    if receipt is None:
        return Outcome("no_receipt")
    if not (public_key := receipt_key(work.vault, receipt)):
        return Outcome("broken")
    mine, private = work.db.get_one(Copy, (report.id, actor.id)), work.vault.private(actor.id, actor.key_handle)
    candidates = partners(work, report, service)
    if not candidates or service not in agreed(work, report, mine, private):
        return Outcome("nobody")
    to = candidates[0]
    partner_number = _give(work, report, mine, private, to)
    new = work.vault.new_referral(report.id)
    work.db.add(Referral(report=report.id, person=to.id, code=new.mark))
    more = {"code": f"{new.code[:3]} {new.code[3:]}", "place": _met_at(work, report, to)}
    add_message(work, report, {"node": "service", "value": service} | more, {"": public_key})
    add_message(work, report, {"node": "service", "value": service}, keys_of(work, [actor.id]))
    reply_notice.post(work, report.id)
    note(work.db, work.vault, work.at, actor.id, AuditAction.REFERRED, report.id)
    return Outcome("done", {}, tuple(alert(work.db, to.id, partner_number, work.at)))


def confirm_arrival(work: Work, actor: Actor, number: int, code: str) -> Outcome[Literal["done", "gone"]]:
    """The partner confirms with the six digits of the reporter's code that she came; the owner of the report reads it.

    Outcomes: done | gone (the actor has no open referral of that number, the code is another, or too many others were
    tried today, of this report or by the actor).
    """
    mine = select(Referral).where(Referral.person == actor.id, Referral.report.in_(reports_held(actor.id, number)))
    referral = work.db.scalar(mine.where(~Referral.arrived).with_for_update())
    if referral is None or not _is_hers(work, actor, referral, code):
        return Outcome("gone")
    referral.arrived = True
    report = work.db.scalars(select(Report).where(Report.id == referral.report).with_for_update()).one()
    add_message(work, report, {"node": "came", "value": "yes"}, keys_of(work, [report.owner]))
    note(work.db, work.vault, work.at, actor.id, AuditAction.ARRIVED, report.id)
    return Outcome("done")


def _is_hers(work: Work, actor: Actor, referral: Referral, code: str) -> bool:
    """Whether these are the digits that the reporter was given; the vault counts the try, of report and actor."""
    return work.vault.try_referral(actor.id, actor.key_handle, referral.report, code, referral.code)


def _met_at(work: Work, report: Report, partner: Any) -> str:
    """The name of the place where a partner meets her: the partner's unit, or the zone where it happened."""
    unit = work.country.units.get(partner.unit)
    return (unit.name if unit else "") or work.country.places[report.zone].name


def agreed(work: Work, report: Report, copy: Copy, private: bytes) -> set[str]:
    """The services that the reporter let read the report: when she filed it (S18), or since, in answer to a
    question.
    """
    told = told_in(work.vault, report, copy, private)
    lines = list(said_in(work.db, work.vault, report, copy.person, private))
    return consents(told, lines)


def consents(told: Mapping[str, str], lines: Iterable[Mapping[str, Any]]) -> set[str]:
    """The same, from answers and messages already read. A yes counts for the question before it."""
    services = set(told.get("help", "").split(",")) & set(PARTNERS)
    services |= {"talk"} & {told.get(name, "") for name in ("instead", "instead_woman", "crisis")}
    asked = ""
    for message in lines:
        if message["node"] == "question" and message["value"] == "yes" and asked == "doctor":
            services.add("health")
        asked = message["value"] if message["node"] == "ask" else asked
    return services


def partners(work: Work, report: Report, service: str) -> list[Any]:
    """The rows of partners who give that service where it happened and do not read the report yet, fewest
    tasks first.
    """
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
    """The services to which a report can be referred now."""
    services = agreed(work, report, copy, private)
    return [service for service in PARTNERS if service in services and partners(work, report, service)]


def _give(work: Work, report: Report, mine: Copy, private: bytes, to: Any) -> int:
    """Give the partner a copy, unless she has one; her task number for it."""
    copy = work.db.get(Copy, (report.id, to.id))
    if copy is not None and copy.sealed_key:
        return copy.number
    (key,) = work.vault.unwrap(report.week, [mine.sealed_key])
    anew = seal_anew(key, report.id, mine.person, private, to.id, to.public_key)
    return grant_copy(work.db, report, to.id, *work.vault.wrap(report.week, [anew]))


def referred_to(person: str) -> Any:
    """The condition on `Report` that it is taken, and referred to a person who has not confirmed an arrival yet."""
    waits = select(Referral.report).where(Referral.person == person, ~Referral.arrived)
    return (Report.status == ReportStatus.TAKEN) & Report.id.in_(waits)

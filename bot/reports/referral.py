"""Whoever has taken a report gives it on to a partner she agreed to; she gets a code, and is met where she shows it.

No number goes along and nobody calls her (P12): the partner reads what she told, and says that she came with the code
that only she was given.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.actions.reports import ConfirmArrival, ReferReport
from bot.country.hours import is_away
from bot.country.routing_rules import PARTNERS
from bot.reports import reply_notice
from bot.reports.care import add_message, keys_of, owned_report, reports_held
from bot.reports.copies import alert, grant_copy
from bot.reports.readers import reader_of, readers_near
from bot.reports.reading import said_in, told_in
from bot.reports.receipts import receipt_key
from bot.reports.routing import serves
from bot.storage.audit import note
from bot.storage.tables.reports import Copy, Referral, Report, ReportReceipt, ReportStatus
from bot.storage.unit_of_work import Office, Outcome
from bot.vault.sealing import seal_anew


def refer_report(db: Session, effect: ReferReport, office: Office, at: int) -> Outcome[str]:
    """The partner who gives that service where it happened reads it too; she finds code and place in her replies.

    Outcomes: done | gone | no_receipt (she cannot read a code) | broken (hers was written over) | nobody (she did not
    agree, or nobody is there).
    """
    private = office.vault.private(office.caller, effect.pin_handle)
    report = owned_report(db, effect.mine, office)
    if report is None:
        return Outcome("gone")
    receipt = db.scalar(select(ReportReceipt).where(ReportReceipt.report == report.id))
    if receipt is None:
        return Outcome("no_receipt")
    if not (hers := receipt_key(office.vault, receipt)):
        return Outcome("broken")
    mine = db.get_one(Copy, (report.id, office.caller))
    local = datetime.fromtimestamp(at, office.country.timezone)
    there = partners(db, office, report, effect.service, local)
    if not there or effect.service not in agreed(db, office, report, mine, private):
        return Outcome("nobody")
    to = there[0]
    number = _give(db, office, report, mine, private, to)
    code = f"{secrets.randbelow(10**6):06d}"
    db.add(Referral(report=report.id, person=to.id, code=office.vault.mark("referral", f"{report.id}:{code}")))
    place = office.country.units[to.unit].name if to.unit in office.country.units else ""
    place = place or office.country.places[report.zone].name
    more = {"code": f"{code[:3]} {code[3:]}", "place": place}
    add_message(db, report, {"node": "service", "value": effect.service} | more, {"": hers}, office, at)
    owner = keys_of(db, office, [office.caller], at)
    add_message(db, report, {"node": "service", "value": effect.service}, owner, office, at)
    reply_notice.post(db, office, report.id, at)
    note(db, office.vault, at, office.caller, "referred", report.id)
    return Outcome("done", {}, tuple(alert(db, to.id, number, at)))


def confirm_arrival(db: Session, effect: ConfirmArrival, office: Office, at: int) -> Outcome[str]:
    """She is there: whoever has her code says so, and whoever gave the report on reads it. Outcomes: done | gone."""
    office.vault.private(office.caller, effect.pin_handle)
    mine = select(Referral).where(
        Referral.person == office.caller, Referral.report.in_(reports_held(office, effect.mine))
    )
    referral = db.scalar(mine.where(~Referral.arrived).with_for_update())
    if referral is None or referral.code != office.vault.mark("referral", f"{referral.report}:{effect.shown}"):
        return Outcome("gone")
    referral.arrived = True
    report = db.scalars(select(Report).where(Report.id == referral.report).with_for_update()).one()
    add_message(db, report, {"node": "came", "value": "yes"}, keys_of(db, office, [report.owner], at), office, at)
    note(db, office.vault, at, office.caller, "arrived", report.id)
    return Outcome("done")


def agreed(db: Session, office: Office, report: Report, copy: Copy, private: bytes) -> set[str]:
    """The services that she let read it: when she told it (S18), or since, in answer to a question."""
    told = told_in(office.vault, report, copy, private)
    lines = list(said_in(db, office.vault, report, copy.person, private))
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


def partners(db: Session, office: Office, report: Report, service: str, local: datetime) -> list[Any]:
    """Who gives that service where it happened and reads it no other way, the one with the fewest tasks first."""
    area = frozenset(place.code for place in office.country.way_up(report.zone))
    people = readers_near(db.connection(), office.vault, area, local.date())
    there = [(reader_of(row), row) for row in people]
    already = set(db.scalars(select(Referral.person).where(Referral.report == report.id))) | {report.owner}
    fit = [
        (reader.load, reader.id, row)
        for reader, row in there
        if reader.role == "partner"
        and not is_away(reader, local)
        and serves(reader, service)
        and not area.isdisjoint(reader.zones)
    ]
    return [row for _, who, row in sorted(fit, key=lambda one: one[:2]) if who not in already]


def offers(db: Session, office: Office, report: Report, copy: Copy, private: bytes, local: datetime) -> list[str]:
    """The services that a report can be given on to now."""
    yes = agreed(db, office, report, copy, private)
    return [service for service in PARTNERS if service in yes and partners(db, office, report, service, local)]


def _give(db: Session, office: Office, report: Report, mine: Copy, private: bytes, to: Any) -> int:
    """A copy for the partner, unless there is one; its number."""
    copy = db.get(Copy, (report.id, to.id))
    if copy is not None and copy.sealed_key:
        return copy.number
    (key,) = office.vault.unwrap(report.week, [mine.sealed_key])
    anew = seal_anew(key, report.id, mine.person, private, to.id, to.public_key)
    return grant_copy(db, report, to.id, *office.vault.wrap(report.week, [anew]))


def referred_to(person: str) -> Any:
    """The reports that were given on to somebody and are still open; a condition on `Report`."""
    waits = select(Referral.report).where(Referral.person == person, ~Referral.arrived)
    return (Report.status == ReportStatus.TAKEN) & Report.id.in_(waits)

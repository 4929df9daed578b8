"""Referral: the owner of a request gives the report on to a partner to whom the reporter agreed; the reporter gets a
code and a meeting place.

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
from bot.reports.care import add_message, keys_of, owned_request
from bot.reports.copies import grant_copy
from bot.reports.ladders import held, join, ring
from bot.reports.readers import reader_of, readers_near
from bot.reports.reading import said_in, told_in
from bot.reports.receipts import key_to_her
from bot.reports.routing import is_trained, serves
from bot.storage.audit import AuditAction, note
from bot.storage.tables.delivery import MessageKind
from bot.storage.tables.reports import Copy, Referral, Report, Request, RequestStatus, Step
from bot.storage.unit_of_work import Actor, Outcome, Work
from bot.vault.sealing import seal_anew


def refer(
    work: Work, actor: Actor, number: int, service: str
) -> Outcome[Literal["done", "gone", "no_receipt", "broken", "nobody"]]:
    """Give the report to the partner of that service where it happened; the reporter reads a code and a place among her
    messages.

    `number` is that of the request among the owner's tasks, `service` one of `PARTNERS`.

    Outcomes: done | gone (the actor does not own it) | no_receipt (the reporter could not read a code) | broken (the
    receipt was changed in the database) | nobody (the reporter did not agree to the service, or no partner is there).
    """
    request = owned_request(work, actor, number)
    if request is None:
        return Outcome("gone")
    report = work.db.get_one(Report, request.report)
    if isinstance(public_key := key_to_her(work, report.id), str):
        return Outcome(public_key)
    mine, private = work.db.get_one(Copy, (report.id, actor.id)), work.vault.private(actor.id, actor.key_handle)
    candidates = partners(work, report, service, request.zone)
    if not candidates or service not in agreed(work, report, mine, private):
        return Outcome("nobody")
    to = candidates[0]
    step = _give(work, request, mine, private, to)
    new = work.vault.new_referral(report.id)
    work.db.add(Referral(request=request.id, person=to.id, code=new.mark))
    more = {"code": f"{new.code[:3]} {new.code[3:]}", "place": _met_at(work, request.zone or report.zone, to)}
    add_message(work, request, {"node": "service", "value": service} | more, {"": public_key})
    add_message(work, request, {"node": "service", "value": service}, keys_of(work, [actor.id]))
    reply_notice.answered(work, report)
    note(work.db, work.vault, work.at, actor.id, AuditAction.REFERRED, request.id)
    return Outcome("done", {}, tuple(ring(work.db, MessageKind.NEW, step, work.at)))


def confirm_arrival(work: Work, actor: Actor, number: int, code: str) -> Outcome[Literal["done", "gone"]]:
    """The partner confirms with the six digits of the reporter's code that she came; the owner of the request reads it.

    Outcomes: done | gone (the actor has no open referral of that number, the code is another, or too many others were
    tried today, of this report or by the actor).
    """
    hers = held(actor.id, number).with_only_columns(Step.request)
    mine = select(Referral).where(Referral.person == actor.id, Referral.request.in_(hers))
    referral = work.db.scalar(mine.where(~Referral.arrived).with_for_update())
    if referral is None:
        return Outcome("gone")
    request = work.db.get_one(Request, referral.request, with_for_update=True)
    if not _is_hers(work, actor, request.report, referral, code):
        return Outcome("gone")
    referral.arrived = True
    add_message(work, request, {"node": "came", "value": "yes"}, keys_of(work, [request.owner]))
    note(work.db, work.vault, work.at, actor.id, AuditAction.ARRIVED, request.id)
    return Outcome("done")


def _is_hers(work: Work, actor: Actor, report: str, referral: Referral, code: str) -> bool:
    """Whether these are the digits that the reporter was given; the vault counts the try, of report and actor."""
    return work.vault.try_referral(actor.id, actor.key_handle, report, code, referral.code)


def _met_at(work: Work, zone: str, partner: Any) -> str:
    """The name of the place where a partner meets her: the partner's unit, or the zone of the request."""
    unit = work.country.units.get(partner.unit)
    return (unit.name if unit else "") or work.country.places[zone].name


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


def partners(work: Work, report: Report, service: str, zone: str = "") -> list[Any]:
    """The rows of partners who give that service in a zone, or where it happened, and do not read the report
    yet, fewest tasks first.
    """
    area = frozenset(place.code for place in work.country.way_up(zone or report.zone))
    people = readers_near(work.db.connection(), work.vault, area, work.local.date())
    there = [(reader_of(row), row) for row in people]
    of = Request.report == report.id
    already = {*work.db.scalars(select(Referral.person).join(Request, Request.id == Referral.request).where(of))}
    already |= {*work.db.scalars(select(Request.owner).where(of))}
    fit = [
        (reader.load, reader.id, row)
        for reader, row in there
        if reader.role == Role.PARTNER
        and not is_away(reader, work.local)
        and is_trained(reader, work.local)
        and serves(reader, service)
        and not area.isdisjoint(reader.zones)
    ]
    return [row for _, who, row in sorted(fit, key=lambda one: one[:2]) if who not in already]


def offers(work: Work, report: Report, copy: Copy, private: bytes, zone: str = "") -> list[str]:
    """The services to which a report can be referred now, in a zone or where it happened."""
    services = agreed(work, report, copy, private)
    return [service for service in PARTNERS if service in services and partners(work, report, service, zone)]


def _give(work: Work, request: Request, mine: Copy, private: bytes, to: Any) -> Step:
    """Give the partner a copy, unless she has one; her step on the ladder."""
    if work.db.get(Copy, (request.report, to.id)) is None:
        week = work.db.get_one(Report, request.report).week
        (key,) = work.vault.unwrap(week, request.report, [mine.sealed_key])
        anew = seal_anew(key, request.report, mine.person, private, to.id, to.public_key)
        grant_copy(work.db, request.report, to.id, *work.vault.wrap(week, request.report, [anew]))
    return join(work.db, request, to.id)


def referred_to(person: str) -> Any:
    """The condition on `Request` that it is taken, and referred to a person who has not confirmed an arrival yet."""
    waits = select(Referral.request).where(Referral.person == person, ~Referral.arrived)
    return (Request.status == RequestStatus.TAKEN) & Request.id.in_(waits)

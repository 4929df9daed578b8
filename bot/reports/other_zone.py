"""It happened in another zone, or she lives there: whoever has taken a request proposes that its people have it, and
the reporter is asked at her next look, behind code and PIN (decision 049).

Until she says yes nobody there reads anything, and the request stays whose it is: asking her stops no clock, and in
danger the next phone rings at once. After her yes the people of that zone are rung as for a new report of the same
class, with the same choices; they read the whole thread, and those who had it before read nothing any more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from sqlalchemy import ColumnElement, select

from bot.country.hours import is_away
from bot.country.routing_rules import Urgency
from bot.country.rows import Role
from bot.reports import clocks, reply_notice, transfers
from bot.reports.care import add_message, keys_of, owned_request
from bot.reports.case import case_of, routed_in
from bot.reports.copies import grant_copy
from bot.reports.filing import alert_at, is_excluded
from bot.reports.ladders import alert_rung, hand_on, join, leave, ring
from bot.reports.new_report import NewReport, with_answers
from bot.reports.queries import SHUT_OUT
from bot.reports.readers import reader_of, readers_near
from bot.reports.reading import lines_for, plain, told_in
from bot.reports.receipts import ReceiptHolder, key_to_her, report_by_receipt
from bot.reports.routing import Case, Rules, Rung, climb, is_trained, rank
from bot.reports.succession import may_read
from bot.reports.transfers import WAITS, Offered
from bot.storage import outbox
from bot.storage.audit import AuditAction, note
from bot.storage.base import random_id
from bot.storage.switches import off, takes_reports
from bot.storage.tables.delivery import MessageKind
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Referral, Reply, Report, Request, RequestStatus, Step
from bot.storage.unit_of_work import Actor, Outcome, Work
from bot.vault.sealing import HER_LINE, LINE, seal_anew, seal_line

ROUNDS = 2  # a leader and two deputies, and as many in their place, who may have left by the time she answers
HERS = ("node", "value", "day")  # of a message: not the code that a helper gave her, nor the place


def propose(
    work: Work, actor: Actor, number: int, zone: str
) -> Outcome[Literal["asked", "danger", "gone", "no_receipt", "broken", "nobody", "again"]]:
    """The owner proposes that the people of a zone have a request, and the reporter is asked.

    Outcomes: asked | danger (she is asked, and the request is new again: the next phone rings) | gone (the actor does
    not own it) | no_receipt (nobody can ask her) | broken (her receipt was changed in the database) | nobody (nobody
    there may read it now) | again (she is asked already).
    """
    request = owned_request(work, actor, number)
    if request is None:
        return Outcome("gone")
    if isinstance(public := key_to_her(work, request.report), str):
        return Outcome(public)
    if transfers.pending(work.db, request.report) is not None:
        return Outcome("again")
    offered, case = _offer(work, actor, request, zone)
    if not offered:
        return Outcome("nobody")
    transfers.ask(work, request, zone, public, offered, case)
    reply_notice.answered(work, work.db.get_one(Report, request.report))
    note(work.db, work.vault, work.at, actor.id, AuditAction.ELSEWHERE_PROPOSED, request.id, zone)
    tasks = _goes_on(work, actor, request) if request.urgency == Urgency.DANGER else []
    return Outcome("danger" if tasks else "asked", {}, tuple(tasks))


def answer(
    work: Work, holder: ReceiptHolder, *, yes: bool
) -> Outcome[Literal["done", "kept", "nobody", "late", "gone"]]:
    """The reporter says whether the people of the other zone may have her request.

    Outcomes: done (they are rung) | kept (she said no: it stays whose it is, and her time to answer runs) | nobody
    (nobody there serves any more: it stays) | late (she is asked nothing any more) | gone (the report is erased).
    Raises `Unsealable`.
    """
    report = report_by_receipt(work, holder)
    if report is None:
        return Outcome("gone")
    asked = transfers.pending(work.db, report.id)
    if asked is None:
        return Outcome("late")
    zone, request = asked.zone, work.db.get_one(Request, asked.request, with_for_update=True, populate_existing=True)
    if request.status not in WAITS:
        return Outcome("late")
    offered, case = transfers.opened(work, report, holder, request.id)
    transfers.forget(work.db, [request.id])
    rungs = _rungs(work, report, request, zone, offered, case) if yes else ()
    if rungs:
        tasks = _move(work, report, request, zone, rungs)
        _give(work, report, request, rungs, offered, holder)
    else:
        note(work.db, work.vault, work.at, "", AuditAction.ELSEWHERE_REFUSED, request.id)
        tasks = _owner_hears(work, request)
    said = "yes" if rungs else "nobody" if yes else "no"
    steps = work.db.scalars(select(Step.person).where(Step.request == request.id)).all()
    add_message(work, request, {"node": "other_zone", "value": said}, keys_of(work, steps))
    return Outcome("done" if rungs else "nobody" if yes else "kept", {}, tuple(tasks))


# -- what she is asked -------------------------------------------------------------------------------------------------
def _offer(work: Work, actor: Actor, request: Request, zone: str) -> tuple[dict[str, Offered], dict[str, Any]]:
    """What each of those who would be asked there is offered, by person id, whoever would be rung first standing first;
    and of the case what an order of them needs. Nothing for a zone without such people.
    """
    report, mine = work.db.get_one(Report, request.report), work.db.get_one(Copy, (request.report, actor.id))
    private = work.vault.private(actor.id, actor.key_handle)
    told = with_answers(told_in(work.vault, report, mine, private), _excluded(report))
    moved = replace(told, zone=zone, services=(request.service,))
    case = replace(case_of(moved, work.country), urgency=Urgency(request.urgency))
    people = _would_read(work, moved, case, request.service, actor.id) if takes_reports(zone, off(work.db)) else []
    (key,) = work.vault.unwrap(report.week, report.id, [mine.sealed_key])
    lines = _lines(work, report, request, actor.id, private)
    offered = {
        row.id: Offered(
            row.public_key,
            seal_anew(key, report.id, mine.person, private, row.id, row.public_key),
            {n: _sealed(said, report.id, n, row.id, row.public_key) for n, said in lines.items()},
        )
        for row in people
    }
    return offered, {"language": case.language, "woman": case.prefers_woman, "units": dict(case.units)}


def _would_read(work: Work, report: NewReport, case: Case, service: str, but: str) -> Sequence[Any]:
    """The rows of those whom routing would ask of that service, first to last, without oversight, which reads it
    already; and of as many who would be asked if these were not there.
    """
    near = readers_near(work.db.connection(), work.vault, case.area, work.local.date())
    left = {row.id: row for row in near if row.id != but and row.role in (Role.CHAMPION, Role.PARTNER)}
    left = {who: row for who, row in left.items() if not is_excluded(row, report)}
    found: list[Any] = []
    for _round in range(ROUNDS):
        routed = routed_in(work.country, report, case, [reader_of(row) for row in left.values()], work.local)
        found += [left.pop(rung.person) for one in routed.ladders if one.service == service for rung in one.rungs]
    return found


def _excluded(report: Report) -> list[str]:
    return [wish.removeprefix("no_") for wish in report.wishes.split(",") if wish.startswith(SHUT_OUT)]


def _lines(work: Work, report: Report, request: Request, reader: str, private: bytes) -> dict[int, Mapping[str, str]]:
    """The messages of a request that a reader (empty: the receipt) can open, by number; with hers to the whole
    report.
    """
    its = {request.id, ""} if reader else {request.id}
    rows = [row for row in lines_for(work.db, report, reader) if row.request in its]
    if not rows:
        return {}
    opened = plain(rows, work.vault.unwrap(report.week, report.id, [row.sealed for row in rows]), private)
    return {row.number: line for row, line in zip(rows, opened, strict=True)}


def _sealed(said: Mapping[str, str], report: str, number: int, reader: str, public: bytes) -> bytes:
    content = json.dumps({name: said[name] for name in HERS}, ensure_ascii=False).encode()
    length = HER_LINE if said["node"] in ("words", "tell_more") else LINE
    return seal_line(content, report, number, reader, public, length)


def _goes_on(work: Work, actor: Actor, request: Request) -> list[str]:
    """Danger does not wait for her answer: the request is new again and its next phone rings. The last who can read it
    keeps it.
    """
    tasks = hand_on(work.db, work.vault, request.id, work.at, but=actor.id)
    if tasks:
        request.status, request.owner = RequestStatus.NEW, ""
        clocks.stop(work.db, request.id)
    return tasks


# -- what follows her answer -------------------------------------------------------------------------------------------
def _rungs(
    work: Work, report: Report, request: Request, zone: str, offered: Mapping[str, Offered], case: Mapping[str, Any]
) -> tuple[Rung, ...]:
    """The ladder of the other zone as it is now: those to whom it was offered who still serve there with the same key,
    and whom she has not shut out since; then oversight. Empty where nobody but oversight is left.
    """
    area = frozenset(place.code for place in work.country.way_up(zone))
    near = list(readers_near(work.db.connection(), work.vault, area, work.local.date()))
    there = [
        reader_of(row)
        for row in near
        if row.id in offered and row.public_key == offered[row.id].public and may_read(row, report)
        if not is_away(row, work.local) and is_trained(row, work.local)
    ]
    if not there:
        return ()
    known = Case(
        area, frozenset({request.service}), frozenset(), "no", False, False, Urgency(request.urgency),
        language=case["language"], prefers_woman=case["woman"], units=case["units"],
    )  # fmt: skip
    stands = {*work.db.scalars(select(Step.person).where(Step.request == request.id))}
    overseers = sorted(row.id for row in near if row.role == Role.OVERSIGHT and row.id in stands)
    rules = Rules(is_holiday=work.country.is_holiday, most_open=work.country.most_open, turn=random_id())
    ranked = [one.id for one in rank(known, there, work.local, rules)]
    return climb(ranked, overseers, work.country.patience[known.urgency])


def _move(work: Work, report: Report, request: Request, zone: str, rungs: Sequence[Rung]) -> list[str]:
    """The request is new in the other zone: whoever had it leaves its ladder, but oversight and those to whom she was
    referred, and the first rung is rung now; the keys of the tasks that are due.
    """
    note(work.db, work.vault, work.at, "", AuditAction.ELSEWHERE_AGREED, request.id)
    stays = {one.person for one in rungs} | {
        *work.db.scalars(select(Referral.person).where(Referral.request == request.id)),
        *work.db.scalars(select(Step.person).join(Person, Person.id == Step.person).where(_oversees(request))),
    }
    for person in work.db.scalars(select(Step.person).where(Step.request == request.id)).all():
        if person not in stays:
            leave(work.db, request, person)
    work.db.refresh(request)
    request.status, request.owner, request.closing = RequestStatus.NEW, "", ""
    request.zone, request.leads = zone, rungs[0].person
    clocks.begin_anew(work.db, request.id, work.at)
    alerts = {
        one.rung: alert_rung(report.id, request.id, one.rung, alert_at(work.at, one.after), key=random_id())
        for one in rungs
    }
    outbox.post(work.db, *alerts.values())
    return [alert["key"] for alert in alerts.values() if alert["due_at"] <= work.at]


def _oversees(request: Request) -> ColumnElement[bool]:
    return (Step.request == request.id) & (Person.role == Role.OVERSIGHT)


def _give(
    work: Work,
    report: Report,
    request: Request,
    rungs: Sequence[Rung],
    offered: Mapping[str, Offered],
    holder: ReceiptHolder,
) -> None:
    """Those on the ladder of the other zone get copies, their places and the whole thread: what was offered, and what
    was said to her since, which her receipt opens.
    """
    said = _lines(work, report, request, "", holder.private)
    for place in rungs:
        if (new := offered.get(place.person)) is not None:
            (key,) = work.vault.wrap(report.week, report.id, [new.key])
            grant_copy(work.db, report.id, place.person, key)
            since = {n: line for n, line in said.items() if n not in new.lines and line["node"] != "word"}
            sealed = {n: _sealed(line, report.id, n, place.person, new.public) for n, line in since.items()}
            _keep_lines(work, report, place.person, new.lines | sealed)
        join(work.db, request, place.person).rung = place.rung
    last = max(place.rung for place in rungs) + 1
    places = {place.person for place in rungs}
    for step in work.db.scalars(select(Step).where(Step.request == request.id, Step.person.not_in(places))):
        step.rung = last
    work.db.flush()


def _keep_lines(work: Work, report: Report, reader: str, lines: Mapping[int, bytes]) -> None:
    """Store messages for a new reader, without those that she has."""
    of = {row.number: row.request for row in work.db.scalars(select(Reply).where(Reply.report == report.id))}
    has = {row.number for row in lines_for(work.db, report, reader)}
    new = {n: line for n, line in lines.items() if n in of and n not in has}
    for n, wrapped in zip(new, work.vault.wrap(report.week, report.id, [*new.values()]) if new else (), strict=True):
        work.db.add(Reply(report=report.id, request=of[n], number=n, reader=reader, sealed=wrapped))


def _owner_hears(work: Work, request: Request) -> list[str]:
    """Whoever has the request is told, as of any answer of hers, and has a time to do something."""
    step = work.db.get(Step, (request.id, request.owner)) if request.status == RequestStatus.TAKEN else None
    if step is None:
        return []
    clocks.her_turn(work.db, work.country, request, request.owner, work.at)
    return ring(work.db, MessageKind.NEW, step, work.at)

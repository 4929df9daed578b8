"""Somebody more reads a report that was sent a moment ago, in the talk that sent it: because she says so, or because of
her words (S48, S55). The talk holds the key of the answers and seals it to them; nobody who has a copy loses it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from bot.country.rows import Role
from bot.reports.case import case_of, routed_in
from bot.reports.copies import keep_copies
from bot.reports.filing import alerts, due, is_excluded, requests_of
from bot.reports.held import HeldReport
from bot.reports.ladders import MadeRequest, keep_requests
from bot.reports.new_report import NewReport
from bot.reports.readers import reader_of, readers_near
from bot.reports.routing import Case
from bot.storage import outbox
from bot.storage.tables.people import RECOVERY
from bot.storage.tables.reports import Copy, Report, Request
from bot.storage.unit_of_work import Work
from bot.vault.sealing import seal_key


def let_read(
    work: Work, held: HeldReport, row: Report, report: NewReport, service: str, *, talks_on: bool = False
) -> tuple[str, ...] | None:
    """Ask one more service, or oversight, to read a report; the keys of the tasks that are due now, None where nobody
    new reads it. With `talks_on` the first alert waits until she has done, unless it is danger.

    Nothing happens where that service reads it already, where nobody of it is there, or where the reporter has excluded
    whoever could.
    """
    asked = select(Request.id).where(Request.report == held.id, Request.service == service)
    if work.db.scalar(asked) is not None:
        return None
    case = _case(work, report, service)
    rows = readers_near(work.db.connection(), work.vault, case.area, work.local.date())
    people = {one.id: one for one in rows if not is_excluded(one, report)}
    made = _requests(work, report, case, people, service)
    if not made:
        return None
    _give_copies(work, held, row, {step.person: people[step.person] for one in made for step in one.steps})
    keep_requests(work.db.connection(), held.id, made)
    tasks = alerts(held.id, made, work.at, talks_on=talks_on)
    outbox.post(work.db, *tasks)
    return due(tasks, work.at)


def _case(work: Work, report: NewReport, service: str) -> Case:
    """The case as routing sees it for this one service; its class is that of the whole report."""
    only = replace(report, services=(service,), words="", despair="", instead_of_chosen="", instead_of_woman="")
    urgency = case_of(report, work.country).urgency
    return replace(case_of(only, work.country), parked=service == Role.OVERSIGHT, urgency=urgency)


def _requests(
    work: Work, report: NewReport, case: Case, people: Mapping[str, Any], service: str
) -> Sequence[MadeRequest]:
    """The request of that service with its ladder, in a list; empty when nobody is there."""
    readers = [reader_of(one) for one in people.values() if one.role != RECOVERY]
    routed = routed_in(work.country, report, case, readers, work.local)
    return [one for one in requests_of(routed, case) if one.service == service]


def _give_copies(work: Work, held: HeldReport, row: Report, people: Mapping[str, Any]) -> None:
    """Seal the key of the answers to those of these people who have no copy yet."""
    holders = {*work.db.scalars(select(Copy.person).where(Copy.report == held.id))}
    new = [who for who in people if who not in holders]
    if not new:
        return
    sealed = [seal_key(held.key, held.id, who, people[who].public_key) for who in new]
    wrapped = work.vault.wrap(row.week, held.id, sealed)
    copies = [(who, people[who].public_key, key) for who, key in zip(new, wrapped, strict=True)]
    keep_copies(work.db.connection(), held.id, copies)

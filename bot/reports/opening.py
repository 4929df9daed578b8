"""A member of staff opens a report; the audit record keeps that she did."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import ColumnElement, Select, select

from bot.country.rows import Role
from bot.reports import clocks
from bot.reports.ladders import held
from bot.reports.reading import Readings
from bot.reports.referral import referred_to
from bot.reports.training import is_trained
from bot.storage.audit import AuditAction, note
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Report, Request, RequestStatus, Step
from bot.storage.unit_of_work import Actor, Work


def request_open_to(person: str, number: int) -> Select[Request]:
    """The query for a request by its number among a person's tasks, if it is new, owned by her or referred to her; for
    oversight also if its owner could not help.
    """
    mine = (Request.owner == person) & (Request.status == RequestStatus.TAKEN)
    open_to_her = (Request.status == RequestStatus.NEW) | mine | referred_to(person) | unhelped_for(person)
    hers = held(person, number).with_only_columns(Step.request)
    return select(Request).where(Request.id.in_(hers), open_to_her)


def unhelped_for(person: str) -> ColumnElement[bool]:
    """The condition on `Request` that its owner could not help, and that this person is of oversight, who reads why."""
    oversees = select(Person.id).where(Person.id == person, Person.role == Role.OVERSIGHT).exists()
    return (Request.status == RequestStatus.UNHELPED) & oversees


def open_report(
    work: Work, actor: Actor, readings: Readings, number: int, why: str
) -> Literal["open", "gone", "erased", "broken", "untrained"]:
    """Open the report of a request that is new, her own or referred to her; the audit record keeps who did and why
    (`why` is empty for those who need no reason).

    Gives open | gone (no such request is open to her) | erased (by its reporter or in time) | broken (what was sealed
    was changed in the database) | untrained (it is new, and her training is over: she could not take it, so she does
    not read it either; what nobody else can have instead of her stays open to her).
    """
    request = work.db.scalar(request_open_to(actor.id, number).with_for_update())
    if request is None:
        return "gone"
    if request.status == RequestStatus.NEW and not is_trained(work, actor):
        return "untrained"
    private = readings.private(actor.id, actor.key_handle)
    copy, report = work.db.get(Copy, (request.report, actor.id)), work.db.get_one(Report, request.report)
    if copy is None:
        return "gone"
    state = readings.state(work.db, report, copy, private)
    if state == "open":
        action = AuditAction.OPENED_BECAUSE if why else AuditAction.OPENED
        note(work.db, work.vault, work.at, actor.id, action, request.id, why)
        clocks.opened(work.db, work.country, request, actor.id, work.at)
    return state

"""An SMS to a reporter who wants to hear that there is an answer: it reads like news, and comes in the hours she chose
(S1, S7).

Her number lies in a box of her report that only the vault opens, and it opens none that was not answered. An answer is
told to the vault and leaves no row here, and so is a follow-up: the same SMS, which asks nothing, three and thirty days
after all of a report is closed (S14). The vault opens a number three times at most; 31 days after the closing it is
erased (S34). In the morning and in the evening a worker asks once for all numbers that are to be told (`workers.ping`),
and gets them in no order. There is no such SMS unless she said yes for this report, and none for a child (S40).
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from bot.country.pack import Country
from bot.storage import outbox
from bot.storage.base import hour_of, random_id
from bot.storage.outbox import TaskName
from bot.storage.tables.delivery import Message, MessageKind
from bot.storage.tables.reports import Ping, Report, Request, RequestStatus
from bot.storage.unit_of_work import Work
from bot.vault.sealing import Unsealable
from bot.vault.vault import Vault

HOURS = {"morning": 9, "evening": 17}  # the hour in which it comes, of the country's own clock
FOLLOW_UPS = (3, 30)  # days after a report was closed
NUMBER_DAYS = 31  # after a report was closed, its number is erased


def answered(work: Work, report: Report) -> None:
    """Tell the vault that a report was answered: if there is a number, it is told in its hours, once a day at most."""
    older = work.db.get(Ping, work.vault.ping(report.id))  # of a report that was filed before there were boxes
    values = [] if older is None else [older.recipient.hex(), older.hours, older.language]
    work.vault.answered(report.id, report.week, report.contact, values)


def follow_up(db: Session, vault: Vault, day: date) -> int:
    """Tell the vault of the reports whose follow-up is due on a day, or was before; how many. Of a number that nobody
    has left, or that has heard three times, nothing comes of it.
    """
    told = 0
    for report, closed in _closed(db, day - timedelta(days=FOLLOW_UPS[0])):
        due = sum(closed <= (day - timedelta(days=days)).isoformat() for days in FOLLOW_UPS)
        if report.followed >= due:
            continue
        report.followed = due
        with contextlib.suppress(Unsealable):  # the key of its week is gone
            vault.answered(report.id, report.week, report.contact)
            told += 1
    return told


def end(db: Session, vault: Vault, day: date) -> None:
    """Forget the numbers of reports that were closed `NUMBER_DAYS` ago."""
    for report, _closed_on in _closed(db, day - timedelta(days=NUMBER_DAYS)):
        report.contact = b""
        forget(db, vault, report.id)


def _closed(db: Session, until: date) -> list[tuple[Report, str]]:
    """The reports in whose box there may be a number and of which all requests are closed, the last one until a day;
    each with that day.
    """
    open_ = Request.status.not_in((RequestStatus.CLOSED, RequestStatus.PROPOSED))
    still = select(Request.id).where(Request.report == Report.id, open_).exists()
    last = select(Request.report, func.max(Request.closed).label("closed")).where(Request.closed != "")
    last_one = last.group_by(Request.report).subquery()
    closed = select(Report, last_one.c.closed).join(last_one, last_one.c.report == Report.id)
    closed = closed.where(last_one.c.closed <= until.isoformat(), func.length(Report.contact) > 0, ~still)
    return [(report, str(on)) for report, on in db.execute(closed.order_by(Report.id).with_for_update(of=Report))]


def post(db: Session, contacts: Iterable[tuple[bytes, bytes]], country: Country, at: int) -> list[str]:
    """Post an SMS to each of these (number and language, sealed to the sender), at a random second until the hour is
    over; the keys of the tasks.
    """
    left = 3600 - country.clock(at).minute * 60 - at % 60
    tasks = []
    for recipient, language in contacts:
        due = at + secrets.randbelow(left)
        message = Message(id=random_id(), kind=MessageKind.PING, created=hour_of(due))
        message.recipient, message.body = recipient, language
        db.add(message)
        tasks.append(outbox.task(random_id(), TaskName.DELIVER, {"message": message.id}, due, outbox.NOTICE))
    return outbox.post(db, *tasks)


def expire(db: Session, before: str) -> None:
    """Forget the numbers of reports of before a month, like 2026-05; rows of the first release, which kept no month,
    stay.
    """
    db.execute(delete(Ping).where(Ping.day != "", Ping.day < before))
    there = func.length(Report.contact) > 0
    db.execute(update(Report).where(Report.month < before, there).values(contact=b""))


def forget(db: Session, vault: Vault, report: str) -> None:
    """Forget the number of a report: no SMS comes any more."""
    vault.unanswered(report)
    db.execute(delete(Ping).where(Ping.key == vault.ping(report)))

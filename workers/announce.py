"""Announces news about a meeting: one ledger row for each person, revision and kind of news, then a task for each batch
of people (workers.notify).

An SMS only says that there is something; place and changes are read by dialling.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, literal, select
from sqlalchemy.orm import Session

from bot.country.pack import Country
from bot.meetings.notify import MAY_HAVE_HEARD, notify_staff
from bot.meetings.subscribers import audience
from bot.services import Services
from bot.storage import outbox
from bot.storage.outbox import Claim, TaskName
from bot.storage.tables.delivery import DeliveryStatus, Notice
from bot.storage.tables.meetings import Meeting, MeetingStatus, Subscriber

log = logging.getLogger("ijwi")
CALL = 100  # people in a call to a provider; also in a task whose news is sent again when in doubt
AT_ONCE = 8  # calls of a worker at the same time: it waits for all of them as long as for one
BATCH = CALL * AT_ONCE  # people in a task: so many may be in doubt when a worker dies
TO_THE_TOLD = frozenset({"changed", "cancelled", "after"})  # news for those who were told before
AGAIN = frozenset({"changed", "cancelled"})  # news that is sent again when in doubt
LATEST_MINUTES = 7 * 86400  # seconds after its end in which people hear what was decided (S74)
REMIND_AT = 9  # of the day before, on the country's own clock
REMIND_BEFORE = 2 * 3600  # seconds before it begins


def announce(services: Services, claim: Claim, at: int) -> tuple[str, ...]:
    """Insert the ledger of one kind of news in one statement, post a task for each batch, and post the reminders that
    follow; the keys of the tasks to run now.
    """
    with services.sessions.begin() as db:
        meeting = db.scalars(select(Meeting).where(Meeting.id == claim.args["meeting"]).with_for_update()).one()
        kind, holding = str(claim.args["kind"]), holds(meeting, claim.args, at)
        if kind == "after" and meeting.decided is None and unwritten(meeting, holding):
            outbox.put_back(db, claim, at + 86400)
            return tuple(notify_staff(db, meeting.leader, meeting, at))
        if not outbox.done(db, claim, at) or not holding:
            return ()
        fill(db, services.country, meeting, kind, at)
        last = db.scalar(select(func.max(Notice.batch)).where(*of(meeting, kind)))
        tasks = [batch_task(meeting, kind, number, at) for number in range(0 if last is None else last + 1)]
        if kind == "new":
            tasks += reminders(meeting, services.country, at)
        return tuple(outbox.post(db, *tasks))[: len(tasks)] if tasks else ()


def holds(meeting: Meeting, args: dict[str, Any], at: int) -> bool:
    """Whether a piece of news is still true: the revision is the current one, and the meeting has not begun."""
    if args["kind"] == "after":
        released = meeting.status == MeetingStatus.RELEASED and meeting.revision == args["revision"]
        return released and meeting.ends <= at < meeting.ends + LATEST_MINUTES
    if meeting.revision != args["revision"] or at >= meeting.starts:
        return False
    if args["kind"] == "cancelled":
        return meeting.status == MeetingStatus.CANCELLED
    if args["kind"] == "changed":
        return True
    return meeting.status == MeetingStatus.RELEASED and at >= meeting.public_at


def unwritten(meeting: Meeting, holding: bool) -> bool:
    """Whether minutes are missing: the leader is reminded every morning, until it is too late for them."""
    if not holding and meeting.status == MeetingStatus.RELEASED:
        log.error("ALARM: nobody wrote down what was decided at meeting %d", meeting.number)
    return holding


def fill(db: Session, country: Country, meeting: Meeting, kind: str, at: int) -> None:
    """Insert the rows of who is to hear it: the subscribers of the zone who want to, or everybody who was told of an
    earlier revision.
    """
    were_told = select(Notice.subscriber).where(Notice.meeting == meeting.id, Notice.status.in_(MAY_HAVE_HEARD))
    people = (Subscriber.id.in_(were_told),) if kind in TO_THE_TOLD else audience(country, meeting, at)
    most = CALL if kind in AGAIN else BATCH
    number = (func.row_number().over(order_by=(Subscriber.language, Subscriber.id)) - 1) // most
    rows = select(
        literal(meeting.id), literal(meeting.revision), literal(kind), Subscriber.id, number,
        literal(str(DeliveryStatus.PENDING)),
    ).where(*people)  # fmt: skip
    columns = ["meeting", "revision", "kind", "subscriber", "batch", "status"]
    db.execute(insert(Notice).from_select(columns, rows))


def of(meeting: Meeting, kind: str) -> tuple[Any, ...]:
    """The conditions for the rows of one kind of news about a meeting as it is now."""
    return Notice.meeting == meeting.id, Notice.revision == meeting.revision, Notice.kind == kind


def batch_task(meeting: Meeting, kind: str, batch: int, at: int) -> dict[str, Any]:
    args = {"meeting": meeting.id, "revision": meeting.revision, "kind": kind, "batch": batch}
    priority = outbox.ANSWER if kind in AGAIN else outbox.NOTICE if kind == "new" else outbox.REMINDER
    return outbox.task(f"notify:{meeting.id}:{meeting.revision}:{kind}:{batch}", TaskName.NOTIFY, args, at, priority)


def reminders(meeting: Meeting, country: Country, at: int) -> list[dict[str, Any]]:
    """The tasks of reminders: on the morning before, two hours before if it is day then, and on the morning after; none
    of them is due at once.
    """
    starts = country.clock(meeting.starts)
    before = (starts - timedelta(days=1)).replace(hour=REMIND_AT, minute=0, second=0)
    same_day = starts - timedelta(seconds=REMIND_BEFORE)
    sunrise, _sunset = country.daylight(meeting.zone, starts.date())
    after = (country.clock(meeting.ends) + timedelta(days=1)).replace(hour=REMIND_AT, minute=0, second=0)
    due: dict[str, datetime] = {"tomorrow": before, "after": after}
    due |= {"today": same_day} if same_day >= sunrise else {}
    return [
        outbox.task(
            f"announce:{meeting.id}:{meeting.revision}:{kind}", TaskName.ANNOUNCE,
            {"meeting": meeting.id, "revision": meeting.revision, "kind": kind}, int(when.timestamp()), outbox.REMINDER,
        )
        for kind, when in due.items()
        if when.timestamp() > at + 3600
    ]  # fmt: skip

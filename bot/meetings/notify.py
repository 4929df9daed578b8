"""Posts SMS about a meeting to those who must act next and to those who were told of it, in the caller's
transaction.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.storage import outbox
from bot.storage.base import hour_of, random_id
from bot.storage.tables.delivery import DeliveryStatus, Message, MessageKind, Notice
from bot.storage.tables.meetings import Meeting

MAY_HAVE_HEARD = (DeliveryStatus.SENDING, DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.UNKNOWN)


def notify_staff(db: Session, person: str, meeting: Meeting, at: int) -> list[str]:
    """Post an SMS to a person that there is a task; she reads which by dialling. The keys of the tasks that send it."""
    message = Message(
        id=random_id(), kind=MessageKind.MEETING, person=person, number=meeting.number, created=hour_of(at)
    )
    db.add(message)
    send = outbox.task(f"deliver:{message.id}", outbox.TaskName.DELIVER, {"message": message.id}, at, outbox.REMINDER)
    return outbox.post(db, send)


def notify_each(db: Session, people: Iterable[str], meeting: Meeting, at: int) -> tuple[str, ...]:
    """The same for several people, in that order."""
    return tuple(key for person in people for key in notify_staff(db, person, meeting, at))


def notify_changed(db: Session, meeting: Meeting, kind: str, at: int) -> list[str]:
    """Post a notice (changed | cancelled) to everybody who may have been told of a meeting, at once, before it is
    signed anew; the keys of the tasks, empty when nobody was told.
    """
    may_have_heard = Notice.status.in_(MAY_HAVE_HEARD)
    if db.scalar(select(Notice.subscriber).where(Notice.meeting == meeting.id, may_have_heard).limit(1)) is None:
        return []
    args = {"meeting": meeting.id, "revision": meeting.revision, "kind": kind}
    key = f"announce:{meeting.id}:{meeting.revision}:{kind}"
    return outbox.post(db, outbox.task(key, outbox.TaskName.ANNOUNCE, args, at, outbox.ANSWER))

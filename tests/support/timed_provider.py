"""A provider on a played clock."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from sqlalchemy import select

from bot.channels.messages import Balance, SendError, Sent
from bot.storage import outbox
from bot.storage.base import random_id
from bot.storage.tables.delivery import Message
from bot.storage.tables.people import Person
from tests.support.office import Office
from tests.support.steps import task_of


class TimedProvider:
    """A provider on a played clock: it notes how many came when, and how many calls were under way at once."""

    def __init__(self) -> None:
        self.at, self.came, self.under_way, self.most = 1_795_000_000.0, list[tuple[float, int]](), 0, 0
        self.takes = 0.0

    def moment(self) -> float:
        return self.at

    def pause(self, seconds: float) -> None:
        self.at += seconds

    def send(self, phone: str, text: str) -> Sent:
        self.send_many([phone], text)
        return Sent("")

    def balance(self) -> Balance | None:
        return None

    def send_many(self, phones: Sequence[str], text: str, lasts: int = 0) -> Mapping[str, Sent | SendError]:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        self.came.append((self.at, len(phones)))
        time.sleep(self.takes)
        self.under_way -= 1
        return {phone: Sent("") for phone in phones}


def post_alert(office: Office) -> str:
    with office.services.sessions.begin() as db:
        officer = db.scalars(select(Person.id).where(Person.ref == "C1A")).one()
        message = Message(id=random_id(), kind="new", person=officer, number=task_of(db, officer), created=outbox.now())
        db.add(message)
        key = f"deliver:{message.id}"
        outbox.post(db, outbox.task(key, outbox.TaskName.DELIVER, {"message": message.id}, outbox.now(), outbox.ALERT))
    return key

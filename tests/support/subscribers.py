"""People who hear of meetings, a meeting that is told of, and a provider that a test plays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import select, update

import workers
from bot.channels.messages import Balance, SendError, Sent
from bot.meetings import lifecycle
from bot.people import sign_in
from bot.people.enrolment import DEMO_PIN
from bot.storage import outbox
from bot.storage.tables.delivery import Notice
from bot.storage.tables.meetings import Meeting, MeetingStatus, Subscriber
from bot.storage.tables.people import Person
from bot.storage.tables.runtime import Task
from bot.storage.unit_of_work import Actor, Work
from tests.support.office import Office

ZONE = "BI-ZO-02-09-01"


class PlayedProvider:
    """A provider that does to each number what a test wants, and remembers it; it can wait in the middle."""

    def __init__(self) -> None:
        self.told: Counter[tuple[str, str]] = Counter()
        self.how: dict[str, SendError] = {}
        self.meanwhile: Callable[[], None] = lambda: None
        self.asked: list[int] = []
        self.lasts: list[int] = []

    def send(self, phone: str, text: str) -> Sent:
        return Sent("id")

    def balance(self) -> Balance | None:
        return None

    def send_many(self, phones: Sequence[str], text: str, lasts: int = 0) -> Mapping[str, Sent | SendError]:
        self.asked.append(len(phones))
        self.lasts.append(lasts)
        self.meanwhile()
        kind = "off" if "yakuweho" in text or "yimuwe" in text else "new"
        for phone in phones:
            if phone not in self.how or self.how[phone].unknown_outcome:
                self.told[phone, kind] += 1
        return {phone: self.how.get(phone, Sent("id")) for phone in phones}


def add_released_meeting(office: Office, number: int = 1) -> Meeting:
    """One that was released, by the demo leader of Burundi; its task to tell of it is due."""
    with office.services.sessions.begin() as db:
        leader = db.scalars(select(Person.id).where(Person.ref == "L1")).one()
        officer = db.scalars(select(Person.id).where(Person.ref == "C1A")).one()
        meeting = Meeting(
            number=number, zone=ZONE, venue="V1", kind="training", women_only=False, starts=outbox.now() + 9 * 86400,
            ends=outbox.now() + 9 * 86400 + 3600, childcare=True, way_home=True, organisation="WOMEN-1", woman=officer,
            leader=leader, public_at=1, status=MeetingStatus.RELEASED, revision=1,
        )  # fmt: skip
        db.add(meeting)
        db.flush()
        args = {"meeting": meeting.id, "revision": 1, "kind": "new"}
        outbox.post(db, outbox.task(f"announce:{meeting.id}", outbox.TaskName.ANNOUNCE, args, outbox.now()))
        return meeting


def add_subscribers(office: Office, phones: Sequence[str], languages: Sequence[str] = ("rn",)) -> None:
    """Numbers that hear of meetings in `ZONE`; the languages are given round."""
    vault = office.services.vault
    with office.services.sessions.begin() as db:
        for n, phone in enumerate(phones):
            sealed, language = vault.seal_to_sender(phone), languages[n % len(languages)]
            db.add(Subscriber(phone_digest=vault.mark("subscriber", phone), zone=ZONE, phone_sealed=sealed,
                              language=language))  # fmt: skip


@contextmanager
def leader_at_work(office: Office) -> Iterator[tuple[Work, Actor]]:
    """The leader, signed in with her PIN, in a transaction."""
    with office.services.sessions.begin() as db:
        work = Work(db, office.services.vault, office.services.country, outbox.now())
        leader = db.scalars(select(Person).where(Person.ref == "L1")).one()
        handle = office.services.vault.unlock(leader.id, leader.wrapped_key, DEMO_PIN).handle
        yield work, sign_in.resume(work, leader.id, handle)


def cancel(office: Office, meeting: Meeting) -> None:
    """The leader calls it off."""
    with leader_at_work(office) as (work, leader):
        assert lifecycle.cancel(work, leader, meeting.id).code == "done"


def run_due_tasks(office: Office) -> None:
    """All that is due is done."""
    for _ in range(8):
        with office.services.sessions.begin() as db:
            db.execute(update(Task).values(enqueued_at=0))
        for key in outbox.due(office.services.sessions, outbox.now()):
            workers.run_tasks(key)


def notice_statuses(office: Office) -> Counter[str]:
    """How many notices there are of each status."""
    with office.services.reads() as db:
        return Counter(db.scalars(select(Notice.status)))

"""People leave, a meeting is moved or called off, while workers are telling of it: nobody hears what is not true."""

from __future__ import annotations

import importlib
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import time as clock_time
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

import workers
from bot.channels.messages import Balance, Reason, SendError, Sent
from bot.meetings import lifecycle
from bot.meetings.subscribers import erase_number, opt_out
from bot.people import sign_in
from bot.people.enrolment import DEMO_PIN
from bot.services import Services
from bot.storage import outbox
from bot.storage.outbox import Claim
from bot.storage.tables.delivery import DeliveryStatus, Notice
from bot.storage.tables.meetings import Meeting, MeetingStatus, Subscriber
from bot.storage.tables.people import Person
from bot.storage.tables.runtime import Task
from bot.storage.unit_of_work import Actor, Work
from tests.support.office import Office
from workers.announce import BATCH, CALL
from workers.notify import Recipient, claimed

ZONE, START = "BI-ZO-02-09-01", 1_795_000_000
PEOPLE = [f"+2577900{n:04d}" for n in range(24)]
ROUNDS = int(os.environ.get("ROUNDS", "100"))  # of each race: what a lock does not hold shows within a few
RACES = ("all of them", "leaves", "stops", "called off", "moved")


class Network:
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


@pytest.fixture
def office(tmp_path: Path, network: Network) -> Iterator[Office]:
    office = Office(tmp_path)
    office.services._channels = {name: network for name in office.services.providers}
    workers.SERVICES[:] = [office.services]
    yield office
    workers.SERVICES.clear()
    office.services.engine.dispose()


@pytest.fixture
def network() -> Network:
    return Network()


def a_meeting(office: Office, number: int = 1) -> Meeting:
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
        outbox.post(db, outbox.task(f"announce:{meeting.id}", "announce", args, outbox.now()))
        return meeting


def joined(office: Office, phones: Sequence[str], languages: Sequence[str] = ("rn",)) -> None:
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


def called_off(office: Office, meeting: Meeting) -> None:
    with leader_at_work(office) as (work, leader):
        assert lifecycle.cancel(work, leader, meeting.id).code == "done"


def moved(office: Office, meeting: Meeting) -> None:
    """To another day."""
    with leader_at_work(office) as (work, leader):
        day = office.services.country.clock(work.at + 12 * 86400).date()
        assert lifecycle.move(work, leader, meeting.id, day, clock_time(14)).code == "done"


def works(office: Office) -> None:
    """All that is due is done."""
    for _ in range(8):
        with office.services.sessions.begin() as db:
            db.execute(update(Task).values(enqueued_at=0))
        for key in outbox.due(office.services.sessions, outbox.now()):
            workers.run_tasks(key)


def states(office: Office) -> Counter[str]:
    with office.services.reads() as db:
        return Counter(db.scalars(select(Notice.status)))


def test_each_person_hears_it_once_in_batches_of_one_language(office: Office, network: Network) -> None:
    phones = [f"+2577{n:07d}" for n in range(2 * BATCH + 50)]
    joined(office, phones, ("rn", "fr", "en", "hi", "hi_Latn"))
    a_meeting(office)
    works(office)
    works(office)
    assert network.told == Counter({(phone, "new"): 1 for phone in phones})
    assert len(network.asked) <= len(phones) // CALL + 3 + 4  # a batch that ends one language begins another
    assert states(office) == {DeliveryStatus.SENT: len(phones)}


def test_who_was_not_taken_is_tried_elsewhere_and_what_is_unknown_is_left(office: Office, network: Network) -> None:
    second = Network()
    office.services._channels = dict(zip(office.services.providers, (network, second), strict=False))
    office.services.settings.sms_providers = "africastalking,twilio"
    office.services._channels["twilio"] = second
    joined(office, PEOPLE[:4])
    network.how = {
        PEOPLE[0]: SendError(Reason.PASSING, "500"),
        PEOPLE[1]: SendError(Reason.UNKNOWN, "", unknown_outcome=True),
        PEOPLE[2]: SendError(Reason.OPTED_OUT, "406"),
    }
    a_meeting(office)
    works(office)
    assert set(second.told) == {(PEOPLE[0], "new")}
    assert states(office) == {DeliveryStatus.SENT: 2, DeliveryStatus.UNKNOWN: 1, DeliveryStatus.SUPPRESSED: 1}
    with office.services.reads() as db:
        assert len(list(db.scalars(select(Subscriber)))) == 3  # what a provider says of a stop holds for all


def test_a_worker_that_died_while_sending_leaves_a_doubt_and_nobody_hears_it_twice(
    office: Office, network: Network
) -> None:
    joined(office, PEOPLE)
    a_meeting(office)

    def dies() -> None:
        network.meanwhile = lambda: None
        network.told.update((phone, "new") for phone in PEOPLE)  # the provider took them all
        raise KeyboardInterrupt

    network.meanwhile = dies
    with pytest.raises(KeyboardInterrupt):
        works(office)
    with office.services.sessions.begin() as db:
        db.execute(update(Task).values(claimed_until=0))
    works(office)
    assert network.told == Counter({(phone, "new"): 1 for phone in PEOPLE})
    assert states(office) == {DeliveryStatus.UNKNOWN: len(PEOPLE)}


def test_once_it_has_begun_nothing_leaves_and_the_provider_knows_until_when(office: Office, network: Network) -> None:
    joined(office, PEOPLE)
    works_until = a_meeting(office).starts
    works(office)
    assert network.lasts == [pytest.approx(works_until - outbox.now(), abs=20)]
    network.told.clear()
    meeting = a_meeting(office, 2)
    with office.services.sessions.begin() as db:
        db.execute(update(Meeting).where(Meeting.id == meeting.id).values(starts=outbox.now() - 1))
    works(office)
    assert network.told == Counter()


class Watched:
    """What a worker claimed, and when it began to; when somebody had left for good."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.claims: list[tuple[int, set[str]]] = []
        self.left: dict[str, int] = {}
        self.changed = 0  # when it was over with the first revision
        self.untrue: list[str] = []  # kinds of news of the first revision that were claimed later
        module = importlib.import_module("workers.notify")

        def watched(services: Services, claim: Claim, at: int, most: int) -> list[Recipient]:
            began = time.monotonic_ns()
            people = claimed(services, claim, at, most)
            if people and self.changed and began > self.changed and claim.args["revision"] == 1:
                self.untrue.append(str(claim.args["kind"]))
            self.claims.append((began, {person.phone for person in people}))
            return people

        patch.setattr(module, "claimed", watched)

    def too_late(self) -> list[str]:
        """Whoever was claimed by a worker that began after she had left."""
        return [p for p, gone in self.left.items() for began, people in self.claims if began > gone and p in people]


@pytest.mark.parametrize("what", RACES)  # the first one on PostgreSQL too
def test_whatever_happens_during_the_fan_out_nobody_who_left_and_nothing_untrue_is_told(
    office: Office, network: Network, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """ROUNDS times: workers tell of a meeting while people leave by phone or by a word, or it is off or moved."""
    chance, watched = random.Random(what), Watched(monkeypatch)
    for number in range(1, ROUNDS + 1):
        people = [f"+25776{number:03d}{n:03d}" for n in range(6)]
        joined(office, people)
        meeting = a_meeting(office, number)
        network.told.clear()
        watched.changed = 0
        race(office, network, what, meeting, chance.sample(people, 3), watched, early=chance.random() < 0.5)
        works(office)
        assert watched.too_late() == []
        assert max(Counter(phone for phone, kind in network.told.elements() if kind == "new").values(), default=1) == 1
        heard = {phone for phone, kind in network.told if kind == "new"}
        off = {phone for phone, kind in network.told if kind == "off"}
        changed = what in ("called off", "moved", "all of them")
        assert off == (heard - {*watched.left} if changed else set())
        assert watched.untrue == []
        assert set(states(office)) <= {"sent", "suppressed", "expired"}
        with office.services.sessions.begin() as db:
            db.execute(delete(Notice))
            db.execute(delete(Subscriber))
            db.execute(update(Task).values(done_at=1))


def race(
    office: Office, network: Network, what: str, meeting: Meeting, people: list[str], watched: Watched, *, early: bool
) -> None:
    """A worker and somebody else at the same time; `early`: she begins first, else while the provider is asked."""
    errors: list[Exception] = []

    def otherwise() -> None:
        try:
            for phone in people[:2] if what in ("leaves", "all of them") else []:
                with office.services.sessions.begin() as db:
                    erase_number(db, office.services.vault, phone, outbox.now())
                watched.left[phone] = time.monotonic_ns()
            if what in ("stops", "all of them"):
                opt_out(office.services.sessions, office.services.vault, people[2], True)
                watched.left[people[2]] = time.monotonic_ns()
            if what in ("called off", "all of them"):
                called_off(office, meeting)
            if what == "moved":
                moved(office, meeting)
            watched.changed = time.monotonic_ns() if what in ("called off", "moved", "all of them") else 0
        except Exception as error:
            errors.append(error)

    other = threading.Thread(target=otherwise)
    if early:
        other.start()
    else:
        network.meanwhile = lambda: None if other.ident else other.start()
    works(office)
    network.meanwhile = lambda: None
    if not other.ident:
        other.start()
    other.join()
    assert errors == []
